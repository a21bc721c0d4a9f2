"""Reading a folder of images, `{train,test}/<class>/*.png` (or .jpg), with one for each class."""

import warnings
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm.auto import tqdm

from workshop_utils.images.dataset import CLASSES, Arrays
from workshop_utils.settings import progress_bars_wanted

SUFFIXES = (".png", ".jpg", ".jpeg")
# What Pillow raises for files that are no images, are cut off, or would fill the memory.
UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


class DataError(RuntimeError):
    """A file of CIFAR-10 is not as it should be; the text says what to do."""


def find_images(folder: Path) -> dict[str, list[tuple[Path, int]]]:
    """Files and labels of both parts, "train" and "test".

    Args:
        folder: with `train` and `test` in it.

    Raises:
        DataError: a class folder is missing or empty.
    """
    return {part: _images_of_part(folder / part) for part in ("train", "test")}


def read_images(folder: Path) -> tuple[Arrays, bool]:
    """Read all images.

    Args:
        folder: with `train` and `test` in it.

    Returns:
        Training images, training labels, test images, test labels; and whether the images are
        JPEG files rather than PNG files.

    Raises:
        DataError: a class folder is missing or empty, or a file is not a 32×32 image.
    """
    files = find_images(folder)
    is_jpeg = any(file.suffix.lower() != ".png" for file, _ in files["train"] + files["test"])
    arrays = []
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        for part, found in files.items():
            # Mixed once, always in the same way: the files lie class by class.
            order = np.random.RandomState(0).permutation(len(found))
            bar = tqdm(
                order, f"reading {part} images", leave=False, disable=not progress_bars_wanted()
            )
            arrays.append(np.stack([_read_image(found[i][0]) for i in bar]))
            arrays.append(np.array([found[i][1] for i in order], dtype=np.int64))
    return tuple(arrays), is_jpeg


def _images_of_part(folder: Path) -> list[tuple[Path, int]]:
    found = []
    for label, name in enumerate(CLASSES):
        files = sorted(f for f in (folder / name).glob("*") if f.suffix.lower() in SUFFIXES)
        if not files:
            raise DataError(
                f"There are no images in {folder / name}. The folder {folder.parent.name!r} must "
                "hold train/<class>/ and test/<class>/ for all ten classes: unpack it again."
            )
        found += [(file, label) for file in files]
    return found


def _read_image(file: Path) -> np.ndarray:
    try:
        with Image.open(file) as image:
            width, height = image.size
            if (width, height) == (32, 32):  # looked at before the pixels are unpacked
                return np.asarray(image.convert("RGB")).transpose(2, 0, 1)
    except UNREADABLE as error:
        raise DataError(f"{file} cannot be read as an image: replace or remove it.") from error
    raise DataError(
        f"{file} is {width}×{height}, but CIFAR-10's images are 32×32: replace or remove it."
    )
