"""Grading one submission with nbgrader: alone, in a folder of its own, and for a limited time.

A submission may do what it likes: its kernels see a copy of the course without the other students
and with a gradebook that nobody reads afterwards. The points are taken from its executed
notebooks, and written to the real gradebook by `record`.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import nbformat
import psutil
from nbformat import NotebookNode
from nbgrader.utils import parse_utc

from tools.grading.release import ASSIGNMENT, path_with_scripts

SECONDS = 120  # for a whole submission; a right one needs a tenth of it on an idle computer
LARGEST = 20 * 10**6  # bytes of one file
MARK = "WORKSHOP_GRADED_IN"
# What a student's code may know about this computer. All else, such as passwords of the one who
# grades, stays outside.
PASSED_ON = ("LANG", "LC_ALL", "PYTHONPATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "COMSPEC")


@dataclass
class Graded:
    """One submission after grading.

    Args:
        student: whose it is.
        notebooks: those that were executed, by name.
        remarks: what was wrong with it as a whole.
        seconds: how long grading took.
        handed_in: when; None if that is not known.
    """

    student: str
    notebooks: dict[str, NotebookNode] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    seconds: float = 0.0
    handed_in: datetime | None = None


def grade(course: Path, student: str, seconds: float = SECONDS) -> Graded:
    """Execute the notebooks of one submission and the checks in them.

    Args:
        course: made by `release.release`.
        student: name of a folder in course/submitted.
        seconds: after which everything that it has started is ended.

    Returns:
        What could be graded, and why the rest could not. Nothing is raised for anything that a
        submission does.
    """
    graded = Graded(student)
    started = time.perf_counter()
    # ignore_cleanup_errors: on Windows, files may be open for a moment after a process has ended.
    with tempfile.TemporaryDirectory(prefix="grading-", ignore_cleanup_errors=True) as folder:
        try:
            alone = Path(folder) / "course"
            _copy_course(course, alone)
            _hand_in(course, alone, graded)
            _run_nbgrader(alone, graded, seconds, course / "logs" / f"{student}.log")
            for file in sorted((alone / "autograded" / student / ASSIGNMENT).glob("*.ipynb")):
                if not _damage(file):  # the last one may be cut off if time was up
                    graded.notebooks[file.stem] = nbformat.read(file, as_version=4)
        except OSError as error:
            graded.remarks.append(f"could not be graded: {error}")
    graded.seconds = time.perf_counter() - started
    return graded


def _copy_course(course: Path, alone: Path) -> None:
    for folder in ("source", "data", "runs", "home"):
        shutil.copytree(course / folder, alone / folder)
    for file in (*course.glob("*.py"), course / "released.db"):
        shutil.copy(file, alone)
    (alone / "released.db").rename(alone / "gradebook.db")
    (alone / "tmp").mkdir()


def _hand_in(course: Path, alone: Path, graded: Graded) -> None:
    """Copy what can be graded, and remark on the rest."""
    source = course / "submitted" / graded.student / ASSIGNMENT
    target = alone / "submitted" / graded.student / ASSIGNMENT
    target.mkdir(parents=True)
    expected = {file.name for file in (course / "source" / ASSIGNMENT).glob("*.ipynb")}
    for file in sorted(source.rglob("*")):
        name = file.relative_to(source)
        if file.is_symlink() or name.parts[0].startswith("workshop_utils"):
            graded.remarks.append(f"not taken: {name.as_posix()}")
        elif not file.is_file():
            continue
        elif file.stat().st_size > LARGEST:
            graded.remarks.append(f"too large: {name.as_posix()}")
        elif file.name == "timestamp.txt":
            graded.handed_in = _time_in(file)
        elif file.suffix == ".ipynb" and name.name not in expected:
            graded.remarks.append(f"not asked for: {name.as_posix()}")
        elif file.suffix == ".ipynb" and (problem := _damage(file)):
            graded.remarks.append(f"{problem}: {name.as_posix()}")
        else:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target / name)
    for name in sorted(expected - {file.name for file in source.glob("*.ipynb")}):
        graded.remarks.append(f"file missing: expected {name}")


def _time_in(file: Path) -> datetime | None:
    try:
        return parse_utc(file.read_text(encoding="utf-8").strip())
    except (ValueError, OverflowError):
        return None


def _damage(file: Path) -> str:
    """Why a notebook cannot be read; empty if it can."""
    if file.stat().st_size == 0:
        return "empty file"
    try:
        cells = nbformat.read(file, as_version=4).cells
        is_whole = all(
            cell.cell_type in ("code", "markdown", "raw")
            and isinstance(cell.source, str)
            and isinstance(cell.metadata, dict)
            for cell in cells
        )
    except Exception:  # whatever a file that is no notebook makes nbformat do
        is_whole = False
    return "" if is_whole else "not a notebook"


def _run_nbgrader(alone: Path, graded: Graded, seconds: float, log: Path) -> None:
    if not any((alone / "submitted" / graded.student / ASSIGNMENT).glob("*.ipynb")):
        return
    log.parent.mkdir(exist_ok=True)
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "nbgrader", "autograde", ASSIGNMENT],
            cwd=alone,
            env=_environment(alone),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            code = process.wait(seconds)
            if code != 0:
                graded.remarks.append(f"nbgrader gave up, see {log.name}")
        except subprocess.TimeoutExpired:
            graded.remarks.append(f"time limit: more than {seconds:.0f} s")
        finally:
            _end_all(process, str(alone))


def _environment(alone: Path) -> dict[str, str]:
    """The variables that nbgrader and the kernels get."""
    home = str(alone / "home")
    ours = {
        "PATH": path_with_scripts(),
        "PYTHONUTF8": "1",
        MARK: str(alone),
        # What a student's code writes to these folders is gone afterwards.
        **dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "IPYTHONDIR", "MPLCONFIGDIR"), home),
        "JUPYTER_RUNTIME_DIR": str(alone / "home" / "runtime"),
        **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(alone / "tmp")),
    }
    return {name: os.environ[name] for name in PASSED_ON if name in os.environ} | ours


def _end_all(process: subprocess.Popen, mark: str) -> None:
    """End a process and all that came from it, even what has cut its ties to it.

    Whatever it started carries the same mark in its environment.
    """
    for _ in range(20):  # while one is ended, another may start one more
        alive = [process] if process.poll() is None else []
        alive += [other for other in psutil.process_iter() if _carries(other, mark)]
        if not alive:
            return
        for one in alive:
            one.kill()
        time.sleep(0.05)


def _carries(process: psutil.Process, mark: str) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) == mark
    except (psutil.Error, OSError):  # it has ended, or belongs to somebody else
        return False
