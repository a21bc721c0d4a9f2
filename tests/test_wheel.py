"""The package as others install it: a wheel, unpacked elsewhere, with no folder of the workbook."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell

import workshop_utils as wu

ROOT = Path(__file__).parent.parent
STUDENTS = ROOT / "notebooks"
KINDS = (".json", ".safetensors", ".js", ".css", ".html")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Build the wheel from a copy of what it is made of, and install it into a folder."""
    folder = tmp_path_factory.mktemp("wheel")
    copy = folder / "copy"
    shutil.copytree(ROOT / "workshop_utils", copy / "workshop_utils")
    for file in ("pyproject.toml", "README.md", *(f.name for f in ROOT.glob("LICENSE*"))):
        shutil.copy(ROOT / file, copy)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run(
        [*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", folder, copy], check=True
    )
    [wheel] = folder.glob("*.whl")
    subprocess.run([*pip, "install", "--no-deps", "--target", folder / "site", wheel], check=True)
    return folder / "site"


def test_a_notebook_begins_in_an_empty_folder(installed, tmp_path):
    notebook = nbformat.read(STUDENTS / "02_cnn.ipynb", as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    first = next(i for i, cell in enumerate(code) if "load_data" in cell.source)
    asked = """
import json
from workshop_utils.experiments import reference, sweeps
from workshop_utils.images.dataset import CIFAR10
from workshop_utils.settings import PROFILES
import dataclasses
cifar10 = dataclasses.replace(data, name=CIFAR10)
full = dataclasses.replace(settings, profile=PROFILES["full"])
print(json.dumps({
    "file": wu.__file__,
    "metrics": len(reference.load_reference()[CIFAR10]["full"].metrics),
    "trials": len(sweeps.shipped_sweep("try_pixels").trials),
    "run": str(wu.find_run("mlp", cifar10, full)),
}))
"""
    notebook.cells = [*code[: first + 1], new_code_cell(asked)]
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}})
    client.execute(env=os.environ | {"PYTHONPATH": str(installed)})
    found = json.loads(notebook.cells[-1].outputs[0].text)
    assert Path(found["file"]).is_relative_to(installed)
    assert found["metrics"] > 10
    assert found["trials"] > 10
    assert found["run"].startswith("mlp: the run that came with the workbook")
    assert not Path(wu.__file__).is_relative_to(installed)


def test_all_that_is_no_code_is_in_the_wheel(installed):
    ours, theirs = (
        {
            file.relative_to(place)
            for file in (place / "workshop_utils").rglob("*.*")
            if file.suffix in KINDS
        }
        for place in (ROOT, installed)
    )
    assert theirs == ours
    assert len(theirs) > 10
