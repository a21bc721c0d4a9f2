"""The notebooks' own check bites: each test breaks one thing and sees nbval fail on it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DRAWINGS = Path("build", "test-data", "standin.safetensors")


@pytest.fixture
def workbook(tmp_path):
    """A copy of the workbook to break."""
    for folder in ("workshop_utils", "notebooks/solutions"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "conftest.py", tmp_path)
    if (ROOT / DRAWINGS).exists():  # else the copy draws its own
        (tmp_path / DRAWINGS).parent.mkdir(parents=True)
        shutil.copy(ROOT / DRAWINGS, tmp_path / DRAWINGS)
    return tmp_path


def change(file, old, new):
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{file.name} has changed: this test breaks nothing any more"
    file.write_text(text.replace(old, new), encoding="utf-8")


def check(workbook, notebook):
    """Run a notebook of the copy as `make test` does, up to the first failure."""
    command = [sys.executable, "-m", "pytest", f"notebooks/solutions/{notebook}.ipynb", "-x"]
    command += ["--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=120", "--color=no"]
    done = subprocess.run(
        command,
        cwd=workbook,
        env={**os.environ, "PYTHONPATH": str(workbook)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )
    assert re.search(r"\b1 failed\b", done.stdout), done.stdout + done.stderr
    return done.stdout


def test_a_changed_output_is_noticed(workbook):
    change(workbook / "notebooks/solutions/02_cnn.ipynb", "109,050", "109,051")
    said = check(workbook, "02_cnn")
    assert "mismatch" in said
    assert "109,051" in said


def test_a_missing_pooling_layer_is_noticed(workbook):
    models = workbook / "workshop_utils/networks/classifiers.py"
    change(models, "F.relu(self.pool(x))  # -> N×out_c2×5×5\n", "F.relu(x)\n")
    change(models, "nn.Linear(out_c2 * 5 * 5", "nn.Linear(out_c2 * 10 * 10")
    said = check(workbook, "02_cnn")
    assert "wu.check_shapes(cnn_shapes, cnn)" in said
    assert "The notebook stops here" in said


def test_an_evaluation_with_dropout_on_is_noticed(workbook):
    change(workbook / "workshop_utils/training/loops.py", "    model.eval()  # dropout off\n", "")
    said = check(workbook, "01_mlp")
    assert "two evaluations agree: False" in said


def test_shuffled_labels_are_noticed(workbook):
    change(
        workbook / "workshop_utils/images/load.py",
        "self.labels[chosen]",
        "self.labels[chosen.flip(0)]",
    )
    said = check(workbook, "01_mlp")
    assert "MLP, test accuracy: OUTSIDE the recorded range" in said


def test_a_warning_is_noticed(workbook):
    change(
        workbook / "workshop_utils/images/load.py",
        '    print(f"{data}, from',
        "    import warnings; warnings.warn('soon to be removed')\n    print(f\"{data}, from",
    )
    said = check(workbook, "04_interpolation")
    assert "the cell wrote to stderr" in said
    assert "soon to be removed" in said
