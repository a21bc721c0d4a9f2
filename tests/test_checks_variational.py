import functools

import pytest
import torch
from students.asking import alike, ask, confusable
from students.variationals import (
    RIGHT_DIVERGENCES,
    RIGHT_SAMPLES,
    WRONG_DIVERGENCES,
    WRONG_SAMPLES,
)

import workshop_utils as wu

# Different ways to make the same mistake.
SAME_MISTAKES = {
    "codes": [{"spread_without_noise", "seeded"}, {"without_gradient", "with_torch_normal"}],
    "divergences": [],
}
CHECKS = {"codes": wu.check_sample_codes, "divergences": wu.check_kl_divergence}
WRONG = {"codes": WRONG_SAMPLES, "divergences": WRONG_DIVERGENCES}
RIGHT = {"codes": RIGHT_SAMPLES, "divergences": RIGHT_DIVERGENCES}


def all_of(tables):
    return [
        pytest.param(subject, answer, id=f"{subject}: {answer}")
        for subject, table in tables.items()
        for answer in table
    ]


@functools.cache
def message(subject, name):
    [answer] = [answer for answer in WRONG[subject] if answer.name == name]
    result = ask(CHECKS[subject], answer.given)
    assert not result.passed, result.message
    return str(result)


@pytest.mark.parametrize(("subject", "answer"), all_of(RIGHT))
def test_a_right_function_passes_however_it_is_written(subject, answer):
    result = ask(CHECKS[subject], answer.given)
    assert result.passed, result.message
    assert result.message.startswith("Right: ")


@pytest.mark.parametrize(("subject", "answer"), all_of(WRONG))
def test_a_wrong_function_is_told_its_own_mistake(subject, answer):
    for words in answer.words:
        assert words in message(subject, answer.name)


@pytest.mark.parametrize("subject", WRONG)
def test_no_mistake_could_be_taken_for_another(subject):
    messages = {answer.name: message(subject, answer.name) for answer in WRONG[subject]}
    assert alike(messages) == SAME_MISTAKES[subject]
    assert confusable(WRONG[subject], messages) == []


def test_a_function_written_in_c_is_tried_although_its_arguments_cannot_be_read():
    result = ask(wu.check_kl_divergence, torch.add)
    assert not result.passed
    assert "one for each image" in result.message
