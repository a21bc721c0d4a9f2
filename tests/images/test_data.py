import dataclasses
import hashlib
import pickle
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

import workshop_utils as wu
from workshop_utils.images import standin
from workshop_utils.images.dataset import CIFAR10, JPEG_COPY, STANDIN

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


def test_colours_of_a_pixel_lie_side_by_side_in_every_batch(settings):
    data = wu.load_data(settings)
    for images in (data.train_images, next(iter(data.loaders()[0]))[0]):
        assert images.shape[1:] == (3, 32, 32)
        assert images.is_contiguous(memory_format=torch.channels_last)


def test_the_order_in_memory_does_not_change_what_a_batch_holds():
    labels = torch.arange(9)
    images = (torch.arange(9 * 3072) % 251).byte().reshape(9, 3, 32, 32)
    for order in (torch.contiguous_format, torch.channels_last):
        (x, _labels), *_ = wu.Loader(images.contiguous(memory_format=order), labels)
        assert torch.equal(x, images.float() / 255)
        assert x.is_contiguous(memory_format=torch.channels_last)


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


def test_the_stand_in_has_all_classes_alike_in_mixed_order_and_no_picture_twice():
    train_images, train_labels, test_images, test_labels = standin.draw_standin(200, 50)
    assert train_images.shape == (200, 3, 32, 32)
    assert test_images.shape == (50, 3, 32, 32)
    assert train_images.dtype == np.uint8
    assert np.bincount(train_labels).tolist() == [20] * 10
    assert np.bincount(test_labels).tolist() == [5] * 10
    assert len(set(train_labels[:20].tolist())) > 5
    assert len({image.tobytes() for image in (*train_images, *test_images)}) == 250


def test_the_stand_in_is_drawn_once_and_again_by_other_code(
    settings, tiny_standin, tmp_path, monkeypatch, capsys
):
    first, second = (wu.load_data(asked_for(settings, "standin")) for _ in range(2))
    assert first.name == second.title == STANDIN
    assert torch.equal(first.train_images, second.train_images)
    (tmp_path / "standin.py").write_text("# other code")
    monkeypatch.setattr(standin, "__file__", str(tmp_path / "standin.py"))
    wu.load_data(asked_for(settings, "standin"))
    numbers = "stand-in: 30 training, 0 validation and 10 test images"
    assert capsys.readouterr().out.splitlines() == [
        f"{numbers}, from fresh drawings.",
        f"{numbers}, from the workbook's own cache.",
        "The cache file standin.safetensors was damaged or out of date: it is made again.",
        f"{numbers}, from fresh drawings.",
    ]


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


def test_an_image_folder_is_read_with_labels_that_fit(settings, image_folder):
    data = wu.load_data(asked_for(settings, "auto"))
    assert data.title == CIFAR10
    assert len(data.train_images) == len(data.test_images) == 20
    assert torch.equal(data.train_images[:, 0, 0, 0].long(), 10 * data.train_labels)
    mixed = np.random.RandomState(0).permutation(20)  # of two files a class, in order of names
    assert data.train_labels.tolist() == (mixed // 2).tolist()


def test_a_folder_of_jpeg_files_is_named_as_such(settings, image_folder):
    for file in image_folder.rglob("*.png"):
        Image.open(file).save(file.with_suffix(".jpg"), quality=95)
        file.unlink()
    assert wu.load_data(asked_for(settings, "auto")).title == f"CIFAR-10 ({JPEG_COPY})"
    assert wu.load_data(asked_for(settings, "auto")).variant == JPEG_COPY  # from the cache, too


def test_places_are_searched_in_the_promised_order(settings, official, image_folder, capsys):
    shutil.copytree(official[0], settings.data_dir / official[0].name)
    shutil.copy(official[1], settings.data_dir)
    cache = settings.data_dir / "cifar10.safetensors"
    origins = []
    for gone in (None, None, *official):
        if gone:
            cache.unlink()
            there = settings.data_dir / gone.name
            shutil.rmtree(there) if there.is_dir() else there.unlink()
        wu.load_data(asked_for(settings, "auto"))
        origins.append(capsys.readouterr().out.split(", from ")[1].strip())
    assert origins == [
        "the official folder in the data folder.",
        "the workbook's own cache.",
        "the official archive in the data folder.",
        "the folder of images in the data folder.",
    ]


def test_the_quick_profile_takes_a_part(settings, tiny_standin):
    small = dataclasses.replace(settings.profile, n_train=25, n_test=8)
    data = wu.load_data(dataclasses.replace(settings, dataset="standin", profile=small))
    assert (len(data.train_images), len(data.train_labels)) == (25, 25)
    assert (len(data.test_images), len(data.test_labels)) == (8, 8)
