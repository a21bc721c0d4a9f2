"""Make a course for nbgrader, with the students' notebooks as its one assignment.

    python -m tools.grading.release ../my-course

In that folder, `nbgrader autograde workbook` then grades what lies in submitted/.
"""

import argparse
import os
import shutil
import subprocess
import sys
from itertools import chain
from pathlib import Path

import nbformat
import torch
from nbgrader.utils import is_grade

import workshop_utils as wu
from tools import places
from tools.places import SOURCES, STUDENTS

ASSIGNMENT = "workbook"
CONFIGURATION = Path(__file__).parent / "course"


def graded_notebooks() -> list[Path]:
    """The students' notebooks with points in them; the optional ones have none."""
    return [
        file
        for source in places.sources()
        for file in [(STUDENTS / source.relative_to(SOURCES)).with_suffix(".ipynb")]
        if any(map(is_grade, nbformat.read(file, as_version=4).cells))
    ]


def release(course: Path) -> None:
    """Make the course's folder, which must not exist yet."""
    source = course / "source" / ASSIGNMENT
    source.mkdir(parents=True)
    for file in graded_notebooks():
        shutil.copy(file, source)
    for file in CONFIGURATION.glob("*.py"):
        shutil.copy(file, course)
    nbgrader(course, "generate_assignment", ASSIGNMENT)
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

    That is the images, a trained autoencoder for notebook 4, and Matplotlib's list of fonts.
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
    torch.manual_seed(settings.seed)
    encoder, decoder = wu.ConvEncoder(8, 16, 32), wu.ConvDecoder(8, 16, 32)
    optimizer = torch.optim.Adam(chain(encoder.parameters(), decoder.parameters()), lr=1e-3)
    # One epoch is little, but enough to tell a right line of images from a wrong one.
    keep = wu.Keep("autoencoder", data, settings)
    wu.train_autoencoder(encoder, decoder, *data.loaders(128), optimizer, n_epochs=1, keep=keep)


def main() -> None:
    """Make a course where the command says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("course", type=Path, help="a folder that does not exist yet")
    course = parser.parse_args().course.resolve()
    if course.exists():
        parser.error(f"There is something at {course} already: name a new folder.")
    release(course)
    print(f"The course is in {course}: put notebooks into submitted/<student>/{ASSIGNMENT}/.")


if __name__ == "__main__":
    main()
