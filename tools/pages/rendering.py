"""Parts of notebook cells as HTML: text with formulas, code in colours, pictures.

Pages and slides share them. Nothing here needs a script or the network.
"""

import base64
import re
from html import escape
from pathlib import Path

import jinja2
import latex2mathml.converter
import mistune
from nbconvert.filters.markdown_mistune import IPythonRenderer
from nbformat import NotebookNode
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from tools.places import ROOT
from workshop_utils.figures.style import BLUE, GREEN, GREY, ORANGE, PURPLE

PAGES = Path(__file__).parent
PICTURE = "image/png"
# What is not a formula is matched first: code, and dollar signs that are meant as such. As in
# other programs, a formula neither begins nor ends with a space, and no digit follows it: prices
# like $5 and $10 are none.
FORMULA = re.compile(
    r"""
    (?P<other> ^[ ]*(?P<fence>```+|~~~+) .*? ^[ ]*(?P=fence)  # a block of code
      | (?P<ticks>`+)(?!`) .+? (?<!`)(?P=ticks)(?!`)          # code in a line
      | <(?P<tag>code|pre)\b .*? </(?P=tag)>
      | \\\$ )
    | \$\$ (?P<block>.+?) \$\$
    | \$(?![\s$]) (?P<inline>(?:\\. | [^$`\\\n] | \n(?!\s*\n))+?) (?<!\s)\$(?!\d)
    """,
    flags=re.DOTALL | re.MULTILINE | re.VERBOSE,
)


def formulas_to_mathml(markdown: str) -> str:
    """Turn $...$ and $$...$$ into MathML, which browsers show without a script."""

    def convert(match: re.Match) -> str:
        if match["other"]:
            return match["other"]
        display = "block" if match["block"] else "inline"
        return latex2mathml.converter.convert(match["block"] or match["inline"], display=display)

    return FORMULA.sub(convert, markdown)


def markdown_to_html(markdown: str) -> str:
    """Turn a markdown cell into HTML; links to notebooks lead to the pages beside this one."""
    renderer = IPythonRenderer(escape=False, exclude_anchor_links=True)
    # Not nbconvert's own parser: that would look for formulas among prices and code once more.
    render = mistune.create_markdown(renderer=renderer, plugins=["strikethrough", "table"])
    html = str(render(formulas_to_mathml(markdown)))
    html = html.replace("<pre>", '<pre class="code" tabindex="0">')  # scrolled with the keyboard
    return re.sub(r'(href="[^":]+)\.ipynb(["#])', r"\1.html\2", html)


def code_to_html(code: str) -> str:
    """Python code with its colours; every line closes what it opens."""
    return highlight(code, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True)).rstrip("\n")


def printed_text(outputs: list[NotebookNode]) -> str:
    """What a cell printed, one part after the other; pictures and shown sources are left out."""
    parts = []
    for output in outputs:
        if output.output_type == "stream":
            parts.append(output.text)
        elif PICTURE not in output.get("data", {}) and shown_source(output) is None:
            parts.append(output.get("data", {}).get("text/plain", "") + "\n")
    return "".join(parts).rstrip("\n")


def shown_source(output: NotebookNode) -> str | None:
    """The code that `show_source` displayed; None for any other output."""
    data = output.get("data", {})
    return data.get("text/plain") if 'class="highlight"' in data.get("text/html", "") else None


def picture_to_html(output: NotebookNode) -> str | None:
    """The picture of an output, inside the page and with its description; None without one."""
    if PICTURE not in output.get("data", {}):
        return None
    alt = output.metadata.get(PICTURE, {}).get("alt", "")
    address = f"data:{PICTURE};base64,{output.data[PICTURE]}".replace("\n", "")
    return f'<img src="{address}" alt="{escape(alt)}">'


def picture_size(output: NotebookNode) -> tuple[int, int]:
    """Width and height in pixels, which every PNG file keeps in the same place."""
    start = base64.b64decode(output.data[PICTURE].replace("\n", "")[:32])
    return int.from_bytes(start[16:20], "big"), int.from_bytes(start[20:24], "big")


def tags(cell: NotebookNode) -> list[str]:
    """Marks of a cell, such as "tutor" or "hint"."""
    return cell.metadata.get("tags", [])


def title_of(notebook: NotebookNode) -> str:
    """The first heading of a notebook."""
    return re.search(r"^# (.+)$", notebook.cells[0].source, flags=re.MULTILINE)[1]


def workbook_title() -> str:
    """What README.md calls the workbook."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.search(r"^# (.+)$", readme, flags=re.MULTILINE)[1]


def fill(template: str, **values: object) -> str:
    """Fill a template of tools/page or tools/deck; styles in it get the colours of the figures."""
    loader = jinja2.FileSystemLoader([PAGES / "page", PAGES / "deck"])
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    colours = {"blue": BLUE, "orange": ORANGE, "green": GREEN, "purple": PURPLE, "grey": GREY}
    return environment.get_template(template).render(colours=colours, **values)
