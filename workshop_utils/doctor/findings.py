"""What a check of this computer finds, and the commands that mend it.

Nothing in the doctor imports at its top what may be missing: that is one of the things to tell.
"""

from __future__ import annotations

import re
import shlex
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workshop_utils.settings import Settings

OK, NOTE, FAIL = "OK", "NOTE", "FAIL"


@dataclass(frozen=True)
class Finding:
    """OK, NOTE (worth knowing, but no obstacle) or FAIL; a sentence; and what to do or to type."""

    verdict: str
    text: str
    advice: str = ""
    command: str = ""


@dataclass
class Known:
    """What checks have found and later ones build on: settings, and which images there will be."""

    settings: Settings = field(init=False)
    dataset: str = ""


def install(text: str) -> Finding:
    """A failure that goes away when the workbook is installed (again)."""
    command = run_python("-m", "pip", "install", "-e", ".")
    return Finding(FAIL, text, "In the workbook's folder, run", command)


def run_python(*words: str, python: str = sys.executable) -> str:
    """A command for the terminal of this system: on Windows, PowerShell."""
    if sys.platform != "win32":
        return shlex.join([python, *words])
    quoted = [w if re.fullmatch(r"[\w.:/\\-]+", w) else f'"{w}"' for w in (python, *words)]
    return f"& {' '.join(quoted)}"


def set_variable(name: str, value: str) -> str:
    """A command that sets an environment variable, for the same terminal."""
    if sys.platform == "win32":
        return f'$env:{name} = "{value}"'
    return f"export {name}={shlex.quote(value)}"


def in_words(error: BaseException) -> str:
    """An error as one line, without a point at its end."""
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
