"""The page about a class: counts that are right, and nobody's name."""

import shutil
from pathlib import Path

import nbformat
import pytest
from grading import answers
from nbformat.v4 import new_output
from nbgrader.api import Gradebook

from tools.grading.class_page import assignments, write_page
from tools.grading.course.needed import grade_id
from tools.places import STUDENTS

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's
LINES = "04_interpolation"
POINTS = {"01_mlp": {"mlp-parameters": 1}, LINES: {"interpolation": 3, "latent-line": 3}}
REVERSED = {"interpolation": "reversed"}
OWN_NAMES = ("Zebulon", "Quetzalcoatl", "Ölçüm", "x77x4711")
OF_ZEBULON = '''
ZebulonsNumber = 47114711


def interpolate(start, end, n_steps=8):
    """Written by Quetzalcoatl Ölçüm, x77x4711."""
    zebulon = f"Zebulon {n_steps}"  # Zebulon did this
    quetzalcoatl_points = []
    for ölçüm in torch.linspace(0, 1, n_steps):
        quetzalcoatl_points.append(ölçüm * start + (1 - ölçüm) * end + 0 * 47114711)
        print("Zebulon", b"Zebulon", x77x4711 := "x77x4711", zebulon.Zebulon)
    def Zebulon(Quetzalcoatl: "Zebulon", *, Ölçüm=1): raise Zebulon(zebulon=1)
    import Quetzalcoatl.Zebulon as Zebulon
    return torch.stack(quetzalcoatl_points)
'''


class Class:
    """A course with students whose work is handed in and graded, as nbgrader leaves it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.gradebook = Gradebook(f"sqlite:///{folder / 'gradebook.db'}")
        self.gradebook.add_assignment("workbook")
        for notebook, points in POINTS.items():
            file = folder / "release" / "workbook" / f"{notebook}.ipynb"
            file.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(STUDENTS / file.name, file)
            self.gradebook.add_notebook(notebook, "workbook")
            for name, most in points.items():
                about = {"max_score": most, "cell_type": "code"}
                self.gradebook.add_grade_cell(f"check-{name}", notebook, "workbook", **about)

    def add(self, student, notebook, answers=(), verdicts=(), guesses=(), findings=()):
        """Somebody's notebook: exercise -> source; exercise -> mistake, or None if it is right."""
        self.gradebook.update_or_create_student(student)
        self.gradebook.update_or_create_submission("workbook", student)
        cells = nbformat.read(STUDENTS / f"{notebook}.ipynb", as_version=4)
        for cell in cells.cells:
            name = grade_id(cell)
            cell.source = dict(answers).get(name, cell.source)
            exercise = name.removeprefix("check-")
            if name.startswith("check-") and exercise in verdicts:
                noted = {"exercise": NAMES[exercise], "mistake": verdicts[exercise]}
                cell.outputs = [shown("workshop_check", noted, student)]
                points = POINTS[notebook][exercise] * (verdicts[exercise] is None)
                grade = self.gradebook.find_grade(name, notebook, "workbook", student)
                grade.auto_score = points
            for variable, guess in dict(guesses).items():
                if cell.source.startswith(f"{variable} = "):
                    cell.source = f"{variable} = {guess!r}"
            if cell.source.startswith("wu.tally("):
                cell.outputs = [shown("workshop_prediction", one, student) for one in findings]
        self.gradebook.db.commit()
        for kind in ("submitted", "autograded"):
            file = self.folder / kind / student / "workbook" / f"{notebook}.ipynb"
            file.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(cells, file)


NAMES = {
    "mlp-parameters": "mlp_parameters",
    "interpolation": "interpolate",
    "latent-line": "latent_line",
}


def shown(name, noted, student):
    """An output with a note, and with the name of a student in it."""
    return new_output("display_data", {"text/plain": f"of {student}"}, metadata={name: noted})


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A class without students."""
    monkeypatch.setattr("nbgrader.api.get_alembic_version", lambda: "0")  # it starts a program
    made = Class(tmp_path)
    yield made
    made.gradebook.close()


@pytest.fixture
def course(made):
    """Six students, four of whom are in trouble."""
    right, wrong = answers.RIGHT, answers.ALL_WRONG
    made.add("ann", LINES, right, dict.fromkeys(("interpolation", "latent-line")))
    made.add("bob", LINES, wrong, REVERSED | {"latent-line": "pixels"})
    made.add("cy", LINES, wrong, REVERSED)
    made.add("Zebulon", LINES, {"interpolation": OF_ZEBULON}, REVERSED)
    made.add(
        "Quetzalcoatl Ölçüm",
        LINES,
        {"interpolation": "Zebulon = 1 +"},
        {"interpolation": "Zebulon"},
    )
    made.add("x77x4711", LINES, {}, {"interpolation": "not-written"})
    return made.folder


def test_the_counts_are_those_of_the_class(course):
    [found] = assignments(course)
    assert found.n_students == 6
    line, latent = (next(t for t in found.tallies if t.title.startswith(n)) for n in ("4.1", "4.2"))
    assert (line.passed, line.tried, line.empty) == (1, 4, 1)
    assert (latent.passed, latent.tried, latent.empty) == (1, 2, 3)
    assert [(one.name, one.n) for one in line.most_frequent] == [("reversed", 3), ("other", 1)]
    counting = next(t for t in found.tallies if t.title.startswith("1.1"))
    assert (counting.passed, counting.tried, counting.empty) == (0, 0, 6)  # nobody's notebook


def test_a_typical_answer_is_the_most_frequent_one(course):
    [found] = assignments(course)
    [line] = [tally for tally in found.tallies if tally.title.startswith("4.1")]
    reversed_, other = line.most_frequent
    assert reversed_.answers.most_common(1)[0] == (answers.BACKWARDS.strip(), 2)
    assert not other.answers  # no Python
    assert len(line.typical) == 1


def test_nobodys_name_is_on_the_page(course):
    page = write_page(course).read_text(encoding="utf-8").casefold()
    assert "append" in page
    for name in (*OWN_NAMES, "47114711", "quetzal"):
        assert name.casefold() not in page


def test_what_is_left_of_an_answer_can_be_read(made, tmp_path):
    made.add("Zebulon", LINES, {"interpolation": OF_ZEBULON}, REVERSED)
    [found] = assignments(tmp_path)
    [line] = [tally for tally in found.tallies if tally.title.startswith("4.1")]
    [code] = line.most_frequent[0].answers
    assert "def interpolate(start, end, n_steps=8):" in code
    assert "name_2.append(name_3 * start + (1 - name_3) * end" in code
    compile(code, "answer", "exec")
    page = write_page(tmp_path).read_text(encoding="utf-8").casefold()
    assert not any(name.casefold() in page for name in (*OWN_NAMES, "4711"))


def test_predictions_stand_beside_findings(made, tmp_path):
    found = {"about": "one object", "found": "neither"}
    for student, guess, finding in (
        ("a", "codes", found | {"predicted": "codes"}),
        ("b", "Neither", None),  # outputs are gone
        ("c", "what Zebulon says", found | {"predicted": "what Zebulon says"}),
        ("d", "?", found | {"predicted": ""}),
        ("e", "neither", found | {"predicted": "neither"}),
        ("f", "codes", found | {"predicted": "codes", "found": "Zebulon"}),
    ):
        findings = [finding] if finding else []
        made.add(student, LINES, guesses={"object_guess": guess}, findings=findings)
    [assignment] = assignments(tmp_path)
    [one] = [one for one in assignment.guesses if one.about == "one object"]
    assert one.rows == [
        ("codes", 2, 0),
        ("neither", 2, 4),
        ("in other words", 1, 0),
        ("none", 1, 0),
    ]
    assert (one.surprises, one.compared) == (1, 2)
    assert "zebulon" not in write_page(tmp_path).read_text(encoding="utf-8").casefold()


def test_a_course_without_grades_gets_a_sentence(tmp_path):
    with pytest.raises(ValueError, match="run nbgrader autograde"):
        write_page(tmp_path)
