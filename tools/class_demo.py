"""Start the kernels of a whole class at once, and write down what they need.

    python tools/class_demo.py                                 # 30 kernels
    python tools/class_demo.py --kernels 5 --notebook 02_cnn
    python tools/class_demo.py --students
    python tools/class_demo.py --page

The first two execute a notebook with solutions once alone, then in all kernels at once with one
thread each: on the stand-in, in the quick profile. Between the two, a few kernels show what threads
cost where cores are shared: with as many threads as there are cores, and with one. The third
executes the notebooks one after the other, on the data set and in the profile of the
environment: what one student needs. Each writes its part of results/class.json, and docs/class.md
anew; the fourth only writes the page. Ends with 1 if a kernel was lost.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import psutil

from build import ROOT, SOLUTIONS
from classroom.kernels import GB, HAS_PSS, Attendance, Seat, ShortOfMemoryError, attend, size_of
from classroom.page import CLASS_FILE, write_page
from run import print_table
from workshop_utils.files import written_whole

FOLDER = ROOT / "build" / "class"
KERNELS = 30
FEW = 4  # with many threads, thirty would take most of an hour on two cores
SECONDS = 3600  # for all kernels together; on two cores, 30 of them take some minutes
SHARED = FOLDER / "shared"  # nothing is written there while the class is at work
FOR_A_CLASS = {
    "WORKSHOP_PROFILE": "quick",
    "WORKSHOP_DATASET": "standin",
    "WORKSHOP_DEVICE": "cpu",
    "WORKSHOP_SEED": "0",
    "WORKSHOP_OFFLINE": "1",
    "WORKSHOP_DATA": str(SHARED / "data"),
    "MPLCONFIGDIR": str(SHARED / "matplotlib"),
}
# The list of fonts, too, which the first figure of a new user would otherwise wait for.
PREFETCH = """
import matplotlib.font_manager
from workshop_utils.data import load_data
from workshop_utils.settings import Settings
load_data(Settings.from_environment())
"""


class LostError(RuntimeError):
    """A kernel did not come to the end, and there is no use in going on."""


def demonstrate(notebook: Path, n_kernels: int, seconds: float) -> tuple[dict, bool]:
    """Execute a notebook alone, then in many kernels at once.

    Args:
        notebook: with solutions.
        n_kernels: how many at once.
        seconds: after which kernels that still run are stopped, each time anew.

    Returns:
        What was measured, as it is written to the file, and whether no kernel was lost.

    Raises:
        ShortOfMemoryError: this computer has too little for so many.
        LostError: not even one kernel alone came to the end.
        subprocess.CalledProcessError: the images could not be prepared.
    """
    command = [sys.executable, "-c", PREFETCH]
    subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, **FOR_A_CLASS})
    before = _files_in(SHARED)
    cores = os.cpu_count() or 1
    alone = take_place("alone", [notebook], FOR_A_CLASS | threads(cores), seconds)
    if alone.lost:
        raise LostError("Not even one kernel came to the end alone: no class was started.")
    needed, free = n_kernels * alone.seats[0].unique_bytes, psutil.virtual_memory().available
    if needed > free:
        raise ShortOfMemoryError(
            f"{n_kernels} kernels may need {needed / GB:.1f} GB of memory, but {free / GB:.1f} GB "
            "are free. Start fewer with --kernels."
        )
    few = [notebook] * min(FEW, n_kernels)
    every_core = take_place("few on every core", few, FOR_A_CLASS | threads(cores), seconds)
    one_thread = take_place("few with one thread", few, FOR_A_CLASS | threads(1), seconds)
    together = take_place("together", [notebook] * n_kernels, FOR_A_CLASS | threads(1), seconds)
    runs = {
        "alone": alone,
        "few_on_every_core": every_core,
        "few_with_one_thread": one_thread,
        "together": together,
    }
    is_untouched = _files_in(SHARED) == before
    if not is_untouched:
        print("A kernel wrote to the shared folder, although everything was prepared in it.")
    measured = {
        "notebook": notebook.stem,
        "computer": computer(),
        "shared_bytes": size_of(SHARED),
        "runs": {name: seen.summary() for name, seen in runs.items()},
    }
    return measured, is_untouched and not any(seen.lost for seen in runs.values())


def students_need(seconds: float) -> tuple[dict, bool]:
    """Execute the notebooks one after the other, with the settings of the environment.

    Args:
        seconds: after which a notebook is stopped.

    Returns:
        What was measured, as it is written to the file, and whether no kernel was lost.
    """
    student = FOLDER / "student"
    shutil.rmtree(student, ignore_errors=True)  # networks of the last time need no training
    runs = {"WORKSHOP_RUNS": str(student / "runs")}
    notebooks, found, lost = {}, [], []
    for file in sorted(SOLUTIONS.glob("*.ipynb")):
        seen = take_place(f"student/{file.stem}", [file], runs, seconds)
        notebooks[file.stem] = seen.summary()
        found += seen.seats[0].results
        lost += seen.lost
    about = {key: found[0][key] for key in ("dataset", "variant", "profile")} if found else {}
    disk = {"disk_bytes": size_of(student)}
    return {"computer": computer(), **about, **disk, "notebooks": notebooks}, not lost


def take_place(
    name: str, notebooks: list[Path], environment: dict[str, str], seconds: float
) -> Attendance:
    """Execute notebooks in kernels at once, and print how that went.

    Args:
        name: of the folder in which each gets its own, made anew.
        notebooks: one for each kernel.
        environment: variables of all kernels.
        seconds: after which kernels that still run are stopped.

    Raises:
        ShortOfMemoryError: the computer ran short of memory.
    """
    folder = FOLDER / name.replace(" ", "-")
    shutil.rmtree(folder, ignore_errors=True)
    seats = [
        Seat(folder / f"kernel-{number:02}", notebook)
        for number, notebook in enumerate(notebooks, start=1)
    ]
    print(f"{name}: {len(seats)} at once ...", flush=True)
    seen = attend(seats, environment, seconds)
    for seat in seen.lost:
        print(f"  {seat.folder.name} lost: {seat.problem}", flush=True)
    return seen


def threads(number: int) -> dict[str, str]:
    """Variables that say on how many cores a kernel may compute."""
    return dict.fromkeys(("WORKSHOP_THREADS", "OMP_NUM_THREADS"), str(number))


def computer() -> dict:
    """Where it was measured, and how memory was."""
    return {
        "cores": os.cpu_count() or 1,
        "memory_bytes": psutil.virtual_memory().total,
        "system": platform.system(),
        "memory_counted_as": "PSS" if HAS_PSS else "RSS",
    }


def save(part: str, measured: dict) -> None:
    """Write one part of the file, and the page anew."""
    everything = json.loads(CLASS_FILE.read_text(encoding="utf-8")) if CLASS_FILE.exists() else {}
    everything[part] = measured
    with written_whole(CLASS_FILE) as file:
        text = json.dumps(everything, indent=2, sort_keys=True) + "\n"
        file.write_text(text, encoding="utf-8", newline="\n")
    write_page()


def print_summary(summaries: dict[str, dict]) -> None:
    """Print a table of what was measured."""
    rows = [("", "kernels", "lost", "seconds", "CPU s each", "GB together", "GB each", "MB disk")]
    for name, one in summaries.items():
        rows.append(
            (
                name.replace("_", " "),
                f"{one['kernels']}",
                f"{one['lost']}",
                f"{one['seconds']:.0f}",
                f"{one['cpu_seconds_mean']:.0f}",
                f"{one['peak_bytes_together'] / GB:.2f}",
                f"{one['peak_bytes_most'] / GB:.2f}",
                f"{one['disk_bytes_most'] / 1e6:.1f}",
            )
        )
    print()
    print_table(rows)


def _files_in(folder: Path) -> dict[Path, tuple[int, float]]:
    files = {file: file.stat() for file in folder.rglob("*") if file.is_file()}
    return {file: (known.st_size, known.st_mtime) for file, known in files.items()}


def main() -> int:
    """Measure and write; 0 if no kernel was lost."""
    names = sorted(file.stem for file in SOLUTIONS.glob("*.ipynb"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kernels", type=int, default=KERNELS, help="how many at once")
    parser.add_argument("--notebook", choices=names, default=names[0])
    parser.add_argument("--seconds", type=float, default=SECONDS, help="limit for all kernels")
    parser.add_argument("--students", action="store_true", help="measure what one student needs")
    parser.add_argument("--page", action="store_true", help="only write docs/class.md anew")
    wanted = parser.parse_args()
    if wanted.kernels < 1:
        parser.error("At least one kernel is needed: --kernels 1 or more.")
    if wanted.page:
        write_page()
        return 0
    try:
        if wanted.students:
            measured, is_well = students_need(wanted.seconds)
            print_summary(measured["notebooks"])
        else:
            notebook = SOLUTIONS / f"{wanted.notebook}.ipynb"
            measured, is_well = demonstrate(notebook, wanted.kernels, wanted.seconds)
            print_summary(measured["runs"])
    except (LostError, ShortOfMemoryError, subprocess.CalledProcessError) as error:
        print(error)
        return 1
    if not is_well:
        print(f"Nothing written to {CLASS_FILE.relative_to(ROOT)}: see above.")
        return 1
    save("students" if wanted.students else "class", measured)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Stopped.")
