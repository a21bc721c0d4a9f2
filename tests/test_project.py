import ast
import collections
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

import preflight

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MODULES = sorted((ROOT / "workshop_utils").rglob("*.py"))
# What conda-forge calls a package that has another name on PyPI.
CONDA_NAMES = {"torch": "pytorch-cpu", "matplotlib": "matplotlib-base", "seaborn": "seaborn-base"}
# Each module imports only from those in the lines above it.
ORDER = """
files memory settings evaluation source style history transfer
mirrors validation standin_shapes tensor_files image_folder doctor.findings
image_cache cifar10 layers
download standin
data models
resuming augment
progress
training runs diagrams mistakes
interpolation pca probes shifts features lines reference experiments variational
sweeps patch_autoencoder solutions pictures plots speed
slider trials sweep_plots
checks.result checks.errors
checks.running
checks.answers
checks.filled_in checks.encoder_trial checks.functions
checks.encoder_source
checks.encoder_shapes checks.encoder_weights checks.encoder_forward
checks.encoder checks.interpolation checks.latent_line checks.counts checks.shapes checks.choices
checks.variational
checks
doctor.python doctor.kernel doctor.machine
doctor
__main__
""".strip().splitlines()


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


def name_of(module):
    """How a module of the package is imported, such as "data" or "checks.result"."""
    parts = module.relative_to(ROOT / "workshop_utils").with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def imports_of(module):
    """Names of the package's modules that a module imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "workshop_utils":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module.startswith("workshop_utils."):
            found.add(node.module.removeprefix("workshop_utils."))
    return found


def test_imports_flow_one_way():
    allowed = set()
    names = {name_of(module): module for module in MODULES if name_of(module) != "__init__"}
    assert sorted(names) == sorted(" ".join(ORDER).split())
    for line in ORDER:
        for name in line.split():
            assert imports_of(names[name]) <= allowed, name
        allowed |= set(line.split())


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_no_module_is_longer_than_300_lines(module):
    assert len(module.read_text(encoding="utf-8").splitlines()) <= 300


def test_heavy_packages_are_not_imported_before_they_are_needed():
    code = """
import sys, workshop_utils as wu
wu.Settings, wu.load_data, wu.train, wu.BasicConvNet, wu.Loader
heavy = {"torchvision", "seaborn", "scipy", "sklearn", "matplotlib", "requests", "urllib3"}
print(sorted(heavy & set(sys.modules)))
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert said.stdout.strip() == "[]", said.stderr


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
