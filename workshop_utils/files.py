"""Files that nobody ever meets half of; tensors in a file, never pickled.

A file of tensors is in the safetensors format, with a description and a sum that shows any altered
byte.
"""

import hashlib
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor


@contextmanager
def written_whole(file: Path) -> Iterator[Path]:
    """Give a temporary file to write to, which takes the name of `file` at the end of the block.

    After an error inside the block, `file` is what it was before and nothing is left behind.

    Args:
        file: the file to make or to replace; its folder is made if need be.

    Raises:
        OSError: the folder cannot be made or written to.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{file.name}.{uuid.uuid4().hex}.part")
    try:
        yield part
        part.chmod(0o644)  # others on a shared folder may read it
        os.replace(part, file)
    finally:
        part.unlink(missing_ok=True)


def as_json(value: object, indent: int | None = None) -> str:
    """Write a value as JSON; numbers of NumPy and of PyTorch become Python's.

    Args:
        value: dictionaries, lists, texts and numbers.
        indent: spaces by which each level stands further to the right; None writes one line.

    Raises:
        TypeError: there is something in it that JSON cannot hold.
    """

    def plain(number: Any) -> object:  # noqa: ANN401 - what JSON does not know
        if hasattr(number, "tolist"):
            return number.tolist()
        raise TypeError(f"a {type(number).__name__} is neither a number nor a text")

    return json.dumps(value, indent=indent, default=plain)


class DamagedError(RuntimeError):
    """The file is not what was written."""


def write_tensors(file: Path, tensors: dict[str, Tensor], about: dict) -> None:
    """Write or replace a file of tensors.

    Args:
        file: where to write.
        tensors: by name, of any shape.
        about: a description, see `as_json`.

    Raises:
        TypeError: JSON cannot hold the description.
        OSError: the folder cannot be written to, or the disk is full.
    """
    ours = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    metadata = {"about": as_json(about)}
    metadata["sha256"] = _sha256(metadata["about"], ours)
    try:
        with written_whole(file) as part:
            save_file(ours, part, metadata=metadata)
    except SafetensorError as error:
        raise OSError(f"{file.name} could not be written: {error}") from error


def read_tensors(file: Path) -> tuple[dict[str, Tensor], dict]:
    """Read a file of `write_tensors`.

    Args:
        file: what to read.

    Returns:
        Tensors by name, and the description.

    Raises:
        FileNotFoundError: there is no such file.
        OSError: it cannot be read.
        DamagedError: it is cut off or altered, or something else.
    """
    if not file.exists():
        raise FileNotFoundError(file)
    try:
        with _open(file) as opened:
            metadata = opened.metadata() or {}
            # Copied, since Windows replaces no file that a tensor still looks into.
            tensors = {name: opened.get_tensor(name).clone() for name in opened.keys()}  # noqa: SIM118
        if metadata["sha256"] != _sha256(metadata["about"], tensors):
            raise DamagedError(f"{file.name} was altered after it was written.")
        return tensors, json.loads(metadata["about"])
    except (SafetensorError, KeyError, ValueError) as error:
        raise DamagedError(f"{file.name} is cut off or damaged ({error}).") from error


@contextmanager
def _open(file: Path) -> Iterator[safe_open]:
    """Open what has any name, also one that is not UTF-8, which safetensors refuses."""
    with file.open("rb") as handle:
        is_utf8 = str(file).encode(errors="ignore").decode() == str(file)
        with safe_open(file if is_utf8 else f"/dev/fd/{handle.fileno()}", framework="pt") as opened:
            yield opened


def _sha256(about: str, tensors: dict[str, Tensor]) -> str:
    total = hashlib.sha256(about.encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        total.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        total.update(bytes_of(tensor))
    return total.hexdigest()


def bytes_of(tensor: Tensor) -> memoryview:
    """The numbers of a tensor as they lie in memory; copied only if they do not lie in order."""
    return tensor.reshape(-1).contiguous().view(torch.uint8).numpy().data
