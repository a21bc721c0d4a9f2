"""A look at this computer before the lab: is everything there that the notebooks need?

python -m workshop_utils doctor
"""

from __future__ import annotations

import contextlib
import io
import shutil
import textwrap
import warnings
from typing import TYPE_CHECKING

from workshop_utils.doctor import computer, python
from workshop_utils.doctor.findings import FAIL, Finding, Known, in_words, install

if TYPE_CHECKING:
    from collections.abc import Callable

    Check = Callable[[Known], Finding]
# All others build on these: the first that fails has to be mended before more can be told.
FIRST: list[Check] = [
    python.check_python,
    python.check_packages,
    python.check_own_files,
    python.check_torch,
    python.check_kernel,
    computer.check_settings,
]
THEN: list[Check] = [
    computer.check_images,
    computer.check_folders,
    computer.check_memory,
    computer.check_time,
]
WIDEST = 100  # columns; longer lines are hard to read
INDENT = " " * 6


def main() -> int:
    """Look at everything and print a sentence for each.

    Returns:
        The exit status: 1 if something stands in the way, else 0.
    """
    print("Is this computer ready for the workbook? A look at it takes about ten seconds.\n")
    known = Known()
    for check in FIRST:
        if look(check, known) == FAIL:
            print("\nNot ready yet. When this is mended, look again: there is more to look at.")
            return 1
    if FAIL in [look(check, known) for check in THEN]:
        print("\nNot ready yet. When that is mended, look again.")
        return 1
    print("\nReady.")
    return 0


def look(check: Check, known: Known) -> str:
    """Make one check and print what it finds; whatever goes wrong in it is a finding, too."""
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what matters is in the finding
            finding = check(known)
    except ImportError as error:
        finding = install(f"A package is missing or damaged: {in_words(error)}.")
    except Exception as error:
        finding = Finding(
            FAIL,
            f"{check.__doc__} This could not be found out: {type(error).__name__}: "
            f"{in_words(error)}",
            "Show these lines to your tutor.",
        )
    print(as_lines(finding), flush=True)  # some of the checks take a while
    return finding.verdict


def as_lines(finding: Finding) -> str:
    """Write a finding as a reader in a terminal wants it, commands ready to be copied."""
    width = min(shutil.get_terminal_size().columns, WIDEST)
    wrapped = textwrap.TextWrapper(
        width, subsequent_indent=INDENT, break_long_words=False, break_on_hyphens=False
    )
    lines = [wrapped.fill(f"{finding.verdict:6}{finding.text}")]
    if finding.advice:
        lines.append(wrapped.fill(f"{INDENT}-> {finding.advice}"))
    if finding.command:
        lines.append(f"{INDENT}   {finding.command}")
    return "\n".join(lines)
