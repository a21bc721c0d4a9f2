"""Answers to the exercises: known mistakes, right answers in many ways, and other wrong ones."""

import pytest
import torch
from students import counts, interpolations, shapes, variationals
from students.asking import ask
from students.sources import filled_in

import workshop_utils as wu
from workshop_utils.exercises.dictionaries import LayerExercise, steps_of
from workshop_utils.exercises.engine import exercises
from workshop_utils.exercises.functions import FunctionExercise

NETWORKS = (counts.MLP, counts.CNN, shapes.ENCODER)
RIGHT = {
    wu.check_interpolation: interpolations.RIGHT,
    wu.check_sample_codes: variationals.RIGHT_SAMPLES,
    wu.check_kl_divergence: variationals.RIGHT_DIVERGENCES,
    wu.check_parameter_counts: counts.RIGHT,
    wu.check_shapes: shapes.RIGHT,
}
WRONG = {
    wu.check_interpolation: interpolations.WRONG,
    wu.check_sample_codes: variationals.WRONG_SAMPLES,
    wu.check_kl_divergence: variationals.WRONG_DIVERGENCES,
    wu.check_parameter_counts: counts.WRONG,
    wu.check_shapes: shapes.WRONG,
}


def every(kind):
    return [
        pytest.param(exercise, mistake, id=f"{name}: {mistake}")
        for name, exercise in exercises().items()
        if isinstance(exercise, kind)
        for mistake in exercise.mistakes
    ]


def all_of(tables):
    return [
        pytest.param(check, answer, id=f"{check.__name__}: {answer}")
        for check, table in tables.items()
        for answer in table
    ]


def given(answer):
    return answer.given if isinstance(answer.given, tuple) else (answer.given,)


# --- the mistakes that the exercises know ---


@pytest.mark.parametrize("exercise", exercises().values(), ids=lambda exercise: exercise.name)
def test_names_and_sentences_of_mistakes_are_different(exercise):
    assert len({mistake.name for mistake in exercise.mistakes}) == len(exercise.mistakes)
    assert len({mistake.sentence for mistake in exercise.mistakes}) == len(exercise.mistakes)


@pytest.mark.parametrize(("exercise", "mistake"), every(FunctionExercise))
def test_a_wrong_function_is_told_its_own_mistake_and_no_other(exercise, mistake):
    result = ask(exercise.judge, mistake.solution)
    assert (result.passed, result.mistake) == (False, mistake.name)
    assert result.message == mistake.sentence
    assert result.exercise == exercise.name


@pytest.mark.parametrize(("exercise", "mistake"), every(LayerExercise))
def test_a_wrong_rule_is_told_its_own_mistake(exercise, mistake):
    """In one network at least; where two rules give the same in another, either may be said."""
    said = set()
    for model in NETWORKS:
        steps = steps_of(model)
        answers = filled_in(exercise, mistake, model)
        if answers == {step.name: exercise.rule(step) for step in steps}:
            continue
        result = ask(exercise.judge, answers, model)
        assert not result.passed
        said.add(result.mistake)
        other = exercise.mistake(result.mistake)
        name, _, sentence = result.message.partition(": ")
        [step] = [step for step in steps if step.name == name]
        assert (other.sentence, other.solution(step)) == (sentence, mistake.solution(step))
    assert mistake.name in said


# --- what students write ---


@pytest.mark.parametrize(("check", "answer"), all_of(RIGHT))
def test_a_right_answer_passes_however_it_is_written(check, answer):
    result = ask(check, *given(answer))
    assert result.passed, result.message
    assert (result.message[:7], result.mistake) == ("Right: ", None)


@pytest.mark.parametrize(("check", "answer"), all_of(WRONG))
def test_what_no_table_knows_is_answered_truly(check, answer):
    result = ask(check, *given(answer))
    assert not result.passed
    for words in answer.words:
        assert words in str(result)


@pytest.mark.parametrize(("check", "answer"), all_of({c: WRONG[c] for c in list(WRONG)[3:]}))
def test_right_numbers_and_shapes_are_not_given_away(check, answer):
    said = ask(check, *given(answer)).message.replace(",", "")
    for number in {**counts.OF_MLP, **counts.OF_CNN}.values():
        assert str(number) not in said
    for shape in {**shapes.OF_CNN, **shapes.OF_ENCODER}.values():
        assert len(shape) == 1 or " ".join(map(str, shape)) not in said


def test_totals_are_named():
    message = ask(wu.check_parameter_counts, *counts.RIGHT[0].given).message
    assert message == "Right: 813,398 parameters in all."
    message = ask(wu.check_shapes, *shapes.RIGHT[0].given).message
    assert message == "Right: the shapes of all 6 layers."


@pytest.mark.parametrize("table", [counts, shapes], ids=["counts", "shapes"])
def test_a_function_is_asked_for_its_dictionary(table):
    check = {counts: wu.check_parameter_counts, shapes: wu.check_shapes}[table]
    for answer in table.RIGHT + table.WRONG[3:8]:
        dictionary, model = answer.given
        assert ask(check, lambda d=dictionary: d, model) == ask(check, dictionary, model)


def test_networks_are_left_as_they_were():
    model = wu.BasicConvNet(8, 16, 256).train()
    weights = [weight.clone() for weight in model.parameters()]
    ask(wu.check_shapes, shapes.OF_CNN, model)
    ask(wu.check_parameter_counts, counts.OF_CNN, model)
    assert model.training
    assert all(map(torch.equal, weights, model.parameters()))
