"""What CIFAR-10 is read from: the official files, packed or unpacked, or a folder of images.

Each reader returns raw arrays: training images, training labels, test images, test labels.
Images are uint8, N×3×32×32; labels are whole numbers from 0 to 9.

The official files are Python pickles, which could run anything when they are opened. So each is
read into memory, its sum is compared, and only then those very bytes are opened.
"""

import hashlib
import pickle
import tarfile
from pathlib import Path

import numpy as np

from workshop_utils.images import image_folder
from workshop_utils.images.dataset import Arrays
from workshop_utils.images.image_folder import DataError

SIZE = 170_498_071  # bytes of the archive
ARCHIVE = "cifar-10-python.tar.gz"
ARCHIVE_MD5 = "c58f30108f718f92721af3b95e74349a"
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
LARGEST = 40_000_000  # bytes; each of them has a little more than 31 million
TEST_FILES = {"test_batch": "40351d587109b95175f43aff81a1287e"}


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
        super().__init__(f"CIFAR-10 is not in {data_dir}, and {reason}. {advice}")
        self.data_dir = data_dir
        self.reason = reason


def folder_of(path: Path) -> Path:
    """The data folder that is meant, also by somebody who names what lies in it.

    Args:
        path: the data folder, or one of `PLACES` or another file in it.
    """
    is_file = path.is_file() and (path.name in PLACES or path.suffix == ".safetensors")
    is_inside = path.name in PLACES and any((path / n).exists() for n in ("test_batch", "test"))
    return path.parent if is_file or is_inside else path


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
        check_archive(found)
    elif found.name == IMAGE_FOLDER:
        image_folder.find_images(found)
    else:
        for name, md5 in (TRAIN_FILES | TEST_FILES).items():
            _official_bytes(found, name, md5)


def read(found: Path) -> tuple[Arrays, bool]:
    """Read whatever was found.

    Args:
        found: one of `PLACES` in the data folder.

    Returns:
        The arrays, and whether they come from JPEG files, which are slightly smoother than the
        official images.

    Raises:
        DataError: something is missing, altered or damaged.
    """
    if found.name == IMAGE_FOLDER:
        return image_folder.read_images(found)
    return (read_archive(found) if found.name == ARCHIVE else read_official_folder(found)), False


def read_official_folder(folder: Path) -> Arrays:
    """Read `cifar-10-batches-py`.

    Raises:
        DataError: a file is missing or altered.
    """
    files = TRAIN_FILES | TEST_FILES
    return _arrays({name: _official_bytes(folder, name, md5) for name, md5 in files.items()})


def read_archive(archive: Path) -> Arrays:
    """Read the official `cifar-10-python.tar.gz`; nothing is unpacked to the disk.

    Raises:
        DataError: the file is incomplete or not the official one.
    """
    check_archive(archive)
    files = TRAIN_FILES | TEST_FILES
    contents = {}
    with tarfile.open(archive) as tar:
        members = {member.name: member for member in tar if member.isreg()}
        for name, md5 in files.items():
            member = members.get(f"{OFFICIAL_FOLDER}/{name}")
            content = tar.extractfile(member).read(LARGEST) if member else b""
            _check_sum(content, md5, archive)
            contents[name] = content
    return _arrays(contents)


def check_archive(archive: Path) -> None:
    """Refuse an archive that is not the official one, without opening it.

    Raises:
        DataError: it has another size or other sums, or cannot be read.
    """
    try:
        is_official = archive.stat().st_size == SIZE and sums_of(archive) == (
            ARCHIVE_MD5,
            ARCHIVE_SHA256,
        )
    except OSError as error:
        raise DataError(f"{archive} cannot be read ({error.strerror}).") from error
    if not is_official:
        raise DataError(
            f"{archive} is incomplete or not the official archive ({SIZE:,} bytes, md5 "
            f"{ARCHIVE_MD5}). Remove it and fetch it again."
        )


def sums_of(file: Path) -> tuple[str, str]:
    """md5 and sha256 of a file."""
    md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    with file.open("rb") as opened:
        while chunk := opened.read(2**20):
            md5.update(chunk)
            sha256.update(chunk)
    return md5.hexdigest(), sha256.hexdigest()


def _official_bytes(folder: Path, name: str, md5: str) -> bytes:
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        raise DataError(
            f"{folder / name} cannot be read ({error.strerror}). Unpack the archive {ARCHIVE} "
            "again, or put the archive itself there."
        ) from error
    _check_sum(content, md5, folder / name)
    return content


def _check_sum(content: bytes, md5: str, file: Path) -> None:
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != md5:
        raise DataError(
            f"{file} is not the official one: it was altered or cut off, and is not opened. "
            "Remove the folder and unpack the archive again."
        )


def _arrays(contents: dict[str, bytes]) -> Arrays:
    """Images and labels from the bytes of the official files, whose sums were compared."""
    arrays = []
    for names in (TRAIN_FILES, TEST_FILES):
        batches = [pickle.loads(contents[name], encoding="latin1") for name in names]
        arrays.append(np.concatenate([batch["data"] for batch in batches]).reshape(-1, 3, 32, 32))
        labels = [label for batch in batches for label in batch["labels"]]
        arrays.append(np.array(labels, dtype=np.int64))
    return tuple(arrays)
