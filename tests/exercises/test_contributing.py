"""The exercise that docs/contributing.md shows is checked, tested for drift, and graded."""

import os
import re
import shutil
import subprocess
import sys

import nbformat
import pytest
from nbgrader.api import Gradebook

from tools.places import ROOT

PARTS = ("workshop_utils", "tools", "tests", "docs", "conftest.py", "pyproject.toml", "README.md")
pytestmark = pytest.mark.long
BEFORE = '            "exercises.result"'


@pytest.fixture(scope="module")
def workbook(tmp_path_factory):
    """A copy of the workbook with the exercise in it, and no notebook but its own."""
    folder = tmp_path_factory.mktemp("workbook")
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, folder / part)
    module, source, line = re.findall(
        r"```python\n(.*?)```", (ROOT / "docs" / "contributing.md").read_text("utf-8"), re.DOTALL
    )
    (folder / "workshop_utils" / "exercises" / "places.py").write_text(module, "utf-8")
    listed = folder / "workshop_utils" / "__init__.py"
    listed.write_text(listed.read_text("utf-8").replace(BEFORE, line + BEFORE), "utf-8")
    (folder / "notebooks" / "source").mkdir(parents=True)
    (folder / "notebooks" / "solutions").mkdir()
    (folder / "notebooks" / "source" / "09_places.py").write_text(source, "utf-8")
    python(folder, "-m", "tools.notebooks.build")
    return folder


def python(folder, *arguments, fails=False):
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done.stdout


def test_it_is_checked(workbook):
    said = python(
        workbook,
        "-c",
        "import workshop_utils as wu\n"
        "wu.check_positions(wu.use_solution('positions'))\n"
        "wu.check_positions(lambda n, k: n - k)\n"
        "wu.check_positions(lambda n, k: n - k + 2)\n"
        "wu.check_positions(lambda n, k: (n - k) / 0)\n",
    )
    handed_out, *verdicts = said.splitlines()
    assert handed_out.startswith("positions is now the reference solution")
    assert verdicts[:3] == [
        "✓ Right: n - k + 1 places.",
        "✗ That is n - k: the first place counts, too.",
        "✗ For n = 1 and k = 1, the result is 2, but should be 1.",
    ]
    assert "ZeroDivisionError" in verdicts[3]


def test_it_is_tested_for_drift_and_its_mistakes_are_told_apart(workbook):
    tests = ("tests/test_editions.py", "tests/exercises/test_tables.py")
    command = ("-m", "pytest", "-q", "-p", "no:cacheprovider", *tests, "-k")
    of_a_whole_notebook = "tutors_find"
    python(workbook, *command, f"(09_places or positions) and not {of_a_whole_notebook}")
    built = workbook / "notebooks" / "09_places.ipynb"
    before = built.read_text("utf-8")
    built.write_text(before.replace("return the number of places", "return it"), "utf-8")
    said = python(workbook, *command, "what_its_source_builds", fails=True)
    assert "1 failed" in said
    built.write_text(before, "utf-8")


ANSWERS = {"right": "n - k + 1", "wrong": "n - k"}


def test_it_is_graded(workbook, tmp_path):
    course = tmp_path / "course"
    start = (
        f"from pathlib import Path; from tools.grading import release; c = Path({str(course)!r})"
    )
    python(workbook, "-c", f"{start}; release.release(c)")
    for student, answer in ANSWERS.items():
        notebook = nbformat.read(workbook / "notebooks" / "09_places.ipynb", as_version=4)
        [cell] = [c for c in notebook.cells if "NotImplementedError" in c.source]
        cell.source = f"def positions(n, k):\n    return {answer}\n"
        folder = course / "submitted" / student / "workbook"
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / "09_places.ipynb")
    python(workbook, "-c", f"{start}; release.nbgrader(c, 'autograde', 'workbook')")
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        scores = {
            student: gradebook.find_submission("workbook", student).score for student in ANSWERS
        }
    assert scores == {"right": 2, "wrong": 0}
