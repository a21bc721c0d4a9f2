"""Build the notebooks from their sources.

    python -m tools.notebooks.build

Reads notebooks/source/*.py (jupytext's percent format) and writes two editions of each:
notebooks/*.ipynb for students, without outputs, and notebooks/solutions/*.ipynb (see editions.py).
Numbers in the prose are written <<like this>> in the sources, see numbers.py. Outputs are kept
while no code cell changes.
The table of results in README.md is written anew, too.
"""

import hashlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

from tools.notebooks import editions
from tools.notebooks.numbers import readme_with_results, recorded_numbers, templates
from tools.places import ROOT, SOLUTIONS, SOURCES, STUDENTS, write_readme
from workshop_utils.files import written_whole

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def build(source: Path, edition: Callable[[NotebookNode], NotebookNode]) -> NotebookNode:
    """Make a notebook without outputs from its source.

    Cell ids are a function of the content, so two builds are the same to the byte.

    Args:
        source: a file in notebooks/source.
        edition: `editions.students` or `editions.solutions`.

    Raises:
        jinja2.UndefinedError: the prose asks for a number that does not exist.
        editions.SourceError: an exercise without solution or stub.
    """
    notebook = edition(jupytext.read(source, fmt="py:percent"))
    notebook.metadata = nbformat.from_dict(METADATA)
    numbers = templates()
    known = recorded_numbers()
    seen: Counter[str] = Counter()
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and known:
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
    with written_whole(file) as part:
        part.write_text(as_text(notebook), encoding="utf-8", newline="\n")


def main() -> None:
    """Build every notebook."""
    for source in sorted(SOURCES.glob("*.py")):
        target = SOLUTIONS / f"{source.stem}.ipynb"
        write(build(source, editions.students), STUDENTS / target.name)
        notebook = build(source, editions.solutions)
        if target.exists():
            keep_outputs(notebook, nbformat.read(target, as_version=4))
        write(notebook, target)
        n_run = sum(bool(cell.get("execution_count")) for cell in notebook.cells)
        print(f"{target.relative_to(ROOT)}: {len(notebook.cells)} cells, {n_run} with outputs")
    write_readme(readme_with_results)


if __name__ == "__main__":
    main()
