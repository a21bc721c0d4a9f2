"""Make a deck of slides from each notebook.

    python -m tools.pages.slides

Writes build/slides/*.html, one file each: it needs neither the network nor other files. Keys:
arrows or space move on, S opens the notes for tutors in a window of their own, Esc shows all
slides, F fills the screen.

The notebooks know nothing of slides; these rules make them:

- "#" is the title slide, and every "##" begins a column of slides;
- text that follows code or results begins a new slide, and so does what has no room left;
- after a question, results wait for one more press of a key;
- left out are calls of one line, such as `wu.show_samples(data)`, hints, checks and predictions,
  the code before the first "##", which only prepares, and details of docstrings in shown sources;
- a figure is as large as can be; a tall one stands beside the text that leads to it;
- cells tagged "tutor" become notes to the slides of the cell before them.
"""

import base64
import math
import re
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

import nbformat
from bs4 import BeautifulSoup
from nbformat import NotebookNode

from tools.pages.blocks import (
    CODE_LETTERS,
    HEIGHT,
    LINE,
    SMALLEST_FIGURE,
    Block,
    Heading,
    code_blocks,
    output_blocks,
    shown_code,
    text_blocks,
)
from tools.pages.rendering import PAGES, fill, markdown_to_html, tags, title_of, workbook_title
from tools.places import ROOT, SOLUTIONS
from workshop_utils.files import written_whole

SLIDES = ROOT / "build" / "slides"
REVEAL = PAGES / "deck" / "reveal"
LABELS = {"markdown": {"exercise": "Exercise"}, "code": {"exercise": "Solution"}}
LEFT_OUT = {"hint", "check"}
PREDICTION = "prediction = "  # the room is to make its own
ZOOMS = (1.3, 1.2, 1.1)
DENSE = 1.45  # times as much text fits on a slide with small letters; for exercises


@dataclass(eq=False)  # two slides may look the same and are still two
class Slide:
    """One slide.

    Args:
        heading: its heading, as HTML.
        label: what kind of slide it is, such as "Exercise"; empty for most.
        room: height for its blocks.
        layout: "title", "side" (a figure beside the text), "dense" or "".
    """

    heading: str
    label: str = ""
    room: float = HEIGHT
    layout: str = ""
    blocks: list[Block] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def free(self) -> float:
        """Height that is left."""
        return self.room - sum(block.height for block in self.blocks)

    @property
    def zoom(self) -> float:
        """How much larger than usual the letters can be, where there is little on a slide."""
        if self.layout in ("side", "dense"):
            return 1
        for zoom in ZOOMS:
            # Larger letters make a text wider, too, so it has more lines.
            growth = {"text": zoom**2, "figure": 1 / SMALLEST_FIGURE}
            height = sum(block.height * growth.get(block.kind, zoom) for block in self.blocks)
            letters = max((block.letters for block in self.blocks), default=0)
            if height <= self.room and letters * zoom <= CODE_LETTERS:
                return zoom
        return 1

    @property
    def asks(self) -> bool:
        """Is there a question on it?"""
        return any(block.kind == "text" and "?" in block.text for block in self.blocks)


class Deck:
    """The slides of a notebook, in columns: one for the title, one for each section."""

    def __init__(self, notebook: NotebookNode) -> None:
        self.columns: list[list[Slide]] = []
        self._from_this_cell: list[Slide] = []
        for cell in notebook.cells:
            if "tutor" in tags(cell):
                for slide in self._from_this_cell or self.columns[-1][-1:]:
                    slide.notes.append(_unfolded(cell.source))
            elif not LEFT_OUT & set(tags(cell)) and not cell.source.startswith(PREDICTION):
                self._add_cell(cell)

    @property
    def slides(self) -> list[Slide]:
        """All slides in their order."""
        return [slide for column in self.columns for slide in column]

    def _add_cell(self, cell: NotebookNode) -> None:
        self._from_this_cell = []
        labels = LABELS.get(cell.cell_type, {})
        label = next((labels[tag] for tag in tags(cell) if tag in labels), "")
        if cell.cell_type == "markdown":
            self._add_text(text_blocks(cell.source), label)
        elif cell.cell_type == "code" and len(self.columns) > 1:
            lead = self._last_text()
            blocks = output_blocks(cell.outputs)
            if code := shown_code(cell):
                blocks = code_blocks(code) + blocks
            height = sum(block.height for block in blocks if not block.tall)
            for i, block in enumerate(blocks):
                # Code and what it shows stay together where one slide can hold them.
                together = height if i == 0 and height <= HEIGHT else block.height
                self._add(block, label, lead, together)

    def _add_text(self, blocks: list[Block | Heading], label: str) -> None:
        texts = [block for block in blocks if isinstance(block, Block)]
        height = sum(block.height for block in texts)
        dense = bool(label) and HEIGHT < height <= DENSE * HEIGHT
        begun = False
        for block in blocks:
            if isinstance(block, Heading):
                layout = "title" if block.level == 1 else ""
                self.columns.append([Slide(block.html, layout=layout)])
                self._note_slide()
                begun = False
                continue
            if label and not begun:
                self._new_slide(label)
                begun = True
                if dense:
                    self._slide.layout, self._slide.room = "dense", DENSE * HEIGHT
            self._add(block, block.answer_to or label)

    @property
    def _slide(self) -> Slide:
        return self.columns[-1][-1]

    def _note_slide(self) -> None:
        if self._slide not in self._from_this_cell:
            self._from_this_cell.append(self._slide)

    def _new_slide(self, label: str, layout: str = "") -> None:
        before = self._slide
        if before.blocks or before.layout == "title":
            self.columns[-1].append(Slide(before.heading))
        self._slide.label, self._slide.layout = label, layout

    def _last_text(self) -> Block | None:
        """The paragraph that leads to the next cell."""
        blocks = self._slide.blocks
        return blocks[-1] if blocks and blocks[-1].kind == "text" else None

    def _add(
        self, block: Block, label: str = "", lead: Block | None = None, together: int = 0
    ) -> None:
        """Put a block on this slide or a new one; `together` is the height of all it belongs to."""
        if block.tall:
            self._add_beside(block, label, lead)
            return
        slide = self._slide
        results_above = any(other.kind != "text" for other in slide.blocks)
        if (
            slide.layout in ("title", "side")
            or label != slide.label
            or (block.kind == "text" and results_above)
        ):
            self._new_slide(label)
        elif max(block.height, together) > slide.free:
            announcing = self._take_announcing(block, HEIGHT - max(block.height, together))
            self._new_slide(label)
            self._slide.blocks += announcing
        if block.kind in ("output", "figure") and self._slide.asks:
            block = replace(block, html=f'<div class="fragment">{block.html}</div>')
        self._slide.blocks.append(block)
        self._note_slide()

    def _take_announcing(self, block: Block, room: float) -> list[Block]:
        """Take from this slide the last paragraphs and headings, if they announce the block."""
        blocks, taken = self._slide.blocks, []
        leads = block.kind != "text"  # the last paragraph before code leads to it
        while len(blocks) > 1 and blocks[-1].height <= room:
            last = blocks[-1]
            announces = leads or last.text.endswith(":")
            if not (last.html.startswith("<h") or (last.html.startswith("<p>") and announces)):
                break
            room -= last.height
            taken.insert(0, blocks.pop())
            leads = False
        return taken

    def _add_beside(self, figure: Block, label: str, lead: Block | None) -> None:
        """A slide with a tall figure on the right, and what leads to it on the left."""
        beside = 1280 - 660 * figure.aspect - 100  # pixels left for the text
        lines = math.ceil(len(lead.text) * 16 / beside) + 1 if lead else 0
        keep = lead if lead and lines * LINE < 480 else None
        if keep and keep is self._last_text():
            self._slide.blocks.pop()
        self._new_slide(label, "side")
        if keep:
            self._slide.blocks.append(keep)
        if self._slide.asks:
            figure = replace(figure, html=f'<div class="fragment">{figure.html}</div>')
        self._slide.blocks.append(figure)
        self._note_slide()


def _unfolded(tutor_note: str) -> str:
    """A note for tutors as HTML, without the fold that hides it in the notebook."""
    html = BeautifulSoup(markdown_to_html(tutor_note), "html.parser")
    for details in html.find_all("details"):
        if details.summary:
            details.summary.decompose()
        details.unwrap()
    return str(html)


def to_deck(notebook: NotebookNode) -> str:
    """Make a deck of slides, one self-contained HTML page."""
    number, _, name = title_of(notebook).partition(" · ")
    css = (REVEAL / "reveal.css").read_text(encoding="utf-8")
    return fill(
        "deck.html.j2",
        workbook=workbook_title(),
        number=number,
        name=name or number,
        columns=Deck(notebook).columns,
        reveal_css=css,
        reveal_js=_script("reveal.js"),
        notes_js=_script("notes.js"),
    )


def _script(name: str) -> str:
    """A script as an address: what is inside cannot end the page's own script element."""
    code = (REVEAL / name).read_text(encoding="utf-8")
    code = re.sub(r"^//# sourceMappingURL=.*$", "", code, flags=re.MULTILINE)
    return "data:text/javascript;base64," + base64.b64encode(code.encode()).decode()


def write_decks(notebooks: Path = SOLUTIONS, folder: Path = SLIDES) -> list[Path]:
    """Write a deck for each notebook of a folder.

    Args:
        notebooks: folder with executed notebooks.
        folder: where to write.

    Returns:
        The files written.
    """
    written = []
    for file in sorted(notebooks.glob("*.ipynb")):
        deck = folder / f"{file.stem}.html"
        with written_whole(deck) as part:
            part.write_text(to_deck(nbformat.read(file, as_version=4)), encoding="utf-8")
        written.append(deck)
    return written


def main() -> None:
    """Write all decks."""
    for deck in write_decks():
        print(f"{deck.relative_to(ROOT)}: {deck.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    sys.exit(main())
