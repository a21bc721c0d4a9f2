import re

import pytest
from students.asking import ask
from students.encoders import WRONG
from students.right_encoders import RIGHT

import workshop_utils as wu
from workshop_utils.exercises.encoder import MISTAKES


@pytest.fixture(scope="module", name="said")
def fixture_said():
    """What the check says about the encoders, each asked once."""
    answers = {f"known: {mistake}": mistake.solution for mistake in MISTAKES}
    answers |= {answer.name: answer.given for answer in WRONG}
    return {name: ask(wu.check_encoder, given) for name, given in answers.items()}


@pytest.mark.parametrize("answer", RIGHT, ids=str)
def test_a_right_encoder_passes_however_it_is_written(answer):
    result = ask(wu.check_encoder, answer.given)
    assert result.passed, result.message
    assert "32×4×4" in result.message
    assert "10,680 parameters" in result.message


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_a_known_mistake_is_answered_with_its_own_sentence_and_no_other(mistake, said):
    result = said[f"known: {mistake}"]
    assert not result.passed
    assert result.mistake == mistake.name
    assert result.message.endswith(mistake.sentence)


@pytest.mark.parametrize("answer", WRONG, ids=str)
def test_a_wrong_encoder_is_told_what_is_wrong(answer, said):
    assert not said[answer.name].passed
    for words in answer.words:
        assert words in said[answer.name].message


def test_sentences_are_short_and_end_like_sentences(said):
    for name, result in said.items():
        assert len(result.message) < 350, name
        assert result.message[-1] in ".?:)", name
        assert not re.search(r"[^.]\.\.(?!\.)|\?\.|  ", result.message), name


def test_the_same_answer_gets_the_same_sentence_again(said):
    for answer in WRONG[-10:]:
        assert ask(wu.check_encoder, answer.given) == said[answer.name]


def test_the_workbooks_encoder_earns_nothing_where_it_is_graded(monkeypatch):
    monkeypatch.setenv("WORKSHOP_GRADING", "1")
    for theirs in (wu.ConvEncoder, lambda *s: wu.ConvEncoder(*s), type("E", (wu.ConvEncoder,), {})):
        result = ask(wu.check_encoder, theirs)
        assert not result.passed
        assert result.mistake == "reference-taken"
    assert ask(wu.check_encoder, RIGHT[1].given).passed
