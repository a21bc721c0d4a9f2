"""Right answers to the homework pass in every way of writing; the others are told what matters."""

import textwrap

import pytest
import torch
import torch.nn.functional as F
from students.asking import ask
from students.homework import HOMEWORK

import workshop_utils as wu
from workshop_utils.exercises.engine import exercises

RIGHT = [
    pytest.param(name, answer, id=f"{name}: {answer}")
    for name, table in HOMEWORK.items()
    for answer in table
]


@pytest.mark.parametrize(("name", "answer"), RIGHT)
def test_a_right_answer_passes_however_it_is_written(name, answer):
    result = ask(exercises()[name].judge, answer.given)
    assert result.passed, result.message
    assert result.message.startswith("Right: ")


@pytest.mark.parametrize("name", HOMEWORK)
def test_there_are_at_least_five_ways_of_writing(name):
    assert len(HOMEWORK[name]) >= 5


def test_a_convolution_of_pytorchs_is_noticed_wherever_it_hides():
    def in_a_layer(x, weight, bias, stride, padding):
        layer = torch.nn.Conv2d(*weight.shape[1::-1], weight.shape[-1], stride, padding)
        with torch.no_grad():
            layer.weight.copy_(weight)
            layer.bias.copy_(bias)
            return layer(x)

    def by_another_name(x, weight, bias, stride, padding):
        return torch.conv2d(x, weight, bias, stride=stride, padding=padding)

    for function in (in_a_layer, by_another_name):
        assert ask(wu.check_convolution, function).mistake == "pytorch-called"

    def on_a_stretched_image(x, weight, bias, stride, padding):
        n, c, height, width = x.shape
        k = weight.shape[-1]
        far = torch.zeros(n, c, (height - 1) * stride + 1, (width - 1) * stride + 1)
        far[:, :, ::stride, ::stride] = x
        border = k - 1 - padding
        turned = weight.transpose(0, 1).flip(2, 3)
        return F.conv2d(F.pad(far, 4 * [border]), turned, bias)

    assert ask(wu.check_transposed_convolution, on_a_stretched_image).mistake == "pytorch-called"


def test_where_a_function_is_right_only_for_some_arguments_the_sentence_says_for_which():
    def without_padding(x, weight, bias, stride, padding):
        return (
            2 * F.conv2d(x, weight, bias, stride) if padding else F.conv2d(x, weight, bias, stride)
        )

    said = ask(wu.check_convolution, without_padding).message
    assert said.startswith("The function is right where padding = 0, and wrong elsewhere. ")


def test_pytorchs_own_refusal_is_not_taken_for_a_stub():
    def turned_round(model, criterion, optimizer, x, labels):
        return criterion(labels.long(), model(x).argmax(dim=1))

    assert "Not written yet" not in ask(wu.check_training_step, turned_round).message


@pytest.mark.parametrize(
    ("check", "wrong", "names"),
    [
        (
            wu.check_evaluation,
            """
            def evaluate(model, criterion, loader):
                loss = sum(criterion(model(x), labels).item() for x, labels in loader) / len(loader)
                right = sum((model(x).argmax(1) == labels).sum().item() for x, labels in loader)
                return loss, right / sum(len(x) for x, _ in loader)
            """,
            {"loss-mean-of-batches", "gradients-on", "training-mode"},
        ),
        (
            wu.check_training_step,
            """
            def training_step(model, criterion, optimizer, x, labels):
                criterion(model(x), labels).backward()
                optimizer.step()
            """,
            {"nothing-returned", "not-zeroed"},
        ),
        (
            wu.check_convolution,
            """
            def convolve(x, weight, bias, stride=1, padding=0):
                f, c, k, _ = weight.shape
                maps = weight.reshape(f, -1) @ F.unfold(x, k)
                return maps.reshape(len(x), f, x.shape[2] - k + 1, -1) + bias.reshape(-1, 1, 1)
            """,
            {"padding-forgotten", "stride-forgotten"},
        ),
    ],
    ids=["evaluation", "step", "convolution"],
)
def test_two_mistakes_at_once_are_both_told_or_one_after_the_other(check, wrong, names):
    known: dict = {"F": F}
    exec(textwrap.dedent(wrong), known)
    result = ask(check, [known[name] for name in known if name in HOMEWORK][0])
    assert set(result.mistake.split(" and ")) <= names
    assert len(result.mistake.split(" and ")) >= 2
