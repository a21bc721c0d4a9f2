"""Which cells an answer needs, and what is read of a file, whatever a front end made of it."""

import importlib
import json
import sys

import nbformat
import pytest
from grading import answers
from nbformat.v4 import new_code_cell, new_markdown_cell

from tools.grading.course.needed import Released, find, grade_id, read, slice_of, steps
from tools.grading.release import CONFIGURATION
from tools.places import STUDENTS


@pytest.fixture
def released():
    return Released(nbformat.read(STUDENTS / "04_interpolation.ipynb", as_version=4).cells)


def run_of(released, *cells):
    """The student's cells that are run for an answer, in their order, and which are checks."""
    taken = [new_code_cell(one) if isinstance(one, str) else one for one in cells]
    checks = [c for c in released.cells if grade_id(c).startswith("check-")]
    chosen = steps([*taken, *checks], released)
    return [step.place for step in chosen if step.place is not None and not step.is_check]


@pytest.mark.parametrize(
    ("cells", "needed"),
    [
        (["a = 1", "b = 2", "print(b)"], [0]),
        (["b = 1", "a = b", "b = 3"], [0, 1, 2]),
        (["a = []", "a.append(1)", "print(a)"], [0, 1]),
        (["a = {}", "a['k'] = 1"], [0, 1]),
        (["import os", "os.getcwd()", "a = os"], [0, 2]),
        (["import os as a", "a.getcwd()"], [0]),
        (["def f(): return c", "c = 1", "a = f"], [0, 1, 2]),
        (["def f(c): return c", "c = 1", "a = f"], [0, 2]),
        (["a = 1", "if a: a = 2"], [0, 1]),
        (["a = 1", "a = 2"], [1]),
        (["a = 1", "a += 1"], [0, 1]),
        (["%%time\na = 1", "%time b = 1"], [0]),
        (["%time a = 1", "!ls", "%matplotlib widget"], [0]),
        (["from x import *", "a = 1"], [0, 1]),
        (["model.eval()", "a = [b for b in c]", "c = 1"], [1, 2]),
        (["a = 1 +", "b = 1"], [0]),
        (["a\0 = 1", "a = 1"], [1]),
    ],
)
def test_only_what_gives_a_name_its_value_is_run(cells, needed):
    codes = [read(cell) for cell in cells]
    modules = {name for code in codes for name in code.imports}
    assert slice_of(codes, {"a"}, modules) == needed


def test_answers_are_found_by_what_they_define(released):
    right = answers.RIGHT
    trouble = ("while True: pass", "input()", "1 / 0", "def half a function")
    own = run_of(released, *trouble, right["interpolation"], *trouble, right["latent-line"])
    assert own == [4, 9]


def test_a_stub_below_the_answer_does_not_undo_it(released):
    stub = next(cell for cell in released.cells if grade_id(cell) == "interpolation")
    chosen = steps(
        [new_code_cell(answers.RIGHT["interpolation"]), stub]
        + [cell for cell in released.cells if grade_id(cell).startswith("check-")],
        released,
    )
    sources = [step.source for step in chosen]
    assert sources.index(stub.source) < sources.index(answers.RIGHT["interpolation"])


def test_a_check_follows_every_answer_and_is_not_the_students(released):
    check = next(c for c in released.cells if grade_id(c) == "check-interpolation")
    rewritten = new_code_cell("print('✓')", metadata=check.metadata)
    one, other = answers.RIGHT["interpolation"], answers.BACKWARDS
    cells = [new_code_cell(one), check, new_code_cell(other), rewritten]
    found = find(cells, released)["interpolation"]
    assert (found.answers, found.answer, found.check) == ([0, 2], 2, 1)
    assert find([rewritten], released)["interpolation"].check == 0
    overwritten = new_code_cell(one, metadata=check.metadata)
    assert find([overwritten], released)["interpolation"].check is None


def test_given_is_what_no_answer_is_needed_for(released):
    given = {released.cells[place].source.split()[0] for place in released.given}
    assert {"import", "settings", "encoder,", "images,"} <= given
    assert not any("interpolate(" in released.cells[place].source for place in released.given)


# --- files ---


@pytest.fixture
def reader(monkeypatch):
    before = set(sys.modules)
    monkeypatch.syspath_prepend(CONFIGURATION)
    yield importlib.import_module("fair_cells")._read
    for name in {"fair_cells", "contained", "needed"} - before:
        sys.modules.pop(name, None)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_what_was_written_is_read_from_any_file(encoding, newline, reader, tmp_path):
    cells = [
        {"cell_type": "code", "source": ["x = 'ü'\n", "y = 2"], "outputs": [{"text": 5}]},
        {"cell_type": "markdown", "source": "# Ü", "attachments": {"a": None}, "metadata": 3},
        {"cell_type": "code", "metadata": {"nbgrader": {"grade_id": "encoder"}, "id": 4}},
        {"cell_type": "unknown", "source": None, "execution_count": "3"},
        "no cell",
    ]
    about = {"widgets": {"application/vnd.jupyter.widget-state+json": {"a": {}}}, "kernelspec": 1}
    whole = {"cells": cells, "metadata": about, "nbformat": 4}
    text = json.dumps(whole, indent=1, ensure_ascii=False)
    file = tmp_path / "01_mlp.ipynb"
    file.write_bytes(text.replace("\n", newline).encode(encoding))
    notebook = reader(file)
    nbformat.validate(notebook)
    kinds = [cell.cell_type for cell in notebook.cells]
    assert kinds == ["code", "markdown", "code", "raw"]
    assert "ü" in notebook.cells[0].source and "Ü" in notebook.cells[1].source
    assert [grade_id(cell) for cell in notebook.cells] == ["", "", "encoder", ""]
    assert notebook.cells[0].outputs == [] and not notebook.metadata


def test_pictures_in_texts_stay(reader, tmp_path):
    cell = new_markdown_cell("![a](attachment:a.png)", attachments={"a.png": {"image/png": "AA"}})
    file = tmp_path / "01_mlp.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), file)
    assert reader(file).cells[0].attachments == cell.attachments
