"""Write one page about a whole class, without a name: what went well, what went wrong, and how.

    python -m tools.grading.class_page ../my-course

Reads the gradebook and the graded notebooks, and writes class.html into the course's folder: one
file for the tutor that needs no network.
"""

import argparse
import ast
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.utils import is_grade, is_solution

import workshop_utils as wu
from tools.grading.anonymous import PACKAGE, anonymous
from tools.grading.course.needed import NO_PYTHON, Exercise, Released, grade_id, read
from tools.grading.release import ASSIGNMENTS
from tools.notebooks.points import HEADING
from tools.pages.rendering import code_block, fill
from tools.places import write
from workshop_utils.exercises.engine import exercises

TYPICAL = 3  # wrong answers that are shown of an exercise
OWN_WORDS, NONE = "in other words", "none"
# Mistakes that can be made in every exercise; what the student reads depends on the code.
GENERAL = {
    "error": "The code raised an error.",
    "no-verdict": "The cell stopped with an error, took too long, or ended the kernel.",
    "endless": "The code did not end.",
    "too-slow": "The code took too long.",
    "memory": "The code took nearly all memory.",
    "reference-taken": "The workbook's own solution, or built upon it.",
    "other": "Wrong in a way that no sentence is known for.",
}


@dataclass
class Mistake:
    """A named mistake: how often it was made, and how the answers with it look."""

    name: str
    sentence: str
    n: int = 0
    answers: Counter[str] = field(default_factory=Counter)


@dataclass
class Tally:
    """How the class fared in an exercise.

    Args:
        name: of the graded cell.
        title: with the number, as in the notebook.
        passed: how many have all points.
        tried: how many answered, and have not.
        empty: how many did not answer, or handed in no such notebook.
        mistakes: by name.
    """

    name: str
    title: str
    passed: int = 0
    tried: int = 0
    empty: int = 0
    mistakes: dict[str, Mistake] = field(default_factory=dict)

    @property
    def most_frequent(self) -> list[Mistake]:
        """The mistakes, the most frequent ones first."""
        return sorted(self.mistakes.values(), key=lambda one: (-one.n, one.name))

    @property
    def typical(self) -> list[tuple[Mistake, str]]:
        """Of each of the most frequent mistakes, the answer that was given most often."""
        shown = [
            (one, min(one.answers, key=lambda code: (-one.answers[code], len(code), code)))
            for one in self.most_frequent
            if one.answers
        ]
        return [(one, code_block(code)) for one, code in shown[:TYPICAL]]


@dataclass
class Guesses:
    """What was predicted about something, and what was found.

    Args:
        about: what, in a word or two.
        guessed: prediction -> how many.
        found: finding -> how many.
        surprises: how many found something else than they had predicted.
        compared: how many can tell.
    """

    about: str
    guessed: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    surprises: int = 0
    compared: int = 0

    @property
    def rows(self) -> list[tuple[str, int, int]]:
        """Each answer, how many guessed it, and how many found it."""
        named = sorted({*self.guessed, *self.found} - {OWN_WORDS, NONE})
        return [
            (one, self.guessed[one], self.found[one])
            for one in [*named, OWN_WORDS, NONE]
            if self.guessed[one] or self.found[one]
        ]


@dataclass
class Assignment:
    """What is shown of an assignment."""

    name: str
    n_students: int
    tallies: list[Tally]
    guesses: list[Guesses]


def assignments(course: Path) -> list[Assignment]:
    """Count what a class has done; assignments that nobody handed in are left out.

    Args:
        course: the folder that `tools.grading.release` has made, graded by nbgrader.

    Raises:
        ValueError: nothing has been graded there; the text says what to do.
    """
    database = course / "gradebook.db"
    found = []
    if database.exists():
        with Gradebook(f"sqlite:///{database}") as gradebook:
            for name in ASSIGNMENTS:
                submissions = gradebook.assignment_submissions(name)
                students = sorted(one.student_id for one in submissions)
                if students:
                    found.append(_assignment(course, gradebook, name, students))
    if not found:
        raise ValueError(f"Nothing is graded in {course}: run nbgrader autograde there first.")
    return found


def _assignment(course: Path, gradebook: Gradebook, name: str, students: list[str]) -> Assignment:
    assignment = Assignment(name, len(students), [], [])
    for file in sorted((course / "release" / name).glob("*.ipynb")):
        cells = nbformat.read(file, as_version=4).cells
        notebook = _Notebook(cells, _full_points(gradebook, name, file.stem))
        for student in students:
            graded, handed_in = (
                _cells(course / folder / student / name / file.name)
                for folder in ("autograded", "submitted")
            )
            notebook.count_answers(student, graded)
            notebook.count_guesses(handed_in)
        assignment.tallies += notebook.tallies.values()
        assignment.guesses += notebook.guesses.values()
    return assignment


def _full_points(gradebook: Gradebook, assignment: str, notebook: str) -> set[tuple[str, str]]:
    """Students, and the cells of a notebook that earned them all points."""
    return {
        (one.student.id, grade.name)
        for one in gradebook.notebook_submissions(notebook, assignment)
        for grade in one.grades
        if grade.score >= grade.max_score
    }


def _cells(file: Path) -> list[dict]:
    """The cells of a notebook that somebody handed in; none if it cannot be read."""
    try:
        cells = json.loads(file.read_bytes())["cells"]
        return [cell for cell in cells if isinstance(cell, dict)]
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return []


class _Notebook:
    """Counts what students did in one notebook.

    Args:
        cells: as released.
        full_points: students and the cells that earned them all points.
    """

    def __init__(self, cells: list[NotebookNode], full_points: set[tuple[str, str]]) -> None:
        self.full_points = full_points
        released = Released(cells)
        self.exercises = {f"check-{one.name}": one for one in released.exercises}
        self.released = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
        self.tallies: dict[str, Tally] = {}
        self.essays: dict[str, str] = {}
        title = ""
        for cell in cells:
            if heading := HEADING.search(cell.source):
                title = f"{heading[1]} · {heading[2]}"
            if is_grade(cell):
                self.tallies[grade_id(cell)] = Tally(grade_id(cell), title)
                if is_solution(cell):
                    self.essays[grade_id(cell)] = cell.source.strip()
        nodes = [*ast.walk(ast.parse(self.released))]
        texts = {
            node.value
            for node in nodes
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        words = [text for text in texts | {*wu.VARIANTS} if re.search(r"\w", text)]
        self.answers = {text.casefold(): text for text in words}
        self.variables: dict[str, str] = {}  # that hold a prediction -> what it is about
        for node in nodes:
            match node:
                case ast.Call(
                    func=ast.Attribute(attr="check_prediction"),
                    args=[ast.Name(id=variable), _, ast.Constant(value=str(about))],
                ):
                    self.variables[variable] = about
        self.guesses = {about: Guesses(about) for about in self.variables.values()}

    def count_answers(self, student: str, cells: list[dict]) -> None:
        """Count the answers of one student, as they were graded."""
        marked = {_mark(cell): cell for cell in cells}
        for name, tally in self.tallies.items():
            if (student, name) in self.full_points:
                tally.passed += 1
            elif name in self.essays:
                text = "".join(marked.get(name, {}).get("source", "")).strip()
                is_empty = text in ("", self.essays[name])
                tally.empty += is_empty
                tally.tried += not is_empty
            else:
                exercise = self.exercises[name]
                answer = "".join(marked.get(exercise.name, {}).get("source", ""))
                mistakes = _mistakes(marked.get(name, {}))
                is_stub = not answer or read(answer).plain == exercise.stub.plain
                if is_stub or mistakes == [("", "not-written")]:
                    tally.empty += 1
                else:
                    tally.tried += 1
                    self._count_mistakes(tally, exercise, mistakes, answer, student)

    def _count_mistakes(
        self,
        tally: Tally,
        exercise: Exercise,
        mistakes: list[tuple[str, str]],
        answer: str,
        student: str,
    ) -> None:
        code = anonymous(answer, exercise.answers, self.released)
        numbers = re.findall(r"\d{4,}", student)
        if code and any(number in code for number in numbers):
            code = None  # a number that tells who it is
        for part, name in mistakes:
            label = f"{part}: {name}" if part and len(exercise.answers) > 1 else name
            mistake = tally.mistakes.setdefault(label, Mistake(label, _sentence(part, name)))
            mistake.n += 1
            if code:
                mistake.answers[code] += 1

    def count_guesses(self, cells: list[dict]) -> None:
        """Count the predictions of one student, as they were handed in, and what was found."""
        if not cells:
            return
        guessed: dict[str, str] = {}
        found: dict[str, str] = {}
        for cell in cells:
            if cell.get("cell_type") == "code":
                guessed |= self._guesses_in("".join(cell.get("source", "")))
                for noted in _noted(cell, "workshop_check", "workshop_prediction"):
                    about = noted.get("about")
                    if about in self.guesses:
                        guessed[about] = str(noted.get("predicted", ""))
                        found[about] = str(noted.get("found", ""))
        for about, guesses in self.guesses.items():
            guess = guessed.get(about, "")
            known = self.answers.get(guess.casefold())
            finding = self.answers.get(found.get(about, "").casefold())
            guesses.guessed[known or (OWN_WORDS if guess.strip("?. ") else NONE)] += 1
            if finding:
                guesses.found[finding] += 1
                guesses.compared += bool(known)
                guesses.surprises += bool(known) and known != finding

    def _guesses_in(self, source: str) -> dict[str, str]:
        """What a cell's code predicts: about -> guess."""
        if not any(name in source for name in self.variables):
            return {}
        try:
            statements = ast.parse(source).body
        except NO_PYTHON:
            return {}
        found = {}
        for statement in statements:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=guess)):
                    if name in self.variables and guess is not ...:
                        found[self.variables[name]] = str(guess)
        return found


def _mark(cell: dict) -> str:
    match cell:
        case {"metadata": {"nbgrader": {"grade_id": str(name)}}}:
            return name
    return ""


def _mistakes(check: dict) -> list[tuple[str, str]]:
    """The mistakes that a check has noted, each with the part of the answer that it is in."""
    noted = list(_noted(check, "workshop_check"))
    if not noted:
        return [("", "no-verdict")]
    exercise, mistake = (str(noted[-1].get(key)) for key in ("exercise", "mistake"))
    if exercise == "repair":  # of several functions
        pairs = [one.split(": ", 1) for one in mistake.split(", ") if ": " in one]
        return [(part, name) if _sentence(part, name) else ("", "other") for part, name in pairs]
    if mistake == "not-written":
        return [("", mistake)]
    is_known = mistake in _known_names() or (exercise, mistake) in _sentences()
    is_ours = any(exercise == name for name, _ in _sentences())
    return [(exercise if is_ours else "", mistake if is_known else "other")]


def _noted(cell: dict, *names: str) -> Iterator[dict]:
    """What the outputs of a cell note for statistics."""
    outputs = cell.get("outputs")
    for output in outputs if isinstance(outputs, list) else ():
        match output:
            case {"metadata": dict(metadata)}:
                yield from (
                    metadata[name] for name in names if isinstance(metadata.get(name), dict)
                )


@cache
def _sentences() -> dict[tuple[str, str], str]:
    return {
        (name, mistake.name): mistake.sentence
        for name, exercise in exercises().items()
        for mistake in exercise.mistakes
    }


@cache
def _known_names() -> set[str]:
    """Short names of mistakes: texts of the modules that tell them, so never a student's."""
    files = (PACKAGE / "exercises").glob("*.py")
    return {
        name
        for file in files
        for name in re.findall(r'"([a-z]+(?:-[a-z]+)*)"', file.read_text(encoding="utf-8"))
    }


def _sentence(exercise: str, mistake: str) -> str:
    """What the check says of a mistake; of some, in general."""
    return _sentences().get((exercise, mistake)) or GENERAL.get(mistake, "")


def write_page(course: Path) -> Path:
    """Write class.html into a course's folder.

    Args:
        course: the folder, with submissions that are graded.

    Returns:
        The file.

    Raises:
        ValueError: nothing has been graded there.
        OSError: the file cannot be written.
    """
    page = fill("class.html.j2", assignments=assignments(course), title="The class on one page")
    write(course / "class.html", page)
    return course / "class.html"


def main() -> None:
    """Write the page of the course that the command names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("course", type=Path, help="the folder made by tools.grading.release")
    try:
        print(write_page(parser.parse_args().course.resolve()))
    except (ValueError, OSError) as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
