"""The images in one file, made once for all notebooks that share a folder."""

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock, Timeout
from platformdirs import user_cache_path
from torch import Tensor

from workshop_utils.files import DamagedError, read_tensors, write_tensors
from workshop_utils.images.dataset import Arrays
from workshop_utils.settings import APP_NAME

PARTS = ("train_images", "train_labels", "test_images", "test_labels")


@dataclass(frozen=True)
class Cached:
    """Images from a cache file.

    Args:
        tensors: training images, training labels, test images, test labels.
        about: what they were made from.
        file: where they are kept; None if that was not possible.
        is_new: whether they were made just now.
    """

    tensors: list[Tensor]
    about: dict
    file: Path | None
    is_new: bool


def cached(
    data_dir: Path,
    name: str,
    is_current: Callable[[dict], bool],
    make: Callable[[], tuple[Arrays, dict]],
) -> Cached:
    """Images from the cache file, which is made if need be.

    However many notebooks start at the same time on the same folder, one of them makes the file and
    the others wait. If the one is killed, another takes over.

    Args:
        data_dir: the data folder. If it cannot be written, the cache is in the user's own folder.
        name: of the cache file.
        is_current: whether a cache file with this description can be taken.
        make: returns arrays and a description.
    """
    if found := _read(data_dir, name, is_current):
        return found
    folder = _folder_to_write(data_dir)
    with _alone(folder):
        if found := _read(data_dir, name, is_current):  # another notebook has made it meanwhile
            return found
        if folder and (folder / name).exists():
            print(f"The cache file {name} is damaged or out of date: it is made again.")
        arrays, about = make()
        tensors = [torch.from_numpy(np.ascontiguousarray(array)) for array in arrays]
        return Cached(tensors, about, _write(folder, name, tensors, about), is_new=True)


def find_cache(data_dir: Path, name: str, is_current: Callable[[dict], bool]) -> Path | None:
    """The cache file that would be taken; None if there is none.

    Args:
        data_dir: the data folder.
        name: of the cache file.
        is_current: whether a cache file with this description can be taken.
    """
    found = _read(data_dir, name, is_current)
    return found.file if found else None


def _read(data_dir: Path, name: str, is_current: Callable[[dict], bool]) -> Cached | None:
    for folder in (data_dir, _users_folder(data_dir)):
        try:
            tensors, about = read_tensors(folder / name)
            tensors = [tensors[part] for part in PARTS]
        except (FileNotFoundError, DamagedError, KeyError):
            continue
        if is_current(about):
            return Cached(tensors, about, folder / name, is_new=False)
    return None


def _write(folder: Path | None, name: str, tensors: list[Tensor], about: dict) -> Path | None:
    """Write the cache file; go on without it where nothing can be written."""
    if folder is None:
        return None
    for left in folder.glob(f"{name}.*.part"):  # of a writer that was killed
        left.unlink(missing_ok=True)
    try:
        write_tensors(folder / name, dict(zip(PARTS, tensors, strict=True)), about)
    except OSError as error:
        print(f"The images could not be kept in {folder} for the next time ({error}).")
        return None
    return folder / name


def _users_folder(data_dir: Path) -> Path:
    """For the cache of a data folder that cannot be written: one for each such folder."""
    which = hashlib.sha256(str(data_dir.absolute()).encode()).hexdigest()[:12]
    return user_cache_path(APP_NAME) / f"for-read-only-{which}"


def _folder_to_write(data_dir: Path) -> Path | None:
    """The data folder, else one of the user's own, else None."""
    for folder in (data_dir, _users_folder(data_dir)):
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            if os.access(folder, os.W_OK):
                return folder
    return None


@contextlib.contextmanager
def _alone(folder: Path | None) -> Iterator[None]:
    """Keep other notebooks out of the block; the system lets them in when this one is killed."""
    # Whoever may write to a shared folder may also take the lock that somebody else has made.
    lock = FileLock(folder / "images.lock", mode=0o666) if folder else None
    with contextlib.ExitStack() as stack:
        if lock:
            try:
                lock.acquire(blocking=False)
            except Timeout:
                print("Another notebook is preparing the images: waiting for it.")
                lock.acquire()
            except (OSError, NotImplementedError):  # some network drives know no locks
                lock = None
        if lock:
            stack.callback(lock.release)
        yield
