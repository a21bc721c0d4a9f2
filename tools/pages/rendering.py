"""Parts of notebook cells as HTML: text with formulas, code in colours, pictures.

Pages and slides share them. Nothing here needs a script or the network.
"""

import base64
import io
import re
from html import escape
from itertools import groupby
from pathlib import Path

import jinja2
import latex2mathml.converter
import mistune
import nbformat
from nbconvert.filters.markdown_mistune import IPythonRenderer
from nbformat import NotebookNode
from PIL import Image
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from tools import places
from tools.places import BUILD, ROOT
from workshop_utils.figures.style import BLUE, ORANGE
from workshop_utils.files import written_whole

TEMPLATES = Path(__file__).parent
SLIDES, PAGES = BUILD / "slides", BUILD / "html"
PICTURE = "image/png"
BESIDE = 1.7  # a picture narrower than this times its height leaves a slide room beside it
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
        if match["inline"]:
            return latex2mathml.converter.convert(match["inline"])
        block = latex2mathml.converter.convert(match["block"], display="block")
        return block.replace("<math", '<math tabindex="0"', 1)  # scrolled with the keyboard

    return FORMULA.sub(convert, markdown)


def markdown_to_html(markdown: str) -> str:
    """Turn a markdown cell into HTML; links to notebooks lead to the pages beside this one."""
    renderer = IPythonRenderer(escape=False, exclude_anchor_links=True)
    # Not nbconvert's own parser: that would look for formulas among prices and code once more.
    render = mistune.create_markdown(renderer=renderer, plugins=["strikethrough", "table"])
    html = str(render(formulas_to_mathml(markdown)))
    html = html.replace("<pre>", '<pre class="code" tabindex="0">')  # scrolled with the keyboard
    return re.sub(r'href="(?:[^":]*/)?([^":/]+)\.ipynb(["#])', r'href="\1.html\2', html)


def code_block(code: str) -> str:
    """Python code in its colours; it can be scrolled with the keyboard."""
    colours = highlight(code, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True))
    return f'<pre class="code" tabindex="0">{colours.rstrip()}</pre>'


def outputs_to_html(outputs: list[NotebookNode], with_numbers: bool = False) -> list[str]:
    """What a cell showed, part by part; what was printed in one go stays together.

    Args:
        outputs: of the cell.
        with_numbers: whether those of a plot stand below it, folded, for who cannot see it.
    """
    parts: list[str] = []
    for kind, some in groupby(outputs, _kind):
        if kind == "picture":
            for output in some:
                parts.append(picture_to_html(output, _numbers(output) if with_numbers else ""))
        elif kind == "source":
            parts += [code_block(output.data["text/plain"]) for output in some]
        elif text := "".join(map(_printed, some)).rstrip("\n"):
            parts.append(f'<pre class="output" tabindex="0">{escape(text)}</pre>')
    return parts


def _kind(output: NotebookNode) -> str:
    data = output.get("data", {})
    if PICTURE in data:
        return "picture"
    return "source" if 'class="highlight"' in data.get("text/html", "") else "text"


def _printed(output: NotebookNode) -> str:
    if output.output_type == "stream":
        return output.text
    return output.get("data", {}).get("text/plain", "") + "\n"


def pictures(notebook: NotebookNode) -> list[NotebookNode]:
    """The outputs of a notebook that are pictures."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [output for output in outputs if _kind(output) == "picture"]


def description(output: NotebookNode) -> str:
    """What a picture shows, in words."""
    return output.metadata.get(PICTURE, {}).get("alt", "")


def opened(output: NotebookNode) -> Image.Image:
    """A picture as it was drawn."""
    return Image.open(io.BytesIO(base64.b64decode(output.data[PICTURE])))


def picture_to_html(output: NotebookNode, below: str = "") -> str:
    """A picture inside the page, with its description and its size; `below` is HTML."""
    width, height = opened(output).size
    place = ' class="beside"' if width < BESIDE * height else ""
    address = f"data:{PICTURE};base64,{output.data[PICTURE]}".replace("\n", "")
    image = f'<img src="{address}" alt="{escape(description(output))}">'
    return f'<figure{place} style="--width: {width}; --height: {height}">{image}{below}</figure>'


def _numbers(output: NotebookNode) -> str:
    """The numbers of a plot, as `show_plot` noted them; empty if there are none."""
    tables = output.metadata.get(PICTURE, {}).get("numbers")
    return fill("numbers.html.j2", tables=tables) if tables else ""


def tags(cell: NotebookNode) -> list[str]:
    """Marks of a cell, such as "tutor" or "hint"."""
    return cell.metadata.get("tags", [])


def first_heading(markdown: str) -> str:
    """The text of the first heading of the first level."""
    return re.findall(r"^# (.+)$", markdown, flags=re.MULTILINE)[0]


def title_of(notebook: NotebookNode) -> str:
    """The first heading of a notebook."""
    return first_heading(notebook.cells[0].source)


def executed() -> dict[str, NotebookNode]:
    """The executed notebooks with the solutions, by the names of their files."""
    return {file.stem: nbformat.read(file, as_version=4) for file in places.solutions()}


def write_html(folder: Path, pages: dict[str, str]) -> None:
    """Write pages into a folder, each whole or not at all, and say so."""
    for name, page in pages.items():
        file = folder / f"{name}.html"
        with written_whole(file) as part:
            part.write_text(page, encoding="utf-8")
        print(f"{file}: {file.stat().st_size / 1e6:.1f} MB")


def workbook_title() -> str:
    """What README.md calls the workbook."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return first_heading(readme)


def fill(template: str, **values: object) -> str:
    """Fill a template of page/ or deck/; it knows the workbook's title and the figures' colours."""
    loader = jinja2.FileSystemLoader([TEMPLATES / "page", TEMPLATES / "deck"])
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    shared = {"blue": BLUE, "orange": ORANGE, "workbook": workbook_title()}
    return environment.get_template(template).render(**shared, **values)
