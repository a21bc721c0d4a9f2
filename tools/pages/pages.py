"""Make pages to read before or after the lab, and a first page that leads to them.

    python -m tools.pages.pages

Writes build/html/*.html from the executed notebooks, and build/html/index.html. Every page is one
file that needs no network. Notes for tutors are left out; hints and solutions are folded.
"""

import base64
import io
import math
import statistics

import nbformat
from bs4 import BeautifulSoup
from nbformat import NotebookNode

from tools.notebooks.execute import in_a_row, results
from tools.notebooks.numbers import in_words
from tools.pages.rendering import (
    PAGES,
    PICTURE,
    SLIDES,
    code_block,
    executed,
    fill,
    markdown_to_html,
    opened,
    outputs_to_html,
    picture_to_html,
    pictures,
    tags,
    title_of,
    write_html,
)
from workshop_utils.experiments.reference import INSIDE, load_reference

THUMBNAIL = (640, 400)  # pixels


def to_page(notebook: NotebookNode, home: str = "") -> str:
    """Make a self-contained page of an executed notebook; `home` leads to the first page.

    Pictures are inside, formulas are MathML, and nothing needs a script.
    """
    cells: list[dict] = []
    sections: dict[str, str] = {}
    for cell in notebook.cells:
        if "tutor" in tags(cell):
            continue
        label = next((tag for tag in tags(cell) if tag in ("exercise", "hint", "check")), "")
        if cell.cell_type == "markdown":
            html = BeautifulSoup(markdown_to_html(cell.source), "html.parser")
            for heading in html.find_all("h2"):
                heading["id"] = name = f"section-{len(sections) + 1}"
                sections[name] = heading.get_text()
            for table in html.find_all("table"):  # scrolled with the keyboard, where it is wide
                about = {"class": "wide", "role": "group", "aria-label": "Table", "tabindex": "0"}
                table.wrap(html.new_tag("div", attrs=about))
            cells.append({"kind": "text", "label": label, "parts": [str(html)]})
        elif cell.cell_type == "code":
            code = code_block(cell.source)
            if label == "exercise":
                code = f"<details><summary>Solution</summary>{code}</details>"
            parts = [code, *outputs_to_html(cell.outputs, with_numbers=True)]
            cells.append({"kind": "code", "label": label, "parts": parts})
    return fill(
        "page.html.j2",
        title=title_of(notebook),
        home=home,
        sections=sections,
        cells=cells,
    )


def to_index(notebooks: dict[str, NotebookNode], decks: set[str]) -> str:
    """Make the page that leads to the others, and to the decks of those that have one."""
    entries = []
    for name, notebook in notebooks.items():
        number, _, title = title_of(notebook).partition(" · ")
        entries.append(
            {
                "number": number,
                "title": title or number,
                "page": f"{name}.html",
                "deck": f"../slides/{name}.html" if name in decks else "",
                "thumbnail": thumbnail(notebook),
                "learn": _first_list(notebook.cells[0].source),
                "time": _computing_time(name, notebook),
                "results": [_row(result) for result in results(notebook)],
            }
        )
    return fill("start.html.j2", entries=entries)


def _first_list(markdown: str) -> str:
    """The first list of a cell, which says what will be learnt."""
    found = BeautifulSoup(markdown_to_html(markdown), "html.parser").find("ul")
    return str(found) if found else ""


def _computing_time(name: str, notebook: NotebookNode) -> str:
    """How long the notebook computes, as recorded for its data set; empty if nothing is known."""
    for result in results(notebook):
        recording = load_reference().get(result["dataset"], {}).get(result["profile"])
        if recording and name in recording.seconds:
            return in_words(statistics.median(recording.seconds[name]))
    return ""


def _row(result: dict) -> dict[str, str | bool]:
    """A result as the page's table shows it."""
    variant = f" ({result['variant']})" if result["variant"] else ""
    data, inside = result["dataset"] + variant, result["verdict"] == INSIDE
    return {**in_a_row(result), "data": data, "inside": inside}


def thumbnail(notebook: NotebookNode) -> str:
    """A small picture with its description; empty if the notebook has none.

    Of the notebook's pictures, the one whose shape comes closest to that of a thumbnail.
    """

    def misfit(output: NotebookNode) -> float:
        width, height = opened(output).size
        return abs(math.log(width / height / (THUMBNAIL[0] / THUMBNAIL[1])))

    best = min(pictures(notebook), key=misfit, default=None)
    if best is None:
        return ""
    small = opened(best).convert("RGB")
    small.thumbnail(THUMBNAIL)
    file = io.BytesIO()
    small.quantize(128).save(file, "PNG", optimize=True)
    data = {PICTURE: base64.b64encode(file.getvalue()).decode()}
    return picture_to_html(nbformat.from_dict({**best, "data": data}))


def main() -> None:
    """Write a page for each notebook, and the page that leads to them and to the slides."""
    notebooks = executed()
    pages = {name: to_page(notebook, "index.html") for name, notebook in notebooks.items()}
    decks = {file.stem for file in SLIDES.glob("*.html")}
    write_html(PAGES, pages | {"index": to_index(notebooks, decks)})


if __name__ == "__main__":
    main()
