"""Made-up submissions, and the points that each deserves."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import jupytext
import nbformat
from grading import answers as a
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

Spoil = Callable[[Path], None]  # is given the folder with the graded notebooks
Cells = list[NotebookNode]
MLP, CNN, AUTOENCODER, INTERPOLATION = (
    "01_mlp.ipynb",
    "02_cnn.ipynb",
    "03_autoencoder.ipynb",
    "04_interpolation.ipynb",
)
FULL = (1, 2, 5, 3, 3)
NONE = (0, 0, 0, 0, 0)
FULL_HOMEWORK = (5, 4, 3, 1, 4, 4, 4, 3, 5)


@dataclass(frozen=True)
class Submission:
    """What one student hands in.

    Args:
        name: of the student, and of the folder.
        what: is special about it.
        points: it deserves, in the order of the exercises.
        answers: exercise -> source of its cell; those left out stay as they were handed out.
        spoil: what happens to the files afterwards, one after the other.
        says: words that the student must read in the feedback.
        assignment: the lab, or the homework.
    """

    name: str
    what: str
    points: tuple[int, ...]
    answers: dict[str, str] = field(default_factory=lambda: a.RIGHT)
    spoil: tuple[Spoil, ...] = ()
    says: str = ""
    assignment: str = "workbook"

    def hand_in(self, course: Path) -> None:
        """Write it to course/submitted."""
        folder = course / "submitted" / self.name / self.assignment
        shutil.copytree(course / "release" / self.assignment, folder)
        for file in folder.glob("*.ipynb"):
            changed(file.name, self._answer)(folder)
        for spoil in self.spoil:
            spoil(folder)

    def _answer(self, cells: Cells) -> Cells:
        for cell in cells:
            cell.source = self.answers.get(name_of(cell), cell.source).strip()
        return cells


def right_but(**changes: str) -> dict[str, str]:
    """Right answers, but for some; _ stands for - in the exercises' names."""
    return a.RIGHT | {name.replace("_", "-"): source for name, source in changes.items()}


# --- what happens to files ---


def name_of(cell: NotebookNode) -> str:
    """The name under which nbgrader knows a cell."""
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def changed(name: str, change: Callable[[Cells], Cells]) -> Spoil:
    """Change the cells of one notebook."""

    def spoil(folder: Path) -> None:
        notebook = nbformat.read(folder / name, as_version=4)
        notebook.cells = change(notebook.cells)
        nbformat.write(notebook, folder / name)

    return spoil


def without(name: str, *names: str) -> Spoil:
    """Delete cells."""
    return changed(name, lambda cells: [cell for cell in cells if name_of(cell) not in names])


def in_own_cell(name: str, exercise: str) -> Spoil:
    """Delete an exercise's cell, and answer in a new one in its place."""
    own = new_code_cell(a.RIGHT[exercise])
    return changed(name, lambda cells: [own if name_of(c) == exercise else c for c in cells])


def doubled(name: str, *names: str) -> Spoil:
    """Copy cells, as copy and paste do: with all that is known about them."""

    def change(cells: Cells) -> Cells:
        copies = [
            nbformat.from_dict({**c, "id": f"{c.id}-2"}) for c in cells if name_of(c) in names
        ]
        last = max(place for place, cell in enumerate(cells) if name_of(cell) in names)
        return cells[: last + 1] + copies + cells[last + 1 :]

    return changed(name, change)


def check_altered(name: str, check: str, source: str = "", **metadata: object) -> Spoil:
    """Replace the source of a check, and some of its metadata."""

    def change(cells: Cells) -> Cells:
        [cell] = [cell for cell in cells if name_of(cell) == check]
        cell.source = source or cell.source
        cell.metadata.update(metadata)
        return cells

    return changed(name, change)


def replaced(name: str, content: str) -> Spoil:
    """Put something else in the place of a file, or beside the others."""

    def spoil(folder: Path) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")

    return spoil


def cut_off(name: str) -> Spoil:
    """Lose the second half of a file."""
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:5000])


def only(*names: str) -> Spoil:
    """Leave all other notebooks out."""
    return lambda folder: [f.unlink() for f in folder.glob("*.ipynb") if f.name not in names]


def in_old_format(folder: Path) -> None:
    """Write every notebook in the format of 2013."""
    for file in folder.glob("*.ipynb"):
        notebook = nbformat.convert(nbformat.read(file, as_version=4), 3)
        file.write_text(nbformat.v3.writes_json(notebook), encoding="utf-8")


def from_windows(folder: Path) -> None:
    """Write Windows' ends of lines."""
    for file in folder.glob("*.ipynb"):
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))


def from_colab(folder: Path) -> None:
    """Leave behind what Colab does: widgets without their state."""
    for file in folder.glob("*.ipynb"):
        notebook = nbformat.read(file, as_version=4)
        notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"a": {}}}
        nbformat.write(notebook, file)


def through_py(folder: Path) -> None:
    """Turn every notebook into a program and back, as jupytext does: marks and tags are lost."""
    for file in folder.glob("*.ipynb"):
        program = jupytext.writes(jupytext.read(file), "py:light")
        notebook = jupytext.reads(program, "py:light")
        for cell in notebook.cells:
            cell.metadata.clear()
        nbformat.write(notebook, file)


def every(change: Callable[[Cells], Cells]) -> Spoil:
    """Change the cells of all notebooks."""
    return lambda folder: [changed(file.name, change)(folder) for file in folder.glob("*.ipynb")]


def marks_moved(cells: Cells) -> Cells:
    """Every mark of nbgrader's stands at the marked cell after it; the first has lost its own."""
    marked = [cell for cell in cells if name_of(cell)]
    marks = [cell.metadata.pop("nbgrader") for cell in marked]
    for cell, mark in zip(marked[1:], marks, strict=False):
        cell.metadata["nbgrader"] = mark
    return cells


def merged(cells: Cells) -> Cells:
    """Code that no text divides becomes one cell, as by Shift-M."""
    found: Cells = []
    for cell in cells:
        if found and cell.cell_type == found[-1].cell_type == "code":
            found[-1].source += "\n\n" + cell.source
        else:
            found.append(cell)
    return found


def answers_last(cells: Cells) -> Cells:
    """Answers are moved to the end, the last one first."""
    answers = [cell for cell in cells if name_of(cell) in a.RIGHT | a.HOMEWORK]
    return [cell for cell in cells if cell not in answers] + answers[::-1]


def stubs_left(cells: Cells) -> Cells:
    """Answers in cells of their own, above what was handed out."""
    found = []
    for cell in cells:
        if name_of(cell) in a.RIGHT:
            found.append(new_code_cell(cell.source))
            cell.source = a.STUBS[name_of(cell)]
        found.append(cell)
    return found


def with_cells(name: str, *sources: str, above: str = "") -> Spoil:
    """Put cells of one's own above a cell, or above all."""

    def change(cells: Cells) -> Cells:
        place = next((i for i, cell in enumerate(cells) if name_of(cell) == above), 0)
        return cells[:place] + [new_code_cell(source) for source in sources] + cells[place:]

    return changed(name, change)


def first_lines(lines: str) -> Spoil:
    """Put lines above the imports of every notebook."""

    def change(cells: Cells) -> Cells:
        imports = next(cell for cell in cells if cell.source.startswith(("import", "from")))
        imports.source = f"{lines}\n{imports.source}"
        return cells

    return every(change)


def saved(change: Callable[[dict], object], encoding: str = "utf-8") -> Spoil:
    """Change what stands in the files of all notebooks, as a front end might."""

    def spoil(folder: Path) -> None:
        for file in folder.glob("*.ipynb"):
            notebook = json.loads(file.read_text(encoding="utf-8"))
            change(notebook)
            text = json.dumps(notebook, ensure_ascii=False)
            file.write_text(text, encoding=encoding, errors="ignore")

    return spoil


def with_leftovers(notebook: dict) -> None:
    """What front ends were seen to leave behind, and more of the kind."""
    odd = [
        {"output_type": "stream", "text": None},
        {"output_type": "execute_result", "data": {"text/plain": 5}},
        {"output_type": "display_data"},
        {"name": "stdout"},
    ]
    for number, cell in enumerate(notebook["cells"]):
        cell["source"] = cell["source"] if number % 2 else "".join(cell["source"])
        cell["metadata"] |= {"id": number, "vscode": {"languageId": "python"}, "tags": "exercise"}
        cell["attachments"] = {"picture.png": None}
        if cell["cell_type"] == "code":
            cell |= {"execution_count": "3", "outputs": odd}
            del cell["id"]
        if cell["cell_type"] == "markdown":
            cell["outputs"] = []
    notebook["cells"].append({"cell_type": "code"})
    notebook["metadata"] = {"widgets": 1, "kernelspec": None, "language_info": "python"}
    notebook["nbformat_minor"] = 2


def with_huge_output(notebook: dict) -> None:
    """A picture in one cell that takes 30 MB."""
    cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    picture = {"output_type": "display_data", "metadata": {}, "data": {"image/png": "A" * 30**5}}
    cell["outputs"] = [picture]


def with_odd_marks(name: str) -> Spoil:
    """Add cells with marks that nbgrader does not know."""
    marks = ({}, "encoder", {"grade_id": ["encoder"]}, {"grade_id": "mine", "schema_version": 99})
    odd = [new_code_cell("1", metadata={"nbgrader": mark}) for mark in marks]
    return changed(name, lambda cells: odd + cells)


def with_link(folder: Path) -> None:
    """Hand in a link to a file without end; Windows asks for rights to make one."""
    if os.name == "posix":
        (folder / "notes.txt").symlink_to("/dev/zero")


# --- the class ---

S = Submission


def H(name, what, points, answers=a.HOMEWORK, **rest):  # noqa: N802 - like S, but of homework
    return Submission(name, what, points, answers, assignment="homework", **rest)


SUBMISSIONS = [
    # --- right ---
    S("right", "as the hints say", FULL),
    S("Jürgen Groß-Müller", "umlauts and a space in the name", FULL),
    S("own-cell", "the exercise's cell deleted, answered in a new one", FULL,
      spoil=(in_own_cell(AUTOENCODER, "encoder"),)),
    S("own-file", "the answer imported from a file beside the notebooks", FULL,
      right_but(encoder=a.FROM_HELPER), (replaced("helper.py", a.HELPER),)),
    S("late", "by a day", FULL,
      spoil=(replaced("timestamp.txt", "2030-02-01 12:00:00 UTC"),)),
    S("from-windows", "other ends of lines, and a time that nobody can read", FULL,
      spoil=(from_windows, replaced("timestamp.txt", "yesterday"))),
    S("from-colab", "widgets without their state", FULL, spoil=(from_colab,)),
    S("old-format", "notebooks in the format of 2013", FULL, spoil=(in_old_format,)),
    S("noisy", "warnings without end on stderr", FULL, right_but(encoder=a.NOISY)),
    # --- partly right or wrong ---
    S("untouched", "handed in as handed out", NONE, {}, says="Not written yet"),
    S("half-way", "notebooks 1 and 2 only", (1, 2, 0, 0, 0), spoil=(only(MLP, CNN),)),
    S("all-wrong", "a common mistake in each exercise", NONE, a.ALL_WRONG),
    S("end-missing", "one mistake, made once and used again", (1, 2, 5, 0, 0),
      right_but(interpolation=a.END_MISSING), says="end"),
    S("reference-taken", "use_solution in place of an answer", (1, 2, 0, 3, 3),
      right_but(encoder=a.REFERENCE_TAKEN), says="reference solution"),
    S("package-taken", "what the package holds, in place of answers", (1, 2, 0, 0, 0),
      a.RIGHT | a.FROM_PACKAGE, says="earns no points"),
    # --- crashing ---
    S("syntax-error", "a colon is missing", (1, 2, 0, 3, 3),
      right_but(encoder=a.SYNTAX_ERROR), says="SyntaxError"),
    S("exception", "in a cell, and a misspelt name in forward", (1, 0, 0, 3, 3),
      right_but(cnn_shapes=a.EXCEPTION, encoder=a.MISSPELT), says="misspelt"),
    S("exit", "sys.exit(1) after one answer, os._exit(1) after another", (1, 2, 0, 3, 3),
      right_but(mlp_parameters=a.SYSTEM_EXIT, encoder=a.KERNEL_EXIT), says="kernel died"),
    S("segfault", "in a function, when the check calls it", (1, 2, 5, 0, 0),
      right_but(interpolation=a.SEGFAULT), says="kernel died"),
    # --- endless ---
    S("endless", "a loop in a cell", (1, 0, 5, 3, 3),
      right_but(cnn_shapes=a.ENDLESS), says="stopped after"),
    S("endless-forward", "a loop in the encoder's forward", (1, 2, 0, 3, 3),
      right_but(encoder=a.ENDLESS_FORWARD), says="did not end within"),
    S("endless-import", "a loop in a file that is imported", (1, 2, 0, 3, 3),
      right_but(encoder=a.FROM_HELPER), (replaced("helper.py", a.ENDLESS),), "stopped after"),
    S("endless-everywhere", "loops that catch every interrupt, in all cells", NONE,
      dict.fromkeys(a.RIGHT, a.STUBBORN), says="could not be stopped"),
    S("sleeping", "for an hour", (0, 2, 5, 3, 3),
      right_but(mlp_parameters=a.SLEEPING), says="stopped after"),
    # --- too much ---
    S("memory-hog", "tensors without end, in a cell and in a function", (1, 0, 5, 0, 3),
      right_but(cnn_shapes=a.HOG, interpolation=a.HOG_IN_FUNCTION,
                latent_line=a.OWN_LATENT_LINE), says="memory"),
    S("processes-and-threads", "that outlive the notebook", FULL,
      right_but(encoder=a.MANY_PROCESSES, cnn_shapes=a.MANY_THREADS)),
    S("flood", "prints without end", (1, 2, 0, 3, 3), right_but(encoder=a.FLOOD)),
    # --- what it should not do ---
    S("deletes-files", "all in its folder, and writes others", FULL,
      right_but(cnn_shapes=a.FILES_DELETED)),
    S("changes-gradebook", "gives itself points and other checks", NONE,
      a.ALL_WRONG | {"mlp-parameters": a.GRADEBOOK_CHANGED}),
    S("looks-at-others", "reads and empties their notebooks", FULL,
      right_but(cnn_shapes=a.OTHERS_EMPTIED)),
    S("kills-its-parent", "which runs the notebook", (1, 2, 0, 3, 3),
      right_but(encoder=a.PARENT_KILLED), says="could not be run to its end"),
    S("checks-rewritten", "one silenced, one replaced, one left out", NONE,
      a.ALL_WRONG | {"encoder": a.CHECK_SILENCED},
      (check_altered(CNN, "check-cnn-shapes", 'display("✓ Right")'),
       check_altered(MLP, "check-mlp-parameters", tags=["skip-execution"])), "gave no answer"),
    S("own-package", "a workshop_utils of its own", FULL,
      spoil=(replaced("workshop_utils/__init__.py", "print('hello')"),)),
    S("link", "to a file without end", FULL, spoil=(with_link,)),
    # --- damaged files ---
    S("check-deleted", "the answer is right", FULL,
      spoil=(without(AUTOENCODER, "check-encoder"),)),
    S("exercise-deleted", "with its check", (1, 2, 5, 0, 3),
      right_but(latent_line=a.OWN_LATENT_LINE),
      (without(INTERPOLATION, "interpolation", "check-interpolation"),)),
    S("cells-doubled", "by copy and paste", FULL,
      spoil=(doubled(AUTOENCODER, "encoder", "check-encoder"),)),
    S("through-py", "cells have lost all that was known about them", FULL, spoil=(through_py,)),
    S("marks-moved", "each to the cell after it", FULL, spoil=(every(marks_moved),)),
    S("merged", "cells of code made one", FULL, spoil=(every(merged),)),
    S("answers-last", "moved to the end", FULL, spoil=(every(answers_last),)),
    S("stubs-left", "below the answers", FULL, spoil=(every(stubs_left),)),
    S("check-overwritten", "by the answer, whose own cell is gone", FULL,
      spoil=(without(AUTOENCODER, "encoder"),
             check_altered(AUTOENCODER, "check-encoder", a.RIGHT["encoder"]))),
    S("own-cells", "that take long, wait, fail, or end the kernel", FULL,
      spoil=(with_cells(AUTOENCODER, *a.OWN_CELLS, above="encoder"),
             with_cells(INTERPOLATION, *a.OWN_CELLS, above="check-latent-line"))),
    S("helpers", "in cells of their own, above and below", FULL,
      right_but(encoder=a.HELPED, interpolation=a.HELPED_FROM_BELOW),
      (with_cells(AUTOENCODER, *a.HELPERS, above="encoder"),
       with_cells(INTERPOLATION, a.BELOW, above="latent-line"))),
    S("tried-on", "the answer changed below the check, to see what happens", FULL,
      spoil=(lambda folder: [with_cells(name, source, above=above)(folder)
                             for name, above, source in a.TRIED_ON],)),
    S("first-lines", "above the imports, which fail here", FULL,
      spoil=(first_lines(a.FIRST_LINES),)),
    S("first-lines-merged", "the same, and cells of code made one", FULL,
      spoil=(first_lines(a.FIRST_LINES), every(merged))),
    S("leftovers", "of front ends, in cells, outputs and files", FULL,
      spoil=(saved(with_leftovers, "utf-8-sig"),)),
    S("latin-1", "and a picture of 24 MB", FULL, spoil=(saved(with_huge_output, "latin-1"),)),
    S("odd-marks", "that nbgrader does not know", FULL, spoil=(with_odd_marks(CNN),)),
    S("renamed", "by the browser", (1, 2, 0, 3, 3),
      spoil=(lambda folder: (folder / AUTOENCODER).rename(folder / "03_autoencoder (1).ipynb"),)),
    S("damaged", "one cut off, one empty, one a PDF, one missing", NONE,
      spoil=(only(MLP, CNN, AUTOENCODER), cut_off(MLP), replaced(CNN, ""),
             replaced(AUTOENCODER, "%PDF-1.7")), says="could not be read"),
    # --- homework ---
    H("homework-right", "in other words than ours", FULL_HOMEWORK),
    H("homework-untouched", "handed in as handed out", (0,) * 9, {}, says="Not written yet"),
    H("homework-wrong", "a common mistake in each exercise", (0,) * 9, a.HOMEWORK_WRONG,
      says="bias"),
    H("homework-called", "PyTorch's convolutions in place of loops", (0, 0, 3, 1, 4, 4, 4, 3, 5),
      a.HOMEWORK | a.HOMEWORK_CALLED, says="a convolution of PyTorch's"),
    H("homework-taken", "the package's solutions under other names", (0,) * 9,
      a.HOMEWORK_TAKEN, says="earns no points"),
    H("homework-half-mended", "one bug left, one put in", (5, 4, 3, 1, 4, 4, 4, 0, 0),
      a.HOMEWORK | a.HALF_MENDED, says="still there"),
    H("homework-endless", "a step that never ends", (5, 4, 3, 1, 0, 4, 4, 3, 5),
      a.HOMEWORK | {"training-step": a.ENDLESS_STEP}, says="did not end within"),
    H("homework-through-py", "all marks lost", FULL_HOMEWORK, spoil=(through_py,)),
    H("homework-merged", "cells of code made one", FULL_HOMEWORK, spoil=(every(merged),)),
    H("homework-answers-last", "moved to the end", FULL_HOMEWORK, spoil=(every(answers_last),)),
    H("homework-half-way", "notebook 5 only", (5, 4, 3, 1, 0, 0, 0, 0, 0),
      spoil=(only("05_by_hand.ipynb"),)),
]  # fmt: skip
