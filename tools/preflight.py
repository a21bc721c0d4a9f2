"""Say in one line why the environment cannot be made here, before anything is downloaded.

Runs on any Python, however old: that is one of the things it checks.
"""

import glob
import os
import platform
import shutil
import sys

OLDEST = (3, 10)
VENV = ".venv"
# Measured: PyTorch from PyPI on Linux x86-64 brings CUDA libraries, 6.3 GB in the environment
# and 3 GB of downloads on the way; elsewhere, and for CPU builds, all of it stays below 2 GB.
GB_WITH_CUDA, GB_WITHOUT = 10, 3


def problem():
    """Return what is wrong in one line, or None."""
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
    has_torch = glob.glob(os.path.join(VENV, "lib", "python*", "site-packages", "torch"))
    with_cuda = platform.system() == "Linux" and platform.machine() == "x86_64" and not has_torch
    needed = GB_WITH_CUDA if with_cuda else GB_WITHOUT
    free = shutil.disk_usage(".").free / 1e9
    if free < needed:
        hint = (
            " The CPU build needs far less: see 'Smaller on Linux' in docs/installing.md."
            * with_cuda
        )
        return "Only %.1f GB are free here, but %d GB are needed.%s" % (free, needed, hint)
    return None


if __name__ == "__main__":
    sys.exit(problem())
