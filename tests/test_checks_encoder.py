import functools
import re

import pytest
from students.asking import alike, ask, confusable
from students.encoders import WRONG
from students.right_encoders import RIGHT

import workshop_utils as wu

# Different ways to make the same mistake.
SAME_MISTAKE = [
    {"None", "...", "a function with ...", "Stub", "StubForward"},
    {"LoopsForEver", "Sleeps", "CatchesEverything"},
    {"an object that answers nothing", "a function that gives such an object"},
    {"InPlace", "InPlaceUnnoticed"},
    {"ReLU at the end", "OtherInEval"},
    {"noise", "dropout always"},
    {"WrongPixels", "BorderOnOneSide"},
]
TWO_MISTAKES = {
    "only one ReLU, at the end",
    "no first ReLU, but one at the end",
    "Tanh everywhere",
}


@functools.cache
def message(name):
    [answer] = [answer for answer in WRONG if answer.name == name]
    result = ask(wu.check_encoder, answer.given)
    assert not result.passed, result.message
    return str(result)


@pytest.mark.parametrize("answer", RIGHT, ids=str)
def test_a_right_encoder_passes_however_it_is_written(answer):
    result = ask(wu.check_encoder, answer.given)
    assert result.passed, result.message
    assert "32×4×4" in result.message
    assert "10,680 parameters" in result.message


@pytest.mark.parametrize("answer", WRONG, ids=str)
def test_a_wrong_encoder_is_told_its_own_mistake(answer):
    for words in answer.words:
        assert words in message(answer.name)


def test_no_mistake_could_be_taken_for_another():
    assert alike({answer.name: message(answer.name) for answer in WRONG}) == SAME_MISTAKE


def test_the_tables_words_fit_one_mistake_only():
    single = [answer for answer in WRONG if answer.name not in TWO_MISTAKES]
    assert confusable(single, {answer.name: message(answer.name) for answer in single}) == []


def test_messages_are_short_and_end_like_sentences():
    for answer in WRONG:
        assert len(message(answer.name)) < 350, answer.name
        assert message(answer.name)[-1] in ".?:)", answer.name
        assert not re.search(r"[^.]\.\.(?!\.)|\?\.|  ", message(answer.name)), answer.name


def test_the_same_answer_gets_the_same_message_again():
    for answer in WRONG[-10:]:
        assert str(ask(wu.check_encoder, answer.given)) == message(answer.name)
