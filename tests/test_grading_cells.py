import os

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from tools.grading import release, spoiling
from tools.grading.course.fair_cells import FairExecute, RestoreCells, Verdict


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    course = tmp_path_factory.mktemp("class") / "course"
    release.release(course)
    return course


@pytest.fixture
def restored(course):
    """Restore the cells of a notebook after something was done to them."""

    def restore(spoil, tmp_path):
        file = tmp_path / "03_autoencoder.ipynb"
        file.write_bytes((course / "release" / "workbook" / file.name).read_bytes())
        spoil(tmp_path)
        resources = {
            "nbgrader": {
                "db_url": release.gradebook_url(course),
                "notebook": file.stem,
                "assignment": release.ASSIGNMENT,
            }
        }
        notebook = nbformat.read(file, as_version=4)
        return RestoreCells().preprocess(notebook, resources)[0].cells

    return restore


def names(cells):
    return [cell.metadata.nbgrader.grade_id for cell in cells if "nbgrader" in cell.metadata]


@pytest.mark.parametrize(
    "spoil",
    [
        spoiling.nothing,
        spoiling.without("03_autoencoder.ipynb", "check-encoder"),
        spoiling.doubled("03_autoencoder.ipynb", "encoder", "check-encoder"),
        spoiling.check_rewritten("03_autoencoder.ipynb", "check-encoder"),
        spoiling.check_skipped("03_autoencoder.ipynb", "check-encoder"),
    ],
    ids=["nothing", "deleted", "doubled", "rewritten", "skipped"],
)
def test_a_check_is_as_it_was_released(restored, tmp_path, spoil):
    cells = restored(spoil, tmp_path)
    assert names(cells) == ["encoder", "check-encoder"]
    [check] = [cell for cell in cells if "check-encoder" in names([cell])]
    assert check.metadata.nbgrader.points == 5
    assert not check.metadata.nbgrader.solution
    assert "tags" not in check.metadata


def test_a_check_that_lost_its_exercise_is_put_at_the_end(restored, tmp_path):
    cells = restored(spoiling.without("03_autoencoder.ipynb", "encoder", "check-encoder"), tmp_path)
    assert names(cells) == names(cells[-1:]) == ["check-encoder"]


@pytest.mark.parametrize("meta", [{}, "encoder", {"grade_id": "mine"}, {"grade_id": ["encoder"]}])
def test_marks_that_nbgrader_does_not_know_are_removed(restored, tmp_path, meta):
    def spoil(cells):
        return [*cells, new_code_cell("1", metadata={"nbgrader": meta})]

    cells = restored(spoiling.changed("03_autoencoder.ipynb", spoil), tmp_path)
    assert names(cells) == ["encoder", "check-encoder"]


def executed(tmp_path, *sources, timeout=2):
    """Run cells as a submission's, the last one being a check."""
    cells = [new_code_cell(source) for source in sources]
    cells[-1].metadata["nbgrader"] = {"grade": True, "solution": False}
    (tmp_path / "helper.py").write_text("six = 6", encoding="utf-8")
    resources = {"metadata": {"path": str(tmp_path)}}
    run = FairExecute(timeout=timeout, shutdown_kernel="immediate")
    cells.append(new_code_cell("print('after the last check')"))
    notebook = run.preprocess(new_notebook(cells=cells), resources)[0]
    assert notebook.cells[-1].outputs == []
    return [
        [output.get("ename") or output.get("text") for output in cell.outputs]
        for cell in notebook.cells[:-1]
    ]


def test_a_kernel_that_dies_costs_what_comes_after(tmp_path):
    cells = executed(tmp_path, "print(1)", "import os; os._exit(1)", "print(3)")
    assert cells == [["1\n"], ["KernelDied"], ["NotRun"]]


def test_a_cell_that_can_be_stopped_costs_itself_only(tmp_path):
    assert executed(tmp_path, "while True: pass", "print(3)")[1] == ["3\n"]


def test_the_second_cell_that_does_not_end_ends_the_notebook(tmp_path):
    loop = "while True: pass"
    cells = executed(tmp_path, loop, loop, "print(3)", timeout=1)
    assert [cell[-1] for cell in cells] == ["CellTimeoutError", "CellTimeoutError", "NotRun"]


def test_what_is_printed_without_end_is_cut(tmp_path):
    cells = executed(tmp_path, "for _ in range(300): print('x' * 10_000, flush=True)", "print(3)")
    assert len("".join(cells[0])) <= 200_000
    assert cells[1] == ["3\n"]


def test_files_beside_the_notebook_are_found_and_safe(tmp_path):
    code = "import os, helper\nfor name in os.listdir('.'): os.remove(name) if '.' in name else 0\n"
    assert executed(tmp_path, code + "print(helper.six)") == [["6\n"]]
    assert (tmp_path / "helper.py").exists()


@pytest.mark.skipif(os.name != "posix", reason="Windows knows no such limit")
def test_memory_is_limited(tmp_path):
    [cell] = executed(tmp_path, "import resource\nprint(resource.getrlimit(resource.RLIMIT_DATA))")
    assert cell == ["(2000000000, 2000000000)\n"]


ANSWER = {"text/plain": "✓ Right"}


@pytest.mark.parametrize(
    ("outputs", "is_right"),
    [
        ([new_output("display_data", ANSWER)], True),
        ([new_output("display_data", ANSWER), new_output("stream", name="stderr")], True),
        ([], False),
        ([new_output("stream", text="✓ Right")], False),
        ([new_output("execute_result", {"text/plain": "5"})], False),
        ([new_output("execute_result", ANSWER)], False),
        ([new_output("display_data", {"text/plain": "✗ Wrong"})], False),
        ([new_output("display_data", ANSWER), new_output("error", ename="StopHere")], False),
    ],
    ids=["right", "warning", "silent", "printed", "number", "result", "wrong", "stopped"],
)
def test_points_follow_from_the_answer_of_the_check(outputs, is_right):
    cell = new_code_cell("check", outputs=outputs, metadata={"nbgrader": {"grade": True}})
    Verdict().preprocess(new_notebook(cells=[cell]), {})
    assert not any(output.output_type in ("stream", "execute_result") for output in cell.outputs)
    assert any(output.output_type == "error" for output in cell.outputs) != is_right
