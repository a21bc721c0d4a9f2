import json

from tools import places
from tools.notebooks import record
from tools.places import RECORDED
from workshop_utils.experiments import sweeps
from workshop_utils.settings import PROFILES


def test_what_the_notebooks_ask_for_is_read_from_them(tmp_path):
    source = tmp_path / "01.py"
    source.write_text(
        "# %%\nfound = wu.sweep(\n    wu.try_dropout, data, settings, dropout=(0, 0.5)\n)\n"
        "# %%\nwu.plot(wu.sweep(wu.try_variant, data, settings), 3)\n",
        encoding="utf-8",
    )
    found = record.asked_for([source])
    assert found == {"try_dropout": {"dropout": (0, 0.5)}, "try_variant": {}}


def test_a_sweep_that_is_shown_twice_is_recorded_with_the_choices_of_both(tmp_path):
    sources = [tmp_path / "01.py", tmp_path / "02.py"]
    for source, beta in zip(sources, ("(1, 0.1)", "(0.1, 3)"), strict=True):
        text = f"# %%\nwu.sweep(wu.try_variational, data, settings, beta={beta})\n"
        source.write_text(text, encoding="utf-8")
    found = record.asked_for(sources)
    assert found == {"try_variational": {"beta": (0.1, 1, 3)}}


def test_a_sweep_of_a_function_that_a_notebook_defines_is_not_recorded(tmp_path):
    source = tmp_path / "01.py"
    source.write_text("# %%\nwu.sweep(try_mine, data, settings, **choices)\n", encoding="utf-8")
    assert record.asked_for([source]) == {}


def test_every_sweep_of_the_notebooks_is_recorded_with_every_seed():
    asked_for = record.asked_for(places.sources())
    files = {file.stem for file in (RECORDED / "sweeps").glob("*.json")}
    assert files == asked_for.keys()
    for name, choices in asked_for.items():
        recorded = sweeps.shipped_sweep(name)
        assert "CIFAR-10" in recorded.measured_on
        seeds = list(choices.pop("seeds", PROFILES["full"].sweep_seeds))
        for choice, values in choices.items():
            assert sorted(recorded.values_of(choice)) == sorted(values)
        assert recorded.values_of("seed") == seeds
        n_combinations = 1
        for values in choices.values():
            n_combinations *= len(values)
        assert len(recorded.trials) == n_combinations * len(seeds)


def test_recorded_runs_have_values_of_every_epoch():
    for file in (RECORDED / "sweeps").glob("*.json"):
        for trial in json.loads(file.read_text(encoding="utf-8"))["trials"]:
            history = trial["history"]
            assert len(history["validation_loss"]) == len(history["seconds"]) > 1
            assert history["batch_loss"] == []
