import ast
import collections
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from tools import preflight

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# What conda-forge calls a package that has another name on PyPI.
CONDA_NAMES = {"torch": "pytorch-cpu", "matplotlib": "matplotlib-base", "seaborn": "seaborn-base"}


def test_conda_and_pip_install_the_same_versions():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    *packages, _pip, own = environment["dependencies"]
    with_conda = dict(re.fullmatch(r"([\w-]+)([<>=].*)", line).groups() for line in packages)
    with_pip = {"python": PROJECT["requires-python"]}
    for line in PROJECT["dependencies"]:
        requirement = Requirement(line)
        with_pip[CONDA_NAMES.get(requirement.name, requirement.name)] = requirement.specifier
    assert {name: str(Requirement(f"x{spec}").specifier) for name, spec in with_conda.items()} == {
        name: str(spec) for name, spec in with_pip.items()
    }
    assert own == {"pip": ["-e ."]}


@pytest.mark.parametrize(
    ("room", "may_import"),
    [
        ("networks", "files table"),
        ("images", "settings files networks"),
        ("analysis", "files networks"),
        ("training", "settings files networks images"),
        ("figures", "settings files networks images analysis training"),
        ("inside", "settings files networks images figures"),
        ("experiments", "settings files table networks images analysis training figures"),
        ("exercises", "settings files networks images analysis training figures experiments"),
        ("doctor", "settings files networks images analysis training figures experiments"),
    ],
)
def test_imports_flow_one_way(room, may_import):
    imported = set()
    for module in (ROOT / "workshop_utils" / room).rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "workshop_utils":
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module.startswith("workshop_utils."):
                imported.add(node.module.split(".")[1])
    assert imported <= {room, *may_import.split()}


def test_nothing_is_imported_before_it_is_needed():
    code = """
import sys
from workshop_utils import interpolate
from pathlib import Path
files = [module.__file__ for name, module in sys.modules.items() if "workshop_utils." in name]
print(*(Path(file).stem for file in files if not file.endswith("__init__.py")))

import workshop_utils as wu
wu.Settings, wu.load_data, wu.train, wu.BasicConvNet, wu.Loader
heavy = {"torchvision", "seaborn", "scipy", "sklearn", "matplotlib", "requests", "urllib3"}
print(*heavy & set(sys.modules))
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    for_a_line, for_training = said.stdout.splitlines()
    assert set(for_a_line.split()) == {"interpolation", "evaluation"}, said.stderr
    assert for_training == ""


def test_everything_that_is_promised_can_be_imported():
    import workshop_utils as wu

    assert len(wu.__all__) > 30
    for name in wu.__all__:
        assert getattr(wu, name).__doc__, name


# --- before installing ---

Disk = collections.namedtuple("Disk", "total used free")


@pytest.fixture
def disk(monkeypatch, tmp_path):
    """Set how many GB are free on a disk without an environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")

    def set_free(gigabytes):
        monkeypatch.setattr("shutil.disk_usage", lambda _: Disk(0, 0, gigabytes * 1e9))

    set_free(100)
    return set_free


def test_with_a_new_python_and_an_empty_disk_nothing_is_wrong(disk):
    assert preflight.problem() is None


def test_an_old_python_is_named_in_one_line(disk, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    said = preflight.problem()
    assert "Python 3.9 is too old: the workbook needs 3.10" in said
    assert "\n" not in said


def test_a_full_disk_is_named_in_one_line(disk):
    disk(7)
    said = preflight.problem()
    assert said.startswith("Only 7.0 GB are free here, but 10 GB are needed.")
    assert "Smaller on Linux" in said
    assert "\n" not in said


def test_less_room_is_needed_where_pytorch_is_installed_already(disk, tmp_path):
    (tmp_path / ".venv/lib/python3.12/site-packages/torch").mkdir(parents=True)
    disk(4)
    assert preflight.problem() is None
    disk(2)
    assert "3 GB are needed" in preflight.problem()


def test_a_python_that_cannot_make_environments_is_named(disk, monkeypatch):
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    assert "install its venv module" in preflight.problem()
