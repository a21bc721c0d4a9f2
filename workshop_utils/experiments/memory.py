"""How much memory is free."""

import sys
from pathlib import Path

LIMIT = Path("/sys/fs/cgroup/memory.max")  # of a container, in bytes, or "max"


def free_memory() -> int:
    """Bytes that can still be used before the computer begins to swap, or a limit is reached."""
    import psutil

    free = min(psutil.virtual_memory().available, _left_of_own_limit())
    limit = LIMIT.read_text(encoding="ascii").strip() if LIMIT.is_file() else "max"
    if limit == "max":
        return free
    used = int((LIMIT.parent / "memory.current").read_text(encoding="ascii"))
    stat = (LIMIT.parent / "memory.stat").read_text(encoding="ascii")
    counts = dict(line.split() for line in stat.splitlines())
    used -= int(counts["inactive_file"])  # copies of files, which make room when it is needed
    return max(0, min(free, int(limit) - used))


def _left_of_own_limit() -> int:
    """What this process may still take, where somebody has limited it (`ulimit -d`)."""
    import psutil

    if not hasattr(psutil, "RLIMIT_DATA"):  # Linux knows it
        return sys.maxsize
    process = psutil.Process()
    limit, _hard = process.rlimit(psutil.RLIMIT_DATA)
    return sys.maxsize if limit < 0 else max(0, limit - process.memory_info().data)
