"""What `make bench` promises, on a few made-up images: that the comparison is fair."""

import copy
import dataclasses
import json
import re
import sys

import pytest
import torch

from tools.measuring import bench
from tools.measuring.benchmarks import choices, epochs, goals, growth, starting, tables, ways
from tools.measuring.benchmarks.chart import alt_text, draw_chart
from tools.measuring.benchmarks.measuring import in_turn, paired
from tools.measuring.benchmarks.tasks import AUTOENCODER, CNN, MLP, TASKS, Images
from tools.measuring.benchmarks.ways import FLOOR, OURS, WAYS, WORKSHEET, ways_of

# Lightning and skorch need not be there; two workers take seconds to start.
QUICK = [name for name, way in WAYS.items() if way.is_installed and name != "workers"]


@pytest.fixture
def images(data):
    return Images(data)


@pytest.fixture
def quick_ways(monkeypatch):
    """Ways without workers, in a table that may be changed."""
    table = {name: WAYS[name] for name in QUICK}
    monkeypatch.setattr(ways, "WAYS", table)
    return table


# --- the same training in every way ---


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_every_way_trains_the_same_network_to_the_same_loss(images, task, quick_ways):
    found = epochs.measure_epochs(images, 1, (task,))[task.name]
    assert found.keys() == ways_of(task).keys()
    usual = found[WORKSHEET]["loss"][0]
    for name, row in found.items():
        assert row["counts"], name
        # Dropout draws different numbers, and the floor sees one batch.
        near = 0.05 if name == FLOOR else 5e-3 if task is MLP else 1e-4
        assert row["loss"] == pytest.approx([usual], rel=near), name
        assert row["train"][0] > 0
        assert row["test"][0] > 0


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_every_way_evaluates_to_the_same_loss(images, task, quick_ways):
    before = {name: way.prepare(task, images, 0)[1]() for name, way in ways_of(task).items()}
    floor = before.pop(FLOOR)  # sees one batch
    assert list(before.values()) == pytest.approx([before[WORKSHEET]] * len(before), rel=1e-4)
    assert floor == pytest.approx(before[WORKSHEET], rel=0.05)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # Python 3.12: threads and forks
def test_workers_change_nothing_but_the_time(images):
    losses = [WAYS[name].prepare(MLP, images, 0)[0]() for name in (WORKSHEET, "workers")]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_the_worksheets_cnn_computes_what_ours_does(images):
    networks = [CNN.new_network(3, as_in_worksheet=as_in) for as_in in (True, False)]
    x = images.decimals[1][:8]
    assert torch.allclose(networks[0](x), networks[1](x), atol=1e-6)


def test_other_ways_get_images_in_pytorchs_usual_order(images):
    assert all(decimals.is_contiguous() for decimals in images.decimals)
    assert [array.shape[1:] for array in images.arrays] == [(32, 32, 3)] * 2


def test_the_in_place_autoencoder_computes_what_ours_does(images):
    x = images.decimals[1][:8]
    outputs = []
    for new_network in (choices.in_place_autoencoder, AUTOENCODER.network):
        torch.manual_seed(0)
        outputs.append(new_network()(x))
    assert torch.allclose(*outputs)


def test_a_way_that_trains_wrongly_does_not_count(images, quick_ways):
    def wrongly(task, images, seed):
        too_fast = dataclasses.replace(
            task, new_optimizer=lambda parameters: torch.optim.SGD(parameters, lr=10)
        )
        return WAYS[OURS].prepare(too_fast, images, seed)

    quick_ways["tensors"] = dataclasses.replace(WAYS["tensors"], prepare=wrongly)
    found = epochs.measure_epochs(images, 2, (MLP,))[MLP.name]
    wrong = [name for name, row in found.items() if not row["counts"]]
    assert wrong == ["tensors"]


def test_a_missing_package_costs_its_row_alone(images, quick_ways):
    quick_ways["skorch"] = dataclasses.replace(WAYS["skorch"], package="no_such_package")
    found = epochs.measure_epochs(images, 1, (MLP,))[MLP.name]
    assert found["skorch"] is None
    assert found[OURS]["counts"]


def test_every_choice_is_measured_and_compared_with_the_first(images):
    found = choices.measure_choices(images, n_rounds=1, n_steps=1)
    assert found["cnn"].keys() == choices.CNN_CHOICES.keys()
    assert found["autoencoder"].keys() == choices.AUTOENCODER_CHOICES.keys()
    for entries in found.values():
        first, second, *_ = entries.values()
        assert first["ratio"] == {"min": 1, "median": 1, "max": 1}
        ratio = second["milliseconds"]["median"] / first["milliseconds"]["median"]
        assert second["ratio"]["median"] == pytest.approx(ratio)


def test_growth_is_measured_on_parts_of_the_images_and_with_more_filters(images):
    found = growth.measure_growth(images, n_rounds=1)
    assert list(found["images"]) == ["40", "80", "120", "160", "200"]
    assert list(found["filters"]) == ["1", "2", "4"]
    # 28·28 places, 8 filters of 3·5·5; 10·10 places, 16 of 8·5·5; two fully connected layers.
    counted = 28 * 28 * 8 * 75 + 10 * 10 * 16 * 200 + 400 * 256 + 256 * 10
    assert found["filters"]["1"]["multiplications"] == counted


def test_the_memory_of_a_process_is_its_own_and_not_that_of_its_parent():
    code = f"import sys; sys.path[:0] = {sys.path!r}; import benchmarks.peak as p; "
    code += "before = p.peak_megabytes(); held = b'x' * 200_000_000; "
    code += "print(before, p.peak_megabytes())"
    here = bytes([1]) * 1_000_000_000  # far more than PyTorch takes
    said = starting.output_of([sys.executable, "-c", code])
    before, after = (float(number) for number in said.split())
    assert after - before == pytest.approx(200, abs=20)
    assert after < len(here) / 1e6


# --- numbers made of times ---


def test_everybody_has_a_turn_in_each_round_and_nobody_is_always_first():
    turns = in_turn(["a", "b", "c"], 3)
    assert [sorted(name for number, name in turns if number == i) for i in range(3)] == [
        ["a", "b", "c"]
    ] * 3
    assert [name for _, name in turns][::3] == ["a", "b", "c"]


def test_a_ratio_is_of_two_times_of_the_same_round():
    # The middle times are 4 and 4: they come from different rounds.
    assert paired([2, 30, 4], [1, 10, 4]) == {"min": 1, "median": 2, "max": 3}


def made_up_epochs():
    """Three rounds: the worksheet's way takes 2 + 1 seconds, ours 1 + 0.5, the floor 0.8."""
    slow = [1, 10, 1]  # the computer's mood
    seconds = {WORKSHEET: (2, 1), OURS: (1, 0.5), FLOOR: (0.8, 0.4)}
    found = {}
    for task in TASKS:
        found[task.name] = {
            name: {
                "train": [seconds.get(name, (3, 1))[0] * mood for mood in slow],
                "test": [seconds.get(name, (3, 1))[1] * mood for mood in slow],
                "loss": [2.0, 2.0, 2.0],
                "counts": True,
            }
            for name in ways_of(task)
        }
    return found


def test_the_whole_programme_is_the_worksheets_number_of_epochs():
    reckoned = epochs.programme(made_up_epochs())
    assert reckoned["seconds"][WORKSHEET]["median"] == pytest.approx((10 + 10 + 48) * 3)
    assert reckoned["seconds"][OURS]["median"] == pytest.approx((10 + 10 + 48) * 1.5)
    for spread in reckoned["faster"].values():
        assert spread == pytest.approx({"min": 2, "median": 2, "max": 2})
    for spread in reckoned["over_floor"].values():
        assert spread == pytest.approx({"min": 1.25, "median": 1.25, "max": 1.25})


def test_nothing_is_reckoned_from_a_training_that_does_not_count():
    found = made_up_epochs()
    found["cnn"][OURS]["counts"] = False
    with pytest.raises(ValueError, match="CNN: this workbook does not reach the usual loss"):
        epochs.programme(found)


# --- file, tables, chart ---


@pytest.fixture
def run():
    same = {"min": 0.1, "median": 0.1, "max": 0.1}
    found = made_up_epochs()
    return {
        "images": "stand-in: 200 training and 90 test images",
        "rounds": 3,
        "computer": {"kind": "Linux x86_64", "threads": 2, "versions": {"torch": "2.6"}},
        "epochs": found,
        "programme": epochs.programme(found),
        "choices": {"cnn": {"as it is": {"milliseconds": same, "ratio": same}}},
        "growth": {
            "images": {"10000": same},
            "filters": {"1": {"seconds": same, "multiplications": 980_000}},
        },
        "memory": {WORKSHEET: 700.0, OURS: 801.0},
        "import": {"package": same, "names": same},
        "first_figure": same,
        "loading": {"place": "the folder", "first": 41.0, "torchvision": None, "cached": same},
    }


def test_the_tables_hold_what_was_measured(run):
    text = tables.readme_part(run)
    assert "| this workbook |" + " 1.00 (1.00 to 10.0) |" * 3 in text
    assert "| whole programme, times as fast as the worksheet's way | 2.00 | at least 2 |" in text
    assert "| CNN, training compared with the floor | 1.25 | at most 1.08: missed |" in text
    assert "reckoned from the single epochs above, not run in full" in text
    assert "| the same with torchvision | not measured |" in text
    assert alt_text(run) in text


def test_a_row_without_numbers_says_why(run):
    for rows in run["epochs"].values():
        rows["lightning"] = None
        rows["skorch"]["counts"] = False
    text = tables.readme_part(run)
    assert "| Lightning | not installed | not installed | not installed |" in text
    assert text.count("does not count: another loss") == 3
    assert "| the same, with our network | as above | 3.00 (3.00 to 30.0) | as above |" in text


def test_the_chart_is_drawn_and_says_in_words_what_it_shows(run, tmp_path):
    files = [tmp_path / "chart.svg", tmp_path / "again.svg"]
    for file in files:
        draw_chart(run, file)
    text = files[0].read_text(encoding="utf-8")
    assert "MLP 2.00, 1.00 and 0.800; CNN 2.00, 1.00 and 0.800; autoencoder" in alt_text(run)
    assert alt_text(run) in text
    assert text == files[1].read_text(encoding="utf-8")


def test_the_last_two_runs_are_kept_and_compared(run, tmp_path):
    file = tmp_path / "results" / "benchmarks.json"
    assert bench.read_runs(file) == []
    slower = copy.deepcopy(run)
    slower["programme"]["faster"]["total"]["median"] = 1.9
    bench.write_runs(file, [{}, run, slower])
    assert bench.read_runs(file) == [run, slower]
    [line] = [line for line in goals.compared(slower, run) if line.startswith("whole programme")]
    assert line.endswith(": 1.90, before 2.00, -5.0%")


@pytest.fixture
def command(run, data, monkeypatch, tmp_path):
    """The command with made-up parts, and files of results that may be written to."""
    monkeypatch.setenv("WORKSHOP_PROFILE", "quick")  # what it changes is put back
    monkeypatch.setenv("WORKSHOP_PROGRESS", "0")
    monkeypatch.setattr(bench, "ROOT", tmp_path)
    monkeypatch.setattr(bench, "RESULTS", tmp_path / "results" / "benchmarks.json")
    monkeypatch.setattr(bench, "TRY", tmp_path / "build" / "benchmarks")
    monkeypatch.setattr("workshop_utils.load_data", lambda _: data)
    names = bench.parts(None, None, 1, 1)
    made_up = {name: lambda name=name: run[name] for name in names}
    monkeypatch.setattr(bench, "parts", lambda *_: made_up)
    readme = tmp_path / "README.md"
    readme.write_text("<!-- benchmarks -->\n<!-- /benchmarks -->\n", encoding="utf-8")
    monkeypatch.setattr("build.README", readme)

    def call(*arguments):
        monkeypatch.setattr("sys.argv", ["bench.py", *arguments])
        bench.main()
        files = (file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*.*"))
        return sorted(files), readme.read_text(encoding="utf-8")

    return call


def test_a_try_writes_nothing_but_to_the_build_folder(command):
    for arguments in (["--limit", "100"], ["--rounds", "1"]):
        files, readme = command(*arguments)
        assert [file for file in files if not file.startswith("build/")] == ["README.md"]
        assert len(readme.splitlines()) == 2


def test_a_run_writes_numbers_chart_and_readme_and_says_how_it_agrees(command, capsys):
    files, readme = command()
    assert files == ["README.md", "results/benchmarks.json", "results/benchmarks.svg"]
    assert "| this workbook | 1.00" in readme
    assert "Compared with" not in capsys.readouterr().out
    command()
    assert "Compared with the run before" in capsys.readouterr().out


def test_one_part_can_be_measured_again(command, run, capsys):
    with pytest.raises(SystemExit):
        command("--only", "import")  # of what?
    assert "Run without --only first" in capsys.readouterr().err
    command()
    run["import"] = {name: dict.fromkeys(("min", "median", "max"), 0.2) for name in run["import"]}
    _, readme = command("--only", "import")
    assert "import, PyTorch not counted | 0.200 s" in readme
    [last] = bench.read_runs(bench.RESULTS)
    assert last["epochs"] == run["epochs"]
    with pytest.raises(SystemExit):
        command("--only", "import,imports")
    assert "There is no part imports." in capsys.readouterr().err


# --- what is committed ---


@pytest.mark.skipif(not bench.RESULTS.exists(), reason="nothing was measured yet: make bench")
class TestCommitted:
    def test_the_benchmarks_in_the_readme_are_those_of_the_last_run(self):
        last = bench.read_runs(bench.RESULTS)[-1]
        text = (bench.ROOT / "README.md").read_text(encoding="utf-8")
        assert re.search("<!-- benchmarks -->\n!", text)
        assert bench.readme_with_benchmarks(text, last) == text, "run: make bench"

    def test_the_chart_is_of_the_last_run(self):
        last = bench.read_runs(bench.RESULTS)[-1]
        text = (bench.ROOT / tables.CHART).read_text(encoding="utf-8")
        assert alt_text(last) in text, "run: make bench"

    def test_all_of_it_was_measured_on_all_images_in_five_rounds_at_least(self):
        last = json.loads(bench.RESULTS.read_text(encoding="utf-8"))["runs"][-1]
        assert last["rounds"] >= 5
        assert "50,000" in last["images"]
        for rows in last["epochs"].values():
            for row in rows.values():
                assert row is None or len(row["train"]) == last["rounds"]
