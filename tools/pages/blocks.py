"""What goes on a slide: paragraphs, code, printed text and figures, with the height they take.

Heights are in pixels on a slide of 1280×720. They are estimated from the text, for wide letters:
with other fonts a slide has some room left, but nothing is cut off.
"""

import ast
import math
import re
from dataclasses import dataclass
from html import escape, unescape

from bs4 import BeautifulSoup, Tag
from nbformat import NotebookNode

from tools.pages.rendering import (
    code_to_html,
    markdown_to_html,
    picture_size,
    picture_to_html,
    printed_text,
    shown_source,
)

# These agree with tools/deck/deck.css.
WIDTH, HEIGHT = 1200, 580  # of a slide, without its heading and its edges
LINE, LETTERS = 39, 74  # of text: height, and letters in a line
CODE_LINE, CODE_LETTERS, CODE_EDGE = 24, 100, 34
MOST_CODE_LINES, MOST_SMALL_CODE_LINES = 22, 27  # on one slide; more than these are split
MOST_PRINTED_LINES, KEPT_LINES = 14, 5  # longer logs keep so many lines at each end
SMALLEST_FIGURE = 0.7  # of the height it has when it is as wide as the slide
TALL = 1.3  # figures narrower than this times their height stand beside the text


@dataclass(frozen=True)
class Block:
    """One thing on a slide.

    Args:
        kind: "text", "code", "output" or "figure".
        html: how it is written.
        height: pixels it takes, or needs at the least if it is a figure.
        letters: in its longest line, for code and printed text.
        aspect: width divided by height, for figures.
        answer_to: what it answers, for texts that were folded in the notebook.
    """

    kind: str
    html: str
    height: int
    letters: int = 0
    aspect: float = 0
    answer_to: str = ""

    @property
    def tall(self) -> bool:
        """Is it a figure that stands beside the text?"""
        return self.kind == "figure" and self.aspect < TALL

    @property
    def text(self) -> str:
        """Its words."""
        return BeautifulSoup(self.html, "html.parser").get_text().strip()


@dataclass(frozen=True)
class Heading:
    """A heading, which begins a new slide: level 1 the notebook, 2 a section."""

    level: int
    html: str


def text_blocks(markdown: str) -> list[Block | Heading]:
    """Split a markdown cell into headings, paragraphs, lists, tables.

    Folded texts are unfolded, and marked as answers; folded hints are left out.
    """
    blocks: list[Block | Heading] = []
    page = BeautifulSoup(markdown_to_html(markdown), "html.parser")
    for element in page.find_all(recursive=False):
        if element.name in ("h1", "h2"):
            blocks.append(Heading(int(element.name[1]), element.decode_contents()))
        elif element.name == "details":
            summary = element.summary.extract().get_text().strip()
            if not summary.lower().startswith("hint"):
                parts = element.find_all(recursive=False)
                blocks += [Block("text", str(x), _height(x), answer_to=summary) for x in parts]
        elif element.name in ("ul", "ol") and _height(element) > HEIGHT / 2:
            blocks += _items(element)
        else:
            blocks.append(Block("text", str(element), _height(element)))
    return blocks


def _items(parent: Tag) -> list[Block]:
    """Each item of a long list as a list of its own, so that slides can share it."""
    blocks = []
    for number, item in enumerate(parent.find_all("li", recursive=False), start=1):
        start = f' start="{number}"' if parent.name == "ol" else ""
        html = f"<{parent.name}{start}>{item}</{parent.name}>"
        blocks.append(Block("text", html, _height(item)))
    return blocks


def _height(element: Tag) -> int:
    if element.name in ("ul", "ol"):
        return 6 + sum(_height(item) for item in element.find_all("li", recursive=False))
    if element.name == "table":
        return 20 + sum(_row_height(row) for row in element.find_all("tr"))
    if element.name == "div" or element.name == "pre":
        return CODE_EDGE + CODE_LINE * (element.get_text().rstrip().count("\n") + 1)
    if element.find("math", display="block"):
        return 110
    gap = 8 if element.name == "li" else 16
    return gap + LINE * math.ceil(len(element.get_text().strip()) / LETTERS)


def _row_height(row: Tag) -> int:
    cells = row.find_all(["td", "th"])
    longest = max((len(cell.get_text()) for cell in cells), default=0)
    return 14 + 32 * math.ceil(longest * len(cells) / (2 * LETTERS))


def code_blocks(code: str) -> list[Block]:
    """Code in its colours, in several parts if it is too long for one slide."""
    lines = code_to_html(code).split("\n")
    plain = code.rstrip("\n").split("\n")
    if len(lines) <= MOST_CODE_LINES:
        return [_code_block(lines)]
    if len(lines) <= MOST_SMALL_CODE_LINES:
        html = f'<pre class="code small">{_joined(lines)}</pre>'
        return [Block("code", html, HEIGHT, letters=CODE_LETTERS)]
    parts = []
    while len(lines) > MOST_CODE_LINES:
        cut = _best_cut(plain[: MOST_CODE_LINES + 1])
        parts.append(lines[:cut])
        lines, plain = lines[cut:], plain[cut:]
    return [_code_block(part) for part in [*parts, lines]]


def _code_block(lines: list[str]) -> Block:
    html = f'<pre class="code">{_joined(lines)}</pre>'
    letters = max(len(unescape(re.sub("<[^>]*>", "", line))) for line in lines)
    return Block("code", html, CODE_EDGE + CODE_LINE * len(lines), letters)


def _joined(lines: list[str]) -> str:
    return "\n".join(lines).strip("\n")


def _best_cut(lines: list[str]) -> int:
    """Where to end a part: before the last line that stands furthest left, in the second half."""
    candidates = range(len(lines) // 2, len(lines))

    def indent(i: int) -> tuple[int, int]:
        return len(lines[i]) - len(lines[i].lstrip()) if lines[i].strip() else 99, -i

    return min(candidates, key=indent)


def without_docstrings(source: str) -> str:
    """Shorten every docstring to its first line: the rest is read in the notebook."""
    lines = source.split("\n")
    shortened = (ast.FunctionDef, ast.ClassDef)
    for node in sorted(ast.walk(ast.parse(source)), key=lambda x: -getattr(x, "lineno", 0)):
        if isinstance(node, shortened) and ast.get_docstring(node):
            first, last = node.body[0].lineno - 1, node.body[0].end_lineno
            if last - first > 1:
                lines[first:last] = [lines[first].rstrip() + '"""']
    return "\n".join(lines)


def output_blocks(outputs: list[NotebookNode]) -> list[Block]:
    """What a cell showed: first the printed text, then sources and figures.

    That a result lies inside its range is left out: the range stands beside the result already.
    """
    blocks = []
    outputs = [x for x in outputs if "workshop_result" not in x.get("metadata", {})]
    if text := printed_text(outputs):
        text = shortened(text)
        n_lines = sum(max(1, math.ceil(len(line) / CODE_LETTERS)) for line in text.split("\n"))
        html = f'<pre class="output">{escape(text)}</pre>'
        letters = min(CODE_LETTERS, max(map(len, text.split("\n"))))
        blocks.append(Block("output", html, CODE_EDGE + CODE_LINE * n_lines, letters))
    for output in outputs:
        if source := shown_source(output):
            blocks += code_blocks(without_docstrings(source))
        elif picture := picture_to_html(output):
            blocks.append(_figure(picture, *picture_size(output)))
    return blocks


def shortened(text: str) -> str:
    """Leave out the middle of a long log, and say so."""
    lines = text.split("\n")
    if len(lines) <= MOST_PRINTED_LINES:
        return text
    left_out = len(lines) - 2 * KEPT_LINES
    gap = f"    ... {left_out} more lines, see the notebook ..."
    return "\n".join([*lines[:KEPT_LINES], gap, *lines[-KEPT_LINES:]])


def _figure(picture: str, width: int, height: int) -> Block:
    # Enlarged, but not so far that it looks coarse.
    html = f'<figure style="--width: {1.7 * width:.0f}px">{picture}</figure>'
    needed = SMALLEST_FIGURE * min(HEIGHT, WIDTH * height / width)
    return Block("figure", html, round(needed), aspect=width / height)


def shown_code(cell: NotebookNode) -> str:
    """The code of a cell; nothing if it only calls `wu`, as `wu.show_samples(data)` does."""
    statements = ast.parse(cell.source).body
    calls = [
        statement
        for statement in statements
        if isinstance(statement, ast.Expr) and ast.unparse(statement).startswith("wu.")
    ]
    return "" if len(calls) == len(statements) else cell.source
