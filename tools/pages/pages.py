"""Make pages to read before or after the lab, and a first page that leads to them.

    python -m tools.pages.pages

Writes build/html/*.html from the executed notebooks, and build/html/index.html. Every page is one
file that needs no network. Notes for tutors are left out; hints and solutions are folded.
"""

import base64
import io
import math
import re
import statistics
import sys
from html import escape
from pathlib import Path

import nbformat
from bs4 import BeautifulSoup
from nbformat import NotebookNode
from PIL import Image

from tools.notebooks.execute import results
from tools.notebooks.numbers import in_words
from tools.pages.rendering import (
    PICTURE,
    code_to_html,
    fill,
    markdown_to_html,
    picture_size,
    picture_to_html,
    printed_text,
    shown_source,
    tags,
    title_of,
    workbook_title,
)
from tools.places import ROOT, SOLUTIONS
from workshop_utils.experiments.reference import INSIDE, METRICS, find_recorded, load_reference
from workshop_utils.files import written_whole

PAGES = ROOT / "build" / "html"
THUMBNAIL = (640, 400)  # pixels


def to_page(notebook: NotebookNode, title: str, home: str = "") -> str:
    """Make a page of a notebook.

    Args:
        notebook: an executed notebook.
        title: of the window.
        home: address of the page that leads to this one, if there is one.

    Returns:
        Self-contained HTML: pictures are inside, formulas are MathML, nothing needs a script.
    """
    cells, sections = [], {}
    for cell in notebook.cells:
        if "tutor" in tags(cell):
            continue
        label = next((tag for tag in tags(cell) if tag in ("exercise", "hint", "check")), "")
        if cell.cell_type == "markdown":
            html = BeautifulSoup(markdown_to_html(cell.source), "html.parser")
            for heading in html.find_all("h2"):
                heading["id"] = f"section-{len(sections) + 1}"
                sections[heading["id"]] = heading.get_text()
            cells.append({"kind": "text", "label": label, "parts": [str(html)]})
        elif cell.cell_type == "code":
            code = f'<pre class="code" tabindex="0">{code_to_html(cell.source)}</pre>'
            if label == "exercise":
                code = f"<details><summary>Solution</summary>{code}</details>"
            cells.append({"kind": "code", "label": label, "parts": [code, *_outputs(cell.outputs)]})
    return fill(
        "page.html.j2",
        title=title,
        workbook=workbook_title(),
        home=home,
        sections=sections,
        cells=cells,
    )


def _outputs(outputs: list[NotebookNode]) -> list[str]:
    """Each output as HTML; what was printed in one go stays together."""
    parts, printed = [], []

    def end_of_print() -> None:
        if text := printed_text(printed):
            parts.append(f'<pre class="output" tabindex="0">{escape(text)}</pre>')
        printed.clear()

    for output in outputs:
        source, picture = shown_source(output), picture_to_html(output)
        if not source and not picture:
            printed.append(output)
            continue
        end_of_print()
        code = f'<pre class="code" tabindex="0">{code_to_html(source)}</pre>' if source else None
        parts.append(code or f"<figure>{picture}</figure>")
    end_of_print()
    return parts


def to_index(notebooks: dict[str, NotebookNode], decks: dict[str, str]) -> str:
    """Make the page that leads to the others.

    Args:
        notebooks: name of the file without its ending -> executed notebook.
        decks: the same names -> address of the slides, for those that have some.

    Returns:
        Self-contained HTML.
    """
    entries = []
    for name, notebook in notebooks.items():
        number, _, title = title_of(notebook).partition(" · ")
        entries.append(
            {
                "number": number,
                "title": title or number,
                "page": f"{name}.html",
                "deck": decks.get(name, ""),
                "thumbnail": thumbnail(notebook),
                "learn": _first_list(notebook.cells[0].source),
                "time": _computing_time(name, notebook),
                "results": [_row(result) for result in results(notebook)],
            }
        )
    return fill("start.html.j2", workbook=workbook_title(), entries=entries)


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
    """A result as the table shows it."""
    metric = METRICS[result["metric"]]
    known = find_recorded(result["metric"], result["dataset"], result["profile"])
    variant = f" ({result['variant']})" if result["variant"] else ""
    return {
        "title": metric.title,
        "data": result["dataset"] + variant,
        "value": metric.format(result["value"]),
        "range": metric.format_range(known.low, known.high) if known else "",
        "verdict": re.sub(" the .*", "", result["verdict"]),
        "inside": result["verdict"] == INSIDE,
    }


def thumbnail(notebook: NotebookNode) -> str:
    """A small picture with its description; empty if the notebook has none.

    Of the notebook's pictures, the one whose shape comes closest to that of a thumbnail.
    """
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    pictures = [output for output in outputs if picture_to_html(output)]
    if not pictures:
        return ""

    def misfit(output: NotebookNode) -> float:
        width, height = picture_size(output)
        return abs(math.log(width / height / (THUMBNAIL[0] / THUMBNAIL[1])))

    best = min(pictures, key=misfit)
    with Image.open(io.BytesIO(base64.b64decode(best.data[PICTURE]))) as picture:
        small = picture.convert("RGB")
    small.thumbnail(THUMBNAIL)
    file = io.BytesIO()
    small.quantize(128).save(file, "PNG", optimize=True)
    data = {PICTURE: base64.b64encode(file.getvalue()).decode()}
    return picture_to_html(nbformat.from_dict({**best, "data": data}))


def write_pages(notebooks: Path = SOLUTIONS, folder: Path = PAGES) -> list[Path]:
    """Write a page for each notebook of a folder, and the page that leads to them.

    Args:
        notebooks: folder with executed notebooks.
        folder: where to write; slides are looked for in the folder `slides` beside it.

    Returns:
        The files written.
    """
    found = {
        file.stem: nbformat.read(file, as_version=4) for file in sorted(notebooks.glob("*.ipynb"))
    }
    decks = {
        name: f"../slides/{name}.html"
        for name in found
        if (folder.parent / "slides" / f"{name}.html").is_file()
    }
    pages = {name: to_page(book, title_of(book), "index.html") for name, book in found.items()}
    pages["index"] = to_index(found, decks)
    for name, page in pages.items():
        with written_whole(folder / f"{name}.html") as part:
            part.write_text(page, encoding="utf-8")
    return [folder / f"{name}.html" for name in pages]


def main() -> None:
    """Write all pages."""
    for page in write_pages():
        print(f"{page.relative_to(ROOT)}: {page.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    sys.exit(main())
