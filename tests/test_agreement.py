"""What the doctor says of a computer is what a notebook then does there."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
# Without the checks that take long: those of PyTorch, the kernel and the speed.
DOCTOR = """
from workshop_utils import doctor
from workshop_utils.doctor import computer, python
doctor.FIRST = [python.check_packages, python.check_own_files, computer.check_settings]
doctor.THEN = [computer.check_images, computer.check_folders]
raise SystemExit(doctor.main())
"""
SLIDER = """
images, _ = next(iter(data.loaders()[1]))
wu.explore_lines(wu.ConvEncoder(8, 16, 32), wu.ConvDecoder(8, 16, 32), images, data.classes)
print("explored")
"""
TRAINING = """
keep = wu.Keep("mlp", data, settings)
print("kept:", keep.take())
"""
# Run by Python before anything else, from a folder in PYTHONPATH.
NO_WIDGETS = """
import importlib.metadata as metadata, sys
sys.modules["ipywidgets"] = None
version = metadata.version
def installed(name):
    if name == "ipywidgets":
        raise metadata.PackageNotFoundError(name)
    return version(name)
metadata.version = installed
"""
FULL_DISK = """
import errno, shutil, types
import safetensors.torch
def full(*_, **__):
    raise OSError(errno.ENOSPC, "No space left on device")
safetensors.torch.save_file = full
shutil.disk_usage = lambda _: types.SimpleNamespace(free=1e8)
"""


@dataclass
class Place:
    """A computer in a certain state: its folders, its variables, and what a notebook runs there."""

    folder: Path  # of the test
    images: Path  # a folder of images, in a data folder
    official: Path  # an official archive that is cut off
    variables: dict = field(default_factory=dict)
    more: str = ""  # that a notebook runs once it has its images

    def before(self, program: str) -> None:
        (self.folder / "before" / "sitecustomize.py").write_text(program)


def no_widgets(here):
    here.before(NO_WIDGETS)
    here.variables |= {"WORKSHOP_DATASET": "standin", "WORKSHOP_PROGRESS": "1"}
    here.variables["WORKSHOP_DATA"] = os.environ["WORKSHOP_DATA"]  # it is drawn there already
    here.more = SLIDER


def half_unpacked(here):
    (here.images / "train" / "truck" / "1.png").unlink()


def relative_folder(here):
    here.variables["WORKSHOP_DATA"] = f"'{os.path.relpath(here.images.parent, ROOT)}/'"


def own_file(here):
    (here.folder / "notebooks" / "random.py").write_text("x = 1")


def half_fetched(here):
    shutil.copy(here.official, here.images.parent)


def broken_image(here):
    (here.images / "train" / "truck" / "1.png").write_bytes(b"")


def lacking_class(here):
    shutil.rmtree(here.images / "test" / "frog")


def no_images(here):
    shutil.rmtree(here.images)


def no_images_but_asked_for(here):
    no_images(here)
    here.variables["WORKSHOP_DATASET"] = "cifar10"


def no_right_to_write_images(here):
    no_images(here)
    (here.folder / "file").touch()
    here.variables["WORKSHOP_DATA"] = str(here.folder / "file" / "data")


def no_right_to_write_runs(here):
    (here.folder / "file").touch()
    here.variables["WORKSHOP_RUNS"] = str(here.folder / "file" / "runs")
    here.more = TRAINING


def full_disk(here):
    here.before(FULL_DISK)


def misspelt(here):
    here.variables["WORKSHOP_PROFILE"] = "quik"


UNEVEN = "The classes are uneven: 1 images of truck, but 2 of airplane."
BROKEN = "train/truck/1.png cannot be read as an image: replace or remove it."
MEANWHILE = "Meanwhile the folder of images is taken."
LACKING = "There are no images in"
NOT_HERE = "WORKSHOP_OFFLINE=1 forbids to fetch it"
# A state; the doctor's verdict and words of it; words of the notebook, and whether it runs.
STATES = [
    (no_widgets, "NOTE", "ipywidgets is missing. The notebooks run,", "explored", True),
    (half_unpacked, "NOTE", UNEVEN, UNEVEN, True),
    (relative_folder, "OK", "", "", True),
    (own_file, "FAIL", "random.py has the name of a module", "random", False),
]
MORE_STATES = [
    (
        half_fetched,
        "NOTE",
        "Meanwhile the folder of images",
        "Meanwhile the folder of images",
        True,
    ),
    (broken_image, "FAIL", BROKEN, BROKEN, False),
    (lacking_class, "FAIL", LACKING, LACKING, False),
    (no_images, "NOTE", NOT_HERE, NOT_HERE, True),
    (no_images_but_asked_for, "FAIL", NOT_HERE, NOT_HERE, False),
    (no_right_to_write_images, "FAIL", "data cannot be written: ", NOT_HERE, True),
    (no_right_to_write_runs, "FAIL", "trained networks are not kept", "kept: False", True),
    (full_disk, "FAIL", "Only 0.1 GB are free", "could not be kept", True),
    (misspelt, "FAIL", "WORKSHOP_PROFILE is 'quik'", "WORKSHOP_PROFILE is 'quik'", False),
]
ALL = [pytest.param(*state, id=state[0].__name__) for state in STATES]
ALL += [pytest.param(*state, id=state[0].__name__, marks=pytest.mark.long) for state in MORE_STATES]


@pytest.fixture
def here(image_folder, tmp_path):
    for name in ("before", "notebooks", "home"):
        (tmp_path / name).mkdir()
    (tmp_path / "doctor.py").write_text(DOCTOR)
    half = tmp_path / "cifar-10-python.tar.gz"
    half.write_bytes(b"half")
    return Place(tmp_path, image_folder, half)


def run(here, *command, **options):
    """Run a program beside the notebooks; its status, and all that it says, as one line."""
    environment = {  # without coverage, which imports modules before the reader's own are found
        **{name: value for name, value in os.environ.items() if not name.startswith("COV_")},
        "WORKSHOP_DATASET": "auto",
        "WORKSHOP_DATA": str(here.images.parent),
        "HOME": str(here.folder / "home"),
        "XDG_CACHE_HOME": str(here.folder / "home"),
        "COLUMNS": "300",
        "PYTHONPATH": os.pathsep.join([str(here.folder / "before"), str(ROOT)]),
        "PYTHONUTF8": "1",
        **here.variables,
    }
    done = subprocess.run(
        [sys.executable, *command],
        cwd=here.folder / "notebooks",
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=300,
        **options,
    )
    return done.returncode, " ".join(done.stdout.split())


def first_cells(more):
    """Notebook 1 up to its images, and more."""
    cells = nbformat.read(ROOT / "notebooks" / "01_mlp.ipynb", as_version=4).cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    until = next(n for n, source in enumerate(code) if "load_data" in source)
    return "\n".join([*code[: until + 1], more])


@pytest.mark.parametrize(("state", "verdict", "says", "shows", "runs"), ALL)
def test_a_notebook_does_what_the_doctor_says(state, verdict, says, shows, runs, here):
    state(here)
    status, said = run(here, str(here.folder / "doctor.py"))
    assert (verdict in said, says in said) == (True, True), said
    assert ("FAIL" in said) == (status == 1) == (verdict == "FAIL"), said
    assert "Traceback" not in said
    status, shown = run(here, "-", input=first_cells(here.more))
    assert (shows in shown, status == 0) == (True, runs), shown
    if not runs:
        return
    number = r"([\d,]+)"
    taken = re.search(
        rf"(CIFAR-10|stand-in): {number} training, {number} validation and {number} test", shown
    )
    if found := re.search(rf"CIFAR-10 is there: [^,]*, {number} training and {number} test", said):
        assert taken[1] == "CIFAR-10"
        assert int(taken[2]) + int(taken[3]) == int(found[1])
        assert taken[4] == found[2]
    else:
        assert "The stand-in" in said
        assert taken[1] == "stand-in"
