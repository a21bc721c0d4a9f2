import functools

import pytest
import torch
from students import counts, shapes
from students.asking import alike, ask, confusable

import workshop_utils as wu
from workshop_utils.networks.layers import count_parameters

CHECKS = {counts: wu.check_parameter_counts, shapes: wu.check_shapes}
TABLES = [(table, answer) for table in CHECKS for answer in table.WRONG]
# Different ways to make the same mistake.
SAME_MISTAKE = {
    counts: [
        {"None", "all empty", "all ..."},
    ],
    shapes: [{"None", "all empty"}],
}


def name(value):
    return str(value) if isinstance(value, tuple) and hasattr(value, "words") else value.__name__


@functools.cache
def message(table, title):
    [answer] = [answer for answer in table.WRONG if answer.name == title]
    result = ask(CHECKS[table], *answer.given)
    assert not result.passed, result.message
    return str(result)


@pytest.mark.parametrize("answer", counts.RIGHT, ids=str)
def test_right_numbers_pass_and_the_total_is_named(answer):
    result = ask(wu.check_parameter_counts, *answer.given)
    assert result.passed, result.message
    assert f"{count_parameters(answer.given[1]):,} parameters" in result.message


@pytest.mark.parametrize("answer", shapes.RIGHT, ids=str)
def test_right_shapes_pass(answer):
    result = ask(wu.check_shapes, *answer.given)
    assert result.passed, result.message
    assert f"all {len(answer.given[0])} layers" in result.message


@pytest.mark.parametrize(("table", "answer"), TABLES, ids=name)
def test_a_wrong_answer_is_told_its_own_mistake(table, answer):
    for words in answer.words:
        assert words in message(table, answer.name)


@pytest.mark.parametrize("answer", counts.WRONG, ids=str)
def test_right_numbers_are_not_given_away(answer):
    said = message(counts, answer.name).replace(",", "")
    for number in {**counts.OF_MLP, **counts.OF_CNN}.values():
        assert str(number) not in said


@pytest.mark.parametrize("answer", shapes.WRONG, ids=str)
def test_right_shapes_are_not_given_away(answer):
    said = message(shapes, answer.name)
    for shape in {**shapes.OF_CNN, **shapes.OF_ENCODER}.values():
        assert ", ".join(map(str, shape)) not in said.replace("10 and", "")
        assert "×".join(map(str, shape)) not in said or len(shape) == 1


@pytest.mark.parametrize("table", CHECKS, ids=name)
def test_no_mistake_could_be_taken_for_another(table):
    messages = {answer.name: message(table, answer.name) for answer in table.WRONG}
    assert alike(messages) == SAME_MISTAKE[table]
    assert confusable(table.WRONG, messages) == []


def test_the_network_is_left_as_it_was():
    model = wu.BasicConvNet(8, 16, 256).train()
    weights = [weight.clone() for weight in model.parameters()]
    ask(wu.check_shapes, shapes.OF_CNN, model)
    ask(wu.check_parameter_counts, counts.OF_CNN, model)
    assert model.training
    assert all(torch.equal(a, b) for a, b in zip(weights, model.parameters(), strict=True))
