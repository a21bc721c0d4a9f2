"""How much memory is free."""

from pathlib import Path

LIMIT = Path("/sys/fs/cgroup/memory.max")  # of a container, in bytes, or "max"


def free_memory() -> int:
    """Bytes that new programs can use before the computer begins to swap."""
    import psutil

    free = psutil.virtual_memory().available
    limit = LIMIT.read_text(encoding="ascii").strip() if LIMIT.is_file() else "max"
    return free if limit == "max" else min(free, int(limit))
