import pytest
import torch
from students.asking import ask

import workshop_utils as wu

CHOICES = ("size", "place", "training")


def test_a_prediction_is_noted_whatever_it_is():
    for choice in CHOICES:
        assert ask(wu.check_prediction, f" {choice.title()} ", CHOICES).passed
        result = ask(wu.check_prediction, choice, CHOICES)
        assert result.passed
        assert f"“{choice}”" in result.message


@pytest.mark.parametrize("prediction", [None, ..., "sizes", "", 3, ["size"], torch.zeros(2)])
def test_anything_else_is_asked_for_one_of_the_choices(prediction):
    result = ask(wu.check_prediction, prediction, CHOICES)
    assert not result.passed
    assert 'Choose one of "size", "place" or "training"' in result.message


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
