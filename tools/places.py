"""Where things are, and what several tools need."""

import re
from pathlib import Path

from workshop_utils.files import written_whole

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
DOCS = ROOT / "docs"
RECORDED = ROOT / "workshop_utils" / "recorded"
SOURCES = ROOT / "notebooks" / "source"
STUDENTS = ROOT / "notebooks"
SOLUTIONS = STUDENTS / "solutions"
FOLDERS = ("", "homework", "further")


def sources() -> list[Path]:
    """The sources of the notebooks: the lab's, the homework's, then those that go further."""
    return [file for folder in FOLDERS for file in sorted((SOURCES / folder).glob("*.py"))]


def solutions() -> list[Path]:
    """The notebooks with solutions, in the order of `sources`."""
    return [(SOLUTIONS / file.relative_to(SOURCES)).with_suffix(".ipynb") for file in sources()]


def between_marks(page: str, name: str, text: str) -> str:
    """Put a text between the marks <!-- name --> and <!-- /name --> of a page."""
    marks = rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
    return re.sub(marks, lambda found: f"{found[1]}{text}\n{found[2]}", page, flags=re.DOTALL)


def write(file: Path, text: str) -> None:
    """Write a text whole or not at all, to the same bytes on every system."""
    with written_whole(file) as part:
        part.write_text(text, encoding="utf-8", newline="\n")
