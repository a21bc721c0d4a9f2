"""CIFAR-10 as a folder of images, `{train,test}/<class>/*.png` (or .jpg)."""

import hashlib
import os
import stat
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps
from tqdm.auto import tqdm

from workshop_utils.images.dataset import CLASSES, JPEG_COPY, Arrays, DataError
from workshop_utils.settings import progress_bars_wanted

PARTS = ("train", "test")
SUFFIXES = (".png", ".jpg", ".jpeg")
# Pillow's names for kinds of pixels that 8-bit RGB can show; of others it would cut numbers off.
KINDS = {"1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr"}
N_NAMED = 3  # so many of the files that cannot be taken are named


class ImageFile(NamedTuple):
    """An image of a class, by its number; what tells whether it was changed."""

    path: str
    label: int
    size: int  # bytes
    changed: int  # nanoseconds


def list_images(folder: Path) -> dict[str, list[ImageFile]]:
    """The files of "train" and "test", sorted by class and then by name; none is opened.

    Names that begin with a dot are none of them: macOS leaves such beside images.

    Raises:
        DataError: a class has no images.
    """
    found: dict[str, list[ImageFile]] = {}
    for part in PARTS:
        found[part] = []
        for label, name in enumerate(CLASSES):
            of_class = _list_class(folder / part / name, label)
            if not of_class:
                raise DataError(
                    f"There are no images in {folder / part / name}. The folder {folder.name!r} "
                    "must hold train/<class>/ and test/<class>/ for all ten classes, as .png or "
                    ".jpg files: unpack it again."
                )
            found[part] += of_class
    return found


def fingerprint(folder: Path) -> str:
    """A sum that is another one as soon as an image is added, removed or replaced."""
    total = hashlib.sha256()
    for part, files in list_images(folder).items():
        for file in files:
            name = os.fsencode(os.path.basename(file.path))
            total.update(f"{part} {file.label} {file.size} {file.changed} ".encode() + name + b"\n")
    return total.hexdigest()


def read_images(folder: Path) -> tuple[Arrays, str]:
    """All images and labels, and the variant; see `cifar10.read`.

    Raises:
        DataError: a class has no images, or files are no images of CIFAR-10.
    """
    listed = list_images(folder)
    arrays: list[np.ndarray] = []
    wrong: list[str] = []
    for part, files in listed.items():
        # Mixed once, always in the same way: the files lie class by class.
        order = np.random.RandomState(0).permutation(len(files))
        images = np.zeros((len(files), 3, 32, 32), dtype=np.uint8)
        bar = tqdm(order, f"reading {part} images", leave=False, disable=not progress_bars_wanted())
        for place, number in enumerate(bar):
            try:
                images[place] = _read_image(files[number].path)
            except DataError as error:
                wrong.append(str(error))
        arrays += [images, np.array([files[number].label for number in order], dtype=np.int64)]
    if len(wrong) == 1:
        raise DataError(f"In {folder}, {wrong[0]}: replace or remove it.")
    if wrong:
        first = "; ".join(sorted(wrong)[:N_NAMED])
        raise DataError(
            f"In {folder}, {len(wrong)} files cannot be taken: {first}"
            f"{'; and so on' if len(wrong) > N_NAMED else ''}. Replace or remove them."
        )
    is_jpeg = any(not f.path.lower().endswith(".png") for files in listed.values() for f in files)
    return tuple(arrays), JPEG_COPY if is_jpeg else ""


def _list_class(folder: Path, label: int) -> list[ImageFile]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise DataError(f"{folder} cannot be read ({error.strerror}).") from error
    files = []
    for entry in entries:
        if entry.name.startswith(".") or not entry.name.lower().endswith(SUFFIXES):
            continue
        try:
            about = entry.stat()
        except OSError:  # a link that leads nowhere: it is named when it is opened
            about = entry.stat(follow_symlinks=False)
        if stat.S_ISREG(about.st_mode) or stat.S_ISLNK(about.st_mode):
            files.append(ImageFile(entry.path, label, about.st_size, about.st_mtime_ns))
    return files


def _read_image(file: str) -> np.ndarray:
    """Red, green and blue, 3×32×32; a DataError instead of anything but what the image shows."""
    name = str(Path(*Path(file).parts[-3:]))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # refused below
            opened = Image.open(file)
        with opened as image:
            width, height = image.size
            if (width, height) != (32, 32):  # looked at before the pixels are unpacked
                raise DataError(f"{name} is {width}×{height}, but CIFAR-10's images are 32×32")
            if (n_pictures := getattr(image, "n_frames", 1)) > 1:
                raise DataError(f"{name} holds {n_pictures} pictures, but should be one")
            if image.mode not in KINDS:
                raise DataError(f"{name} has not 8 bits a colour (in Pillow, mode {image.mode})")
            if image.has_transparency_data and np.array(image.convert("RGBA"))[..., 3].min() < 255:
                raise DataError(f"{name} is transparent in places")
            upright = ImageOps.exif_transpose(image)
            return np.asarray(upright.convert("RGB")).transpose(2, 0, 1)
    except DataError:
        raise
    except Exception as error:  # there is hardly one that Pillow does not raise for a broken file
        raise DataError(f"{name} cannot be read as an image") from error
