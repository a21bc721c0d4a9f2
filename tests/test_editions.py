"""The students' edition and the edition with solutions come from one source and agree."""

import ast
import inspect
import re

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import workshop_utils as wu
from tools import places
from tools.notebooks import build, editions
from workshop_utils.exercises import engine

OPEN = {"try_mine"}  # an experiment of one's own: there is no solution to switch to
LAB = [source for source in places.sources() if source.parent == places.SOURCES]


@pytest.fixture(params=places.sources(), ids=lambda source: source.stem)
def source(request):
    return request.param


@pytest.fixture
def students(source):
    return nbformat.read(students_file(source), as_version=4)


@pytest.fixture
def solutions(source):
    [file] = [file for file in places.solutions() if file.stem == source.stem]
    return nbformat.read(file, as_version=4)


def students_file(source):
    return (places.STUDENTS / source.relative_to(places.SOURCES)).with_suffix(".ipynb")


def cells(notebook, tag, kind="code"):
    return [c for c in notebook.cells if c.cell_type == kind and tag in c.metadata.get("tags", [])]


def exercises(source, tag="exercise"):
    """(solution, stub) of every exercise."""
    notebook = jupytext.read(source, fmt="py:percent")
    return [editions.split(cell.source) for cell in cells(notebook, tag)]


def with_reference_solutions(students, source):
    """A students' notebook in which every line for those who are stuck is switched on."""
    predictions = {
        stub: solution for solution, stub in exercises(source) if stub.startswith("raise")
    }
    for cell in students.cells:
        cell.source = predictions.get(cell.source, cell.source)
        if "student" in cell.metadata.get("tags", []):
            cell.source = re.sub(r"^# (\w+ = )", r"\1", cell.source, flags=re.MULTILINE)
    return students


def guesses(source):
    """(solution, stub) of every prediction that does not stop the notebook."""
    return exercises(source, "guess")


def test_the_committed_students_notebook_is_what_its_source_builds(source):
    file = students_file(source)
    built = build.as_text(build.build(source, editions.students))
    assert built == file.read_text(encoding="utf-8"), "run: make notebooks"


def test_students_get_no_outputs_and_no_notes_for_tutors(students):
    for cell in students.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
        assert "For tutors" not in cell.source
        assert not {"tutor", "solution"} & set(cell.metadata.get("tags", []))


def test_tutors_find_their_notes_folded_away(source, solutions):
    notes = cells(solutions, "tutor", "markdown")
    assert len(notes) >= (3 if source in LAB else 0)
    for cell in notes:
        assert cell.source.startswith("<details><summary><b>For tutors</b></summary>\n\n")
        assert cell.source.endswith("</details>")


def test_no_mark_of_a_solution_survives(students, solutions):
    for notebook in (students, solutions):
        for cell in notebook.cells:
            assert not re.search(r"###|BEGIN SOLUTION|END SOLUTION", cell.source) or (
                cell.cell_type == "markdown" and cell.source.startswith("### Exercise")
            )


def test_no_solution_reaches_the_students(source, students):
    text = "\n".join(cell.source for cell in students.cells if cell.cell_type == "code")
    text = re.sub(r"^# .*", "", text, flags=re.MULTILINE)  # the lines for those who are stuck
    for solution, stub in exercises(source) + guesses(source):
        of_solution_only = set(solution.splitlines()) - set(stub.splitlines())
        assert of_solution_only
        for line in of_solution_only - {"}", "    }", ")"}:
            assert line not in text.splitlines()


def test_apart_from_the_stubs_both_editions_hold_the_same_code(source, students, solutions):
    """So students' notebooks with all solutions in run as nbval runs the solutions."""
    from_stub = {stub: solution for solution, stub in exercises(source) + guesses(source)}
    theirs = [
        from_stub.get(cell.source, cell.source)
        for cell in students.cells
        if cell.cell_type == "code" and "student" not in cell.metadata.get("tags", [])
    ]
    ours = [cell.source for cell in solutions.cells if cell.cell_type == "code"]
    assert theirs == ours
    assert sum(cell.source in from_stub for cell in students.cells) == len(from_stub)


def bound_names(code):
    names = set()
    for node in ast.parse(code).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets}
    return names


def not_implemented_sentences(stub):
    return re.findall(r"raise NotImplementedError\((['\"])(.+)\1\)", stub)


def test_every_stub_raises_a_sentence_with_the_number_of_its_exercise(source, students):
    headings = [
        re.search(r"^### Exercise (\w\.\d)", cell.source)[1]
        for cell in cells(students, "exercise", "markdown")
    ]
    stubs = [stub for _, stub in exercises(source)]
    notebook = source.stem.lstrip("0")[0].upper()
    assert headings == [f"{notebook}.{number + 1}" for number in range(len(stubs))]
    to_mend = [cell.source for cell in cells(students, "repair")]
    for heading, stub in zip(headings, stubs, strict=True):
        sentences = not_implemented_sentences(stub)
        assert sentences or stub in to_mend
        for _, sentence in sentences:
            assert sentence.startswith(f"Exercise {heading}: ")
            assert sentence.endswith((".", '"'))


def test_every_stub_asks_for_what_its_solution_defines(source):
    for solution, stub in guesses(source):
        assert bound_names(solution) == bound_names(stub)
    for solution, stub in exercises(source):
        asked = bound_names(stub) | {
            name for _, s in not_implemented_sentences(stub) for name in re.findall(r"(\w+) = ", s)
        }
        assert bound_names(solution) == asked


@pytest.mark.parametrize("source", LAB, ids=lambda source: source.stem)
def test_a_notebook_of_the_lab_compares_and_counts_at_least_two_predictions(source, solutions):
    code = "\n".join(cell.source for cell in solutions.cells if cell.cell_type == "code")
    noted = re.findall(r"^(\w+) = wu\.check_prediction\(", code, re.M)
    assert len(noted) >= 2
    assert len(noted) == code.count("check_prediction(")
    for name in noted:
        assert len(re.findall(rf"^ *{name}\.compare\(", code, re.M)) == 1
        *_, kept = re.finditer(rf"^{name} = ", code, re.M)
        assert kept.start() < code.index(f"{name}.compare(")
    *_, counted = re.finditer(r"wu\.tally\(([^)]*)\)", code)
    assert counted[1].split(", ") == noted
    assert ".compare(" not in code[counted.end() :]


def test_a_guess_that_is_not_given_is_followed_by_its_choices_and_counts_as_none(source, students):
    cells_with_guess = cells(students, "guess")
    assert [cell.source for cell in cells_with_guess] == [stub for _, stub in guesses(source)]
    for cell in cells_with_guess:
        name = re.fullmatch(r'(\w+) = "\?"  # .+ or ".+', cell.source)[1]
        following = students.cells[students.cells.index(cell) + 1]
        assert f"wu.check_prediction({name}, " in following.source
        assert not {"check", "exercise"} & set(following.metadata.get("tags", []))
        assert "must_pass" not in following.source


def test_a_stub_takes_the_arguments_of_the_reference_solution(source):
    known = engine.exercises()
    for _, stub in exercises(source):
        for node in ast.walk(ast.parse(stub)):
            if isinstance(node, ast.ClassDef):
                reference, function = (
                    known[node.name].reference,
                    node.body[1],
                )  # after the docstring
            elif isinstance(node, ast.FunctionDef) and node.name in known:
                reference, function = known[node.name].reference, node
            else:
                continue
            named = [argument.arg for argument in function.args.args if argument.arg != "self"]
            assert named == list(inspect.signature(reference).parameters)


def test_every_exercise_says_how_hard_and_how_long_and_has_hints_and_a_check(students):
    """In this order: task, stub, hints, check."""
    tasks = cells(students, "exercise", "markdown")
    for task in tasks:
        assert re.search(r"^\*Difficulty [●○]{3}, \d+ minutes?", task.source, re.M)
    order = "".join(
        {"exercise": "t" if c.cell_type == "markdown" else "s", "hint": "h", "check": "c"}.get(
            tag, ""
        )
        for c in students.cells
        for tag in c.metadata.get("tags", [])
    )
    assert re.fullmatch(r"(tshc)*", order), order


def test_hints_are_folded_away(students):
    for cell in cells(students, "hint", "markdown"):
        assert len(re.findall("<details><summary>Hint", cell.source)) == cell.source.count(
            "</details>"
        )
        assert cell.source.startswith("<details>")


def test_every_graded_exercise_has_one_cell_to_edit_and_one_locked_check_with_points(
    source, students
):
    graded = [c.metadata["nbgrader"] for c in students.cells if "nbgrader" in c.metadata]
    answers = [g["grade_id"] for g in graded if g["solution"] and not g["locked"]]
    checks = [g["grade_id"] for g in graded if g["grade"] and g["locked"] and g["points"] > 0]
    essays = [g["grade_id"] for g in graded if g["solution"] and g["grade"] and g["points"] > 0]
    assert bool(answers) == (source.parent.name != "further")  # those are optional
    assert checks == [f"check-{name}" for name in answers if name not in essays]
    assert len(graded) == len(answers) + len(checks)


def test_a_line_switches_to_the_solution_in_every_exercise_with_a_function_or_class(students):
    names = [
        set(re.findall(r'^# (\w+) = wu\.use_solution\("\1"\)$', cell.source, re.MULTILINE))
        for cell in cells(students, "student")
    ]
    written = [bound_names(cell.source) for cell in cells(students, "exercise")]
    closed = [bound for bound in written if bound and not bound & OPEN]
    assert closed == names


# --- running them ---


def one_in_short_tests(stem, of=tuple(source.stem for source in LAB)):
    """One notebook, and the others in long tests."""
    others = [pytest.param(each, marks=pytest.mark.long) for each in of if each != stem]
    return [stem, *others]


@pytest.fixture
def an_earlier_run(data, settings, monkeypatch):
    """An autoencoder as notebook 3 leaves one behind, so that notebook 4 need not train it."""
    networks = {"encoder": wu.ConvEncoder(8, 16, 32), "decoder": wu.ConvDecoder(8, 16, 32)}
    wu.save_run("autoencoder", wu.History(validation_loss=[1.0]), data, settings, **networks)
    monkeypatch.setenv("WORKSHOP_RUNS", str(settings.runs_dir))


def run(notebook, tmp_path):
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()


@pytest.mark.parametrize("stem", one_in_short_tests("04_interpolation"))
def test_run_all_on_an_untouched_notebook_stops_at_the_first_exercise(
    stem, tmp_path, an_earlier_run
):
    students = nbformat.read(places.STUDENTS / f"{stem}.ipynb", as_version=4)
    with pytest.raises(CellExecutionError):
        run(students, tmp_path)
    [stopped] = [
        cell for cell in students.cells for out in cell.get("outputs", []) if "ename" in out
    ]
    first = cells(students, "check")[0]
    assert stopped.id == first.id
    texts = [out.data["text/plain"] for out in stopped.outputs if "data" in out]
    assert any(text.startswith("✗") and "Not written yet" in text for text in texts), texts
    traceback = "\n".join(stopped.outputs[-1].traceback)
    assert "notebook stops here" in traceback
    assert "Traceback" not in traceback


@pytest.mark.parametrize("stem", one_in_short_tests("04_interpolation", of=["01_mlp"]))
def test_with_the_reference_solutions_a_notebook_runs_to_its_last_check(
    stem, tmp_path, an_earlier_run
):
    """What follows is the same in both editions, and nbval runs it in the other."""
    students = nbformat.read(places.STUDENTS / f"{stem}.ipynb", as_version=4)
    notebook = with_reference_solutions(students, places.SOURCES / f"{stem}.py")
    last_check = notebook.cells.index(cells(notebook, "check")[-1])
    notebook.cells = notebook.cells[: last_check + 1]
    run(notebook, tmp_path)
    said = [out.get("text", "") for cell in cells(notebook, "student") for out in cell.outputs]
    assert said
    assert all("is now the reference solution" in text for text in said)


# --- mistakes in a source ---

GOOD = '### BEGIN SOLUTION\nx = 1\n### STUB\n# raise NotImplementedError("x")\n### END SOLUTION'


def test_solution_and_stub_are_told_apart_and_common_lines_belong_to_both():
    solution, stub = editions.split(f"a = 0\n{GOOD}\nb = 2")
    assert solution == "a = 0\nx = 1\nb = 2"
    assert stub == 'a = 0\nraise NotImplementedError("x")\nb = 2'


@pytest.mark.parametrize(
    "bad",
    [
        GOOD.replace("### STUB\n", ""),
        GOOD.replace("### END SOLUTION", ""),
        GOOD.replace("# raise", "raise"),
        GOOD + "\n### BEGIN SOLUTION",
        "x = 1",
    ],
)
def test_a_badly_marked_exercise_is_refused(bad):
    with pytest.raises(editions.SourceError):
        editions.split(bad)


def test_a_solution_in_a_cell_without_the_tag_is_refused():
    notebook = new_notebook(cells=[new_code_cell(GOOD)])
    for edition in (editions.students, editions.solutions):
        with pytest.raises(editions.SourceError, match="lacks the tag"):
            edition(notebook)


def test_a_guess_has_a_stub_that_lets_the_notebook_run_on():
    text = '### BEGIN SOLUTION\nx = "up"\n### STUB\n# x = "?"  # "up" or "down"\n### END SOLUTION'
    cell = new_code_cell(text, metadata={"tags": ["guess"]})
    notebook = new_notebook(cells=[cell])
    assert editions.students(notebook).cells[0].source == 'x = "?"  # "up" or "down"'
    assert editions.solutions(notebook).cells[0].source == 'x = "up"'


def test_a_guess_whose_stub_stops_the_notebook_is_refused():
    notebook = new_notebook(cells=[new_code_cell(GOOD, metadata={"tags": ["guess"]})])
    for edition in (editions.students, editions.solutions):
        with pytest.raises(editions.SourceError, match="run on"):
            edition(notebook)


def test_an_essay_is_left_to_the_students_and_marked_by_hand():
    about = {"tags": ["essay"], "graded_as": "why", "points": 2}
    notebook = new_notebook(cells=[new_markdown_cell("Because.", metadata=about)])
    [theirs], [ours] = editions.students(notebook).cells, editions.solutions(notebook).cells
    assert "Because" not in theirs.source and ours.source == "Because."
    marks = theirs.metadata["nbgrader"]
    assert (marks["grade"], marks["solution"], marks["locked"]) == (True, True, False)
    assert (marks["points"], marks["cell_type"]) == (2, "markdown")


def test_an_answer_is_folded_for_students_and_open_with_the_solutions():
    cell = new_markdown_cell("It falls.", metadata={"tags": ["answer"]})
    notebook = new_notebook(cells=[cell])
    assert editions.students(notebook).cells[0].source.startswith("<details>")
    assert editions.solutions(notebook).cells[0].source == "It falls."
