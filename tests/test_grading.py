"""The course for nbgrader: a small class every time, the whole one with `make grade-demo`."""

import importlib
import os

import nbformat
import psutil
import pytest
from grading import answers, submissions
from grading.grade import grade, problems, table
from grading.submissions import AUTOENCODER, INTERPOLATION, MLP, SUBMISSIONS, Submission
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.utils import rmtree

from tools.grading.release import graded_notebooks
from tools.places import BUILD

SMALL = [
    Submission(  # graded first
        "harmful",
        "kills what runs it",
        (0, 0, 0, 0, 0, 0),
        submissions.right_but(encoder=answers.PARENT_KILLED),
        (submissions.only(AUTOENCODER),),
        says="could not be run to its end",
    ),
    Submission(
        "odd",
        "right, whatever happened to the files",
        (0, 0, 0, 0, 3, 3),
        spoil=(
            submissions.only(MLP, INTERPOLATION),
            submissions.check_altered(
                INTERPOLATION, "check-interpolation", 'display("✗")', tags=["skip-execution"]
            ),
            submissions.doubled(INTERPOLATION, "interpolation", "check-interpolation"),
            submissions.without(INTERPOLATION, "check-latent-line"),
            submissions.with_odd_marks(INTERPOLATION),
            submissions.replaced("timestamp.txt", "yesterday"),
            submissions.replaced("workshop_utils.py", ""),
            submissions.with_link,
            submissions.from_colab,
            submissions.cut_off(MLP),
        ),
        says="It is not a notebook",
    ),
]


# --- what is released ---


@pytest.mark.parametrize("file", graded_notebooks(), ids=lambda file: file.stem)
def test_every_graded_exercise_has_one_check_with_points(file):
    notebook = nbformat.read(file, as_version=4)
    MetadataValidator().validate_nb(notebook)
    about = [c.metadata.nbgrader for c in notebook.cells if "nbgrader" in c.metadata]
    exercises, checks = about[::2], about[1::2]
    assert all(one.solution for one in exercises)
    assert all(one.points > 0 for one in checks)
    assert [f"check-{one.grade_id}" for one in exercises] == [one.grade_id for one in checks]


# --- a small class, graded as a lecturer does ---


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return tmp_path_factory.mktemp("class") / "course"


@pytest.fixture(scope="module")
def graded(course):
    return grade(course, SMALL)


def test_everybody_gets_what_they_deserve(graded):
    assert not any(problems(one, graded[one.name]) for one in SMALL), table(SMALL, graded)


def test_everybody_gets_feedback(course, graded):
    pages = {f"{file.parts[-3]}/{file.stem}" for file in course.glob("feedback/*/*/*.html")}
    assert pages == {"harmful/03_autoencoder", "odd/01_mlp", "odd/04_interpolation"}
    page = (course / "feedback/odd/workbook/01_mlp.html").read_text(encoding="utf-8")
    assert "This file could not be read" in page


# --- one notebook at a time ---


@pytest.fixture
def run(course, graded, monkeypatch, tmp_path):
    """Run cells as those of a submission, the last one being a check; what each shows."""
    monkeypatch.syspath_prepend(course)
    fair_cells = importlib.import_module("fair_cells")

    def run(*sources, **limits):
        cells = [new_code_cell(source) for source in sources]
        cells[-1].metadata["nbgrader"] = {"grade": True, "solution": False}
        after = new_code_cell("print('after the last check')")
        resources = {"metadata": {"path": str(tmp_path)}}
        execute = fair_cells.FairExecute(**limits)
        notebook, _ = execute.preprocess(new_notebook(cells=[*cells, after]), resources)
        assert notebook.cells.pop().outputs == []
        return [
            [output.get("ename") or output.get("text") for output in cell.outputs]
            for cell in notebook.cells
        ]

    return run


def test_what_a_cell_does_costs_no_cell_before_it(run, monkeypatch):
    monkeypatch.setenv("MY_PASSWORD", "1234")
    flood = "for _ in range(300): print('x' * 10_000, flush=True)"
    processes = answers.MANY_PROCESSES.removeprefix(answers.RIGHT["encoder"])
    ask = "import os\nprint('MY_PASSWORD' in os.environ, os.environ['WORKSHOP_GRADING'])"
    endless, flood, exited, asked, stubborn, last = run(
        "while True: pass",
        flood,
        "import sys; sys.exit(1)",
        ask,
        processes + answers.STUBBORN,
        "print(6)",
        cell_seconds=3,
    )
    assert endless == ["KeyboardInterrupt", "CellTimeoutError"]
    assert len("".join(flood)) <= 200_000
    assert exited[0] == "SystemExit"
    assert asked == ["False 1\n"]
    assert stubborn == ["CellTimeoutError"]
    assert last == ["NotRun"]
    running = psutil.process_iter(["cmdline"])
    assert not any("left over" in " ".join(one.info["cmdline"] or []) for one in running)


def test_a_notebook_is_ended_at_its_limit(run):
    assert run("import time; time.sleep(600)", "print(2)", seconds=1) == [["NotRun"], ["NotRun"]]


@pytest.mark.skipif(os.name != "posix", reason="Windows knows no limit of memory")
def test_memory_is_limited(run):
    [[said]] = run("import resource\nprint(resource.getrlimit(resource.RLIMIT_DATA)[0])")
    assert said == "2000000000\n"


# --- the whole class ---


@pytest.fixture(scope="module")
def whole_class(request):
    """Grade those of the class that are asked for, and print a table."""
    ours = [item for item in request.session.items if isinstance(item, pytest.Function)]
    chosen = {i.callspec.params["one"].name for i in ours if "one" in i.fixturenames}
    asked = [one for one in SUBMISSIONS if one.name in chosen]
    folder = BUILD / "grading"
    if folder.exists():
        rmtree(str(folder))  # nbgrader writes files that may not be changed
    found = grade(folder, asked)
    print(f"\n{table(asked, found)}\n{len(asked)} submissions in {folder}")
    return found


@pytest.mark.long
@pytest.mark.parametrize("one", SUBMISSIONS, ids=lambda one: one.name)
def test_each_gets_what_it_deserves(one, whole_class):
    assert problems(one, whole_class[one.name]) == []
