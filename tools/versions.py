"""The tests with the lowest and the newest versions of all that is required: `make test-all`.

    python -m tools.versions -m pytest tests/test_project.py

runs what is named with each Python of `ENVIRONMENTS`, and resolves the requirements, without
installing them, for every system and Python of `GRID`. An environment is kept in build/versions,
and the next time only what has changed is installed.
"""

import contextlib
import glob
import os
import subprocess
import sys
import time
from pathlib import Path

from tools.places import BUILD, ROOT
from workshop_utils.table import print_table

LOWEST, NEWEST = "lowest-direct", "highest"  # as uv calls them
ENVIRONMENTS = {"3.10": LOWEST, "3.11": NEWEST, "3.12": NEWEST, "3.13": NEWEST}
GRID = ("3.10", "3.11", "3.12", "3.13", "3.14"), ("linux", "macos", "windows")
SHOWN = ("torch", "torchvision", "numpy", "matplotlib", "scikit-learn", "jupyterlab", "pytest")


def uv(*arguments: str | Path, told: str = "") -> str:
    """What uv prints. It finds Pythons on PATH, those of pyenv, and its own, and fetches none.

    Raises:
        subprocess.CalledProcessError: uv failed, and has said why on stderr.
    """
    pyenv = os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")
    path = os.pathsep.join([os.environ["PATH"], *glob.glob(f"{pyenv}/versions/*/bin")])
    return subprocess.run(
        [sys.executable, "-m", "uv", *arguments],
        cwd=ROOT,
        env={
            **os.environ,
            "PATH": path,
            "UV_PYTHON_DOWNLOADS": "never",
            "MACOSX_DEPLOYMENT_TARGET": "14.0",  # which PyTorch asks for since 2.12
        },
        input=told,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout


def resolved(python: str, which: str, *system: str) -> str:
    """The packages and versions that pip would find today, one a line.

    Args:
        python: a version, such as "3.12".
        which: LOWEST (of what pyproject.toml names) or NEWEST.
        system: "linux", "macos" or "windows"; without it, this one.
    """
    choices = [f"--python-version={python}", f"--resolution={which}"]
    choices += [f"--python-platform={name}" for name in system]
    choices += ["--no-build", "--no-header", "--no-annotate", "--quiet"]
    return uv("pip", "compile", *choices, "-", told="-e .[dev]\npip>=23")  # a test uses pip


def versions(lines: str) -> dict[str, str]:
    """Name and version of each package in what `resolved` returns."""
    return dict(line.split("==") for line in lines.split() if "==" in line)


def environment(python: str, which: str) -> tuple[Path, dict[str, str]]:
    """Bring the environment for a Python to exactly the packages that are wanted today.

    Returns:
        Its interpreter, and the version of each package in it.
    """
    folder = BUILD / "versions" / python
    base = uv("python", "find", "--system", python).strip()
    subprocess.run([base, "-m", "venv", "--without-pip", folder], check=True)
    packages = resolved(python, which)
    uv("pip", "sync", "--quiet", f"--python={folder}", "-", told=packages)
    return folder / ("Scripts" if os.name == "nt" else "bin") / "python", versions(packages)


def tried(python: str, which: str, command: list[str]) -> list[object]:
    """Run a command in the environment for a Python; return its row in the table."""
    print(f"\n--- Python {python}, {which} versions ---", flush=True)
    started, verdict = time.monotonic(), "no environment"
    found: dict[str, str] = {}
    with contextlib.suppress(subprocess.CalledProcessError):  # what failed has said why
        interpreter, found = environment(python, which)
        # Old releases warn of each other: matplotlib 3.9 of a new pyparsing, for one.
        lenient = {"PYTEST_ADDOPTS": "-o filterwarnings=default"} if which == LOWEST else {}
        status = subprocess.run(
            [interpreter, *command], cwd=ROOT, env=os.environ | lenient
        ).returncode
        verdict = "failed" if status else "passed"
    seconds = round(time.monotonic() - started)
    return [python, which, *(found.get(name, "") for name in SHOWN), verdict, seconds]


def lowest_and_newest(python: str, system: str) -> str:
    """The range of PyTorch that the requirements resolve to, or "none"."""
    try:
        ends = [versions(resolved(python, which, system))["torch"] for which in (LOWEST, NEWEST)]
    except subprocess.CalledProcessError:
        return "none"
    return " to ".join(ends)


def main(command: list[str]) -> int:
    """Try all, print both tables, and return 1 if anything failed."""
    rows = [tried(python, which, command) for python, which in ENVIRONMENTS.items()]
    pythons, systems = GRID
    grid = [[python, *(lowest_and_newest(python, each) for each in systems)] for python in pythons]
    print()
    print_table([["Python", "versions", *SHOWN, "tests", "seconds"], *rows])
    print("\nPyTorch that the requirements resolve to, lowest to newest:")
    print_table([["Python", *systems], *grid])
    failed = any("passed" not in row for row in rows) or any("none" in row for row in grid)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
