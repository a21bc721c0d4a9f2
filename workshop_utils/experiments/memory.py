"""How much memory is free."""

from pathlib import Path

LIMIT = Path("/sys/fs/cgroup/memory.max")  # of a container, in bytes, or "max"


def free_memory() -> int:
    """Bytes that new programs can use before the computer begins to swap."""
    import psutil

    free = psutil.virtual_memory().available
    limit = LIMIT.read_text(encoding="ascii").strip() if LIMIT.is_file() else "max"
    if limit == "max":
        return free
    used = int((LIMIT.parent / "memory.current").read_text(encoding="ascii"))
    stat = (LIMIT.parent / "memory.stat").read_text(encoding="ascii")
    counts = dict(line.split() for line in stat.splitlines())
    used -= int(counts["inactive_file"])  # copies of files, which make room when it is needed
    return max(0, min(free, int(limit) - used))
