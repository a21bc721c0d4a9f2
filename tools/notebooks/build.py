"""Build the notebooks from their sources.

    python -m tools.notebooks.build

Reads notebooks/source/ (jupytext's percent format) and writes two editions of each notebook: for
students, without outputs, and with solutions, in notebooks/solutions/ (see editions.py).
Numbers in the prose are written <<like this>> in the sources, see numbers.py. Outputs are kept
while no code cell changes. The tables in docs/results.md and docs/points.md are written anew, too.
"""

import hashlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

from tools import places
from tools.notebooks import editions
from tools.notebooks.numbers import RESULTS, recorded_numbers, templates, with_results
from tools.notebooks.points import POINTS, with_points
from tools.places import ROOT, SOLUTIONS, STUDENTS

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def build(source: Path, edition: Callable[[NotebookNode], NotebookNode]) -> NotebookNode:
    """Make a notebook without outputs from its source, in one of the editions.

    Cell ids are a function of the content, so two builds are the same to the byte. If the prose
    asks for a number that does not exist, that is a jinja2.UndefinedError.
    """
    notebook = edition(jupytext.read(source, fmt="py:percent"))
    notebook.metadata = nbformat.from_dict(METADATA)
    numbers = templates()
    known = recorded_numbers()
    seen: Counter[str] = Counter()
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = numbers.from_string(cell.source).render(known)
        content = f"{cell.cell_type}\n{cell.source}\n{sorted(cell.metadata.get('tags', []))}"
        seen[content] += 1
        cell.id = hashlib.sha256(f"{content}\n{seen[content]}".encode()).hexdigest()[:12]
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def keep_outputs(new: NotebookNode, old: NotebookNode) -> None:
    """Copy the outputs of an executed notebook, if every code cell is still the same."""
    if code_hash(new) != old.metadata.get("executed_code"):
        return
    new.metadata["executed_code"] = old.metadata["executed_code"]
    code_cells = (
        [cell for cell in notebook.cells if cell.cell_type == "code"] for notebook in (new, old)
    )
    for new_cell, old_cell in zip(*code_cells, strict=True):
        new_cell.outputs = old_cell.outputs
        new_cell.execution_count = old_cell.execution_count


def code_hash(notebook: NotebookNode) -> str:
    """Fingerprint of all code cells: tells outputs from outputs of older code."""
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return hashlib.sha256("\n# %%\n".join(code).encode()).hexdigest()[:16]


def as_text(notebook: NotebookNode) -> str:
    """What is written to the file."""
    return nbformat.writes(notebook) + "\n"


def write(notebook: NotebookNode, file: Path) -> None:
    """Write a notebook whole, or not at all."""
    nbformat.validate(notebook)
    places.write(file, as_text(notebook))


def main() -> None:
    """Build every notebook."""
    for source, target in zip(places.sources(), places.solutions(), strict=True):
        write(build(source, editions.students), STUDENTS / target.relative_to(SOLUTIONS))
        notebook = build(source, editions.solutions)
        if target.exists():
            keep_outputs(notebook, nbformat.read(target, as_version=4))
        write(notebook, target)
        n_run = sum(bool(cell.get("execution_count")) for cell in notebook.cells)
        print(f"{target.relative_to(ROOT)}: {len(notebook.cells)} cells, {n_run} with outputs")
    places.write(RESULTS, with_results(RESULTS.read_text(encoding="utf-8")))
    places.write(POINTS, with_points(POINTS.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
