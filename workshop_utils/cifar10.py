"""What CIFAR-10 is read from: official files, or a folder of images.

Each reader returns raw arrays: training images, training labels, test images, test labels.
Images are uint8, N×3×32×32; labels are whole numbers from 0 to 9.
"""

import tarfile
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError
from tqdm.auto import tqdm

from workshop_utils.settings import progress_bars_wanted

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]

CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)

ARCHIVE = "cifar-10-python.tar.gz"
ARCHIVE_MD5 = "c58f30108f718f92721af3b95e74349a"
OFFICIAL_FOLDER = "cifar-10-batches-py"
IMAGE_FOLDER = "cifar10"
# What may lie in the data folder, in the order in which it is looked for.
PLACES = {
    OFFICIAL_FOLDER: "the official folder",
    ARCHIVE: "the official archive",
    IMAGE_FOLDER: "the folder of images",
}


class DataError(RuntimeError):
    """A file of CIFAR-10 is not as it should be; the text says what to do."""


class NotFoundError(RuntimeError):
    """CIFAR-10 is not in the data folder and could not be fetched.

    Args:
        data_dir: where it was looked for.
        reason: why it could not be fetched.
        advice: what to do about it.
    """

    def __init__(
        self,
        data_dir: Path,
        reason: str,
        advice: str = f"To use it, put {ARCHIVE} into a folder and set WORKSHOP_DATA to it.",
    ) -> None:
        super().__init__(f"CIFAR-10 is not in the data folder, and {reason}. {advice}")
        self.data_dir = data_dir
        self.reason = reason


def find(data_dir: Path) -> Path | None:
    """The first of `PLACES` that is in `data_dir`; None if there is none of them."""
    return next((data_dir / name for name in PLACES if (data_dir / name).exists()), None)


def check(found: Path) -> None:
    """Refuse damaged files without loading them.

    Args:
        found: one of `PLACES` in the data folder.

    Raises:
        DataError: something is missing or altered.
    """
    if found.name == ARCHIVE:
        _check_archive(found)
    elif found.name == IMAGE_FOLDER:
        _image_files(found)
    else:
        _check_official_folder(found)


def read_official_folder(data_dir: Path) -> Arrays:
    """Read `cifar-10-batches-py` in `data_dir` after checking each file's md5.

    Raises:
        DataError: a file is missing or altered.
    """
    from torchvision.datasets import CIFAR10

    _check_official_folder(data_dir / OFFICIAL_FOLDER)
    train_set = CIFAR10(str(data_dir), train=True, download=False)
    test_set = CIFAR10(str(data_dir), train=False, download=False)
    images = [np.ascontiguousarray(s.data.transpose(0, 3, 1, 2)) for s in (train_set, test_set)]
    labels = [np.array(s.targets, dtype=np.int64) for s in (train_set, test_set)]
    return images[0], labels[0], images[1], labels[1]


def read_archive(archive: Path) -> Arrays:
    """Read the official `cifar-10-python.tar.gz` after checking its md5.

    Raises:
        DataError: the file is incomplete or not the official one.
    """
    _check_archive(archive)
    # Unpacked beside the archive, where there was room for it, and removed after reading.
    with tempfile.TemporaryDirectory(dir=archive.parent, prefix="unpacking-") as folder:
        with tarfile.open(archive) as tar:
            # Refuses names that lead out of the folder; the first releases of 3.10 lack it.
            tar.extraction_filter = getattr(tarfile, "data_filter", None)
            tar.extractall(folder)
        return read_official_folder(Path(folder))


def read_image_folder(data_dir: Path) -> tuple[Arrays, bool]:
    """Read `cifar10/{train,test}/<class>/*.{png,jpg}` in `data_dir`.

    Returns:
        The arrays, and whether the images are JPEG files (slightly smoother than the official
        ones) rather than PNG files.

    Raises:
        DataError: a class folder is missing or empty, or a file is not a 32×32 image.
    """
    files = _image_files(data_dir / IMAGE_FOLDER)
    is_jpeg = any(file.suffix.lower() != ".png" for file, _ in files["train"] + files["test"])
    arrays = []
    for part, found in files.items():
        # Mixed once, always in the same way: the files lie class by class.
        order = np.random.RandomState(0).permutation(len(found))
        bar = tqdm(order, f"reading {part} images", leave=False, disable=not progress_bars_wanted())
        arrays.append(np.stack([_read_image(found[i][0]) for i in bar]))
        arrays.append(np.array([found[i][1] for i in order], dtype=np.int64))
    return tuple(arrays), is_jpeg


def _check_archive(archive: Path) -> None:
    from torchvision.datasets.utils import check_integrity

    if not check_integrity(str(archive), ARCHIVE_MD5):
        raise DataError(
            f"{archive} is incomplete or not the official archive (md5 {ARCHIVE_MD5}). "
            "Remove it and fetch it again."
        )


def _check_official_folder(folder: Path) -> None:
    from torchvision.datasets import CIFAR10
    from torchvision.datasets.utils import check_integrity

    names = [*CIFAR10.train_list, *CIFAR10.test_list]
    names.append([CIFAR10.meta["filename"], CIFAR10.meta["md5"]])
    if not all(check_integrity(str(folder / name), md5) for name, md5 in names):
        raise DataError(
            f"A file in {folder} is missing or not the official one. "
            "Remove the folder and unpack the archive again."
        )


def _image_files(root: Path) -> dict[str, list[tuple[Path, int]]]:
    """Files and labels of both parts."""
    return {part: _images_of_part(root / part) for part in ("train", "test")}


def _images_of_part(folder: Path) -> list[tuple[Path, int]]:
    found = []
    for label, name in enumerate(CLASSES):
        files = [
            file
            for file in sorted((folder / name).glob("*"))
            if file.suffix.lower() in (".png", ".jpg", ".jpeg")
        ]
        if not files:
            raise DataError(
                f"There are no images in {folder / name}. The folder {IMAGE_FOLDER!r} must hold "
                "train/<class>/ and test/<class>/ for all ten classes: unpack it again."
            )
        found += [(file, label) for file in files]
    return found


def _read_image(file: Path) -> np.ndarray:
    try:
        with Image.open(file) as image:
            pixels = np.asarray(image.convert("RGB"))
    except (UnidentifiedImageError, OSError) as error:
        raise DataError(f"{file} cannot be read as an image: replace or remove it.") from error
    if pixels.shape != (32, 32, 3):
        height, width = pixels.shape[:2]
        raise DataError(f"{file} is {width}×{height}, but CIFAR-10's images are 32×32.")
    return pixels.transpose(2, 0, 1)
