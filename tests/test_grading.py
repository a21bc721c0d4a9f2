"""The course for nbgrader, and a class of made-up students: `make grade-demo`."""

import importlib
import os
from collections import Counter

import nbformat
import psutil
import pytest
from grading import answers
from grading.grade import grade, problems, table
from grading.submissions import SUBMISSIONS
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.utils import rmtree

from tools.grading.class_page import assignments
from tools.grading.release import ASSIGNMENTS, graded_notebooks
from tools.places import BUILD

COURSE = BUILD / "grading"

# --- what is released ---


@pytest.mark.parametrize(
    "file",
    [file for assignment in ASSIGNMENTS for file in graded_notebooks(assignment)],
    ids=lambda file: file.stem,
)
def test_every_graded_exercise_has_one_check_with_points(file):
    notebook = nbformat.read(file, as_version=4)
    MetadataValidator().validate_nb(notebook)
    about = [c.metadata.nbgrader for c in notebook.cells if "nbgrader" in c.metadata]
    about = [one for one in about if not (one.grade and one.solution)]  # essays
    exercises, checks = about[::2], about[1::2]
    assert all(one.solution for one in exercises)
    assert all(one.points > 0 for one in checks)
    assert [f"check-{one.grade_id}" for one in exercises] == [one.grade_id for one in checks]


# --- a class, graded as a lecturer does ---


@pytest.fixture(scope="module")
def whole_class(request):
    """Grade those of the class that are asked for, and print a table."""
    ours = [item for item in request.session.items if isinstance(item, pytest.Function)]
    chosen = {i.callspec.params["one"].name for i in ours if "one" in i.fixturenames}
    asked = [one for one in SUBMISSIONS if one.name in chosen]
    if COURSE.exists():
        rmtree(str(COURSE))  # nbgrader writes files that may not be changed
    found = grade(COURSE, asked)
    print(f"\n{table(asked, found)}\n{len(asked)} submissions in {COURSE}")
    return found


@pytest.mark.long
@pytest.mark.parametrize("one", SUBMISSIONS, ids=lambda one: one.name)
def test_each_gets_what_it_deserves(one, whole_class):
    assert problems(one, whole_class[one.name]) == []


@pytest.mark.long
def test_everybody_gets_feedback_on_every_notebook(whole_class):
    for one in SUBMISSIONS:
        if one.name in whole_class:
            folder = COURSE / "submitted" / one.name / one.assignment
            graded = {file.name for file in graded_notebooks(one.assignment)}
            handed_in = {file.stem for file in folder.glob("*.ipynb") if file.name in graded}
            pages = (COURSE / "feedback" / one.name / one.assignment).glob("*.html")
            assert {page.stem for page in pages} == handed_in, one.name


@pytest.mark.long
def test_the_page_about_the_class_counts_it(whole_class):
    found = {one.name: one for one in assignments(COURSE)}
    for name, assignment in found.items():
        outcomes = [whole_class[s.name] for s in SUBMISSIONS if s.assignment == name]
        passed = Counter(o.exercise for each in outcomes for o in each if o.points == o.most)
        unread = Counter(o.exercise for each in outcomes for o in each if o.says == "not handed in")
        for tally in assignment.tallies:
            exercise = tally.name.removeprefix("check-")
            assert tally.passed == passed[exercise]
            assert tally.passed + tally.tried + tally.empty == len(outcomes)
            assert tally.empty >= unread[exercise]


# --- one notebook at a time ---


@pytest.fixture
def run(whole_class, monkeypatch, tmp_path):
    """Run cells as those of a submission, the last one being a check; what each shows."""
    monkeypatch.syspath_prepend(COURSE)
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


@pytest.mark.long
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


@pytest.mark.long
def test_a_notebook_is_ended_at_its_limit(run):
    assert run("import time; time.sleep(600)", "print(2)", seconds=1) == [["NotRun"], ["NotRun"]]


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="Windows knows no limit of memory")
def test_memory_is_limited(run):
    [[said]] = run("import resource\nprint(resource.getrlimit(resource.RLIMIT_DATA)[0])")
    assert said == "2000000000\n"
