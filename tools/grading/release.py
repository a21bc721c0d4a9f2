"""Make a course for nbgrader, with two assignments: the lab's notebooks, and the homework's.

    python -m tools.grading.release ../my-course

In that folder, `nbgrader autograde workbook` then grades what lies in submitted/ of the lab, and
`nbgrader autograde homework` what lies there of the homework.
"""

import argparse
import dataclasses
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from nbgrader.utils import is_grade

import workshop_utils as wu
from tools.places import STUDENTS

ASSIGNMENTS = {"workbook": STUDENTS, "homework": STUDENTS / "homework"}  # name -> its notebooks
CONFIGURATION = Path(__file__).parent / "course"


def graded_notebooks(assignment: str) -> list[Path]:
    """The students' notebooks of an assignment that have points in them."""
    files = sorted(ASSIGNMENTS[assignment].glob("*.ipynb"))
    return [file for file in files if any(map(is_grade, nbformat.read(file, as_version=4).cells))]


def release(course: Path) -> None:
    """Make the course's folder, which must not exist yet."""
    course.mkdir(parents=True)
    for file in CONFIGURATION.glob("*.py"):
        shutil.copy(file, course)
    for assignment in filter(graded_notebooks, ASSIGNMENTS):
        source = course / "source" / assignment
        source.mkdir(parents=True)
        for file in graded_notebooks(assignment):
            shutil.copy(file, source)
        nbgrader(course, "generate_assignment", assignment)
    _prepare_home(course / "home")


def nbgrader(course: Path, *arguments: str) -> str:
    """Run a command of nbgrader in the course's folder; what it said.

    Raises:
        RuntimeError: it failed; the text is its log.
    """
    scripts = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=course,
        env=os.environ | {"PYTHONUTF8": "1", "PATH": scripts},  # nbgrader calls one: alembic
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode != 0:
        raise RuntimeError(f"nbgrader {' '.join(arguments)} failed:\n{done.stdout}")
    return done.stdout


def _prepare_home(home: Path) -> None:
    """Make what each notebook gets a copy of, so that grading need not compute it again.

    That is the images, a CNN and an autoencoder for notebooks 4 and 5, and Matplotlib's list of
    fonts. One epoch is little, but enough to tell a right line of images from a wrong one.
    """
    home.mkdir()
    fonts = os.environ | {"MPLCONFIGDIR": str(home)}
    subprocess.run([sys.executable, "-c", "import matplotlib.font_manager"], env=fonts, check=True)
    settings = wu.Settings.from_environment(
        {
            "WORKSHOP_PROFILE": "quick",
            "WORKSHOP_DATASET": "standin",
            "WORKSHOP_DEVICE": "cpu",
            "WORKSHOP_OFFLINE": "1",
            "WORKSHOP_DATA": str(home / "data"),
            "WORKSHOP_RUNS": str(home / "runs"),
        }
    )
    data = wu.load_data(settings)
    one = {"classifier_epochs": 1, "experiment_epochs": 0, "autoencoder_epochs": 1}
    once = dataclasses.replace(settings.profile, **one)
    for name in ("cnn", "autoencoder"):
        wu.trained(name, data, dataclasses.replace(settings, profile=once))


def main() -> None:
    """Make a course where the command says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("course", type=Path, help="a folder that does not exist yet")
    course = parser.parse_args().course.resolve()
    if course.exists():
        parser.error(f"There is something at {course} already: name a new folder.")
    release(course)
    print(f"The course is in {course}: put notebooks into submitted/<student>/workbook/.")


if __name__ == "__main__":
    main()
