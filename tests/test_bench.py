"""What `make bench` promises, on a few made-up images: that the comparison is fair."""

import pytest
import torch

from tools.measuring import bench
from tools.measuring.bench import CNN, FLOOR, MLP, OURS, TASKS, WAYS, WORKSHEET


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.title)
def test_every_way_trains_the_same_network_to_the_same_loss(data, task, monkeypatch):
    monkeypatch.setattr(bench, "BATCH_SIZE", 8)  # many steps, so that the order of images matters
    # Dropout draws different numbers in each.
    monkeypatch.setattr("torch.nn.functional.dropout", lambda x, *_, **__: x)
    losses = {}
    for name, way in WAYS.items():
        torch.manual_seed(3)
        losses[name] = way(task, data, 3)()
    del losses[FLOOR]  # sees one batch
    assert list(losses.values()) == pytest.approx([losses[WORKSHEET]] * len(losses), rel=1e-5)


def test_the_worksheets_cnn_computes_what_ours_does():
    networks = []
    for new_network in (CNN.network, CNN.worksheet_network):
        torch.manual_seed(0)
        networks.append(new_network())
    x = torch.rand(8, 3, 32, 32)
    assert torch.allclose(networks[0](x), networks[1](x), atol=1e-6)


def test_a_way_that_trains_wrongly_does_not_count(data, monkeypatch):
    def from_elsewhere(task, data, seed):
        network = task.network()
        epoch = bench.in_a_plain_loop(
            task, network, bench.loaders(bench.decimals, data, seed), data
        )
        torch.nn.init.normal_(next(network.parameters()))
        return epoch

    monkeypatch.setitem(WAYS, "TensorDataset", from_elsewhere)
    found = bench.measure(MLP, data, 2)
    told = {name: bench.in_numbers(seconds) for name, seconds in found.items()}
    assert [name for name, text in told.items() if text == "another loss"] == ["TensorDataset"]


def test_everybody_has_a_turn_in_each_round_and_nobody_is_always_first():
    turns = bench.in_turn("abc", 3)
    assert [sorted(name for n, name in turns if n == i) for i in range(3)] == [["a", "b", "c"]] * 3
    assert [name for _, name in turns][::3] == ["a", "b", "c"]


@pytest.fixture
def found():
    """Three rounds of made-up epochs, the second on a computer in a bad mood."""
    seconds = {WORKSHEET: 3, OURS: 1.5, FLOOR: 1.2}
    rows = {name: [seconds.get(name, 4) * mood for mood in (1, 10, 1)] for name in WAYS}
    return {task.title: rows for task in TASKS}


def test_the_tables_hold_what_was_measured(found):
    text = bench.tables(found, {"import": [0.1, 0.3, 0.2]})
    assert f"| {OURS} |" + " 1.50 (1.50 to 15.0) |" * 3 + " 102 (102 to 1020) |" in text
    assert "| times as fast as the worksheet's way |" + " 2.00 (2.00 to 2.00) |" * 4 in text
    assert "| compared with the floor |" + " 1.25 (1.25 to 1.25) |" * 4 in text
    assert "| import | 0.200 s (0.100 to 0.300) |" in text


@pytest.mark.parametrize("arguments", [[], ["--limit", "100"], ["--rounds", "1"]])
def test_only_a_whole_run_is_written(arguments, found, data, monkeypatch, tmp_path):
    monkeypatch.setenv("WORKSHOP_PROFILE", "quick")  # what the command changes is put back
    monkeypatch.setenv("WORKSHOP_PROGRESS", "0")
    monkeypatch.setattr("workshop_utils.load_data", lambda _: data)
    monkeypatch.setattr(bench, "measure", lambda task, *_: found[task.title])
    monkeypatch.setattr(bench, "seconds_to_import", lambda: 0.1)
    monkeypatch.setattr(bench, "seconds_to_first_figure", lambda: 4.0)
    monkeypatch.setattr(bench, "redraws", lambda n: {"redraw": [0.01] * n})
    monkeypatch.setattr("sys.argv", ["bench", *arguments])
    file = tmp_path / "speed.md"
    monkeypatch.setattr(bench, "SPEED", file)
    before = "# Speed\n<!-- benchmarks -->\n<!-- /benchmarks -->\nMore.\n"
    file.write_text(before, encoding="utf-8")
    bench.main()
    after = file.read_text(encoding="utf-8")
    assert (after == before) == bool(arguments)
    assert "| this workbook | 1.50" in after or arguments
    assert "| redraw | 0.0100 s (0.0100 to 0.0100) |" in after or arguments
    assert after.startswith("# Speed\n<!-- benchmarks -->\n")
    assert after.endswith("\n<!-- /benchmarks -->\nMore.\n")
