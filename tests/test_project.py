import ast
import collections
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from mirror import Mirror
from packaging.requirements import Requirement

from tools import preflight, versions

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
        ("networks", "files say table"),
        ("images", "settings files say networks"),
        ("analysis", "files networks"),
        ("training", "settings files say networks images"),
        ("figures", "settings files say networks images analysis training"),
        ("inside", "settings files say networks images figures"),
        ("experiments", "settings files say table networks images analysis training figures"),
        ("exercises", "settings files say networks images analysis training figures experiments"),
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


def test_no_public_name_is_the_name_of_a_module():
    """After an import of the module, older lazy-loaders would hand it out in place of the thing."""
    import workshop_utils as wu

    modules = {file.stem for file in (ROOT / "workshop_utils").rglob("*.py")}
    modules |= {file.parent.name for file in (ROOT / "workshop_utils").rglob("__init__.py")}
    assert "augmentation" in modules
    assert not modules & set(wu.__all__)


def test_everything_that_is_promised_can_be_imported():
    import workshop_utils as wu

    assert len(wu.__all__) > 30
    for name in wu.__all__:
        assert getattr(wu, name).__doc__, name


def test_the_workflow_runs_the_readmes_commands():
    file = ROOT / ".github" / "workflows" / "commands.yml"
    schema = ["-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    subprocess.run([sys.executable, *schema, file], check=True, timeout=60)
    job = yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"]["lab"]
    pythons = list(versions.ENVIRONMENTS)
    assert job["strategy"]["matrix"]["python"] == [pythons[0], pythons[-1]]
    on_unix, on_windows = (step["run"] for step in job["steps"] if "run" in step)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    [in_powershell] = re.findall(r"```powershell\n(.*?)```", readme, re.DOTALL)
    *commands, _opens_a_window = in_powershell.replace("py -m", "python -m").splitlines()
    assert on_windows.splitlines()[: len(commands)] == commands
    assert on_unix.startswith("make doctor\n")
    assert "\nmake doctor " in readme


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


def test_less_room_is_needed_for_the_cpu_build(disk):
    disk(4)
    assert preflight.problem(cpu_build=True) is None


@pytest.mark.parametrize(
    ("page", "how", "answers"),
    [
        (b'<a href="torchvision/">torchvision</a>', {}, True),
        (b"<h1>Welcome. Please log in</h1>", {}, False),
        (b"torchvision", {"status": 503}, False),
        (b"torchvision", {"silent": True}, False),
        (b"torchvision" * 1000, {"speed": 100}, False),
    ],
    ids=["index", "portal", "broken", "silent", "trickling"],
)
def test_an_index_of_cpu_builds_answers_soon_or_is_left_out(page, how, answers, monkeypatch):
    monkeypatch.setattr(preflight, "SECONDS", 1)
    started = time.monotonic()
    with Mirror(page, **how) as mirror:
        assert preflight.answers(f"http://{mirror.host}") is answers
    assert time.monotonic() - started < 2


def test_an_index_that_is_not_there_is_left_out():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert not preflight.answers(f"http://127.0.0.1:{port}")


def test_a_name_that_is_looked_up_for_long_is_left_out(monkeypatch):
    monkeypatch.setattr(preflight, "SECONDS", 0.2)
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: time.sleep(2))
    started = time.monotonic()
    assert not preflight.answers("https://cpu.example")
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    ("system", "driver", "printed"),
    [
        ("Linux", None, "an index\n"),
        ("Linux", "/usr/bin/nvidia-smi", ""),
        ("Darwin", None, ""),
        ("Windows", None, ""),
    ],
)
def test_the_cpu_build_is_for_linux_without_a_driver(
    disk, monkeypatch, capsys, system, driver, printed
):
    monkeypatch.setattr("platform.system", lambda: system)
    monkeypatch.setattr("shutil.which", lambda _: driver)
    monkeypatch.setattr("os.path.exists", lambda _: False)
    monkeypatch.setattr(preflight, "answers", lambda _: True)
    monkeypatch.setattr(preflight, "CPU_BUILDS", "an index")
    disk(4)
    preflight.main()
    assert capsys.readouterr().out == printed


# Writes down what it is asked for instead of doing it; no package is found in an index.
PYTHON = """#!/bin/sh
case "$*" in
  tools/preflight.py) {preflight} ;;
  "-m venv .venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
  *) echo "$*" | sed "s/.*--disable-pip-version-check //" >> asked ;;
esac
case "$*" in *--index-url*) exit 1 ;; esac
"""


@pytest.mark.skipif(not shutil.which("make"), reason="needs make")
@pytest.mark.parametrize(
    ("preflight", "asked"),
    [
        ("true", ["-e ."]),
        ("echo an-index", ["torch torchvision --index-url an-index", "-e ."]),
        ("exit 1", []),
    ],
)
def test_make_goes_on_without_the_cpu_build_but_not_without_room(tmp_path, preflight, asked):
    shutil.copy(ROOT / "tools" / "handout" / "Makefile", tmp_path)
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "asked").touch()
    (tmp_path / "python").write_text(PYTHON.format(preflight=preflight), encoding="utf-8")
    (tmp_path / "python").chmod(0o755)
    made = subprocess.run(
        ["make", "PYTHON=./python", ".venv/installed-for-students"], cwd=tmp_path, timeout=60
    )
    assert (tmp_path / "asked").read_text(encoding="utf-8").splitlines() == asked
    assert (made.returncode == 0) is bool(asked)


def test_a_python_that_cannot_make_environments_is_named(disk, monkeypatch):
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    assert "install its venv module" in preflight.problem()
