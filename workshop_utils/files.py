"""Writing files so that nobody ever meets half of one."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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
