"""What a check of this computer finds, and the commands that mend it.

Like all modules of the doctor, this one imports nothing that may be missing, and nothing in it
needs a new Python: both are things that the doctor has to tell.
"""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workshop_utils.settings import Settings

OK, NOTE, FAIL = "OK", "NOTE", "FAIL"


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Args:
        verdict: OK, NOTE (worth knowing, but no obstacle) or FAIL.
        text: what was found.
        advice: what to do about it.
        command: what to type for that, in a terminal.
    """

    verdict: str
    text: str
    advice: str = ""
    command: str = ""


@dataclass
class Known:
    """What the checks so far have found and later ones build on.

    Args:
        torch_works: whether PyTorch can be used.
        settings: what the environment variables ask for; None if that could not be read.
        cifar10: where CIFAR-10 lies; None if it is not in the data folder.
        dataset: name of the data set that the notebooks will use; None if that is not known.
    """

    torch_works: bool = False
    settings: Settings | None = None
    cifar10: Path | None = None
    dataset: str | None = None

    def need_settings(self) -> Settings:
        """The settings.

        Raises:
            SkippedError: they could not be read.
        """
        if self.settings is None:
            raise SkippedError("skipped: it needs the settings, see above")
        return self.settings


class SkippedError(Exception):
    """A check cannot be made, because an earlier one has failed; the text says which."""


def run_python(*arguments: str, python: str = sys.executable) -> str:
    """A command that runs Python, for the terminal of this system.

    Args:
        arguments: what follows the name of the Python, one word each.
        python: which one; without it, the one that runs this.
    """
    if sys.platform != "win32":
        return shlex.join([python, *arguments])
    words = [f'"{word}"' if set(word) & set(" <>,;&") else word for word in arguments]
    if " " in python:
        python = f'& "{python}"'  # PowerShell
    return " ".join([python, *words])


def set_variable(name: str, value: str) -> str:
    """A command that sets an environment variable, for the terminal of this system."""
    if sys.platform == "win32":
        return f'$env:{name} = "{value}"'
    return f"export {name}={shlex.quote(value)}"


def remove_variable(name: str) -> str:
    """A command that removes an environment variable, for the terminal of this system."""
    return f"Remove-Item Env:{name}" if sys.platform == "win32" else f"unset {name}"


def install(text: str) -> Finding:
    """A failure that goes away when the workbook is installed (again).

    Args:
        text: what was found.
    """
    command = run_python("-m", "pip", "install", "-e", ".")
    return Finding(FAIL, text, "In the workbook's folder, run", command)


def in_words(error: BaseException) -> str:
    """An error as one line."""
    return " ".join(str(error).split()) or type(error).__name__


def is_there(folder: Path) -> Path:
    """The folder, or if it does not exist yet, the innermost folder around it that does."""
    return next((path for path in (folder, *folder.absolute().parents) if path.exists()), folder)


def why_not_writable(folder: Path) -> str | None:
    """Try to write into a folder and leave nothing behind, not even the folder.

    Returns:
        None if it can be written or made, else the reason.
    """
    # Not with tempfile: on Windows it does not give up in a folder that denies access.
    trial = is_there(folder) / f".doctor-{os.getpid()}"
    try:
        trial.mkdir()
        trial.rmdir()
    except OSError as error:
        return error.strerror or in_words(error)
    return None
