"""A class of made-up submissions, handed in, graded as a lecturer does it, and made a table."""

from dataclasses import dataclass
from pathlib import Path

import nbformat
from grading.submissions import Submission, name_of
from nbformat import NotebookNode
from nbgrader.api import Gradebook

from tools.grading.release import ASSIGNMENTS, nbgrader, release


@dataclass(frozen=True)
class Outcome:
    """What one exercise was given, and what the feedback says about it."""

    exercise: str
    points: float
    most: float
    says: str


def grade(course: Path, submissions: list[Submission], *options: str) -> dict[str, list[Outcome]]:
    """Make a course, hand in, grade, write feedback; student -> outcomes."""
    release(course)
    for submission in submissions:
        submission.hand_in(course)
    for assignment in ASSIGNMENTS:
        if any(one.assignment == assignment for one in submissions):
            with _gradebook(course) as gradebook:
                gradebook.update_or_create_assignment(assignment, duedate="2030-01-31 12:00 UTC")
            nbgrader(course, "autograde", assignment, *options)
            nbgrader(course, "generate_feedback", assignment)
    return {one.name: _outcomes(course, one) for one in submissions}


def _outcomes(course: Path, one: Submission) -> list[Outcome]:
    found = []
    with _gradebook(course) as gradebook:
        for notebook in gradebook.find_submission(one.assignment, one.name).notebooks:
            folder = course / "autograded" / one.name / one.assignment
            file = folder / f"{notebook.name}.ipynb"
            cells = nbformat.read(file, as_version=4).cells if file.exists() else []
            for grade in notebook.grades:
                if not grade.name.startswith("check-"):  # an essay, which somebody reads
                    continue
                name = grade.name.removeprefix("check-")
                found.append(Outcome(name, grade.score, grade.max_score, _said(cells, name)))
    return found


def _gradebook(course: Path) -> Gradebook:
    return Gradebook(f"sqlite:///{course / 'gradebook.db'}")


def _said(cells: list[NotebookNode], exercise: str) -> str:
    """A check's answer; without one, what went wrong in the check's cell or the exercise's."""
    if not cells:
        return "not handed in"
    if cells[0].source.startswith("**This file could not be read"):
        return cells[0].source.replace("*", "")
    outputs = [
        output
        for name in (f"check-{exercise}", exercise)
        for cell in cells
        if name_of(cell) == name
        for output in cell.outputs
    ]
    answers = [str(output.get("data", {}).get("text/plain", "")) for output in outputs]
    answers = [answer for answer in answers if answer.startswith(("✓", "✗"))]
    errors = [f"{one.ename}: {one.evalue}" for one in outputs if one.output_type == "error"]
    # The last error of the exercise explains best: an endless cell is first interrupted, and then
    # said to have been too slow.
    return (answers or errors[-1:])[0].splitlines()[0]


def problems(submission: Submission, outcomes: list[Outcome]) -> list[str]:
    """What is not as it should be; empty if all is well."""
    found = [
        f"{one.exercise}: {one.points:g} points, but the feedback says {one.says!r}"
        for one in outcomes
        if one.points != (one.most if one.says.startswith("✓") else 0)
    ]
    if tuple(one.points for one in outcomes) != submission.points:
        found.append(f"deserved {in_columns(submission.points)}")
    if not any(submission.says.lower() in one.says.lower() for one in outcomes):
        found.append(f"the feedback nowhere says {submission.says!r}")
    return found


def table(submissions: list[Submission], graded: dict[str, list[Outcome]]) -> str:
    """Points of each submission, why some were lost, and what is not as it should be."""
    lines = [f"{'submission':<24}{'sum':>5}   {'each':<21}what it is, and why points were lost"]
    for one in submissions:
        points = [outcome.points for outcome in graded[one.name]]
        lines.append(f"{one.name:<24}{sum(points):>5g}   {in_columns(points):<21}{one.what}")
        lost = [f"{o.exercise}: {o.says[:100]}" for o in graded[one.name] if o.points < o.most]
        lines += [f"{'':<24}{reason}" for reason in lost]
        lines += [f"{'':<20}!!! {problem}" for problem in problems(one, graded[one.name])]
    return "\n".join(lines)


def in_columns(points: list[float] | tuple[int, ...]) -> str:
    """Points of the exercises side by side."""
    return "".join(f"{number:<3g}" for number in points)
