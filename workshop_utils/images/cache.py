"""The images in one file, made once for all notebooks that share a folder.

If the data folder can only be read, the file lies in a folder of the user's own.
"""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout
from platformdirs import user_cache_path
from torch import Tensor

from workshop_utils.files import DamagedError, read_tensors, write_tensors
from workshop_utils.say import say
from workshop_utils.settings import APP_NAME

PARTS = ("train_images", "train_labels", "test_images", "test_labels")


class Cached(NamedTuple):
    """The tensors of `PARTS`, what they were made from, a description, and their file."""

    tensors: list[Tensor]
    made_from: str
    about: dict
    file: Path


def copies(data_dir: Path, name: str) -> Iterator[Cached]:
    """The cache files of this name that are whole, that in the data folder first."""
    for folder in (data_dir, _users_folder(data_dir)):
        with contextlib.suppress(OSError, DamagedError, KeyError):
            tensors, about = read_tensors(folder / name)
            images = [tensors[part] for part in PARTS]
            yield Cached(images, about["made_from"], about, folder / name)


def write(folder: Path | None, name: str, tensors: list[Tensor], about: dict) -> None:
    """Write the cache file; go on without it where nothing can be written."""
    if folder is None:
        return
    if (folder / name).exists():
        say(f"The cache file {name} was damaged or out of date: it is made again.")
    for left in folder.glob(f"{name}.*.part"):  # of a writer that was killed
        left.unlink(missing_ok=True)
    try:
        write_tensors(folder / name, dict(zip(PARTS, tensors, strict=True)), about)
    except OSError as error:
        say(f"The images could not be kept in {folder} for the next time ({error}).")


@contextlib.contextmanager
def alone(data_dir: Path) -> Iterator[Path | None]:
    """Keep other notebooks out of the block, and give the folder to write to, if there is one.

    The system lets the next one in when this one is killed.
    """
    folder = _folder_to_write(data_dir)
    with contextlib.ExitStack() as stack:
        if folder:
            # Whoever may write to a shared folder may also take the lock that somebody else made.
            lock = FileLock(folder / "images.lock", mode=0o666)
            try:
                stack.enter_context(lock.acquire(blocking=False))
            except Timeout:
                say("Another notebook is preparing the images: waiting for it.")
                stack.enter_context(lock.acquire())
            except (OSError, NotImplementedError):
                pass  # some network drives know no locks
        yield folder


def _users_folder(data_dir: Path) -> Path:
    """For the cache of a data folder that cannot be written: one for each such folder."""
    which = hashlib.sha256(os.fsencode(data_dir.absolute())).hexdigest()[:12]
    return user_cache_path(APP_NAME) / f"for-read-only-{which}"


def _folder_to_write(data_dir: Path) -> Path | None:
    """The data folder, else one of the user's own, else None."""
    for folder in (data_dir, _users_folder(data_dir)):
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            if os.access(folder, os.W_OK):
                return folder
    return None
