"""What CIFAR-10 is read from: the official files, packed or unpacked, or a folder of images.

The official files are Python pickles, which could run anything when they are opened. So each is
read into memory, its sum is compared, and only then those very bytes are opened. (torchvision reads
a file twice, first for its sum and then to open it: it might have changed in between.)
"""

import hashlib
import os
import pickle
import tarfile
from pathlib import Path

import numpy as np

from workshop_utils.images.dataset import Arrays, DataError
from workshop_utils.images.image_folder import fingerprint, read_images

ARCHIVE = "cifar-10-python.tar.gz"
ARCHIVE_SIZE = 170_498_071  # bytes
ARCHIVE_SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
OFFICIAL_FOLDER = "cifar-10-batches-py"
IMAGE_FOLDER = "cifar10"
# What may lie in the data folder, in the order in which it is looked for.
PLACES = {
    OFFICIAL_FOLDER: "the official folder",
    ARCHIVE: "the official archive",
    IMAGE_FOLDER: "the folder of images",
}
# md5 sums of the official files. Nobody can make another file with the sum of a given one.
TRAIN_FILES = {
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
}
TEST_FILES = {"test_batch": "40351d587109b95175f43aff81a1287e"}


class NotFoundError(RuntimeError):
    """CIFAR-10 is not in the data folder and could not be fetched, for this reason."""

    def __init__(
        self,
        data_dir: Path,
        reason: str,
        advice: str = f"To use it, put {ARCHIVE} into a folder and set WORKSHOP_DATA to it.",
    ) -> None:
        super().__init__(f"CIFAR-10 is not in {data_dir}, and {reason}. {advice}")
        self.reason = reason


def folder_of(path: Path) -> Path:
    """The data folder that is meant, also by somebody who names what lies in it."""
    inside = ("data_batch_1", "test_batch", "train", "test")
    if path.name in (OFFICIAL_FOLDER, IMAGE_FOLDER):
        return path.parent if any(os.path.exists(path / name) for name in inside) else path
    is_file = path.name == ARCHIVE or path.suffix == ".safetensors"
    return path.parent if is_file and not path.is_dir() else path


def find(data_dir: Path) -> list[Path]:
    """Those of `PLACES` that are in the data folder, in their order."""
    return [data_dir / name for name in PLACES if os.path.exists(data_dir / name)]


def check(place: Path) -> str:
    """Refuse what is incomplete or altered with a DataError.

    Returns:
        What a cache of it is made from: the name of an official place, whose sums leave no choice
        of what is in it, or a sum over the list of images, which are not opened.
    """
    if place.name == IMAGE_FOLDER:
        return fingerprint(place)
    if place.name == ARCHIVE:
        _check_archive(place)
    else:
        _unpacked(place)
    return place.name


def read(place: Path) -> tuple[Arrays, str]:
    """Read one of the places that `find` has found.

    Returns:
        Training images, training labels, test images, test labels (images are uint8, N×3×32×32,
        labels whole numbers from 0 to 9); and the variant, see `ImageData`.

    Raises:
        DataError: something is missing, altered or damaged.
    """
    if place.name == IMAGE_FOLDER:
        return read_images(place)
    files = _packed(place) if place.name == ARCHIVE else _unpacked(place)
    arrays = []
    for names in (TRAIN_FILES, TEST_FILES):
        batches = [pickle.loads(files[name], encoding="latin1") for name in names]
        arrays.append(np.concatenate([batch["data"] for batch in batches]).reshape(-1, 3, 32, 32))
        labels = [label for batch in batches for label in batch["labels"]]
        arrays.append(np.array(labels, dtype=np.int64))
    return tuple(arrays), ""


def sha256_of(file: Path) -> str:
    """The sum of a file, which need not fit into memory."""
    sum_so_far = hashlib.sha256()
    with file.open("rb") as opened:
        while chunk := opened.read(2**20):
            sum_so_far.update(chunk)
    return sum_so_far.hexdigest()


def _unpacked(folder: Path) -> dict[str, bytes]:
    """The files of the official folder, each with the right sum."""
    try:
        files = {name: (folder / name).read_bytes() for name in TRAIN_FILES | TEST_FILES}
    except OSError as error:
        raise DataError(
            f"{error.filename} cannot be read ({error.strerror}). Unpack the archive {ARCHIVE} "
            "again, or put the archive itself there."
        ) from error
    return _compared(files, folder)


def _packed(archive: Path) -> dict[str, bytes]:
    """The same files from the official archive; nothing is unpacked to the disk."""
    _check_archive(archive)
    with tarfile.open(archive) as tar:
        files = {
            Path(member.name).name: opened.read()
            for member in tar
            if member.isreg() and (opened := tar.extractfile(member))
        }
    return _compared(files, archive)


def _check_archive(archive: Path) -> None:
    """Refuse an archive that is not the official one, without opening it."""
    try:
        size = archive.stat().st_size
        is_official = size == ARCHIVE_SIZE and sha256_of(archive) == ARCHIVE_SHA256
    except OSError as error:
        raise DataError(f"{archive} cannot be read ({error.strerror}).") from error
    if not is_official:
        raise DataError(
            f"{archive} is incomplete or not the official archive ({ARCHIVE_SIZE:,} bytes, sha256 "
            f"{ARCHIVE_SHA256}). Remove it and fetch it again."
        )


def _compared(files: dict[str, bytes], place: Path) -> dict[str, bytes]:
    """The same files, if they are the official ones."""
    for name, md5 in (TRAIN_FILES | TEST_FILES).items():
        if hashlib.md5(files.get(name, b""), usedforsecurity=False).hexdigest() != md5:
            raise DataError(
                f"{place / name} is not the official one: it was altered or cut off, and is not "
                f"opened. Remove {place.name} and fetch the archive again."
            )
    return files
