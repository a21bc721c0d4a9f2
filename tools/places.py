"""Where things are, and what several tools need."""

import re
from collections.abc import Callable
from pathlib import Path

from workshop_utils.files import written_whole

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
SOURCES = ROOT / "notebooks" / "source"
STUDENTS = ROOT / "notebooks"
SOLUTIONS = STUDENTS / "solutions"
README = ROOT / "README.md"


def between_marks(readme: str, name: str, text: str) -> str:
    """Put a text between the marks <!-- name --> and <!-- /name -->."""
    marks = rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
    return re.sub(marks, lambda found: f"{found[1]}{text}\n{found[2]}", readme, flags=re.DOTALL)


def write_readme(new_text: Callable[[str], str]) -> None:
    """Write README.md anew, whole or not at all.

    Args:
        new_text: makes the new text from the old one.
    """
    text = new_text(README.read_text(encoding="utf-8"))
    with written_whole(README) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def print_table(rows: list[tuple[str, ...]]) -> None:
    """Print rows of texts in columns that are as wide as their longest text."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (f"{text:{width}}" for text, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())
