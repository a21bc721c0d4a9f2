"""A table of all exercises: what each is worth, and how long it takes; read from the sources."""

import re
from pathlib import Path

import jupytext

from tools import places
from tools.places import DOCS, SOURCES, between_marks

POINTS = DOCS / "points.md"
HEADING = re.compile(r"^### Exercise (\w\.\d+) · (.+)$", re.MULTILINE)
MINUTES = re.compile(r"^\*Difficulty .*?(\d+) minutes?", re.MULTILINE)


def exercises_of(source: Path) -> list[dict]:
    """The exercises of a notebook: number, title, minutes, points by check and by hand."""
    found: list[dict] = []
    for cell in jupytext.read(source, fmt="py:percent").cells:
        heading, minutes = HEADING.search(cell.source), MINUTES.search(cell.source)
        if cell.cell_type == "markdown" and heading and minutes:
            found.append({"number": heading[1], "title": heading[2], "minutes": int(minutes[1])})
            found[-1] |= {"by check": 0, "by hand": 0}
        by = "by hand" if "essay" in cell.metadata.get("tags", []) else "by check"
        points = cell.metadata.get("points", 0)
        if points:
            found[-1][by] += int(points)
    return found


def table() -> str:
    """All exercises in Markdown, and a line with the sums of each kind of notebook."""
    heads = ("exercise", "minutes", "points by check", "points by hand", "kind")
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    sums: dict[str, list[int]] = {}
    for source in places.sources():
        kind = "lab" if source.parent == SOURCES else source.parent.name
        notebook = source.relative_to(SOURCES).with_suffix(".ipynb").as_posix()
        for one in exercises_of(source):
            link = f"[{one['number']}](../notebooks/{notebook}) · {one['title']}"
            numbers = [one["minutes"], one["by check"], one["by hand"]]
            lines.append(_row(link, numbers, kind))
            known = sums.setdefault(kind, [0, 0, 0])
            sums[kind] = [a + b for a, b in zip(known, numbers, strict=True)]
    return "\n".join([*lines, *(_row("**in all**", sums[kind], kind) for kind in sums)])


def _row(name: str, numbers: list[int], kind: str) -> str:
    minutes, *points = numbers
    cells = [name, str(minutes), *(str(n) if n else "–" for n in points), kind]
    return f"| {' | '.join(cells)} |"


def with_points(page: str) -> str:
    """Put the table between the marks of docs/points.md."""
    return between_marks(page, "points", table())
