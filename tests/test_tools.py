import json
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools import run
from tools.notebooks import execute, record


@pytest.fixture
def recorded(monkeypatch, tmp_path):
    """Record with notebooks that find what they are told, into files that may be written to."""
    file = tmp_path / "reference.json"
    file.write_text('{"CIFAR-10": {"full": {}}, "stand-in": {"full": {}}}', encoding="utf-8")
    monkeypatch.setattr(record, "REFERENCE_FILE", file)
    monkeypatch.setattr(record, "RECORDING", tmp_path / "recording")
    monkeypatch.setattr(record, "measure_speed", lambda: {"classifier": 1})
    monkeypatch.setattr(record, "load_data", lambda settings: None)
    two_threads = SimpleNamespace(threads=2, dataset="standin")
    monkeypatch.setattr(record.Settings, "from_environment", lambda: two_threads)
    notebook = tmp_path / "01_a.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("1")]), notebook)
    monkeypatch.setattr(record.places, "solutions", lambda: [notebook])
    runs = []

    def execute(file, settings):
        processor = settings.get("ONEDNN_MAX_CPU_ISA", "this")
        runs.append((settings["WORKSHOP_SEED"], settings["WORKSHOP_THREADS"], processor))
        value = float(settings["WORKSHOP_SEED"]) + len(processor) / 8
        about = {"metric": "pca_test_loss", "value": value, "dataset": "stand-in", "variant": ""}
        output = new_output("display_data", {"text/plain": ""}, metadata={"workshop_result": about})
        return new_notebook(cells=[new_code_cell("1", outputs=[output])]), 2.5

    monkeypatch.setattr(record, "execute", execute)

    def again(source=None):
        if source:
            nbformat.write(new_notebook(cells=[new_code_cell(source)]), notebook)
        runs.clear()
        record.record("quick", [0, 1, 2])
        return json.loads(file.read_text(encoding="utf-8")), sorted(runs)

    return again


def test_every_seed_is_recorded_and_the_first_once_more_as_on_other_computers(recorded):
    reference, runs = recorded()
    others = [("0", "1", "AVX2"), ("0", "1", "SSE41")]
    assert runs == [*others, ("0", "2", "this"), ("1", "1", "this"), ("2", "1", "this")]
    quick = reference["stand-in"].pop("quick")
    assert quick["metrics"]["pca_test_loss"] == {
        "values": {"0": 0.5, "1": 1.5, "2": 2.5},
        "again": [0.5, 0.625],
    }
    assert quick["seconds"] == {"01_a": [2.5]}
    assert reference == {"CIFAR-10": {"full": {}}, "stand-in": {"full": {}}}  # stay as they were


def test_a_recording_goes_on_where_it_was_stopped_and_runs_changed_notebooks_anew(recorded):
    first, runs = recorded()
    assert len(runs) >= 3
    assert recorded() == (first, [])
    assert recorded("2")[1] == runs


def test_the_median_of_several_measurements_is_recorded(monkeypatch):
    rates = iter([5, 1, 100, 3, 4, 2, 6])
    monkeypatch.setattr(record, "images_per_second", lambda device: {"classifier": next(rates)})
    assert record.measure_speed() == {"classifier": 4}


def test_a_table_is_printed_in_columns(capsys):
    run.print_table([("a", "long heading", "c"), ("longer", "b", "end")])
    assert capsys.readouterr().out == "a       long heading  c\nlonger  b             end\n"


def executed(source, tmp_path):
    file = tmp_path / "notebook.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(source)]), file)
    return execute.execute(file, {})[0]


def test_a_notebook_whose_time_was_not_recorded_is_run_all_the_same(monkeypatch, tmp_path, capsys):
    new = new_notebook(cells=[new_markdown_cell("# 99 · New"), new_code_cell("1")])
    monkeypatch.setattr(run.places, "solutions", lambda: [tmp_path / "99_new.ipynb"])
    monkeypatch.setattr(run, "execute", lambda file, settings: (new, 1.0))
    for name in ("BUILD", "ROOT"):
        monkeypatch.setattr(run, name, tmp_path)
    assert run.main() == 0
    assert "running 99_new ...\n" in capsys.readouterr().out
    assert (tmp_path / "99_new.html").exists()


def test_a_notebook_that_warns_is_not_accepted(tmp_path):
    with pytest.raises(execute.NoisyNotebookError, match=r"notebook\.ipynb warns:\nsoon"):
        executed("import sys\nprint('soon to be removed', file=sys.stderr)", tmp_path)


def test_an_executed_notebook_knows_its_code_and_no_times(tmp_path):
    notebook = executed("print(6 * 7)", tmp_path)
    [cell] = notebook.cells
    assert cell.outputs[0].text == "42\n"
    assert cell.execution_count == 1
    assert "execution" not in cell.metadata
    assert notebook.metadata["executed_code"] == execute.code_hash(notebook)


def test_only_what_was_trained_on_all_of_cifar10_is_kept_with_the_package(tmp_path, monkeypatch):
    monkeypatch.setattr(execute, "RECORDED", tmp_path / "recorded")
    kept = "mlp-cifar-10-full.safetensors"
    for name in (kept, "mlp-stand-in-full.safetensors", "mlp-cifar-10-quick.safetensors"):
        (tmp_path / name).write_bytes(b"weights")
    (tmp_path / "unfinished").mkdir()
    (tmp_path / "unfinished" / "cnn-cifar-10-full.safetensors").write_bytes(b"half")
    execute.ship_networks(tmp_path)
    files = [file for file in (tmp_path / "recorded").rglob("*") if file.is_file()]
    assert files == [tmp_path / "recorded" / "runs" / kept]
    assert files[0].read_bytes() == b"weights"
