"""The notebooks' own check bites: each test breaks one thing and sees nbval fail on it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

ROOT = Path(__file__).parent.parent
DRAWINGS = Path("build", "test-data", "standin.safetensors")


def nbval(folder, *arguments):
    """What is said of a notebook in a folder when it is tried as `make test` does."""
    command = [sys.executable, "-m", "pytest", "-c", "pyproject.toml", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "--nbval-cell-timeout=120", "--color=no", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )
    return done.stdout + done.stderr


OUTSIDE = """display(
    {"text/plain": "far away"}, raw=True, metadata={"workshop_result": {"verdict": "OUTSIDE"}}
)"""


def test_an_output_that_differs_a_warning_and_a_result_outside_its_range_are_noticed(tmp_path):
    for file in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / file, tmp_path)
    cells = []
    for source, kept in (("6 * 7", "42"), ("7 * 8", "57"), ("import sys", "")):
        output = new_output("execute_result", {"text/plain": kept}, execution_count=1)
        cells.append(new_code_cell(source, execution_count=1, outputs=[output] if kept else []))
        cells[-1].metadata["tags"] = ["nbval-check-output"]
    for source in ("_ = sys.stderr.write('soon')", OUTSIDE):
        cells.append(new_code_cell(source, execution_count=1))
    about = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(new_notebook(cells=cells, metadata=about), tmp_path / "notebook.ipynb")
    said = nbval(tmp_path, "notebook.ipynb")
    assert "Cell 1: Cell outputs differ" in said
    assert "the cell wrote to stderr:\nsoon" in said
    assert "far away" in said
    assert "3 failed, 2 passed" in said


# --- mistakes in the package, seen by the notebooks ---


@pytest.fixture
def workbook(tmp_path):
    """A copy of the workbook to break."""
    for folder in ("workshop_utils", "notebooks/solutions"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    for file in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / file, tmp_path)
    if (ROOT / DRAWINGS).exists():  # else the copy draws its own
        (tmp_path / DRAWINGS).parent.mkdir(parents=True)
        shutil.copy(ROOT / DRAWINGS, tmp_path / DRAWINGS)
    return tmp_path


LEFT_OUT = {
    "a pooling layer": (
        "networks/classifiers.py",
        [
            ("F.relu(self.pool(x))  # -> N×out_c2×5×5\n", "F.relu(x)\n"),
            ("nn.Linear(out_c2 * 5 * 5", "nn.Linear(out_c2 * 10 * 10"),
        ],
        "02_cnn",
        r"wu\.check_shapes\(cnn_shapes, cnn\)[\s\S]*The notebook stops here",
    ),
    "the end of dropout": (
        "training/loops.py",
        [("    model.eval()  # dropout off\n", "")],
        "01_mlp",
        "two evaluations agree: False",
    ),
    "the order of the labels": (
        "images/dataset.py",
        [("self.labels[chosen]", "self.labels[chosen.flip(0)]")],
        "01_mlp",
        "MLP, test accuracy, stand-in: .*, OUTSIDE the expected range",
    ),
}


@pytest.mark.long
@pytest.mark.parametrize("what", LEFT_OUT)
def test_what_is_left_out_of_the_package_is_noticed(workbook, what):
    name, changes, notebook, said = LEFT_OUT[what]
    file = workbook / "workshop_utils" / name
    text = file.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, f"{name} has changed: this test breaks nothing any more"
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    found = nbval(workbook, "-x", f"notebooks/solutions/{notebook}.ipynb")
    assert re.search(said, found), found
    assert re.search(r"\b1 failed\b", found)
