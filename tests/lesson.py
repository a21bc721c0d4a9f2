"""A notebook with an exercise, and with one of everything that is hard to show."""

import base64
import io

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image


def text(source: str, *tags: str) -> NotebookNode:
    return new_markdown_cell(source, metadata={"tags": list(tags)})


def code(source: str, *outputs: NotebookNode, tags: tuple[str, ...] = ()) -> NotebookNode:
    return new_code_cell(source, outputs=list(outputs), metadata={"tags": list(tags)})


def drawn(alt: str, size: tuple[int, int], *numbers: dict) -> NotebookNode:
    file = io.BytesIO()
    Image.new("RGB", size, "orange").save(file, "PNG")
    picture = base64.b64encode(file.getvalue()).decode()
    about = {"alt": alt, "numbers": list(numbers)}
    return new_output("display_data", {"image/png": picture}, metadata={"image/png": about})


def printed(said: str) -> NotebookNode:
    return new_output("stream", name="stdout", text=said)


def source_shown(source: str) -> NotebookNode:
    html = '<div class="highlight">'
    return new_output("display_data", {"text/html": html, "text/plain": source})


def fold(summary: str, inside: str) -> str:
    return f"<details><summary><b>{summary}</b></summary>\n\n{inside}\n\n</details>"


WIDEST = f"x = '{'m' * 94}'"
SHORT_FUNCTION = "def run(x):\n" + "\n".join(f"    x = step_{i}(x)" for i in range(25))
LONG_FUNCTION = SHORT_FUNCTION + "\n    x = on(x)" * 40
LOG = "".join(f"epoch {epoch:2}/48 | loss {100 / epoch:.3f}\n" for epoch in range(1, 49))
TABLE = "| layer | shape |\n|---|---|\n" + "| convolution | 8×28×28 |\n" * 5
TASK = "\n\n".join(f"Part {part} of the task is this: " + "count them. " * 12 for part in "abcd")
CLASSES = [f"class number {number}" for number in range(10)]
WIDE = {
    "caption": "how often <each> is taken for each",
    "columns": ["", *CLASSES],
    "rows": [[name, *"0123456789"] for name in CLASSES],
}
LESSON = new_notebook(
    cells=[
        text("# 7 · A & B\n\n**What you will learn**\n\n- with $x^2$;\n- little else.", "slide"),
        text(fold("For tutors", "Plan: *ten* minutes for $y_1$."), "tutor"),
        code("import preparation  # in its colour"),
        text(
            "## First\n\nTickets cost $5 or $10, `a$b$c`.\n\n$$ \\sum_k x_k $$\n\nWhat is it?",
            "slide",
        ),
        code("wu.show(1)", drawn('a "wide" picture', (900, 300), WIDE), tags=("fragment",)),
        text("Which part of it is orange?", "slide"),
        code("wu.show(2)", drawn("a tall picture", (300, 400)), tags=("fragment",)),
        text("And of these? " * 9, "fragment"),
        code("wu.show(3)", *[drawn("one of two", (900, 300))] * 2, tags=("slide",)),
        code(WIDEST, printed("m" * 94 + "\n" + "n" * 130 + "\n"), tags=("slide",)),
        code(WIDEST, tags=("slide",)),
        code("wu.show_source(run)", source_shown(SHORT_FUNCTION), tags=("slide",)),
        code("wu.show_source(run)", source_shown(LONG_FUNCTION), tags=("slide",)),
        code("train()", printed(LOG)),
        text(TABLE, "slide"),
        text(f"### Exercise\n\n*Difficulty ●○○, 5 minutes*\n\n{TASK}", "slide", "exercise"),
        text(fold("Wrong answers", "They say 6. Ask: why?"), "tutor"),
        text(fold("Hint 1", "Look closely."), "hint"),
        code("answer = 42", tags=("slide", "exercise")),
        code("print(answer)", printed("42\n"), tags=("check",)),
        text("Now " + "and then " * 150, "slide"),
        text(
            "## Second\n\n```python\nlast = True\n```\n\n[The start](01_mlp.ipynb#section-1)",
            "slide",
        ),
    ]
)
