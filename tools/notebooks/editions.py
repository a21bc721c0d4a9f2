"""Two editions of a notebook from one source: for students, and with solutions.

Tags of the cells in notebooks/source/*.py say who sees what:

    exercise   a code cell with a solution and a stub between marks (see `split`)
    repair     beside exercise: its stub is code that runs, with bugs to mend
    guess      a code cell with a prediction that does not stop the notebook: a solution, which is a
               guess that somebody might honestly make, and a stub that says nothing, such as "?"
    check      the code cell that checks an exercise, and earns its points
    hint       folded hints, in both editions
    answer     what a prediction is compared with: folded away for students
    essay      an answer in words, marked by hand; students write their own
    tutor      notes for tutors: folded away with the solutions, absent for students
    student    only for students
    solution   only with the solutions

On slides there are cells with the tags slide and fragment: see tools/pages/slides.py.
"""

import re
from collections.abc import Callable

import nbformat
from nbformat import NotebookNode

BEGIN, STUB, END = "### BEGIN SOLUTION", "### STUB", "### END SOLUTION"
REGION = re.compile(rf"^{BEGIN}\n(.*?)^{STUB}\n(.*?)^{END}\n?", re.DOTALL | re.MULTILINE)
FOLDED = "<details><summary><b>{title}</b></summary>\n\n{text}\n\n</details>"
ESSAY = "*Double-click here, and write your answer in place of this line.*"
FOR_ONE_EDITION = {"students": {"solution", "tutor"}, "solutions": {"student"}}


class SourceError(ValueError):
    """A source cell is not written as the editions need it."""


def students(notebook: NotebookNode) -> NotebookNode:
    """The edition that students open: stubs to fill in, and points for nbgrader."""
    notebook = _for_edition("students", notebook, lambda solution, stub: stub)
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        if "answer" in tags:
            cell.source = FOLDED.format(title="Compare: what was seen", text=cell.source)
        if "essay" in tags:
            cell.source = ESSAY
        if "graded_as" in cell.metadata:
            _add_grading(cell)
        shown = [tag for tag in tags if not tag.startswith("nbval")]
        cell.metadata.pop("tags", None)
        if shown:
            cell.metadata["tags"] = shown
    return notebook


def solutions(notebook: NotebookNode) -> NotebookNode:
    """The edition with the solutions, for tutors, and for students afterwards."""
    notebook = _for_edition("solutions", notebook, lambda solution, stub: solution)
    for cell in notebook.cells:
        if "tutor" in cell.metadata.get("tags", []):
            cell.source = FOLDED.format(title="For tutors", text=cell.source)
        cell.metadata.pop("graded_as", None)
        cell.metadata.pop("points", None)
    return notebook


def split(source: str) -> tuple[str, str]:
    """Solution and stub of an exercise cell.

    In the source, the stub stands after the solution, as a comment:

        ### BEGIN SOLUTION
        answer = 6 * 7
        ### STUB
        # raise NotImplementedError("Exercise 1: say what comes out.")
        ### END SOLUTION

    Lines outside the marks belong to both.
    """
    regions = REGION.findall(source)
    stub_lines = [line for _, stub in regions for line in stub.splitlines()]
    if not regions or not all(line.startswith("#") for line in stub_lines):
        raise SourceError(f"An exercise needs {BEGIN}, {STUB} with comments, {END}:\n{source}")
    solution = REGION.sub(lambda region: region[1], source).strip()
    stub = REGION.sub(lambda region: re.sub(r"^# ?", "", region[2], flags=re.M), source).strip()
    if any(mark in text for mark in (BEGIN, STUB, END) for text in (solution, stub)):
        raise SourceError(f"A mark is left over in:\n{source}")
    return solution, stub


def _for_edition(
    edition: str, notebook: NotebookNode, choose: Callable[[str, str], str]
) -> NotebookNode:
    """Drop the cells of the other edition, and choose between solution and stub."""
    notebook = nbformat.from_dict(notebook)
    dropped = FOR_ONE_EDITION[edition]
    notebook.cells = [
        cell for cell in notebook.cells if not dropped & set(cell.metadata.get("tags", []))
    ]
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        tags = cell.metadata.get("tags", [])
        if "exercise" in tags or "guess" in tags:
            solution, stub = split(cell.source)
            if "guess" in tags and "raise" in stub:
                raise SourceError(f"The stub of a guess must let the notebook run on:\n{stub}")
            cell.source = choose(solution, stub)
        elif any(mark in cell.source for mark in (BEGIN, STUB, END)):
            raise SourceError(f"This cell lacks the tag 'exercise' or 'guess':\n{cell.source}")
    return notebook


def _add_grading(cell: NotebookNode) -> None:
    """Describe a cell to nbgrader: an exercise may be edited, a check is locked and has points.

    An essay is both: it is edited, and has points that somebody gives.
    """
    is_check = "check" in cell.metadata["tags"]
    is_essay = "essay" in cell.metadata["tags"]
    name = cell.metadata.pop("graded_as")
    cell.metadata["nbgrader"] = {
        "cell_type": cell.cell_type,
        "grade": is_check or is_essay,
        "grade_id": f"check-{name}" if is_check else name,
        "locked": is_check,
        "schema_version": 3,
        "solution": not is_check,
        "task": False,
    }
    if is_check or is_essay:
        cell.metadata["nbgrader"]["points"] = cell.metadata.pop("points")
