"""Make a deck of slides from each notebook.

    python -m tools.pages.slides

Writes build/slides/*.html, one file each: it needs neither the network nor other files. Keys:
arrows or space move on, S opens the notes for tutors in a window of their own, Esc shows all
slides, F fills the screen.

Tags of the cells in notebooks/source/*.py say what is shown, in the words of Jupyter:

    slide      begins a slide, under the section's heading
    fragment   comes onto the same slide with one more press of a key
    tutor      notes to the slide before

An exercise has a clock: a click, or the key C, starts it. Of a code cell its results are shown, or
the code if it has none. The browser chooses the size of the letters, so that all there is fits
whatever fonts the computer has (see deck/deck.js).
"""

import base64
import re
from dataclasses import dataclass, field
from itertools import groupby

from nbformat import NotebookNode

from tools.pages.rendering import (
    SLIDES,
    TEMPLATES,
    code_block,
    executed,
    fill,
    markdown_to_html,
    outputs_to_html,
    tags,
    title_of,
    write_html,
)

REVEAL = TEMPLATES / "deck" / "reveal"
LABELS = {"markdown": "Exercise", "code": "Solution"}
MINUTES = re.compile(r"^\*Difficulty .*?(\d+) minutes?", re.MULTILINE)
HEADING = re.compile(r"##? .+\n*")
FOLD = re.compile(r"</?details>|<summary>.*</summary>")  # hides a tutor's note in the notebook


@dataclass
class Slide:
    """One slide: heading and notes as HTML; for each cell, whether it waits, and its HTML."""

    heading: str
    label: str
    minutes: int = 0  # on the clock of an exercise
    cells: list[tuple[bool, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def slides_of(notebook: NotebookNode) -> list[Slide]:
    """The slides that the tags of the cells ask for."""
    slides: list[Slide] = []
    heading = ""
    for cell in notebook.cells:
        marks, source = set(tags(cell)), cell.source
        if found := HEADING.match(source):
            heading, source = markdown_to_html(found[0]), source[found.end() :]
        if "tutor" in marks:
            slides[-1].notes.append(markdown_to_html(FOLD.sub("", source)))
        if "slide" in marks:
            minutes = MINUTES.search(source)
            label = LABELS[cell.cell_type] if "exercise" in marks else ""
            slides.append(Slide(heading, label, int(minutes[1]) if minutes else 0))
        if marks & {"slide", "fragment"}:
            if cell.cell_type == "markdown":
                html = markdown_to_html(source)
            else:
                html = "\n".join(outputs_to_html(cell.outputs) or [code_block(source)])
            slides[-1].cells.append(("fragment" in marks, html))
    return slides


def to_deck(notebook: NotebookNode) -> str:
    """Make a deck of slides, one self-contained HTML page with a column for each section."""
    number, _, name = title_of(notebook).partition(" · ")
    sections = groupby(slides_of(notebook), key=lambda slide: slide.heading)
    return fill(
        "deck.html.j2",
        number=number,
        name=name or number,
        columns=[list(slides) for _, slides in sections],
        reveal_css=(REVEAL / "reveal.css").read_text(encoding="utf-8"),
        scripts=[_as_address(name) for name in ("reveal.js", "notes.js")],
    )


def _as_address(script: str) -> str:
    """A script as an address: what is inside cannot end the page's own script element."""
    code = (REVEAL / script).read_text(encoding="utf-8")
    code = re.sub(r"^//# sourceMappingURL=.*$", "", code, flags=re.MULTILINE)
    return "data:text/javascript;base64," + base64.b64encode(code.encode()).decode()


def main() -> None:
    """Write all decks."""
    write_html(SLIDES, {name: to_deck(notebook) for name, notebook in executed().items()})


if __name__ == "__main__":
    main()
