"""Writing points to the course's gradebook, and reading them from it with the reasons."""

import warnings
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import SaveAutoGrades
from nbgrader.utils import is_grade
from sqlalchemy.exc import SAWarning

from tools.grading.autograde import Graded
from tools.grading.course.fair_cells import Verdict, error, said
from tools.grading.release import ASSIGNMENT, exercises, gradebook_url
from workshop_utils.files import written_whole

NOT_GRADED = "not graded"


@dataclass(frozen=True)
class Outcome:
    """What one exercise of one submission was given, and why.

    Args:
        points: in the gradebook.
        most: that can be had.
        says: the check's answer, or what kept it from answering.
    """

    points: float
    most: float
    says: str

    @property
    def agrees(self) -> bool:
        """Whether the points are those that the check's answer stands for."""
        return self.points == (self.most if self.says.startswith("✓") else 0)


def record(course: Path, graded: Graded) -> dict[str, Outcome]:
    """Write the points of a submission to the gradebook, and its notebooks to course/autograded.

    Args:
        course: made by `release.release`.
        graded: what was executed; exercises of notebooks that are not in it get 0.

    Returns:
        Exercise -> outcome, read from the gradebook.
    """
    url = gradebook_url(course)
    with Gradebook(url) as gradebook:
        gradebook.update_or_create_student(graded.student)
        when = {"timestamp": graded.handed_in} if graded.handed_in else {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # of nbgrader's own way with its database
            submission = gradebook.update_or_create_submission(ASSIGNMENT, graded.student, **when)
        for notebook in submission.notebooks:
            for grade in notebook.grades:
                grade.auto_score, grade.needs_manual_grade = 0, False
        gradebook.db.commit()
        if submission.total_seconds_late:
            graded.remarks.append(f"late: by {submission.total_seconds_late / 3600:.0f} hours")
        released = {
            cell.name: cell.source
            for notebook in gradebook.find_assignment(ASSIGNMENT).notebooks
            for cell in notebook.source_cells
        }
    folder = course / "autograded" / graded.student / ASSIGNMENT
    for name, notebook in graded.notebooks.items():
        about = {"assignment": ASSIGNMENT, "student": graded.student, "notebook": name}
        resources = {"nbgrader": about | {"db_url": url}}
        _distrust_other_checks(notebook, released)
        Verdict().preprocess(notebook, resources)  # again: nbgrader may have been stopped before
        SaveAutoGrades().preprocess(notebook, resources)
        with written_whole(folder / f"{name}.ipynb") as part:
            nbformat.write(notebook, part)
    return _outcomes(url, graded)


def _distrust_other_checks(notebook: NotebookNode, released: dict[str, str]) -> None:
    """Take the answer away from a check that is not the one that was released."""
    for cell in notebook.cells:
        if is_grade(cell) and cell.source != released[cell.metadata.nbgrader.grade_id]:
            cell.outputs = [error("Altered", "The check was altered while the notebook ran.")]


def _outcomes(url: str, graded: Graded) -> dict[str, Outcome]:
    cells = {
        cell.metadata.nbgrader.grade_id: cell
        for notebook in graded.notebooks.values()
        for cell in notebook.cells
        if "nbgrader" in cell.metadata
    }
    with Gradebook(url) as gradebook:
        points = {
            grade.name: grade.score
            for notebook in gradebook.find_submission(ASSIGNMENT, graded.student).notebooks
            for grade in notebook.grades
        }
    return {
        name: Outcome(points[f"check-{name}"], most, _reason(cells, name))
        for name, most in exercises().items()
    }


def _reason(cells: dict[str, NotebookNode], name: str) -> str:
    """The check's answer; without one, what went wrong in the exercise's cell or in the check's."""
    check, exercise = cells.get(f"check-{name}"), cells.get(name)
    if check is None:
        return NOT_GRADED
    answers = [said(output) for output in check.outputs if said(output)]
    errors = [
        f"{output.ename}: {output.evalue}".splitlines()[0]
        for cell in (check, exercise)
        for output in (cell.outputs if cell else [])
        if output.output_type == "error"
    ]
    # The last error of the exercise explains best: an endless cell is first interrupted, and then
    # said to have been too slow.
    return (answers or errors[-1:] or [NOT_GRADED])[0]
