import pytest
import torch
from students.asking import ask

import workshop_utils as wu
from workshop_utils.exercises.result import ORANGE, StopHere

CHOICES = ("size", "place", "training")


def predict(prediction, choices=CHOICES, about="the reason"):
    return ask(wu.check_prediction, prediction, choices, about)


@pytest.mark.parametrize("choice", CHOICES)
def test_each_choice_is_noted(choice):
    result = predict(choice)
    assert (result.passed, result.predicted) == (True, choice)
    assert f"Noted: “{choice}”" in result.message
    assert result.must_pass() is None


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (" At  Chance ", "at chance"),
        ("AT CHANCE.", "at chance"),
        ('"at chance"', "at chance"),
        ("“at chance”!", "at chance"),
        ("at-chance", "at chance"),
        ("at_chance", "at chance"),
        (["at chance"], "at chance"),
        (("at chance",), "at chance"),
        ("One 8x8 convolution", "one 8×8 convolution"),
        ("one 8 X 8 convolution", "one 8×8 convolution"),
        ("one 8*8 convolution", "one 8×8 convolution"),
        ("one 8 by 8 convolution", "one 8×8 convolution"),
        ("without relu twice the filters", "without ReLU, twice the filters"),
        ("without ReLU", "without ReLU"),
    ],
)
def test_a_choice_is_known_however_it_is_spelt(said, meant):
    result = predict(said, ("at chance", *wu.VARIANTS))
    assert (result.passed, result.predicted) == (True, meant)


class Unprintable:
    def __str__(self):
        raise RuntimeError


@pytest.mark.parametrize(
    ("said", "noted"),
    [
        ("the sizes,\n I think", "the sizes, I think"),
        ("not size", "not size"),
        ("None", "None"),
        (3, "3"),
        (0.5, "0.5"),
        (False, "False"),
        (torch.zeros(2), "tensor([0., 0.])"),
        (Unprintable(), "Unprintable"),
        ("größer", "größer"),
        ("x" * 500, "x" * 100 + "…"),
    ],
)
def test_a_guess_in_other_words_is_noted_as_it_stands(said, noted):
    result = predict(said)
    assert (result.passed, result.predicted) == (True, noted)
    assert f"Noted as you wrote it: “{noted}”" in result.message
    assert 'The notebook compares with "size", "place" or "training".' in result.message


@pytest.mark.parametrize("nothing", [None, ..., "", "  ", "?", "...", "…", '""', []])
def test_nothing_is_not_written_and_is_asked_for_one_of_the_choices(nothing):
    result = predict(nothing)
    assert (result.passed, result.mistake, result.predicted) == (False, "not-written", "")
    assert 'Choose one of "size", "place" or "training"' in result.message


def test_without_a_prediction_an_exercise_stops_the_notebook_and_calls_nothing_wrong():
    result = predict("?")
    with pytest.raises(StopHere, match="No guess is wrong"):
        result.must_pass()
    assert str(result).startswith("○ ")


def test_choices_that_cannot_be_told_apart_are_refused():
    for choices in (("at chance", "At chance."), ("size", "?")):
        with pytest.raises(ValueError, match="told apart"):
            wu.check_prediction("size", choices)


@pytest.mark.parametrize(
    ("prediction", "found", "shown", "is_surprise"),
    [
        ("Size", "size", "predicted “size”, found “size”. As predicted.", False),
        ("size", "place", "predicted “size”, found “place”. A surprise.", True),
        ("both", "place", "predicted “both”, found “place”. Is it a surprise?", None),
        ("?", "place", "nothing predicted, found “place”.", None),
    ],
)
def test_a_prediction_is_shown_beside_the_finding(prediction, found, shown, is_surprise, capsys):
    result = predict(prediction)
    assert (result.found, result.is_surprise) == (None, None)
    result.compare(found)
    assert capsys.readouterr().out == f"→ the reason: {shown}\n"
    assert (result.found, result.is_surprise) == (found, is_surprise)


def test_a_cell_that_compares_may_be_run_again():
    result = predict("size")
    result.compare("place")
    result.compare("size")
    assert (result.found, result.is_surprise) == ("size", False)


def test_predictions_do_not_share_what_was_found():
    first, second = predict("size"), predict("size")
    first.compare("place")
    assert second.found is None


def test_a_finding_that_is_none_of_the_choices_is_refused():
    result = predict("sizes")
    with pytest.raises(ValueError, match="none of"):
        result.compare("sizes")
    assert result.found is None


def compared(prediction, found, about=""):
    result = predict(prediction, about=about)
    result.compare(found)
    return result


def test_a_tally_counts_and_names_the_surprises(capsys):
    some = (
        compared("size", "size", "the first"),
        compared("size", "place", "the second"),
        compared("place", "training"),
        compared("both", "place", "the fourth"),
        compared("?", "place", "the fifth"),
        predict("size", about="the sixth"),
    )
    capsys.readouterr()
    wu.tally(*some)
    assert capsys.readouterr().out.splitlines() == [
        "5 predictions. Of 3 that can be compared, 1 came out.",
        "Surprises: the second (predicted “size”, found “place”); "
        "prediction 3 (predicted “place”, found “training”).",
        "In your own words: the fourth (predicted “both”, found “place”).",
        "Not compared: the sixth.",
        "Not given: the fifth.",
        "A surprise is where one learns something: what did you expect, and why?",
    ]


def test_a_tally_without_surprises_says_no_more_than_there_is(capsys):
    result = compared("size", "size")
    capsys.readouterr()
    wu.tally(result)
    assert capsys.readouterr().out == "1 prediction. Of 1 that can be compared, 1 came out.\n"


def test_a_tally_of_nothing_given_names_what_is_missing(capsys):
    result = compared("?", "size", "the first")
    capsys.readouterr()
    wu.tally(result)
    assert capsys.readouterr().out == "0 predictions.\nNot given: the first.\n"


def test_a_guess_in_ones_own_words_counts_neither_as_right_nor_as_wrong(capsys):
    result = compared("the first one", "size", "the first")
    capsys.readouterr()
    wu.tally(result)
    assert capsys.readouterr().out.startswith("1 prediction.\nIn your own words: the first")


def test_predictions_and_findings_are_noted_for_statistics(displayed):
    guess = wu.check_prediction("Size", CHOICES, "the reason")
    guess.compare("place")
    wu.tally(guess, wu.check_prediction("?", CHOICES))
    said, beside, missing, counted = displayed
    check = {"exercise": "prediction", "passed": True, "mistake": None, "about": "the reason"}
    assert said["workshop_check"] == {**check, "predicted": "size"}
    about = {"exercise": "prediction", "about": "the reason"}
    assert beside["workshop_prediction"] == {
        **about,
        "predicted": "size",
        "found": "place",
        "surprise": True,
    }
    assert missing["workshop_check"]["mistake"] == "not-written"
    assert counted["workshop_tally"] == {
        "as predicted": 0,
        "surprises": 1,
        "in your own words": 0,
        "not compared": 0,
        "not given": 1,
    }


def test_words_of_a_reader_are_shown_as_they_are_and_not_run_as_html(displayed):
    guess = wu.check_prediction("<b>size & place", CHOICES, "size < place")
    guess.compare("place")
    wu.tally(guess)
    for shown in displayed:
        assert "<b>size & place" in shown["text/plain"]
        assert "&lt;b&gt;size &amp; place" in shown["text/html"]
        assert "<b>" not in shown["text/html"]
    assert "1 prediction.<br>In your own words" in displayed[-1]["text/html"]


def test_no_box_has_the_colour_of_a_mistake(displayed):
    for prediction in ("size", "both", "?"):
        guess = wu.check_prediction(prediction, CHOICES)
        guess.compare("place")
        wu.tally(guess)
    assert len(displayed) == 9
    for shown in displayed:
        assert ORANGE not in shown["text/html"]
        assert "✗" not in shown["text/plain"]
