"""Sweeps: every combination once, several at a time, and nothing trained twice."""

import dataclasses
import json

import pytest
import torch
from making import Interrupted

import workshop_utils as wu
from workshop_utils.experiments import sweeps, trials
from workshop_utils.experiments.experiments import Trial
from workshop_utils.experiments.sweeps import SweepError, keep, runs_at_once
from workshop_utils.images.dataset import CIFAR10, ImageData
from workshop_utils.settings import PROFILES

GB = 10**9
RECORDED = "CIFAR-10 (JPEG copy)"


class Tries:
    """Trains nothing; remembers what was asked for."""

    __name__ = "tries"

    def __init__(self):
        self.made = []

    def __call__(self, data, settings, width):
        self.made.append((width, settings.seed, data.seed))
        print("an epoch")
        return wu.History(test_accuracy=[width / 10], batch_loss=[1.0]), int(100 * width)


@pytest.fixture
def tries():
    return Tries()


@pytest.fixture
def settings(settings):
    """One run at a time, in this process, with two seeds."""
    profile = dataclasses.replace(PROFILES["full"], sweep_seeds=(0, 1), long_epochs=2)
    return dataclasses.replace(settings, threads=1, profile=profile)


@pytest.fixture
def shipped(monkeypatch, tmp_path):
    """What came with the workbook: two widths, two seeds each, on CIFAR-10."""
    monkeypatch.setattr(sweeps, "SHIPPED", tmp_path / "shipped")
    choices = [{"width": width, "seed": seed} for width in (1, 2) for seed in (0, 1)]
    trials = [Trial(chosen, wu.History(test_accuracy=[0.9]), 7, 60.0) for chosen in choices]
    keep(tmp_path / "shipped" / "tries.json", RECORDED, trials)


@pytest.fixture
def cifar10(data):
    return dataclasses.replace(data, name=CIFAR10, variant="")


def test_with_a_limit_runs_learn_from_the_first_images_and_the_table_says_so(
    tries, data, settings, capsys
):
    seen = []

    def try_out(data, settings, width):
        seen.append(data)
        return tries(data, settings, width)

    profile = dataclasses.replace(settings.profile, sweep_images=50)
    wu.sweep(try_out, data, dataclasses.replace(settings, profile=profile), width=(1,))
    assert "with its first 50 training images, 0 of them" in capsys.readouterr().out
    for given in seen:
        assert torch.equal(given.train_images, data.train_images[:50])
        assert torch.equal(given.train_labels, data.train_labels[:50])
        assert torch.equal(given.test_images, data.test_images)


def test_every_combination_is_trained_with_every_seed(tries, data, settings):
    found = wu.sweep(tries, data, settings, width=(1, 2))
    assert tries.made == [(1, 0, 0), (1, 1, 1), (2, 0, 0), (2, 1, 1)]
    assert [trial.choices for trial in found.trials] == [
        {"width": width, "seed": seed} for width in (1, 2) for seed in (0, 1)
    ]
    assert found.values_of("width") == [1, 2]
    assert [trial.result for trial in found.where(width=2)] == [0.2, 0.2]
    assert found.measured_on == data.title


def test_only_a_line_is_printed_and_batches_are_not_kept(tries, data, settings, capsys):
    found = wu.sweep(tries, data, settings, width=(1,))
    assert capsys.readouterr().out == f"2 runs on {data.title}, 0 of them recorded.\n"
    assert all(trial.history.batch_loss == [] for trial in found.trials)


def test_what_was_run_is_not_run_again(tries, data, settings):
    first = wu.sweep(tries, data, settings, width=(1, 2))
    again = wu.sweep(tries, data, settings, width=(2, 3))
    assert tries.made[4:] == [(3, 0, 0), (3, 1, 1)]
    assert again.where(width=2) == first.where(width=2)


def test_after_an_interruption_it_goes_on(data, settings, capsys):
    class Interrupted(Tries):
        def __call__(self, data, settings, width):
            if len(self.made) == 3:
                raise KeyboardInterrupt
            return super().__call__(data, settings, width)

    interrupted, tries = Interrupted(), Tries()
    with pytest.raises(KeyboardInterrupt):
        wu.sweep(interrupted, data, settings, width=(1, 2))
    assert "Interrupted: 3 of 4 runs are kept. Run this again to go on." in capsys.readouterr().out
    wu.sweep(tries, data, settings, width=(1, 2))
    assert tries.made == [(2, 1, 1)]


@pytest.mark.parametrize("epoch", [1, 2])
def test_a_training_that_is_stopped_is_neither_kept_nor_shown(data, settings, monkeypatch, epoch):
    loaders = ImageData.loaders

    def stopped(*of):
        train_loader, test_loader = loaders(*of)
        return Interrupted(train_loader, epoch, 1), test_loader

    with monkeypatch.context() as while_pressing:
        while_pressing.setattr(ImageData, "loaders", stopped)
        with pytest.raises(KeyboardInterrupt):
            wu.sweep(wu.try_deeper, data, settings, use_recorded=False)
    assert wu.find_run("deeper", data, settings) is None
    assert not list(settings.runs_dir.rglob("*.json"))
    again = wu.sweep(wu.try_deeper, data, settings, use_recorded=False)
    assert [len(trial.history.test_loss) for trial in again.trials] == [2, 2]


def disk_is_full(*_, **__):
    raise OSError(28, "No space left on device")


def test_on_a_full_disk_a_sweep_goes_on_and_says_so(tries, data, settings, monkeypatch, capsys):
    monkeypatch.setattr(sweeps, "keep", disk_is_full)
    found = wu.sweep(tries, data, settings, width=(1, 2))
    assert [trial.result for trial in found.trials] == [0.1, 0.1, 0.2, 0.2]
    said = "A run could not be kept for the next time ([Errno 28] No space left on device)."
    assert capsys.readouterr().out.count(said) == 4


def test_a_network_that_cannot_be_kept_costs_no_run(data, settings, monkeypatch):
    monkeypatch.setattr(trials, "save_run", disk_is_full)
    found = wu.sweep(wu.try_deeper, data, settings, use_recorded=False)
    assert len(found.trials) == 2


@pytest.mark.usefixtures("shipped")
def test_what_came_with_the_workbook_is_shown_at_once(tries, cifar10, settings):
    found = wu.sweep(tries, cifar10, settings, width=(1, 2))
    assert tries.made == []
    assert found.measured_on == RECORDED
    assert [trial.result for trial in found.trials] == [0.9] * 4


@pytest.mark.usefixtures("shipped")
def test_what_is_missing_in_the_record_is_trained(tries, cifar10, settings):
    found = wu.sweep(tries, cifar10, settings, width=(2, 3))
    assert tries.made == [(3, 0, 0), (3, 1, 1)]
    assert [trial.result for trial in found.trials] == [0.9, 0.9, 0.3, 0.3]
    assert found.measured_on == f"CIFAR-10 and {RECORDED}"


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize(
    ("variant", "widths", "measured_on"),
    [
        ("", (1, 2), RECORDED),
        ("", (3,), "CIFAR-10"),
        ("JPEG copy", (2, 3), RECORDED),
    ],
)
def test_a_sweep_names_the_images_of_all_its_runs(
    tries, cifar10, settings, variant, widths, measured_on
):
    images = dataclasses.replace(cifar10, variant=variant)
    assert wu.sweep(tries, images, settings, width=widths).measured_on == measured_on


@pytest.mark.usefixtures("shipped")
def test_the_record_can_be_left_out(tries, cifar10, settings):
    found = wu.sweep(tries, cifar10, settings, use_recorded=False, width=(1,))
    assert tries.made == [(1, 0, 0), (1, 1, 1)]
    assert found.measured_on == cifar10.title


@pytest.mark.usefixtures("shipped")
def test_your_own_runs_come_before_those_of_the_record(tries, cifar10, settings):
    wu.sweep(tries, cifar10, settings, use_recorded=False, width=(1,))
    found = wu.sweep(tries, cifar10, settings, width=(1, 2))
    assert [trial.result for trial in found.trials] == [0.1, 0.1, 0.9, 0.9]


@pytest.mark.usefixtures("shipped")
def test_two_data_sets_never_share_a_table(tries, data, settings):
    as_recorded = wu.sweep(tries, data, settings, width=(1, 2))
    assert (as_recorded.measured_on, tries.made) == (RECORDED, [])
    other = wu.sweep(tries, data, settings, width=(2, 3))
    assert (other.measured_on, len(tries.made)) == (data.title, 4)


@pytest.mark.usefixtures("shipped")
def test_the_quick_profile_trains_for_itself(tries, cifar10, settings):
    quick = dataclasses.replace(settings, profile=PROFILES["quick"])
    wu.sweep(tries, cifar10, quick, width=(1,))
    assert tries.made == [(1, 0, 0)]


def test_own_runs_on_other_images_do_not_count(tries, cifar10, settings):
    wu.sweep(tries, cifar10, settings, width=(1,))
    copy = dataclasses.replace(cifar10, variant="JPEG copy")
    wu.sweep(tries, copy, settings, width=(1,))
    assert len(tries.made) == 4


def test_a_damaged_file_is_named(tries, data, settings):
    wu.sweep(tries, data, settings, width=(1,))
    [file] = (settings.runs_dir / "sweeps").glob("*.json")
    file.write_text(file.read_text(encoding="utf-8")[:-20], encoding="utf-8")
    with pytest.raises(SweepError, match=r"\.json is damaged: remove it"):
        wu.sweep(tries, data, settings, width=(1,))


@pytest.mark.parametrize("choices", [{}, {"height": (1,)}, {"width": (1,), "height": (2,)}])
def test_an_unknown_or_missing_choice_is_named(tries, data, settings, choices):
    with pytest.raises(ValueError, match="tries chooses width, but was given"):
        wu.sweep(tries, data, settings, **choices)


def test_a_single_value_without_its_comma_is_explained(tries, data, settings):
    with pytest.raises(ValueError, match=r"width is 2, but .* write width=\(2,\)\."):
        wu.sweep(tries, data, settings, width=2)


@pytest.mark.parametrize(
    ("free", "device", "at_once"),
    [(100 * GB, "cpu", 8), (5 * GB, "cpu", 3), (GB, "cpu", 1), (100 * GB, "cuda", 1)],
)
def test_no_more_runs_at_once_than_memory_and_cores_allow(
    settings, monkeypatch, free, device, at_once
):
    monkeypatch.setattr(sweeps, "free_memory", lambda: free)
    eight = dataclasses.replace(settings, threads=8, device=torch.device(device))
    assert runs_at_once(eight, 20) == at_once
    assert runs_at_once(eight, 1) == 1


def test_short_runs_start_no_processes(settings, monkeypatch):
    monkeypatch.setattr(sweeps, "free_memory", lambda: 100 * GB)
    quick = dataclasses.replace(settings, threads=8, profile=PROFILES["quick"])
    assert runs_at_once(quick, 20) == 1


def test_the_table_says_what_all_seeds_found_together(data, settings, capsys):
    def try_seeds(data, settings, width):
        return wu.History(test_accuracy=[0.5 + settings.seed / 10]), 1234

    wu.sweep(try_seeds, data, settings, width=(1,)).show()
    *_, heads, row = capsys.readouterr().out.splitlines()
    assert " ".join(heads.split()) == (
        "width parameters seconds test accuracy, mean of seeds lowest to highest"
    )
    assert row.split() == ["1", "1,234", "0", "55.0%", "50.0%", "to", "60.0%"]


def test_processes_of_their_own_find_what_one_process_finds(settings, monkeypatch):
    profile = dataclasses.replace(PROFILES["quick"], n_train=1_000, sweep_images=None)
    standin = dataclasses.replace(
        wu.Settings.from_environment(), runs_dir=settings.runs_dir, threads=2, profile=profile
    )
    data = wu.load_data(standin)
    sizes = {"embedding_dim": (1, 2)}
    monkeypatch.setattr(sweeps, "free_memory", lambda: 100 * GB)
    apart = wu.sweep(wu.try_code_size, data, standin, **sizes)
    for file in (settings.runs_dir / "sweeps").glob("*.json"):
        assert len(json.loads(file.read_text(encoding="utf-8"))["trials"]) == 2
        file.unlink()
    monkeypatch.setattr(sweeps, "free_memory", lambda: GB)
    together = wu.sweep(wu.try_code_size, data, standin, **sizes)
    for one, other in zip(apart.trials, together.trials, strict=True):
        assert one.result == pytest.approx(other.result, rel=1e-3)
        assert one.n_parameters == other.n_parameters
