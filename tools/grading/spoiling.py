"""What happens to the files of a submission: cells deleted, names changed, bytes lost.

Each function is given the folder with the four graded notebooks.
"""

from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from tools.grading.answers import FIRST

Spoil = Callable[[Path], None]
MLP, CNN, AUTOENCODER, INTERPOLATION = (
    "01_mlp.ipynb",
    "02_cnn.ipynb",
    "03_autoencoder.ipynb",
    "04_interpolation.ipynb",
)
HELPER = "import torch.nn.functional as F\nfrom torch import nn\n" + FIRST["encoder"]


def nothing(folder: Path) -> None:
    """Leave all as it is."""


def all_of(*spoils: Spoil) -> Spoil:
    """Do several things, one after the other."""

    def spoil(folder: Path) -> None:
        for one in spoils:
            one(folder)

    return spoil


def changed(name: str, change: Callable[[list[NotebookNode]], list[NotebookNode]]) -> Spoil:
    """Change the cells of one notebook."""

    def spoil(folder: Path) -> None:
        notebook = nbformat.read(folder / name, as_version=4)
        notebook.cells = change(notebook.cells)
        nbformat.write(notebook, folder / name)

    return spoil


def without(name: str, *grade_ids: str) -> Spoil:
    """Delete cells."""
    return changed(name, lambda cells: [cell for cell in cells if _id(cell) not in grade_ids])


def in_own_cell(name: str, exercise: str) -> Spoil:
    """Delete an exercise's cell, and answer in a new one above its check."""

    def change(cells: list[NotebookNode]) -> list[NotebookNode]:
        return [new_code_cell(FIRST[exercise]) if _id(cell) == exercise else cell for cell in cells]

    return changed(name, change)


def check_rewritten(name: str, check: str) -> Spoil:
    """Replace a check by one that is always content, and give it 100 points."""

    def change(cells: list[NotebookNode]) -> list[NotebookNode]:
        [cell] = [cell for cell in cells if _id(cell) == check]
        cell.source = 'print("✓ Right")'
        cell.metadata.nbgrader.points = 100
        cell.metadata.nbgrader.solution = True
        return cells

    return changed(name, change)


def check_skipped(name: str, check: str) -> Spoil:
    """Give a check the tag by which Jupyter leaves a cell out."""

    def change(cells: list[NotebookNode]) -> list[NotebookNode]:
        [cell] = [cell for cell in cells if _id(cell) == check]
        cell.metadata.tags = ["skip-execution"]
        return cells

    return changed(name, change)


def doubled(name: str, *grade_ids: str) -> Spoil:
    """Copy cells, as copy and paste do: with all that is known about them."""

    def change(cells: list[NotebookNode]) -> list[NotebookNode]:
        copies = [
            nbformat.from_dict({**cell, "id": f"{cell.id}-copy"})
            for cell in cells
            if _id(cell) in grade_ids
        ]
        last = max(place for place, cell in enumerate(cells) if _id(cell) in grade_ids)
        return cells[: last + 1] + copies + cells[last + 1 :]

    return changed(name, change)


def renamed(old: str, new: str) -> Spoil:
    """Call a file something else."""
    return lambda folder: (folder / old).rename(folder / new)


def removed(name: str) -> Spoil:
    """Leave a file out."""
    return lambda folder: (folder / name).unlink()


def replaced(name: str, content: str) -> Spoil:
    """Put something else in the place of a file, or beside the others."""

    def spoil(folder: Path) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")

    return spoil


def cut_off(name: str) -> Spoil:
    """Lose the second half of a file."""

    def spoil(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])

    return spoil


def in_old_format(folder: Path) -> None:
    """Write every notebook in the format of 2013."""
    for file in folder.glob("*.ipynb"):
        notebook = nbformat.convert(nbformat.read(file, as_version=4), 3)
        file.write_text(nbformat.v3.writes_json(notebook), encoding="utf-8")


def late_from_windows(folder: Path) -> None:
    """Hand in a day late, with Windows' ends of lines."""
    for file in folder.glob("*.ipynb"):
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    (folder / "timestamp.txt").write_text("2030-02-01 12:00:00 UTC", encoding="utf-8")


def _id(cell: NotebookNode) -> str:
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")
