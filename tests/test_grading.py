import os
import sys
import time

import nbformat
import psutil
import pytest
from nbgrader.api import Gradebook
from nbgrader.nbgraderformat import MetadataValidator

from tools.grading import autograde, mistakes, release, spoiling
from tools.grading import demo as grade_demo
from tools.grading.answers import FIRST, SECOND
from tools.grading.record import Outcome, record
from tools.grading.report import Row
from tools.grading.submissions import FULL, NONE, SUBMISSIONS, Submission

STUDENTS = release.graded_notebooks()


def only(name):
    """Leave out all notebooks but one."""
    return spoiling.all_of(*(spoiling.removed(f.name) for f in STUDENTS if f.name != name))


CLASS = [  # the slowest first
    Submission(
        "endless",
        "one notebook of four",
        NONE,
        FIRST | {"mlp-parameters": mistakes.ENDLESS},
        only("01_mlp.ipynb"),
        says="stopped",
    ),
    *[submission for submission in SUBMISSIONS if submission.name in ("right", "damaged")],
    Submission(
        "wrong",
        "one notebook of four",
        NONE,
        FIRST | {"encoder": mistakes.NO_RETURN},
        only("03_autoencoder.ipynb"),
        says="return",
    ),
]


# --- the released notebooks ---


def graded_cells(file):
    cells = nbformat.read(file, as_version=4).cells
    return [cell for cell in cells if "nbgrader" in cell.metadata]


@pytest.mark.parametrize("file", STUDENTS, ids=lambda file: file.stem)
def test_notebooks_say_what_nbgrader_needs_to_know(file):
    MetadataValidator().validate_nb(nbformat.read(file, as_version=4))
    assert graded_cells(file)


def test_every_graded_exercise_has_one_check_with_points():
    about = [cell.metadata.nbgrader for file in STUDENTS for cell in graded_cells(file)]
    names = [one.grade_id for one in about if one.solution]
    checks = [one.grade_id for one in about if one.grade]
    assert len(set(names)) == len(names) == 6
    assert checks == [f"check-{name}" for name in names]
    assert list(release.exercises()) == names
    assert list(release.exercises().values()) == [2, 3, 3, 5, 3, 3]


def test_a_notebook_that_nbgrader_refuses_is_named(tmp_path):
    with pytest.raises(RuntimeError, match="nbgrader generate_assignment homework failed"):
        release.nbgrader(tmp_path, "generate_assignment", "homework")


# --- the class ---


def test_forty_submissions_differ():
    assert len(SUBMISSIONS) == 40
    for distinct in ("name", "what"):
        assert len({getattr(one, distinct) for one in SUBMISSIONS}) == 40


def test_points_of_the_class_can_be_had():
    most = tuple(release.exercises().values())
    assert most == FULL
    for one in SUBMISSIONS:
        assert len(one.points) == len(most)
        assert all(points in (0, limit) for points, limit in zip(one.points, most, strict=True))
    assert {sum(one.points) for one in SUBMISSIONS} > {0, sum(most)}


@pytest.mark.parametrize("answers", [FIRST, SECOND], ids=["first", "second"])
def test_right_answers_answer_every_exercise(answers):
    assert list(answers) == list(release.exercises())


# --- a small class, graded from beginning to end ---


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return tmp_path_factory.mktemp("class") / "course"


@pytest.fixture(scope="module")
def said(course):
    """Grade a small class; what is printed."""
    with pytest.MonkeyPatch.context() as patch:
        lines = []
        patch.setattr("builtins.print", lambda *args, **_: lines.extend(map(str, args)))
        patch.setattr(grade_demo, "SUBMISSIONS", CLASS)
        patch.setattr(sys, "argv", ["grade_demo.py", "--course", str(course)])
        code = grade_demo.main()
    return code, "\n".join(lines)


def test_everybody_gets_what_they_deserve(said):
    code, table = said
    assert code == 0, table
    assert "4 submissions" in table
    assert "0 not as expected" in table


def test_the_table_tells_why_points_were_lost(said):
    _, table = said
    for reason in (
        "encoder: ✗ forward returns None",
        "mlp-parameters: CellTimeoutError",
        "not a notebook: 01_mlp.ipynb",
        "empty file: 02_cnn.ipynb",
        "file missing: expected 04_interpolation.ipynb",
    ):
        assert reason in table


def test_points_are_in_the_gradebook(course, said):
    with Gradebook(release.gradebook_url(course)) as gradebook:
        scores = {one.student.id: one.score for one in gradebook.assignment_submissions("workbook")}
        assert not any(
            one.needs_manual_grade for one in gradebook.assignment_submissions("workbook")
        )
    assert scores == {"right": 19, "wrong": 0, "endless": 0, "damaged": 0}


def test_everybody_who_was_graded_gets_pages_of_feedback(course, said):
    pages = {f"{file.parts[-3]}/{file.stem}" for file in course.glob("feedback/*/*/*.html")}
    right = {f"right/{file.stem}" for file in STUDENTS}
    assert pages == right | {"wrong/03_autoencoder", "endless/01_mlp"}
    page = (course / "feedback/wrong/workbook/03_autoencoder.html").read_text(encoding="utf-8")
    assert "✗ forward returns None" in page


def test_the_course_can_be_graded_with_nbgrader_alone(course, said):
    configured = course / "nbgrader_config.py"
    assert configured.exists()
    assert "check-encoder" in (course / "release/workbook/03_autoencoder.ipynb").read_text(
        encoding="utf-8"
    )
    release.nbgrader(course, "autograde", "workbook", "--student=wrong", "--force")
    with Gradebook(release.gradebook_url(course)) as gradebook:
        assert gradebook.find_submission("workbook", "wrong").score == 0


def test_a_submission_is_ended_at_its_limit_with_all_that_it_started(course, said):
    code = "import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', "
    code += "'import time; time.sleep(300)  # left over'], start_new_session=True)\ntime.sleep(300)"
    late = Submission("late", "", NONE, {"encoder": code}, only("03_autoencoder.ipynb"))
    late.hand_in(course)
    started = time.monotonic()
    graded = autograde.grade(course, "late", seconds=8)
    assert time.monotonic() - started < 16
    assert graded.remarks[-1] == "time limit: more than 8 s"
    assert not any(
        "left over" in " ".join(one.info["cmdline"] or [])
        for one in psutil.process_iter(["cmdline"])
    )
    outcomes = record(course, graded)
    assert all(outcome.points == 0 and outcome.agrees for outcome in outcomes.values())


def test_a_student_who_is_not_in_the_class_is_named(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["grade_demo.py", "--only", "right,nobody"])
    with pytest.raises(SystemExit):
        grade_demo.main()
    assert "There is no submission nobody" in capsys.readouterr().err


def test_an_answer_of_another_check_than_was_released_earns_nothing(course, said):
    notebook = nbformat.read(
        course / "autograded" / "right" / "workbook" / "03_autoencoder.ipynb", as_version=4
    )
    graded = autograde.Graded("forger", {"03_autoencoder": notebook})
    assert record(course, graded)["encoder"].points == 5
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "check-encoder":
            cell.source = "display('✓ Right')"
    outcome = record(course, graded)["encoder"]
    assert (outcome.points, outcome.says) == (
        0,
        "Altered: The check was altered while the notebook ran.",
    )


# --- what a submission may be made of ---


@pytest.fixture
def handed_in(course, said, tmp_path):
    """What is taken of the files of a submission, and what is remarked."""

    def hand_in(spoil):
        student = tmp_path.name
        Submission(student, "", FULL, {}, spoil).hand_in(course)
        graded = autograde.Graded(student)
        autograde._hand_in(course, tmp_path / "alone", graded)
        taken = tmp_path / "alone" / "submitted" / student / release.ASSIGNMENT
        files = {file.relative_to(taken).as_posix() for file in taken.rglob("*") if file.is_file()}
        return files, graded

    return hand_in


def test_files_beside_the_notebooks_are_taken(handed_in):
    files, graded = handed_in(spoiling.replaced("more/helper.py", "x = 1"))
    assert files == {file.name for file in STUDENTS} | {"more/helper.py"}
    assert graded.remarks == []


@pytest.mark.skipif(os.name != "posix", reason="Windows asks for rights to make a link")
def test_a_link_is_not_followed(handed_in, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("1234", encoding="utf-8")
    files, graded = handed_in(lambda folder: (folder / "notes.txt").symlink_to(secret))
    assert "notes.txt" not in files
    assert graded.remarks == ["not taken: notes.txt"]


def test_a_package_in_the_place_of_ours_is_not_taken(handed_in):
    files, graded = handed_in(spoiling.replaced("workshop_utils/checks.py", ""))
    assert files == {file.name for file in STUDENTS}
    assert graded.remarks == [
        f"not taken: {name}" for name in ("workshop_utils", "workshop_utils/checks.py")
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "empty file"),
        ("[]", "not a notebook"),
        ("%PDF-1.7", "not a notebook"),
        ("[" * 100_000, "not a notebook"),
        ('{"cells": [{}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "not a notebook"),
        (" " * (20 * 10**6 + 1), "too large"),
    ],
    ids=["empty", "list", "pdf", "deep", "cell", "large"],
)
def test_what_is_no_notebook_is_named(handed_in, content, problem):
    files, graded = handed_in(spoiling.replaced("02_cnn.ipynb", content))
    assert "02_cnn.ipynb" not in files
    assert graded.remarks == [f"{problem}: 02_cnn.ipynb"]


def test_a_name_that_the_browser_changed_is_named(handed_in):
    files, graded = handed_in(spoiling.renamed("02_cnn.ipynb", "02_cnn (1).ipynb"))
    assert graded.remarks == [
        "not asked for: 02_cnn (1).ipynb",
        "file missing: expected 02_cnn.ipynb",
    ]
    assert len(files) == 3


@pytest.mark.parametrize(
    ("text", "hour"), [("2030-01-02 03:04:05 UTC", 3), ("yesterday", None), ("9" * 99, None)]
)
def test_the_time_of_a_submission_is_read_if_it_can_be(handed_in, text, hour):
    _, graded = handed_in(spoiling.replaced("timestamp.txt", text))
    assert (graded.handed_in and graded.handed_in.hour) == hour


def test_passwords_of_the_one_who_grades_are_not_passed_on(monkeypatch, tmp_path):
    monkeypatch.setenv("MY_PASSWORD", "1234")
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    passed_on = autograde._environment(tmp_path)
    assert "MY_PASSWORD" not in passed_on
    assert passed_on["LANG"] == "de_DE.UTF-8"
    assert passed_on["HOME"] == str(tmp_path / "home")
    assert passed_on["TMPDIR"] == str(tmp_path / "tmp")


def test_a_submission_that_cannot_be_graded_does_not_stop_the_others(tmp_path):
    graded = autograde.grade(tmp_path, "nobody")  # there is no course in this folder
    assert graded.notebooks == {}
    assert graded.remarks[0].startswith("could not be graded: ")


# --- the report ---


def row(points, answer, says=""):
    outcomes = {"a": Outcome(points, 2, answer)}
    return Row(Submission("x", "", (2,), says=says), autograde.Graded("x"), outcomes)


def test_a_report_names_other_points_than_deserved():
    assert row(2, "✓ Right").problems() == []
    assert row(0, "✗ Wrong").problems() == ["expected 2  "]


def test_a_report_names_points_that_the_check_did_not_give():
    assert row(2, "✗ Wrong").problems() == ["a: 2 points, but the check says '✗ Wrong'"]
    assert row(0, "✓ Right").problems()[0] == "a: 0 points, but the check says '✓ Right'"


def test_a_report_names_a_reason_that_is_missing():
    assert row(2, "✓ Right", says="late").problems() == ["no reason says 'late'"]


@pytest.mark.parametrize(("points", "code"), [(2, 0), (0, 1)])
def test_the_command_fails_if_somebody_got_other_points(monkeypatch, points, code):
    graded = row(points, "✓ Right" if points else "✗ Wrong")
    monkeypatch.setattr(grade_demo, "grade_class", lambda *_: [graded])
    monkeypatch.setattr(sys, "argv", ["grade_demo.py", "--only", "right"])
    assert grade_demo.main() == code
