"""Sweeps: every combination once, several at a time, and nothing trained twice."""

import dataclasses

import numpy as np
import pytest
import torch
from making import Interrupted

import workshop_utils as wu
from workshop_utils.experiments import sweeps
from workshop_utils.experiments.experiments import Trial
from workshop_utils.experiments.sweeps import SweepError, keep, runs_at_once
from workshop_utils.images.dataset import CIFAR10, STANDIN, ImageData
from workshop_utils.settings import PROFILES

GB = 10**9
COPY = "CIFAR-10 (JPEG copy)"


class Tries:
    """Trains nothing; remembers what was asked for, and with which images."""

    __name__ = "tries"

    def __init__(self, stop_after=None):
        self.made, self.seen, self.stop_after = [], [], stop_after

    def __call__(self, data, settings, width):
        if len(self.made) == self.stop_after:
            raise KeyboardInterrupt
        assert settings.seed == data.seed
        self.made.append((width, settings.seed))
        self.seen.append(data)
        print("an epoch")
        return wu.History(validation_accuracy=[width / 10], batch_loss=[1.0]), int(100 * width)


@pytest.fixture
def tries():
    return Tries()


@pytest.fixture(autouse=True)
def memory(monkeypatch):
    """For one run at a time, in this process; a test may set it to more."""
    free = [0]
    monkeypatch.setattr(sweeps, "free_memory", lambda: free[0])
    return free


@pytest.fixture
def settings(settings):
    """With two seeds."""
    profile = dataclasses.replace(PROFILES["full"], sweep_seeds=(0, 1), sweep_epochs=2)
    return dataclasses.replace(settings, profile=profile)


@pytest.fixture
def shipped(monkeypatch, tmp_path):
    """What came with the workbook: two widths, two seeds each, on CIFAR-10."""
    monkeypatch.setattr(sweeps, "SHIPPED_SWEEPS", tmp_path / "shipped")
    choices = [{"width": width, "seed": seed} for width in (1, 2) for seed in (0, 1)]
    trials = [Trial(chosen, wu.History(validation_accuracy=[0.9]), 7, 60.0) for chosen in choices]
    keep(tmp_path / "shipped" / "tries.json", COPY, trials)


def test_every_combination_is_trained_with_every_seed_quietly(tries, data, settings, capsys):
    found = wu.sweep(tries, data, settings, width=(1, 2))
    assert tries.made == [(1, 0), (1, 1), (2, 0), (2, 1)]
    assert [trial.choices for trial in found.trials] == [
        {"width": width, "seed": seed} for width in (1, 2) for seed in (0, 1)
    ]
    assert found.values_of("width") == [1, 2]
    assert [trial.result for trial in found.where(width=2)] == [0.2, 0.2]
    assert [found.mean(width=2), found.mean(seed=1)] == pytest.approx([0.2, 0.15])
    assert found.measured_on == data.title
    assert all(trial.history.batch_loss == [] for trial in found.trials)
    assert capsys.readouterr().out == f"4 runs on {data.title}, 0 of them recorded.\n"


def test_a_function_of_a_notebook_that_was_changed_is_run_again(data, settings, capsys):
    def as_in_a_notebook(accuracy):
        if accuracy == 0.1:

            def try_mine(data, settings, width):
                return wu.History(validation_accuracy=[0.1]), 1

        else:

            def try_mine(data, settings, width):
                return wu.History(validation_accuracy=[0.2]), 1

        try_mine.__module__ = "__main__"
        return try_mine

    for accuracy, n_recorded in ((0.1, 0), (0.2, 0), (0.1, 2)):
        found = wu.sweep(as_in_a_notebook(accuracy), data, settings, width=(1,))
        assert [trial.result for trial in found.trials] == [accuracy] * 2
        assert f"{n_recorded} of them recorded" in capsys.readouterr().out


def test_a_sweep_may_have_seeds_of_its_own_unless_its_runs_are_cut_short(tries, data, settings):
    found = wu.sweep(tries, data, settings, seeds=(3, 4, 5), width=(1,))
    assert found.values_of("seed") == [3, 4, 5]
    profile = dataclasses.replace(settings.profile, sweep_images=50)
    short = dataclasses.replace(settings, profile=profile)
    wu.sweep(tries, data, short, use_recorded=False, seeds=(3, 4, 5), width=(2,))
    assert tries.made == [(1, 3), (1, 4), (1, 5), (2, 0), (2, 1)]


def test_with_a_limit_runs_learn_from_the_first_images_and_a_line_says_so(
    tries, data, settings, capsys
):
    profile = dataclasses.replace(settings.profile, sweep_images=50)
    wu.sweep(tries, data, dataclasses.replace(settings, profile=profile), width=(1,))
    assert "with its first 50 training images, 0 of them" in capsys.readouterr().out
    for seen in tries.seen:
        assert torch.equal(seen.train_images, data.train_images[:50])
        assert torch.equal(seen.train_labels, data.train_labels[:50])
        assert torch.equal(seen.test_images, data.test_images)


def test_what_was_run_is_not_run_again(tries, data, settings):
    first = wu.sweep(tries, data, settings, width=(1, 2))
    again = wu.sweep(tries, data, settings, width=(2, 3))
    assert tries.made[4:] == [(3, 0), (3, 1)]
    assert again.where(width=2) == first.where(width=2)
    other = dataclasses.replace(data, variant="other images")
    wu.sweep(tries, other, settings, width=(1,))
    assert tries.made[6:] == [(1, 0), (1, 1)]


def test_after_an_interruption_it_goes_on(tries, data, settings, capsys):
    with pytest.raises(KeyboardInterrupt):
        wu.sweep(Tries(stop_after=3), data, settings, width=(1, 2))
    assert "Interrupted: 3 of 4 runs are kept. Run this again to go on." in capsys.readouterr().out
    wu.sweep(tries, data, settings, width=(1, 2))
    assert tries.made == [(2, 1)]


@pytest.mark.parametrize("epoch", [1, 2])
def test_a_training_that_is_stopped_is_neither_kept_nor_shown(data, settings, monkeypatch, epoch):
    loaders = ImageData.loaders

    def stopped(*of):
        train_loader, validation_loader = loaders(*of)
        return Interrupted(train_loader, epoch, 1), validation_loader

    with monkeypatch.context() as while_pressing:
        while_pressing.setattr(ImageData, "loaders", stopped)
        with pytest.raises(KeyboardInterrupt):
            wu.sweep(wu.try_variational, data, settings, use_recorded=False, beta=(0.1,))
    assert wu.find_run("variational_0.1", data, settings) is None
    assert not list(settings.runs_dir.rglob("*.json"))
    again = wu.sweep(wu.try_variational, data, settings, use_recorded=False, beta=(0.1,))
    assert [len(trial.history.validation_loss) for trial in again.trials] == [2, 2]


def disk_is_full(*_, **__):
    raise OSError(28, "No space left on device")


def test_on_a_full_disk_a_sweep_goes_on_and_says_so(data, settings, monkeypatch, capsys):
    monkeypatch.setattr(sweeps, "keep", disk_is_full)
    # The network of the first seed:
    monkeypatch.setattr("workshop_utils.training.runs.write_tensors", disk_is_full)
    found = wu.sweep(wu.try_variational, data, settings, use_recorded=False, beta=(0.1,))
    assert len(found.trials) == 2
    said = "A run could not be kept for the next time ([Errno 28] No space left on device)."
    assert capsys.readouterr().out.count(said) == 2


def test_earlier_runs_that_cannot_be_read_are_made_again(tries, data, settings, capsys):
    file = settings.runs_dir / "sweeps" / f"tries-{data.name.lower()}-full.json"
    file.mkdir(parents=True)  # a folder in its place
    found = wu.sweep(tries, data, settings, width=(1,))
    assert len(found.trials) == 2
    said = capsys.readouterr().out
    assert "Earlier runs cannot be read ([Errno" in said
    assert said.count("A run could not be kept for the next time ([Errno") == 2


def test_choices_that_are_numbers_of_numpy_are_kept(tries, data, settings):
    widths = list(np.linspace(0.5, 1, 2, dtype=np.float32))
    first = wu.sweep(tries, data, settings, width=widths)
    again = wu.sweep(tries, data, settings, width=widths)
    assert len(tries.made) == 4
    assert first.trials == again.trials


def test_a_choice_that_cannot_be_kept_does_not_stop_a_sweep(tries, data, settings, capsys):
    def try_it(data, settings, activation):
        return tries(data, settings, 1)

    found = wu.sweep(try_it, data, settings, activation=(torch.relu,))
    assert len(found.trials) == 2
    assert "neither a number nor a text" in capsys.readouterr().out


OF_BOTH = f"CIFAR-10 and {COPY}"
OTHERS = [(3, 0), (3, 1)]
FROM_RECORD = {
    "all of it": (CIFAR10, "", (1, 2), [], [0.9] * 4, COPY),
    "what there is": (CIFAR10, "", (2, 3), OTHERS, [0.9, 0.9, 0.3, 0.3], OF_BOTH),
    "on the same images": (CIFAR10, "JPEG copy", (2, 3), OTHERS, [0.9, 0.9, 0.3, 0.3], COPY),
    "nothing": (CIFAR10, "", (3,), OTHERS, [0.3] * 2, CIFAR10),
    "all of it, for other images": (STANDIN, "", (1, 2), [], [0.9] * 4, COPY),
    "nothing, rather than two data sets in a table": (
        *(STANDIN, "", (2, 3), [(2, 0), (2, 1), *OTHERS], [0.2, 0.2, 0.3, 0.3], STANDIN),
    ),
}


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize("what", FROM_RECORD)
def test_from_the_record_is_taken(tries, data, settings, what):
    name, variant, widths, made, results, measured_on = FROM_RECORD[what]
    images = dataclasses.replace(data, name=name, variant=variant)
    found = wu.sweep(tries, images, settings, width=widths)
    assert (tries.made, [trial.result for trial in found.trials]) == (made, results)
    assert found.measured_on == measured_on


@pytest.mark.usefixtures("shipped")
def test_your_own_runs_come_before_those_of_the_record(tries, data, settings):
    cifar10 = dataclasses.replace(data, name=CIFAR10)
    own = wu.sweep(tries, cifar10, settings, use_recorded=False, width=(1,))
    assert own.measured_on == CIFAR10
    found = wu.sweep(tries, cifar10, settings, width=(1, 2))
    assert [trial.result for trial in found.trials] == [0.1, 0.1, 0.9, 0.9]
    quick = dataclasses.replace(settings, profile=PROFILES["quick"])  # trains for itself
    wu.sweep(tries, cifar10, quick, width=(2,))
    assert tries.made == [(1, 0), (1, 1), (2, 0)]


@pytest.mark.usefixtures("shipped")
def test_what_was_never_recorded_is_named():
    assert len(sweeps.shipped_sweep("tries").trials) == 4
    with pytest.raises(SweepError, match="No runs of try_again came with the workbook"):
        sweeps.shipped_sweep("try_again")


def test_a_damaged_file_is_named(tries, data, settings):
    wu.sweep(tries, data, settings, width=(1,))
    [file] = (settings.runs_dir / "sweeps").glob("*.json")
    file.write_text(file.read_text(encoding="utf-8")[:-20], encoding="utf-8")
    with pytest.raises(SweepError, match=r"\.json is damaged: remove it"):
        wu.sweep(tries, data, settings, width=(1,))


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({}, "chooses width, but: missing a required argument: 'width'"),
        ({"height": (1,)}, "but: missing a required argument: 'width'"),
        ({"width": (1,), "height": (2,)}, "but: got an unexpected keyword argument 'height'"),
        ({"width": 2}, r"width is 2, but .* write width=\(2,\)\."),
    ],
)
def test_a_wrong_choice_is_named_before_anything_is_trained(tries, data, settings, choices, said):
    with pytest.raises(ValueError, match=said):
        wu.sweep(tries, data, settings, **choices)
    assert not tries.made


@pytest.mark.parametrize(
    ("free", "device", "profile", "at_once"),
    [
        (100, "cpu", "full", 8),
        (5, "cpu", "full", 3),
        (1, "cpu", "full", 1),
        (100, "cuda", "full", 1),
        (100, "cpu", "quick", 1),  # short runs are done before a process has started
    ],
)
def test_no_more_runs_at_once_than_memory_and_cores_allow(
    settings, memory, free, device, profile, at_once
):
    memory[0] = free * GB
    eight = dataclasses.replace(
        settings, threads=8, device=torch.device(device), profile=PROFILES[profile]
    )
    assert runs_at_once(eight, 20) == at_once
    assert runs_at_once(eight, 1) == 1


def test_the_table_says_what_all_seeds_found_together(data, settings, capsys):
    def try_seeds(data, settings, width):
        return wu.History(validation_accuracy=[0.5 + settings.seed / 10]), 1234

    wu.sweep(try_seeds, data, settings, width=(1,)).show()
    *_, heads, row = capsys.readouterr().out.splitlines()
    assert " ".join(heads.split()) == (
        "width parameters seconds validation accuracy, mean of seeds lowest to highest"
    )
    assert row.split() == ["1", "1,234", "0", "55.0%", "50.0%", "to", "60.0%"]


def test_processes_of_their_own_find_what_one_process_finds(data, settings, memory):
    two = dataclasses.replace(settings, threads=2)
    memory[0] = 100 * GB
    apart = wu.sweep(wu.try_code_size, data, two, use_recorded=False, embedding_dim=(1, 2))
    for file in (settings.runs_dir / "sweeps").glob("*.json"):
        file.unlink()
    memory[0] = 0
    together = wu.sweep(wu.try_code_size, data, settings, use_recorded=False, embedding_dim=(1, 2))
    for one, other in zip(apart.trials, together.trials, strict=True):
        assert one.result == pytest.approx(other.result, rel=1e-3)
        assert one.n_parameters == other.n_parameters
