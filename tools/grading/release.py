"""Making the course's folder: what nbgrader releases, and what grading needs besides."""

import dataclasses
import os
import shutil
import subprocess
import sys
from datetime import datetime
from itertools import chain
from pathlib import Path

import nbformat
import torch
from nbgrader.api import Gradebook
from nbgrader.utils import is_grade, rmtree

import workshop_utils as wu

ASSIGNMENT = "workbook"
DUE = datetime(2030, 1, 31, 12, 0)
CONFIGURATION = Path(__file__).parent / "course"
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def graded_notebooks() -> list[Path]:
    """The students' notebooks with points in them; the optional ones have none."""
    return [
        file
        for file in sorted(NOTEBOOKS.glob("*.ipynb"))
        if any(map(is_grade, nbformat.read(file, as_version=4).cells))
    ]


def exercises() -> dict[str, float]:
    """The graded exercises and the points of their checks, in the order of the notebooks."""
    found = {}
    for file in graded_notebooks():
        for cell in nbformat.read(file, as_version=4).cells:
            if is_grade(cell):
                about = cell.metadata.nbgrader
                found[about.grade_id.removeprefix("check-")] = float(about.points)
    return found


def release(course: Path) -> None:
    """Make a course as nbgrader knows it, with the students' notebooks as its one assignment.

    Args:
        course: a folder that does not exist yet.

    Raises:
        RuntimeError: nbgrader refuses the notebooks; the text is its log.
    """
    source = course / "source" / ASSIGNMENT
    source.mkdir(parents=True)
    for notebook in graded_notebooks():
        shutil.copy(notebook, source)
    for file in CONFIGURATION.glob("*.py"):
        shutil.copy(file, course)
    nbgrader(course, "generate_assignment", ASSIGNMENT)
    with Gradebook(gradebook_url(course)) as gradebook:
        gradebook.update_or_create_assignment(ASSIGNMENT, duedate=DUE)


def prepare(course: Path) -> None:
    """Add what each submission gets a copy of, so that grading need not compute it again.

    That is a gradebook without students, the images, a trained autoencoder for notebook 4, and
    Matplotlib's list of fonts.

    Args:
        course: made by `release`.
    """
    shutil.copy(course / "gradebook.db", course / "released.db")
    _prepare_runs(course)
    home = course / "home"
    home.mkdir()
    fonts = os.environ | {"MPLCONFIGDIR": str(home)}
    subprocess.run([sys.executable, "-c", "import matplotlib.font_manager"], env=fonts, check=True)


def remove(course: Path) -> None:
    """Remove a course's folder, if there is one; nbgrader writes files that may not be changed."""
    if course.exists():
        rmtree(str(course))


def nbgrader(course: Path, *arguments: str) -> None:
    """Run a command of nbgrader in the course's folder.

    Raises:
        RuntimeError: it failed; the text is its log.
    """
    said = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=course,
        env=os.environ | {"PYTHONUTF8": "1", "PATH": path_with_scripts()},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    if said.returncode != 0:
        raise RuntimeError(f"nbgrader {' '.join(arguments)} failed:\n{said.stderr}")


def path_with_scripts() -> str:
    """PATH with this environment's commands first: nbgrader calls one of them, alembic."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])


def gradebook_url(course: Path) -> str:
    """Where SQLAlchemy finds the course's gradebook."""
    return f"sqlite:///{course / 'gradebook.db'}"


def _prepare_runs(course: Path) -> None:
    settings = dataclasses.replace(
        wu.Settings.from_environment(
            {"WORKSHOP_PROFILE": "quick", "WORKSHOP_DATASET": "standin", "WORKSHOP_DEVICE": "cpu"}
        ),
        offline=True,
        data_dir=course / "data",
        runs_dir=course / "runs",
    )
    data = wu.load_data(settings)
    torch.manual_seed(settings.seed)
    encoder, decoder = wu.ConvEncoder(8, 16, 32), wu.ConvDecoder(8, 16, 32)
    optimizer = torch.optim.Adam(chain(encoder.parameters(), decoder.parameters()), lr=1e-3)
    # One epoch is little, but enough to tell a right line of images from a wrong one.
    history = wu.train_autoencoder(encoder, decoder, *data.loaders(128), optimizer, n_epochs=1)
    wu.save_run("autoencoder", history, data, settings, encoder=encoder, decoder=decoder)
