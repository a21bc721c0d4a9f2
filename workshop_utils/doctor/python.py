"""Is this the right Python, with the right packages, and does Jupyter use it, too?"""

from __future__ import annotations

import ast
import dataclasses
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from workshop_utils.doctor.findings import (
    FAIL,
    NOTE,
    OK,
    Finding,
    Known,
    in_words,
    install,
    run_python,
)

if TYPE_CHECKING:
    from packaging.requirements import Requirement

DISTRIBUTION = "convnet-workbook"
ROOT = Path(__file__).parents[2]
# The Python of the environment that README.md makes.
ENVIRONMENT = ROOT / ".venv" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
KERNEL = "python3"  # what the notebooks ask for
# Seconds. The first time, a virus scanner reads all of PyTorch.
PATIENCE = {"PyTorch": 180, "kernel": 60}


def check_python(known: Known) -> Finding:
    """Is this the Python that has the workbook, and is it new enough?"""
    version = ".".join(map(str, sys.version_info[:3]))
    try:
        needed = metadata.metadata(DISTRIBUTION)["Requires-Python"]
    except metadata.PackageNotFoundError:
        text = f"The workbook is not installed in this Python, {sys.executable}."
        if not ENVIRONMENT.is_file():
            return install(text)
        command = run_python("-m", "workshop_utils", "doctor", python=str(ENVIRONMENT))
        return Finding(FAIL, text, "Use the Python of the workbook's environment:", command)
    from packaging.specifiers import SpecifierSet

    if version not in SpecifierSet(needed):
        return Finding(
            FAIL,
            f"This is Python {version}, but the workbook needs {needed}.",
            "Install a newer one from https://www.python.org/downloads/ and make the workbook's "
            "environment anew, see 'Start' in README.md.",
        )
    return Finding(OK, f"Python {version} has the workbook, in the environment {sys.prefix}.")


def check_packages(known: Known) -> Finding:
    """Is every package there that the workbook asks for, in a version that it works with?"""
    wanted = requirements(DISTRIBUTION)
    # JupyterLab's part of progress bars and sliders is a package of its own.
    widgets = [each for each in wanted if each.name == "ipywidgets"] + requirements("ipywidgets")
    others = [each for each in wanted if each not in widgets]
    problems = [problem for each in others if (problem := unfit(each))]
    missed = [problem for each in widgets if (problem := unfit(each))]
    if problems:
        return install(f"Packages do not fit: {'; '.join(problems + missed)}.")
    if missed:
        text = (
            f"Packages do not fit: {'; '.join(missed)}. The notebooks run, with progress bars of "
            "letters, and notebook 4 with pictures in a row in the place of a slider."
        )
        return dataclasses.replace(install(text), verdict=NOTE)
    torch = metadata.version("torch")
    return Finding(OK, f"All {len(wanted)} packages are there and fit, among them PyTorch {torch}.")


def check_own_files(known: Known) -> Finding:
    """Does a file beside the notebooks take the place of a module that they need?"""
    names = {requirement.name for requirement in requirements(DISTRIBUTION)}
    needed = {m for m, owners in metadata.packages_distributions().items() if names & {*owners}}
    needed |= sys.stdlib_module_names
    beside = {file.parent for file in (ROOT / "notebooks").rglob("*.ipynb")}
    for folder in (Path.cwd(), *sorted(beside)):
        modules = [*folder.glob("*.py"), *(file.parent for file in folder.glob("*/__init__.py"))]
        for module in sorted(modules):
            if module.stem in needed:
                return Finding(
                    FAIL,
                    f"{module} has the name of a module that the notebooks need, and is imported "
                    "in its place.",
                    "Give it another name.",
                )
    return Finding(OK, "No file beside the notebooks takes the place of a module that they need.")


def check_torch(known: Known) -> Finding:
    """Can PyTorch be imported?"""
    # In a process of its own: a PyTorch that does not fit the computer may end it without a word.
    tried = subprocess.run(
        [sys.executable, "-c", "import torch"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        timeout=PATIENCE["PyTorch"],
    )
    if not tried.returncode:
        return Finding(OK, "PyTorch can be imported.")
    said = tried.stderr.strip().splitlines() or [f"Python ended with status {tried.returncode}"]
    wanted = [str(each) for each in requirements(DISTRIBUTION) if each.name.startswith("torch")]
    advice = "Install it again:"
    if sys.platform == "win32":
        advice = (
            "Install Microsoft's Visual C++ Redistributable, which PyTorch needs "
            "(https://aka.ms/vs/17/release/vc_redist.x64.exe). If that does not help, run"
        )
    command = run_python("-m", "pip", "install", "--force-reinstall", *wanted)
    return Finding(FAIL, f"PyTorch cannot be imported: {said[-1]}", advice, command)


def check_kernel(known: Known) -> Finding:
    """Does Jupyter run the notebooks with this Python, which is the one that has the packages?"""
    from jupyter_client.kernelspec import KernelSpecManager

    # A kernel that another installation left behind is found first on many a computer. Where none
    # is described, ipykernel describes one itself.
    folder = Path(KernelSpecManager().find_kernel_specs()[KERNEL])
    with tempfile.TemporaryFile() as errors:  # a pipe that nobody reads would block the kernel
        try:
            executable, prefix = _ask_kernel(errors)
            if Path(prefix).resolve() == Path(sys.prefix).resolve():
                return Finding(OK, "Jupyter runs the notebooks with this Python.")
            text = f"Jupyter runs the notebooks with another Python: {executable}."
        except Exception as error:  # in the file that describes the kernel, or in the kernel
            errors.seek(0)
            text = f"Jupyter's kernel does not work: {in_words(error)}."
            if said := errors.read().decode("utf-8", "replace").strip():
                text += f" It said last: {said.splitlines()[-1].strip()}"
    if Path(sys.prefix).resolve() in folder.resolve().parents:
        command = run_python("-m", "ipykernel", "install", "--sys-prefix")
        return Finding(FAIL, text, "To make Jupyter use this Python, run", command)
    advice = f"Remove the folder {folder}: it hides the kernel of this environment."
    return Finding(FAIL, text, advice)


def _ask_kernel(errors: IO[bytes]) -> tuple[str, str]:
    """Start the kernel, ask for its `sys.executable` and `sys.prefix`, and stop it."""
    from jupyter_client.manager import run_kernel

    patience = PATIENCE["kernel"]
    client: Any  # it waits for replies, which the type that Jupyter gives does not tell
    question = {"here": "(__import__('sys').executable, __import__('sys').prefix)"}
    with run_kernel(
        kernel_name=KERNEL, startup_timeout=patience, stdout=subprocess.DEVNULL, stderr=errors
    ) as client:
        reply = client.execute(
            "", silent=True, user_expressions=question, reply=True, timeout=patience
        )
    return ast.literal_eval(reply["content"]["user_expressions"]["here"]["data"]["text/plain"])


def requirements(distribution: str) -> list[Requirement]:
    """What an installed package asks for on this computer, without its extras."""
    from packaging.requirements import Requirement

    try:
        found = [Requirement(line) for line in metadata.requires(distribution) or []]
    except metadata.PackageNotFoundError:  # told where it is asked for
        return []
    return [each for each in found if not each.marker or each.marker.evaluate({"extra": ""})]


def unfit(requirement: Requirement) -> str:
    """What is wrong with what is installed; nothing if it fits."""
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return f"{requirement.name} is missing"
    if requirement.specifier.contains(version, prereleases=True):
        return ""
    return f"{requirement.name} is {version}, needed is {requirement.specifier}"
