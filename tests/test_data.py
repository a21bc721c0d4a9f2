import dataclasses
import hashlib
import pickle
import shutil
import socket
import tarfile

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import datasets

import workshop_utils as wu
from workshop_utils import cifar10, standin
from workshop_utils.cifar10 import CLASSES, DataError, NotFoundError
from workshop_utils.data import CIFAR10, JPEG_COPY, STANDIN

# Of 200 training and 50 test pictures: images and labels as they lie in memory.
STANDIN_SHA256 = "32603acefeb2b288e363103c0c3476480438c15fbe0849126b22e3ad9ef8140e"


def asked_for(settings, dataset):
    """The settings of a test with everything loaded, not only the quick profile's part."""
    everything = dataclasses.replace(settings.profile, n_train=None, n_test=None)
    return dataclasses.replace(settings, dataset=dataset, profile=everything)


@pytest.fixture
def tiny_standin(monkeypatch):
    """A stand-in of 40 pictures, which is drawn at once."""
    draw = standin.draw_standin
    monkeypatch.setattr(standin, "draw_standin", lambda: draw(30, 10))


@pytest.fixture
def official(tmp_path, monkeypatch):
    """A folder and an archive in the official format, 20 + 10 images, with fitting checksums."""
    folder = tmp_path / "made" / cifar10.OFFICIAL_FOLDER
    folder.mkdir(parents=True)
    rng = np.random.RandomState(0)
    sums = {}

    def write(name, content):
        packed = pickle.dumps(content)
        (folder / name).write_bytes(packed)
        sums[name] = hashlib.md5(packed).hexdigest()

    for name in ("data_batch_1", "test_batch"):
        n = 20 if name == "data_batch_1" else 10
        pixels = rng.randint(0, 256, (n, 3072)).astype(np.uint8)
        write(name, {"data": pixels, "labels": [i % 10 for i in range(n)]})
    write("batches.meta", {"label_names": list(CLASSES)})
    monkeypatch.setattr(datasets.CIFAR10, "train_list", [["data_batch_1", sums["data_batch_1"]]])
    monkeypatch.setattr(datasets.CIFAR10, "test_list", [["test_batch", sums["test_batch"]]])
    meta = {**datasets.CIFAR10.meta, "md5": sums["batches.meta"]}
    monkeypatch.setattr(datasets.CIFAR10, "meta", meta)

    archive = tmp_path / "made" / cifar10.ARCHIVE
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder, cifar10.OFFICIAL_FOLDER)
    monkeypatch.setattr(cifar10, "ARCHIVE_MD5", hashlib.md5(archive.read_bytes()).hexdigest())
    return folder, archive


@pytest.fixture
def image_folder(settings):
    """Two images per class and part; the value of every pixel is ten times the label."""
    for part in ("train", "test"):
        for label, name in enumerate(CLASSES):
            folder = settings.data_dir / cifar10.IMAGE_FOLDER / part / name
            folder.mkdir(parents=True)
            for number in range(2):
                image = Image.new("RGB", (32, 32), (10 * label,) * 3)
                image.save(folder / f"{number}.png")
    return settings.data_dir / cifar10.IMAGE_FOLDER


# --- loaders ---


def numbered(n):
    """Images that carry their own number, and labels that follow from it."""
    numbers = torch.arange(n, dtype=torch.uint8)
    return numbers[:, None, None, None].expand(n, 3, 32, 32), numbers.long() % 10


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize(("n", "batch_size"), [(1, 1), (10, 3), (128, 128), (200, 64), (7, 100)])
def test_an_epoch_holds_every_image_exactly_once_with_its_label(n, batch_size, shuffle):
    loader = wu.Loader(*numbered(n), batch_size, shuffle=shuffle)
    for _epoch in range(2):
        batches = list(loader)
        assert len(batches) == len(loader)
        images = torch.cat([x for x, _ in batches])
        labels = torch.cat([y for _, y in batches])
        numbers = (images[:, 0, 0, 0] * 255).round().long()
        assert sorted(numbers.tolist()) == list(range(n))
        assert torch.equal(labels, numbers % 10)


def test_images_come_as_decimal_numbers_between_0_and_1():
    images = torch.tensor([0, 51, 255], dtype=torch.uint8)[:, None, None, None]
    x, _ = next(iter(wu.Loader(images.expand(3, 3, 32, 32), torch.zeros(3).long())))
    assert x.dtype == torch.float32
    assert x[:, 0, 0, 0].tolist() == pytest.approx([0, 0.2, 1])


def test_every_epoch_is_mixed_anew_and_the_same_seed_mixes_alike():
    def epochs(seed):
        loader = wu.Loader(*numbered(50), 50, shuffle=True, seed=seed)
        return [next(iter(loader))[0][:, 0, 0, 0].tolist() for _ in range(2)]

    first, second = epochs(0)
    assert first != second
    assert [first, second] == epochs(0)
    assert first != epochs(1)[0]


def test_mixing_leaves_the_global_random_numbers_alone():
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    list(wu.Loader(*numbered(50), shuffle=True))
    assert torch.equal(torch.rand(3), expected)


def test_a_loader_refuses_what_it_cannot_hand_out():
    images, labels = numbered(4)
    with pytest.raises(ValueError, match="4 images but 3 labels"):
        wu.Loader(images, labels[:3])
    with pytest.raises(ValueError, match="empty"):
        wu.Loader(images[:0], labels[:0])
    with pytest.raises(ValueError, match="at least one image"):
        wu.Loader(images, labels, batch_size=0)


# --- the stand-in ---


def test_the_stand_in_is_the_same_to_the_byte_everywhere():
    digest = hashlib.sha256()
    for array in standin.draw_standin(200, 50):
        digest.update(np.ascontiguousarray(array).tobytes())
    assert digest.hexdigest() == STANDIN_SHA256


def test_the_stand_in_has_all_classes_alike_and_in_mixed_order():
    train_images, train_labels, test_images, test_labels = standin.draw_standin(200, 50)
    assert train_images.shape == (200, 3, 32, 32)
    assert train_images.dtype == np.uint8
    assert test_images.shape == (50, 3, 32, 32)
    assert np.bincount(train_labels).tolist() == [20] * 10
    assert np.bincount(test_labels).tolist() == [5] * 10
    assert len(set(train_labels[:20].tolist())) > 5


def test_no_two_pictures_of_the_stand_in_are_alike():
    train_images, _, test_images, _ = standin.draw_standin(200, 50)
    pictures = {image.tobytes() for image in (*train_images, *test_images)}
    assert len(pictures) == 250


def test_the_stand_in_is_drawn_once_and_then_read(settings, tiny_standin, capsys):
    first = wu.load_data(asked_for(settings, "standin"))
    second = wu.load_data(asked_for(settings, "standin"))
    assert first.name == second.title == STANDIN
    assert torch.equal(first.train_images, second.train_images)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "stand-in: 30 training and 10 test images, from fresh drawings."
    assert lines[1].endswith("from the workbook's own cache.")


def test_a_stand_in_drawn_by_other_code_is_drawn_again(settings, tiny_standin, tmp_path, capsys):
    wu.load_data(asked_for(settings, "standin"))
    changed = tmp_path / "standin.py"
    changed.write_text("# other code")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(standin, "__file__", str(changed))
        wu.load_data(asked_for(settings, "standin"))
    assert capsys.readouterr().out.count("fresh drawings") == 2


# --- where CIFAR-10 is found ---


def test_the_official_folder_is_read(settings, official):
    settings.data_dir.mkdir()
    shutil.copytree(official[0], settings.data_dir / official[0].name)
    data = wu.load_data(asked_for(settings, "auto"))
    batch = pickle.loads((official[0] / "data_batch_1").read_bytes())
    assert data.title == CIFAR10
    assert data.train_images.numpy().tobytes() == batch["data"].tobytes()
    assert data.train_labels.tolist() == batch["labels"]
    assert len(data.test_images) == 10


def test_an_altered_official_file_is_never_opened(settings, official, monkeypatch):
    settings.data_dir.mkdir()
    folder = shutil.copytree(official[0], settings.data_dir / official[0].name)
    (folder / "data_batch_1").write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    monkeypatch.setattr(pickle, "load", lambda *_, **__: pytest.fail("unpickled"))
    with pytest.raises(DataError, match="missing or not the official one"):
        wu.load_data(asked_for(settings, "auto"))


def test_the_official_archive_is_read_and_nothing_is_left_unpacked(settings, official, capsys):
    settings.data_dir.mkdir()
    shutil.copy(official[1], settings.data_dir)
    assert len(wu.load_data(asked_for(settings, "auto")).train_images) == 20
    assert "the official archive in the data folder" in capsys.readouterr().out
    left = sorted(file.name for file in settings.data_dir.iterdir())
    assert left == [cifar10.ARCHIVE, "cifar10.safetensors"]


def test_a_truncated_archive_is_refused(settings, official):
    settings.data_dir.mkdir()
    part = official[1].read_bytes()[:-100]
    (settings.data_dir / cifar10.ARCHIVE).write_bytes(part)
    with pytest.raises(DataError, match="incomplete or not the official archive"):
        wu.load_data(asked_for(settings, "auto"))


def test_an_image_folder_is_read_with_labels_that_fit(settings, image_folder):
    data = wu.load_data(asked_for(settings, "auto"))
    assert data.title == CIFAR10
    assert len(data.train_images) == len(data.test_images) == 20
    assert torch.equal(data.train_images[:, 0, 0, 0].long(), 10 * data.train_labels)
    assert data.train_labels.tolist() != sorted(data.train_labels.tolist())


def test_a_folder_of_jpeg_files_is_named_as_such(settings, image_folder):
    for file in image_folder.rglob("*.png"):
        Image.open(file).save(file.with_suffix(".jpg"), quality=95)
        file.unlink()
    assert wu.load_data(asked_for(settings, "auto")).title == f"CIFAR-10 ({JPEG_COPY})"
    assert wu.load_data(asked_for(settings, "auto")).variant == JPEG_COPY  # from the cache, too


def test_a_class_folder_that_is_missing_is_named(settings, image_folder):
    shutil.rmtree(image_folder / "test" / "frog")
    with pytest.raises(DataError, match="no images in .*frog"):
        wu.load_data(asked_for(settings, "auto"))


def test_an_image_of_another_size_is_named(settings, image_folder):
    Image.new("RGB", (28, 30)).save(image_folder / "train" / "cat" / "1.png")
    with pytest.raises(DataError, match=r"1\.png is 28×30"):
        wu.load_data(asked_for(settings, "auto"))


def test_a_file_that_is_no_image_is_named(settings, image_folder):
    (image_folder / "train" / "cat" / "1.png").write_text("hello")
    with pytest.raises(DataError, match=r"1\.png cannot be read as an image"):
        wu.load_data(asked_for(settings, "auto"))


def test_places_are_searched_in_the_promised_order(settings, official, image_folder, capsys):
    shutil.copytree(official[0], settings.data_dir / official[0].name)
    shutil.copy(official[1], settings.data_dir)
    remove = (
        lambda: (settings.data_dir / "cifar10.safetensors").unlink(),
        lambda: shutil.rmtree(settings.data_dir / official[0].name),
        lambda: (settings.data_dir / cifar10.ARCHIVE).unlink(),
    )
    origins = []
    for step in (None, None, *remove[1:]):
        if step:
            remove[0]()
            step()
        wu.load_data(asked_for(settings, "auto"))
        origins.append(capsys.readouterr().out.split(", from ")[1].strip())
    assert origins == [
        "the official folder in the data folder.",
        "the workbook's own cache.",
        "the official archive in the data folder.",
        "the folder of images in the data folder.",
    ]


def test_a_damaged_cache_is_made_again(settings, image_folder, capsys):
    wu.load_data(asked_for(settings, "auto"))
    cache = settings.data_dir / "cifar10.safetensors"
    cache.write_bytes(cache.read_bytes()[:-10])
    assert len(wu.load_data(asked_for(settings, "auto")).train_images) == 20
    assert "damaged: it is made again" in capsys.readouterr().out


def test_a_data_folder_that_cannot_be_written_is_no_obstacle(settings, tiny_standin, capsys):
    settings.data_dir.parent.mkdir(exist_ok=True)
    settings.data_dir.write_text("a file in the place of the folder")
    assert len(wu.load_data(asked_for(settings, "standin")).train_images) == 30
    assert "could not be cached" in capsys.readouterr().out


def test_the_quick_profile_takes_a_part(settings, monkeypatch):
    draw = standin.draw_standin
    monkeypatch.setattr(standin, "draw_standin", lambda: draw(60, 30))
    small = dataclasses.replace(settings.profile, n_train=50, n_test=20)
    data = wu.load_data(dataclasses.replace(settings, dataset="standin", profile=small))
    assert (len(data.train_images), len(data.train_labels)) == (50, 50)
    assert (len(data.test_images), len(data.test_labels)) == (20, 20)


# --- the network ---


def test_offline_never_touches_the_network(settings, tiny_standin, monkeypatch, capsys):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: pytest.fail("asked the network"))
    assert wu.load_data(asked_for(settings, "auto")).name == STANDIN
    assert "WORKSHOP_OFFLINE=1 forbids" in capsys.readouterr().out


def test_cifar10_asked_for_by_name_is_never_replaced(settings):
    with pytest.raises(NotFoundError, match="WORKSHOP_DATA"):
        wu.load_data(asked_for(settings, "cifar10"))
