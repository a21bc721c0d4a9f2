"""Before anything is downloaded: say in one line why the environment cannot be made here.

If it can, print PyTorch's index of CPU builds where those are what to install, or nothing. Runs on
any Python, however old: that is one of the things it checks.
"""

import contextlib
import glob
import os
import platform
import shutil
import sys
import threading

OLDEST = (3, 10)
VENV = ".venv"
# Measured: PyTorch from PyPI on Linux brings CUDA libraries, 6.3 GB in the environment and 3 GB of
# downloads on the way; elsewhere, and for CPU builds, all of it stays below 2 GB.
GB_WITH_CUDA, GB_WITHOUT = 10, 3
CPU_BUILDS = "https://download.pytorch.org/whl/cpu"
SECONDS = 5  # to wait for that index


def fetches_cuda():
    """Say whether pip, left to itself, would fetch CUDA libraries here."""
    has_torch = glob.glob(os.path.join(VENV, "lib", "python*", "site-packages", "torch"))
    return platform.system() == "Linux" and not has_torch


def has_driver():
    """Say whether this computer has an NVIDIA driver, without which CUDA libraries are no use."""
    return bool(shutil.which("nvidia-smi")) or os.path.exists("/proc/driver/nvidia")


def answers(index):
    """Say whether an index of packages, and no portal in its place, answers in `SECONDS`."""
    from urllib.request import urlopen

    found = []

    def look():
        # Whatever is wrong with the index, pip is left to itself.
        with contextlib.suppress(Exception), urlopen(index + "/", timeout=SECONDS) as page:
            found.append(b"torchvision" in page.read())

    # A thread: the timeout holds for each wait, not for looking up a name or a page that trickles.
    thread = threading.Thread(target=look)
    thread.daemon = True
    thread.start()
    thread.join(SECONDS)
    return found == [True]


def problem(cpu_build=False):
    """Return what is wrong in one line, or None.

    Args:
        cpu_build: PyTorch's CPU build is going to be installed.
    """
    version = sys.version_info[:2]
    if version < OLDEST:
        return (
            "Python %d.%d is too old: the workbook needs %d.%d or newer. Install one and run "
            "'make PYTHON=python3.12 ...' with its name." % (version + OLDEST)
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        return (
            "This Python cannot make environments: install its venv module "
            "(on Debian and Ubuntu: sudo apt install python3-venv)."
        )
    with_cuda = fetches_cuda() and not cpu_build
    needed = GB_WITH_CUDA if with_cuda else GB_WITHOUT
    free = shutil.disk_usage(".").free / 1e9
    if free < needed:
        hint = (
            " The CPU build needs far less: see 'Smaller on Linux' in docs/installing.md."
            * with_cuda
        )
        return "Only %.1f GB are free here, but %d GB are needed.%s" % (free, needed, hint)
    return None


def main():
    """Print the index of CPU builds, if it is wanted; return what is wrong, or None."""
    new = sys.version_info >= OLDEST
    light = new and fetches_cuda() and not has_driver() and answers(CPU_BUILDS)
    wrong = problem(light)
    if light and not wrong:
        print(CPU_BUILDS)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
