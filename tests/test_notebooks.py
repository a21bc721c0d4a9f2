"""What every committed notebook promises. That its cells still run is checked by nbval."""

import re

import nbformat
import pytest

import workshop_utils as wu
from tools import places
from tools.notebooks import build, editions, execute, numbers, points
from tools.pages import slides
from workshop_utils.contest import ladder
from workshop_utils.exercises.engine import exercises
from workshop_utils.experiments.reference import INSIDE, METRICS
from workshop_utils.figures.source import source_of
from workshop_utils.images.dataset import CIFAR10

LAB = [source for source in places.sources() if source.parent == places.SOURCES]
AT_MOST_WORDS = 3_500  # in the lab: at 200 a minute, a quarter of an hour and a little more


@pytest.fixture(params=places.sources(), ids=lambda source: source.stem)
def source(request):
    return request.param


@pytest.fixture
def committed(source):
    return nbformat.read(solutions_file(source), as_version=4)


def solutions_file(source):
    [file] = [file for file in places.solutions() if file.stem == source.stem]
    return file


HOMEWORK = ["05_by_hand", "06_loop", "07_repair", "08_experiment"]
FURTHER = ("layers", "moved", "minutes", "pca", "codes", "variational", "pictures", "labels")


def tags(cell):
    return cell.metadata.get("tags", [])


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_there_are_these_notebooks_and_no_other():
    lab = ["01_mlp", "02_cnn", "03_autoencoder", "04_interpolation"]
    further = [f"{letter}_{name}" for letter, name in zip("abcdefgh", FURTHER, strict=True)]
    assert [source.stem for source in places.sources()] == lab + HOMEWORK + further
    for folder in (places.STUDENTS, places.SOLUTIONS):
        assert sorted(file.stem for file in folder.glob("*.ipynb")) == lab
        assert sorted(file.stem for file in folder.glob("homework/*.ipynb")) == HOMEWORK
        assert sorted(file.stem for file in folder.glob("further/*.ipynb")) == further


def test_a_deck_has_few_slides(committed):
    assert len(slides.slides_of(committed)) <= 15


def test_the_lab_can_be_read_in_its_hour():
    n_words = 0
    for source in LAB:
        for cell in nbformat.read(solutions_file(source), as_version=4).cells:
            if cell.cell_type == "markdown" and not {"hint", "tutor"} & set(tags(cell)):
                n_words += len(re.sub(r"[|#*`$]", " ", cell.source).split())
    assert n_words <= AT_MOST_WORDS


def test_a_committed_notebook_is_what_its_source_builds(source, committed):
    built = build.build(source, editions.solutions)
    build.keep_outputs(built, committed)
    file = solutions_file(source)
    assert build.as_text(built) == file.read_text(encoding="utf-8"), "run: make notebooks"


def test_a_changed_source_is_noticed(source, committed, tmp_path):
    text = source.read_text(encoding="utf-8")
    changed = tmp_path / source.name
    for old, new in (("# # ", "# # A new title: "), ("wu.load_data(settings)", "wu.load_data()")):
        assert old in text
        changed.write_text(text.replace(old, new, 1), encoding="utf-8")
        built = build.build(changed, editions.solutions)
        build.keep_outputs(built, committed)
        assert build.as_text(built) != build.as_text(committed)


def test_cell_ids_are_unique(committed):
    ids = [cell.id for cell in committed.cells]
    assert len(set(ids)) == len(ids)


def test_every_code_cell_was_run_once_from_top_to_bottom(committed):
    counts = [cell.execution_count for cell in code_cells(committed)]
    assert counts == list(range(1, len(counts) + 1))


def test_no_output_is_an_error_or_a_warning(committed):
    for cell in code_cells(committed):
        for output in cell.outputs:
            assert output.output_type != "error"
            assert output.get("name") != "stderr"


def test_several_cells_of_the_lab_are_compared_exactly(source, committed):
    tag = "nbval-check-output"
    compared = [c for c in code_cells(committed) if tag in c.metadata.get("tags", [])]
    assert len(compared) >= (4 if source in LAB else 0)
    assert all(cell.outputs for cell in compared)


def test_cells_are_short_and_imports_stand_in_the_first(committed):
    first, *others = code_cells(committed)
    assert len(first.source.splitlines()) <= 12
    for cell in others:
        if cell.source.startswith("%%writefile"):
            continue  # a file of its own
        lines = cell.source.splitlines()
        assert len(lines) <= (30 if "repair" in tags(cell) else 15)  # a program to mend
        assert not any(line.lstrip().startswith(("import ", "from ")) for line in lines)


def test_outputs_come_from_a_full_run_on_cifar10_and_lie_inside_the_record(committed):
    for result in execute.results(committed):
        assert (result["dataset"], result["profile"]) == (CIFAR10, "full")
        assert result["verdict"] == INSIDE


def test_every_metric_is_reported_once():
    notebooks = [nbformat.read(file, as_version=4) for file in places.solutions()]
    reported = [r["metric"] for notebook in notebooks for r in execute.results(notebook)]
    assert sorted(reported) == sorted(METRICS)


def test_shown_sources_are_those_of_the_package(committed):
    for cell in code_cells(committed):
        for module, name in re.findall(r"wu\.show_source\((ladder\.)?(\w+)\)", cell.source):
            [output] = [output for output in cell.outputs if "data" in output]
            place = ladder if module else wu
            shown = exercises()[name].reference if name in exercises() else getattr(place, name)
            assert output.data["text/plain"] == source_of(shown).strip(), name


def test_every_figure_has_words_for_those_who_cannot_see_it(committed):
    for cell in code_cells(committed):
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                assert output.metadata["image/png"]["alt"]


def test_a_notebook_is_small_and_holds_no_paths_of_the_computer_it_ran_on(source):
    text = solutions_file(source).read_text(encoding="utf-8")
    assert len(text.encode()) < 2_000_000
    for place in (str(places.ROOT), "/home/", "/Users/", "/tmp/", "/root/"):
        assert place not in text


def test_all_numbers_in_the_prose_are_filled_in(committed):
    assert not any("<<" in cell.source for cell in committed.cells)


def test_the_results_in_the_docs_are_the_recorded_ones():
    text = numbers.RESULTS.read_text(encoding="utf-8")
    assert numbers.with_results(text) == text, "run: make notebooks"
    assert METRICS["pca_test_loss"].title in text


def test_the_points_in_the_docs_are_those_of_the_sources():
    text = points.POINTS.read_text(encoding="utf-8")
    assert points.with_points(text) == text, "run: make notebooks"
    conclude = "[3.2](../notebooks/03_autoencoder.ipynb) · Predict, test, conclude"
    assert f"| {conclude} | 4 | – | 2 | lab |" in text


def test_the_table_of_points_has_all_that_nbgrader_gives():
    marks = [
        cell.metadata["nbgrader"].get("points", 0)
        for source in places.sources()
        for cell in build.build(source, editions.students).cells
        if "nbgrader" in cell.metadata
    ]
    found = [one for source in places.sources() for one in points.exercises_of(source)]
    assert sum(one["by check"] + one["by hand"] for one in found) == sum(marks) > 20
