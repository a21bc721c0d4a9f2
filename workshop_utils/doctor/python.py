"""Checks of what is installed: Python, packages, PyTorch, progress bars, and the settings."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from workshop_utils.doctor.findings import (
    FAIL,
    NOTE,
    OK,
    Finding,
    Known,
    SkippedError,
    in_words,
    install,
    remove_variable,
    run_python,
)

if TYPE_CHECKING:
    import torch

DISTRIBUTION = "convnet-workbook"
# The Python of the environment that README.md makes.
_PYTHON = "Scripts/python.exe" if sys.platform == "win32" else "bin/python"
ENVIRONMENT = Path(__file__).parents[2] / ".venv" / _PYTHON
PATIENCE = 180  # seconds for importing PyTorch; the first time, a virus scanner reads all of it


def check_python(known: Known) -> Finding:
    """Python is as new as the workbook needs."""
    version = ".".join(map(str, sys.version_info[:3]))
    try:
        needed = metadata.metadata(DISTRIBUTION)["Requires-Python"]
    except metadata.PackageNotFoundError:
        text = f"{version} at {sys.executable}, where the workbook is not installed."
        if not ENVIRONMENT.is_file():
            return install(text)
        command = run_python("-m", "workshop_utils", "doctor", python=str(ENVIRONMENT))
        return Finding(FAIL, text, "Use the Python of the workbook's environment:", command)
    from packaging.specifiers import SpecifierSet

    if version not in SpecifierSet(needed):
        return Finding(
            FAIL,
            f"{version}, but the workbook needs {needed}.",
            "Install a newer Python from https://www.python.org/downloads/ and make the "
            "workbook's environment anew, see 'Start' in README.md.",
        )
    return Finding(OK, f"{version} in {sys.prefix}")


def check_packages(known: Known) -> Finding:
    """Every package that the workbook asks for is there, in a version that it works with."""
    problems, n_packages = unfit(DISTRIBUTION)
    if problems:
        return install("; ".join(problems))
    torch_version = metadata.version("torch")
    return Finding(OK, f"all {n_packages} in the versions asked for, PyTorch {torch_version}")


def check_torch(known: Known) -> Finding:
    """PyTorch can be imported and computes rightly."""
    # In a process of its own: a PyTorch that does not fit the computer may end it without a word.
    tried = subprocess.run(
        [sys.executable, "-c", "import torch"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        timeout=PATIENCE,
    )
    if tried.returncode:
        said = tried.stderr.strip().splitlines()
        reason = said[-1] if said else f"Python ended with status {tried.returncode}"
        if reason.startswith("ModuleNotFoundError"):
            return install(f"PyTorch cannot be imported: {reason}")
        return _install_torch_again(f"PyTorch cannot be imported: {reason}")
    import torch

    if not computes_rightly(torch.device("cpu")):
        return _install_torch_again("PyTorch gives wrong results on this computer.")
    known.torch_works = True
    return Finding(OK, "products, convolutions and gradients are right")


def check_settings(known: Known) -> Finding:
    """The WORKSHOP_ variables are valid, and the device that they name computes rightly."""
    if not known.torch_works:
        raise SkippedError("skipped: it needs PyTorch, see above")
    from workshop_utils.settings import Settings, progress_bars_wanted

    try:
        settings = Settings.from_environment()
        progress_bars_wanted()
    except ValueError as error:
        variable = re.search(r"WORKSHOP_\w+", str(error))
        command = remove_variable(variable[0]) if variable else ""
        return Finding(FAIL, in_words(error), "To go back to the default, run", command)
    if not computes_rightly(settings.device):
        return Finding(
            FAIL,
            f"PyTorch gives wrong results on the device {settings.device}.",
            "Update the graphics driver, or set WORKSHOP_DEVICE to cpu.",
        )
    known.settings = settings
    return Finding(OK, str(settings))


def check_widgets(known: Known) -> Finding:
    """JupyterLab can draw progress bars; without, trainings run and print a line per epoch."""
    # So none of this is a failure: nothing but the bars of tqdm uses widgets.
    from jupyter_core.paths import jupyter_path

    try:
        problems, _ = unfit("ipywidgets")
        version = metadata.version("ipywidgets")
    except metadata.PackageNotFoundError:
        problems = ["ipywidgets is missing"]
    extension = Path("labextensions", "@jupyter-widgets", "jupyterlab-manager", "package.json")
    if not problems and not any(Path(p, extension).is_file() for p in jupyter_path()):
        problems = ["JupyterLab's part of ipywidgets is missing"]
    if problems:
        return Finding(
            NOTE,
            f"Notebooks will work, but draw no progress bars: {'; '.join(problems)}.",
            "To have them, run",
            _reinstall("ipywidgets") + " jupyterlab_widgets",
        )
    return Finding(OK, f"progress bars are drawn with ipywidgets {version}")


def unfit(distribution: str) -> tuple[list[str], int]:
    """Compare what a package requires with what is installed.

    Args:
        distribution: name of the package, extras not included.

    Returns:
        What is missing or of another version, in words; and how many packages were compared.

    Raises:
        importlib.metadata.PackageNotFoundError: the package itself is not installed.
    """
    problems, n_packages = [], 0
    for requirement in requirements(distribution):
        n_packages += 1
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            problems.append(f"{requirement.name} is missing")
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            problems.append(f"{requirement.name} is {version}, needed is {requirement.specifier}")
    return problems, n_packages


def requirements(distribution: str) -> list:
    """What a package requires here, without its extras, as `packaging` requirements."""
    from packaging.requirements import Requirement

    found = [Requirement(line) for line in metadata.requires(distribution) or []]
    return [r for r in found if r.marker is None or r.marker.evaluate({"extra": ""})]


def computes_rightly(device: torch.device) -> bool:
    """Whether a matrix product, a convolution and its gradient have the known values."""
    import torch
    import torch.nn.functional as F

    matrix = torch.tensor([[1.0, 2], [3, 4]], device=device)
    product = matrix @ matrix
    image = torch.arange(9.0, device=device).reshape(1, 1, 3, 3)
    filters = torch.ones(1, 1, 2, 2, device=device, requires_grad=True)
    sums = F.conv2d(image, filters)  # of the four pixels under the filter
    sums.sum().backward()
    return (
        product.tolist() == [[7, 10], [15, 22]]
        and sums.tolist() == [[[[8, 12], [20, 24]]]]
        and filters.grad.tolist() == [[[[8, 12], [20, 24]]]]
    )


def _install_torch_again(text: str) -> Finding:
    advice = "Install PyTorch again:"
    if sys.platform == "win32":
        advice = (
            "Install Microsoft's Visual C++ Redistributable, which PyTorch needs "
            "(https://aka.ms/vs/17/release/vc_redist.x64.exe). If that does not help, run"
        )
    return Finding(FAIL, text, advice, _reinstall("torch", "torchvision"))


def _reinstall(*names: str) -> str:
    """The command that installs packages of the workbook anew, in versions that it works with."""
    wanted = [str(each) for each in requirements(DISTRIBUTION) if each.name in names]
    return run_python("-m", "pip", "install", "--force-reinstall", *wanted)
