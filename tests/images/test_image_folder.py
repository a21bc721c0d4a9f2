"""A folder of images: what belongs to it, what it shows, and a cache that knows what it is of."""

import dataclasses
import os
import shutil
import struct
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

import workshop_utils as wu
from workshop_utils.images.cifar10 import DataError
from workshop_utils.images.image_folder import read_images

OWN_CACHE = "from the workbook's own cache."


@pytest.fixture
def settings(settings):
    """Settings that take every image of CIFAR-10."""
    everything = dataclasses.replace(settings.profile, n_train=None, n_test=None)
    return dataclasses.replace(settings, dataset="cifar10", profile=everything)


def refused(settings, match):
    with pytest.raises(DataError, match=match):
        wu.load_data(settings)
    assert not (settings.data_dir / "cifar10.safetensors").exists()


# --- what belongs to it ---


def test_a_class_folder_that_is_missing_is_named(settings, image_folder):
    shutil.rmtree(image_folder / "test" / "frog")
    refused(settings, "no images in .*frog.*unpack it again")


def png(width, height):
    """A PNG file that says so of itself; its pixels are not there."""

    def chunk(kind, content):
        packed = kind + content
        return struct.pack(">I", len(content)) + packed + struct.pack(">I", zlib.crc32(packed))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels


UNREADABLE = "cannot be read as an image: replace or remove it"
NO_IMAGES = {
    "a text": (lambda f: f.write_text("hello"), UNREADABLE),
    "an empty file": (lambda f: f.write_bytes(b""), UNREADABLE),
    "a link to itself": (lambda f: f.symlink_to(f), UNREADABLE),
    "half a file": (lambda f: f.write_bytes(png(32, 32)), UNREADABLE),
    "another size": (lambda f: Image.new("RGB", (28, 30)).save(f), "is 28×30, but"),
    "a large image": (lambda f: f.write_bytes(png(10_000, 10_000)), "is 10000×10000, but"),
    "a bomb": (lambda f: f.write_bytes(png(60_000, 60_000)), UNREADABLE),
}


@pytest.mark.parametrize(("make", "match"), NO_IMAGES.values(), ids=NO_IMAGES)
def test_a_file_that_is_no_image_of_cifar10_is_named(make, match, settings, image_folder):
    file = image_folder / "train" / "cat" / "1.png"
    file.unlink()
    try:
        make(file)
    except OSError:
        pytest.skip("links need a right that this user does not have")
    refused(settings, rf"1\.png {match}")


def test_what_does_not_belong_to_the_images_is_passed_by(settings, image_folder):
    cats = image_folder / "train" / "cat"
    (cats / "._0.png").write_bytes(b"left by macOS")
    (cats / "Thumbs.db").write_bytes(b"left by Windows")
    (cats / "notes.txt").touch()
    (cats / "more.png").mkdir()
    (image_folder / "train" / ".ipynb_checkpoints").mkdir()
    shutil.copytree(image_folder / "train", image_folder / "__MACOSX" / "train")
    if hasattr(os, "mkfifo"):
        os.mkfifo(cats / "pipe.png")  # to open it would take for ever
    (cats / "1.png").rename(cats / "1.PNG")
    assert len(wu.load_data(settings).train_images) == 20


def test_of_many_files_that_are_no_images_some_are_named(settings, image_folder):
    for number in range(5):
        (image_folder / "test" / "dog" / f"{number}.jpg").touch()
    named = "; ".join(rf"test.dog.{number}\.jpg cannot be read as an image" for number in range(3))
    refused(settings, f"5 files cannot be taken: {named}; and so on. Replace or remove them")


# --- what an image shows ---

ROWS = np.arange(32, dtype=np.uint8)[:, None].repeat(32, 1)  # 32×32, darkest above
RGB = np.stack([ROWS, ROWS.T, 255 - ROWS], axis=-1)


def of(pixels, kind=None):
    """The picture; with a kind, of that kind."""
    image = Image.fromarray(pixels)
    return image.convert(kind) if kind else image


def turned(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return {"exif": exif}


# A picture; how it is saved; what it shows, 32×32×3.
SHOWN = {
    "colours": (of(RGB), {}, RGB),
    "grey": (of(ROWS), {}, ROWS),
    "black and white": (of(ROWS > 9), {}, 255 * (ROWS > 9)),
    "opaque": (of(RGB, "RGBA"), {}, RGB),
    "opaque grey": (of(ROWS, "LA"), {}, ROWS),
    "a palette": (of(ROWS, "P"), {}, ROWS),
    "for printing": (of(RGB, "CMYK"), {"format": "TIFF"}, RGB),
    "upside down": (of(RGB[::-1, ::-1]), turned(3), RGB),
    "lying on its side": (of(np.rot90(RGB)), turned(6), RGB),
}
REFUSED = {
    "16 bits": (of(ROWS.astype(np.uint16) * 2000), {}, "has not 8 bits a colour"),
    "32 bits": (of(ROWS.astype(np.int32) * 70_000), {"format": "TIFF"}, "has not 8 bits a colour"),
    "fractions": (of(ROWS / np.float32(32)), {"format": "TIFF"}, "has not 8 bits a colour"),
    "transparent": (of(np.dstack([RGB, ROWS])), {}, "is transparent in places"),
    "transparent grey": (of(np.dstack([ROWS, ROWS])), {}, "is transparent in places"),
    "a transparent colour": (of(ROWS, "P"), {"transparency": 3}, "is transparent in places"),
    "a film": (of(RGB), {"save_all": True, "append_images": [of(RGB.T.copy().T[::-1])]}, "holds 2"),
}


@pytest.mark.parametrize(("image", "how", "shown"), SHOWN.values(), ids=SHOWN)
def test_an_image_is_read_as_it_is_shown(image, how, shown, image_folder):
    image.save(image_folder / "test" / "airplane" / "0.png", **{"format": "PNG", **how})
    images, labels = read_images(image_folder)[0][2:]
    right = np.broadcast_to(shown.T, (3, 32, 32)).transpose(0, 2, 1)
    assert sum(np.array_equal(image, right) for image in images[labels == 0]) == 1


@pytest.mark.parametrize(("image", "how", "match"), REFUSED.values(), ids=REFUSED)
def test_an_image_that_would_not_be_read_as_it_is_shown_is_named(
    image, how, match, image_folder, settings
):
    image.save(image_folder / "test" / "airplane" / "0.png", **{"format": "PNG", **how})
    refused(settings, rf"test.airplane.0\.png {match}.*: replace or remove it\.$")


# --- a cache that knows what it is of ---


def add(folder):
    Image.new("RGB", (32, 32), "red").save(folder / "test" / "cat" / "2.png")


def replace(folder):
    Image.new("RGB", (32, 32), "red").save(folder / "test" / "cat" / "1.png")


def replace_by_an_older_one(folder):
    replace(folder)
    os.utime(folder / "test" / "cat" / "1.png", (0, 0))


def exchange(folder):
    """Two files take each other's name."""
    first, second = (folder / "test" / name / "0.png" for name in ("cat", "dog"))
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)


def remove(folder):
    (folder / "train" / "cat" / "1.png").unlink()


def rename(folder):
    (folder / "train" / "cat" / "1.png").rename(folder / "train" / "cat" / "00.png")


def put_another_in_its_place(folder):
    shutil.rmtree(folder / "train")
    shutil.copytree(folder / "test", folder / "train")


CHANGES = [
    add,
    replace,
    replace_by_an_older_one,
    exchange,
    remove,
    rename,
    put_another_in_its_place,
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_cache_is_made_again_when_the_folder_is_another(change, settings, image_folder, capsys):
    wu.load_data(settings)
    wu.load_data(settings)
    assert OWN_CACHE in capsys.readouterr().out
    change(image_folder)
    data = wu.load_data(settings)
    assert "from the folder of images in the data folder." in capsys.readouterr().out
    arrays = read_images(image_folder)[0]
    assert sorted(image.tobytes() for image in arrays[2]) == sorted(
        image.contiguous().numpy().tobytes() for image in data.test_images
    )
    wu.load_data(settings)
    assert OWN_CACHE in capsys.readouterr().out


def test_a_folder_that_is_still_being_unpacked_is_told_and_not_kept_for_ever(
    settings, image_folder, tmp_path, capsys
):
    late = image_folder / "train" / "truck" / "1.png"
    shutil.move(late, tmp_path / "late.png")
    for _ in range(2):  # from the cache, too
        assert len(wu.load_data(settings).train_images) == 19
        said = capsys.readouterr().out
        assert "The classes are uneven: 1 images of truck, but 2 of airplane." in said
    shutil.move(tmp_path / "late.png", late)
    assert len(wu.load_data(settings).train_images) == 20
    assert "uneven" not in capsys.readouterr().out


def test_a_cache_of_a_folder_that_is_gone_is_taken(settings, image_folder, capsys):
    data = wu.load_data(settings)
    shutil.rmtree(image_folder)
    assert torch.equal(wu.load_data(settings).train_images, data.train_images)
    assert OWN_CACHE in capsys.readouterr().out
