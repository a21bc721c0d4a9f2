"""Many kernels at once, each executing a notebook: who came to the end, and what each needed.

One kernel's memory is its RSS (resident set size): what it takes on a computer, or in a container,
of its own. That of many is the sum of their PSS (proportional set size): a page that ten kernels
share, such as PyTorch's code, counts for a tenth in each. In a sum of RSS it would count ten times,
and a class would seem to need far more than it does. Only Linux knows PSS; elsewhere RSS is summed.
"""

import contextlib
import re
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import psutil
from jupyter_core.utils import ensure_event_loop
from nbclient.exceptions import CellExecutionError

from execute import execute, results
from workshop_utils.reference import OUTSIDE

GB = 1e9
EVERY = 0.5  # seconds from one look at the kernels to the next
RESERVE = 1 * GB  # of free memory; with less, kernels are stopped before the system stops something
MARK = "WORKSHOP_SEAT"  # tells in a kernel's environment which one it is
HAS_PSS = psutil.LINUX


class ShortOfMemoryError(RuntimeError):
    """This computer has too little memory for so many kernels."""


@dataclass
class Seat:
    """One kernel, and what was seen of it.

    Args:
        folder: of its own: trained networks, IPython's history.
        notebook: that it executes.
        process: None before it was first seen.
        cpu_seconds: user and system time when it was last seen.
        peak_bytes: the most memory it was seen with.
        unique_bytes: the most that it shared with no other process.
        seconds: from the start of the kernel to its end.
        results: what `report_result` noted.
        problem: why it was lost; empty if it was not.
    """

    folder: Path
    notebook: Path
    process: psutil.Process | None = None
    cpu_seconds: float = 0.0
    peak_bytes: int = 0
    unique_bytes: int = 0
    seconds: float = 0.0
    results: list[dict] = field(default_factory=list)
    problem: str = ""


@dataclass
class Attendance:
    """What was seen of all kernels.

    Args:
        seats: all of them, lost or not.
        seconds: from the start of the first kernel to the end of the last.
        peak_bytes: the most memory that all had together, seen at once.
    """

    seats: list[Seat]
    seconds: float
    peak_bytes: int

    @property
    def lost(self) -> list[Seat]:
        """Kernels that did not come to the end, or found something else than was recorded."""
        return [seat for seat in self.seats if seat.problem]

    def summary(self) -> dict:
        """The numbers, as they are written to the file."""
        cpu = [seat.cpu_seconds for seat in self.seats]
        return {
            "kernels": len(self.seats),
            "lost": len(self.lost),
            "seconds": round(self.seconds, 1),
            "cpu_seconds_mean": round(sum(cpu) / len(cpu), 1),
            "cpu_seconds_most": round(max(cpu), 1),
            "peak_bytes_together": self.peak_bytes,
            "peak_bytes_most": max(seat.peak_bytes for seat in self.seats),
            "disk_bytes_most": max(size_of(seat.folder) for seat in self.seats),
        }


def attend(seats: list[Seat], environment: dict[str, str], seconds: float) -> Attendance:
    """Start a kernel for every seat, all at once, and watch them until the last has ended.

    Args:
        seats: with folders of their own.
        environment: variables of all kernels.
        seconds: after which those that still run are stopped.

    Raises:
        ShortOfMemoryError: the computer ran short of memory; all kernels were stopped.
    """
    started = time.perf_counter()
    peak_bytes = 0
    with ThreadPoolExecutor(len(seats)) as pool:
        running = [pool.submit(_execute, seat, environment) for seat in seats]
        try:
            while wait(running, EVERY).not_done:
                peak_bytes = max(peak_bytes, _look_at(seats))
                if time.perf_counter() - started > seconds:
                    _stop(seats, running, f"stopped: it still ran after {seconds:.0f} seconds")
                elif psutil.virtual_memory().available < RESERVE:
                    raise ShortOfMemoryError(
                        f"Less than {RESERVE / GB:.0f} GB of memory was left with {len(seats)} "
                        "kernels, so all were stopped. Start fewer with --kernels."
                    )
        finally:
            # After Ctrl-C or a lack of memory: the pool waits until no kernel is left.
            while wait(running, 0).not_done:
                _look_at(seats)
                _stop(seats, running, "stopped with all others")
                wait(running, EVERY)
    return Attendance(seats, time.perf_counter() - started, peak_bytes)


def size_of(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _execute(seat: Seat, environment: dict[str, str]) -> None:
    """Execute one notebook, and note how it went. Nothing is raised: the others go on."""
    own = {
        MARK: str(seat.folder),
        "IPYTHONDIR": str(seat.folder / "ipython"),
        "WORKSHOP_RUNS": str(seat.folder / "runs"),
    }
    seat.folder.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    try:
        notebook, _ = execute(seat.notebook, {**own, **environment})
    except Exception as error:  # a cell, a dead kernel, a start that failed: this seat is lost
        seat.problem = seat.problem or _in_short(error)
    else:
        seat.results = results(notebook)
        seat.problem = seat.problem or _what_differs(seat)
    finally:
        ensure_event_loop().close()  # nbclient made one for this thread
    seat.seconds = time.perf_counter() - started


def _in_short(error: Exception) -> str:
    """What ended a kernel, in one line."""
    if isinstance(error, CellExecutionError):
        return f"{error.ename}: {error.evalue}"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


def _what_differs(seat: Seat) -> str:
    """What a kernel found else than it should; empty if all is as recorded."""
    cells = nbformat.read(seat.notebook, as_version=4).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    expected = re.findall(r'\breport_result\(\s*"(\w+)"', code)
    found = [one["metric"] for one in seat.results]
    if found != expected:
        return f"it reported {', '.join(found) or 'nothing'} instead of {', '.join(expected)}"
    outside = [one["metric"] for one in seat.results if one["verdict"] == OUTSIDE]
    return f"{', '.join(outside)} outside the recorded range" if outside else ""


def _look_at(seats: list[Seat]) -> int:
    """Note time and memory of all kernels that run; the bytes that they have together."""
    missing = {str(seat.folder): seat for seat in seats if seat.process is None}
    if missing:
        for child in psutil.Process().children():
            if seat := missing.get(_mark_of(child)):
                seat.process = child
    return sum(_look_at_one(seat) for seat in seats if seat.process)


def _mark_of(process: psutil.Process) -> str:
    try:
        return process.environ().get(MARK, "")
    except (psutil.Error, OSError):  # it has just ended, or has only just begun
        return ""


def _look_at_one(seat: Seat) -> int:
    try:
        spent = seat.process.cpu_times()
        memory = seat.process.memory_full_info()
    except psutil.Error:  # it has ended
        return 0
    seat.cpu_seconds = max(seat.cpu_seconds, spent.user + spent.system)
    seat.peak_bytes = max(seat.peak_bytes, memory.rss)
    seat.unique_bytes = max(seat.unique_bytes, memory.uss)
    return memory.pss if HAS_PSS else memory.rss


def _stop(seats: list[Seat], running: list[Future], reason: str) -> None:
    """End the kernels that still run."""
    for seat, future in zip(seats, running, strict=True):
        if seat.process and not future.done():
            seat.problem = seat.problem or reason
            with contextlib.suppress(psutil.NoSuchProcess):
                seat.process.kill()
