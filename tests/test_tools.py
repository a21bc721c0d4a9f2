import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tools import run
from tools.notebooks import execute, record
from workshop_utils.experiments.reference import INSIDE, OUTSIDE, UNKNOWN
from workshop_utils.images.dataset import JPEG_COPY


def test_a_range_holds_the_values_and_grows_with_their_spread():
    low, high = record.prediction_range([0.46, 0.47, 0.48])
    assert low < 0.46 < 0.48 < high
    assert low + high == pytest.approx(2 * 0.47)
    wider_low, wider_high = record.prediction_range([0.45, 0.47, 0.49])
    assert wider_high - wider_low == pytest.approx(2 * (high - low))


def test_one_more_run_lands_in_the_range_99_times_in_100():
    import numpy as np

    rng = np.random.RandomState(0)
    inside = 0
    for _ in range(2000):
        *values, one_more = rng.normal(size=6).tolist()
        low, high = record.prediction_range([10 + value for value in values])
        inside += low <= 10 + one_more <= high
    assert inside / 2000 == pytest.approx(0.99, abs=0.01)


def test_equal_values_leave_room_for_rounding():
    low, high = record.prediction_range([2.0, 2.0, 2.0])
    assert (low, high) == (pytest.approx(1.998), pytest.approx(2.002))


def test_ranges_of_reconstruction_errors_on_the_copy_hold_for_the_official_images():
    values = [6.4, 6.5, 6.6]
    on_copy = record.summarise("autoencoder_test_loss", values, JPEG_COPY)
    official = record.summarise("autoencoder_test_loss", values, "")
    assert on_copy["low"] == official["low"]
    assert on_copy["high"] == pytest.approx(official["high"] + 0.36)
    gain = record.summarise("cnn_minus_mlp", values, JPEG_COPY)
    assert gain == record.summarise("cnn_minus_mlp", values, "")


def test_ranges_stay_among_possible_values():
    accuracy = record.summarise("cnn_test_accuracy", [0.2, 0.5, 0.9], "")
    assert (accuracy["low"], accuracy["high"]) == (0, 1)
    assert record.summarise("pca_test_loss", [0.2, 0.5, 0.9], "")["low"] == 0
    assert record.summarise("cnn_minus_mlp", [0.2, 0.5, 0.9], "")["low"] < 0


@pytest.fixture
def recordings(monkeypatch, tmp_path):
    """A copy of the recordings that may be written to."""
    file = tmp_path / "reference.json"
    file.write_bytes(record.REFERENCE_FILE.read_bytes())
    monkeypatch.setattr(record, "REFERENCE_FILE", file)
    return lambda: json.loads(file.read_text(encoding="utf-8"))


@pytest.fixture
def pretend_run(monkeypatch):
    """Let the notebooks find what is asked for: metric -> values and verdict."""

    def pretend(**metrics):
        found = [
            {
                "metric": metric,
                "dataset": "stand-in",
                "variant": "",
                "value": value,
                "verdict": said,
            }
            for metric, (values, said) in metrics.items()
            for value in values
        ]
        monkeypatch.setattr(record, "run", lambda profile, seeds: (found, {"02_cnn": [1.5]}))

    return pretend


def test_what_is_known_stays_when_more_is_recorded(recordings, pretend_run):
    before = recordings()
    new = before["stand-in"]["quick"]["metrics"].pop("cnn_minus_mlp")
    record.write(before)
    pretend_run(
        cnn_test_accuracy=([0.1, 0.2, 0.3], INSIDE), cnn_minus_mlp=([1.0, 2.0, 3.0], UNKNOWN)
    )
    record.record_more("quick", ["0", "1", "2"])
    after = recordings()
    assert after["stand-in"]["quick"]["seconds"] == {"02_cnn": [1.5]}
    added = after["stand-in"]["quick"]["metrics"].pop("cnn_minus_mlp")
    assert added["values"] == [1.0, 2.0, 3.0] != new["values"]
    after["stand-in"]["quick"]["seconds"] = before["stand-in"]["quick"]["seconds"]
    assert after == before


def test_nothing_is_recorded_if_what_is_known_is_not_found_again(recordings, pretend_run):
    pretend_run(cnn_test_accuracy=([0.1, 0.2, 0.3], OUTSIDE))
    before = recordings()
    with pytest.raises(SystemExit, match="Nothing written: cnn_test_accuracy"):
        record.record_more("quick", ["0", "1", "2"])
    assert recordings() == before


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
