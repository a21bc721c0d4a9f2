import dataclasses

import pytest
import torch
from students.asking import ask

import workshop_utils as wu
from workshop_utils.experiments.experiments import Trial
from workshop_utils.experiments.sweeps import Sweep
from workshop_utils.settings import PROFILES


def experiments(*learning_rates):
    def try_out(learning_rate):
        return wu.History(validation_loss=[learning_rate]), 10

    found = wu.Experiments(try_out)
    for learning_rate in learning_rates:
        found.run(learning_rate=learning_rate)
    return found


def test_enough_different_runs_pass():
    assert ask(wu.check_experiments, experiments(0.1, 0.2, 0.3), 3).passed


def test_the_same_run_again_is_not_another_one():
    result = ask(wu.check_experiments, experiments(0.1, 0.2, 0.2), 3)
    assert not result.passed
    assert "Different choices so far: 2; to compare, 3 are needed" in result.message


# --- an experiment of one's own ---


def try_mine(data, settings, dropout):
    torch.manual_seed(settings.seed)
    model = wu.BasicConvNet(2, 2, 8)
    model.logits = torch.nn.Sequential(torch.nn.Dropout(dropout), model.logits)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    history = wu.train(model, *data.loaders(64), optimizer, n_epochs=1)
    return history, wu.count_parameters(model)


def unseeded(data, settings, dropout):
    torch.seed()
    return try_mine(data, dataclasses.replace(settings, seed=torch.seed() % 1000), dropout)


def always_seed_0(data, settings, dropout):
    return try_mine(data, dataclasses.replace(settings, seed=0), dropout)


def without_the_choice(data, settings, dropout):
    return try_mine(data, settings, 0)


def larger_with_the_choice(data, settings, dropout):
    history, n_parameters = try_mine(data, settings, dropout)
    return history, n_parameters + int(1000 * dropout)


TWO = {"dropout": (0, 0.5)}


def test_an_experiment_that_works_passes(data, settings):
    result = ask(wu.check_try_out, try_mine, TWO, data, settings)
    assert result.passed, result
    assert "2 settings work on 128 images" in result.message
    assert "Parameters: 752 in each of them." in result.message
    assert "slow" not in result.message
    assert "is every choice used" not in result.message


def test_what_is_not_held_equal_is_told(data, settings):
    result = ask(wu.check_try_out, larger_with_the_choice, TWO, data, settings)
    assert "Parameters: 752 to 1,252." in result.message


def test_a_choice_that_changes_nothing_is_told(data, settings):
    result = ask(wu.check_try_out, without_the_choice, TWO, data, settings)
    assert result.passed
    assert "is every choice used?" in result.message


@pytest.mark.parametrize(
    ("try_out", "choices", "mistake", "said"),
    [
        (unseeded, TWO, "seed-forgotten", "torch.manual_seed(settings.seed)"),
        (always_seed_0, TWO, "seed-fixed", "Two seeds gave the same result"),
        (try_mine, {"dropout": (0.5,)}, "one-setting", "nothing to compare"),
        (try_mine, {"dropout": 0.5}, "no-choices", "several values"),
        (try_mine, {"dropout": "0.5"}, "no-choices", "several values"),
        (try_mine, {}, "no-choices", "dictionary"),
        (try_mine, ["dropout"], "no-choices", "dictionary"),
        (try_mine, {"dropout": (..., ...)}, "not-written", "Not written yet"),
        (try_mine, {"drop": (0, 1)}, "other-choices", "chooses dropout, but"),
        (try_mine, {"dropout": (0, 2)}, "error", "Training with dropout=2"),
        (lambda data, settings, dropout: None, TWO, "no-return", "return history, n_parameters"),
        (lambda data, settings, dropout: (wu.History(), 3), TWO, "not-trained", "anything trained"),
        (None, TWO, "not-written", "Not written yet"),
    ],
)
def test_each_mistake_of_an_experiment_has_its_sentence(
    try_out, choices, mistake, said, data, settings
):
    result = ask(wu.check_try_out, try_out, choices, data, settings)
    assert (result.passed, result.mistake) == (False, mistake)
    assert said in result.message


def a_sweep(*choices):
    return Sweep("", [Trial(c, wu.History(validation_accuracy=[0.5]), 10, 1.0) for c in choices])


def test_two_settings_with_all_seeds_are_enough(settings):
    runs = [{"width": width, "seed": seed} for width in (1, 2) for seed in (0, 1, 2)]
    full = dataclasses.replace(settings, profile=PROFILES["full"])
    result = ask(wu.check_sweep, a_sweep(*runs), full)
    assert (result.passed, result.message) == (True, "2 settings, 3 seeds each: 6 runs to compare.")
    assert ask(wu.check_sweep, a_sweep(*runs[:-1]), full).mistake == "too-few-seeds"
    assert ask(wu.check_sweep, a_sweep(*runs[:3]), full).mistake == "one-setting"
    for nothing in (None, ..., [], "found"):
        assert ask(wu.check_sweep, nothing, full).mistake == "not-written"


def test_one_seed_of_the_quick_profile_passes_and_is_said_to_be_too_few(settings):
    result = ask(
        wu.check_sweep, a_sweep({"width": 1, "seed": 0}, {"width": 2, "seed": 0}), settings
    )
    assert result.passed
    assert "a conclusion needs 3 seeds" in result.message


# --- answers that are functions, as in the notebooks ---


def stub(*_):
    raise NotImplementedError("Exercise 1.1: put a number for every layer below.")


def test_functions_that_are_not_written_yet_are_named_so():
    model = wu.BasicConvNet(8, 16, 256)
    networks = wu.ConvEncoder(8, 16, 32), wu.ConvDecoder(8, 16, 32)
    for result in (
        ask(wu.check_parameter_counts, stub, model),
        ask(wu.check_shapes, stub, model),
        ask(wu.check_interpolation, stub),
        ask(wu.check_latent_line, stub, *networks, *torch.rand(2, 3, 32, 32)),
    ):
        assert (result.passed, result.mistake) == (False, "not-written")
        assert result.message.startswith(
            "Not written yet, or a line with raise NotImplementedError"
        )


def test_a_function_without_return_is_told_so():
    result = ask(wu.check_parameter_counts, lambda: None, wu.BasicConvNet(8, 16, 256))
    assert not result.passed
    assert "Is the return statement missing?" in result.message


def test_a_function_that_raises_is_told_so_with_its_line():
    def mistaken():
        return {"conv1": 3 * eight}  # noqa: F821

    result = ask(wu.check_parameter_counts, mistaken, wu.BasicConvNet(8, 16, 256))
    assert not result.passed
    assert "eight" in result.message
    assert "NameError" in result.message


def test_layers_inside_a_container_can_be_asked_for():
    model = torch.nn.Sequential(
        torch.nn.Sequential(torch.nn.Conv2d(3, 8, 5)), torch.nn.MaxPool2d(2)
    )
    assert ask(wu.check_shapes, {"0.0": (8, 28, 28), "1": (8, 14, 14)}, model).passed
    assert ask(wu.check_parameter_counts, {"0.0": 608}, model).passed
