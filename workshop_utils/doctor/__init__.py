"""A look at this computer before the lab: is everything there that the notebooks need?

python -m workshop_utils doctor
"""

from __future__ import annotations

import contextlib
import io
import shutil
import textwrap
import warnings
from collections.abc import Callable

from workshop_utils.doctor.findings import (
    FAIL,
    NOTE,
    Finding,
    Known,
    SkippedError,
    in_words,
    install,
)
from workshop_utils.doctor.kernel import check_kernel
from workshop_utils.doctor.machine import (
    check_cores,
    check_data,
    check_data_folder,
    check_disk,
    check_memory,
    check_runs_folder,
    check_speed,
)
from workshop_utils.doctor.python import (
    check_packages,
    check_python,
    check_settings,
    check_torch,
    check_widgets,
)

# In this order: later ones build on what earlier ones found.
CHECKS: dict[str, Callable[[Known], Finding]] = {
    "Python": check_python,
    "packages": check_packages,
    "PyTorch": check_torch,
    "settings": check_settings,
    "kernel": check_kernel,
    "widgets": check_widgets,
    "images": check_data,
    "data folder": check_data_folder,
    "runs folder": check_runs_folder,
    "disk": check_disk,
    "memory": check_memory,
    "cores": check_cores,
    "speed": check_speed,
}
WIDEST = 100  # columns; longer lines are hard to read
INDENT = " " * 19  # below the text of a finding


def main() -> int:
    """Make all checks and print what they find.

    Returns:
        1 if one of them failed, else 0.
    """
    print("Is this computer ready for the workbook? A look at it takes about ten seconds.\n")
    known = Known()
    n_failed = 0
    told = set()
    for title, check in CHECKS.items():
        finding = examine(check, known)
        n_failed += finding.verdict == FAIL
        if finding.command in told:
            finding = Finding(finding.verdict, finding.text, "The command above mends this, too.")
        elif finding.command:
            told.add(finding.command)
        print(as_lines(title, finding), flush=True)  # some of the checks take a while
    print()
    if n_failed:
        print(f"{n_failed} of {len(CHECKS)} failed. Begin with the first, then run this again.")
        return 1
    print("Ready.")
    return 0


def examine(check: Callable[[Known], Finding], known: Known) -> Finding:
    """Make one check; whatever goes wrong in it is a finding, too.

    Args:
        check: one of `CHECKS`.
        known: what the checks before it have found.
    """
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what matters is in the finding
            return check(known)
    except SkippedError as reason:
        return Finding(NOTE, str(reason))
    except ImportError as error:
        return install(f"{in_words(error)}.")
    except Exception as error:
        return Finding(
            FAIL,
            f"could not be checked: {type(error).__name__}: {in_words(error)}",
            "Show this line to your tutor.",
        )


def as_lines(title: str, finding: Finding) -> str:
    """Write a finding as a reader in a terminal wants it, commands ready to be copied."""
    width = min(shutil.get_terminal_size().columns, WIDEST)
    start = f"{finding.verdict:6}{title:13}"
    lines = [_wrapped(finding.text, start, width)]
    if finding.advice:
        lines.append(_wrapped(f"-> {finding.advice}", INDENT, width))
    if finding.command:
        lines.append(f"{INDENT}   {finding.command}")
    return "\n".join(lines)


def _wrapped(text: str, start: str, width: int) -> str:
    return textwrap.fill(
        text,
        width,
        initial_indent=start,
        subsequent_indent=INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )
