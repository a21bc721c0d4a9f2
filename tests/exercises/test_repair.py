"""A program with planted bugs: what they look like, and what is said while they are mended."""

from unittest.mock import MagicMock

import pytest
import torch
from students.asking import ask

import workshop_utils as wu
from workshop_utils.exercises import symptoms
from workshop_utils.exercises.engine import exercises
from workshop_utils.exercises.repair import PLANTED

PARTS = {part: exercises()[part] for part, _ in PLANTED.values()}
MENDED = {part: exercise.reference for part, exercise in PARTS.items()}


def with_mistake(part, mistake):
    return {**MENDED, part: PARTS[part].mistake(mistake).solution}


BROKEN = {
    **MENDED,
    **with_mistake("training_step", "softmax-before-loss and not-zeroed"),
}
for part, bug in (
    ("split", "validation-in-training"),
    ("shuffled", "apart"),
    ("prepare", "another-network"),
    ("training_step", "softmax-before-loss and not-zeroed"),
    ("evaluate", "training-mode and last-batch-as-whole"),
    ("probabilities", "over-images"),
):
    BROKEN[part] = with_mistake(part, bug)[part]


def test_a_mended_program_passes():
    result = ask(lambda: wu.check_repair(**MENDED))
    assert (result.passed, result.mistake) == (True, None)
    assert result.message == "Right: 8 of 8 planted bugs are mended."


def test_each_planted_bug_is_said_to_be_there_also_where_two_are_in_one_function():
    result = ask(lambda: wu.check_repair(**BROKEN))
    assert not result.passed
    assert result.message.startswith("0 of 8 planted bugs are mended. Still there: ")
    assert all(f"{cause} ({part})" in result.message for cause, (part, _) in PLANTED.items())
    assert sorted(result.mistake.split(", ")) == sorted(f"{p}: {b}" for p, b in PLANTED.values())


@pytest.mark.parametrize("cause", PLANTED)
def test_one_bug_that_is_left_is_named(cause):
    part, bug = PLANTED[cause]
    result = ask(lambda: wu.check_repair(**with_mistake(part, bug)))
    assert result.message == f"7 of 8 planted bugs are mended. Still there: {cause} ({part})."
    assert result.mistake == f"{part}: {bug}"


@pytest.mark.parametrize(
    ("part", "mistake", "n_mended"),
    [
        ("evaluate", "left-in-evaluation", 8),
        ("prepare", "no-momentum", 8),
        ("training_step", "evaluation-mode and not-zeroed", 7),
    ],
)
def test_a_new_bug_is_called_new_and_told(part, mistake, n_mended):
    result = ask(lambda: wu.check_repair(**with_mistake(part, mistake)))
    assert not result.passed
    assert result.message.startswith(f"{n_mended} of 8 planted bugs are mended. ")
    assert f"New in {part}: " in result.message
    assert result.message.endswith(PARTS[part].mistake(mistake).sentence)


def test_of_a_function_that_does_something_unknown_nothing_is_called_mended():
    result = ask(lambda: wu.check_repair(split=lambda images, labels, n: 4 * (images.sum(),)))
    assert result.message.startswith("0 of 1 planted bugs are mended. New in split: ")


def test_a_part_of_the_program_can_be_checked_alone():
    result = ask(lambda: wu.check_repair(split=MENDED["split"], prepare=MENDED["prepare"]))
    assert result.message == "Right: 2 of 2 planted bugs are mended."


def test_a_function_that_is_no_part_of_the_program_is_refused():
    with pytest.raises(ValueError, match="split, shuffled, prepare"):
        wu.check_repair(mend=MENDED["split"])


# --- symptoms ---


@pytest.fixture
def seen(data, settings, monkeypatch):
    """Symptoms of few images."""
    for name, value in {
        "N_IMAGES": 200,
        "N_VALIDATION": 100,
        "N_EPOCHS": 6,
        "BATCH_SIZES": (25, 32, 60, 100),
    }.items():
        monkeypatch.setattr(symptoms, name, value)
    monkeypatch.setattr(symptoms, "LEARNING_RATE", 0.05)
    return {
        cause: found
        for cause, found in zip(
            symptoms.RIGHT.values(), wu.find_symptoms(data, settings).values(), strict=True
        )
    }


def test_every_bug_shows_and_each_in_its_own_way(seen):
    last = seen["the last batch counted as a whole one"]
    right = [
        here == pytest.approx(usual) for here, usual in zip(last.seen, last.usual, strict=True)
    ]
    assert right == [True, False, False, True]  # 100 images: 25 and 100 come out even

    dropout = seen["dropout on in evaluation"]
    assert len(set(dropout.seen)) > 1 == len(set(dropout.usual))

    sums = seen["softmax over the wrong dimension"]
    assert sums.usual == pytest.approx([1] * len(sums.usual))
    assert max(abs(here - 1) for here in sums.seen) > 0.01

    frozen = seen["the optimizer holds another network"]
    assert len(set(frozen.seen)) == 1

    apart = seen["images and labels shuffled apart"]
    assert len(set(apart.seen)) > 1
    assert apart.seen[-1] > apart.usual[-1]

    slipped = seen["validation images in training"]
    assert slipped.seen[-1] < slipped.usual[-1]

    squeezed = seen["softmax before a loss that has its own"]
    assert min(squeezed.training) > 1.46

    piled = seen["gradients added up"]
    assert piled.seen[-1] > 2 * piled.usual[-1]


def test_symptoms_can_be_told_by_those_who_cannot_see_them(seen, monkeypatch):
    display = MagicMock()
    monkeypatch.setattr("IPython.display.display", display)
    monkeypatch.setattr("IPython.get_ipython", MagicMock)
    wu.plot_symptoms(dict(zip("ABCDEFGH", seen.values(), strict=True)), "Eight bugs")
    [shown] = display.call_args_list
    alt = shown.kwargs["metadata"]["image/png"]["alt"]
    frozen = seen["the optimizer holds another network"]
    assert f"C: loss by epoch is {', '.join(6 * [f'{frozen.seen[0]:.3f}'])}" in alt
    assert all(f"{letter}: " in alt for letter in "ABCDEFGH")


# --- which bug is it? ---


def test_right_causes_pass_in_any_spelling():
    causes = {letter: f" {cause.upper()}." for letter, cause in symptoms.RIGHT.items()}
    assert ask(wu.check_causes, causes).passed
    assert ask(wu.check_causes, lambda: symptoms.RIGHT).passed


@pytest.mark.parametrize("cause", symptoms.CAUSES)
def test_a_wrong_cause_is_answered_by_what_it_would_show(cause):
    [letter] = [x for x, right in symptoms.RIGHT.items() if right == cause]
    other = "A" if letter != "A" else "B"
    causes = symptoms.RIGHT | {other: cause}
    result = ask(wu.check_causes, causes)
    said = f"Right: 7 of 8. {other}: {symptoms.WOULD_SHOW[cause]}"
    assert result.message == f"{said} (Each cause belongs to one letter.)"
    assert result.mistake == cause


@pytest.mark.parametrize(
    ("causes", "words"),
    [
        (None, "Not written yet"),
        ({}, "A has no cause yet"),
        ("gradients added up", "A dictionary is needed"),
        (symptoms.RIGHT | {"C": ...}, "C has no cause yet"),
        (symptoms.RIGHT | {"C": "bad luck"}, "'bad luck' is none of the causes"),
    ],
)
def test_what_is_no_answer_is_told_what_is_missing(causes, words):
    assert words in str(ask(wu.check_causes, causes))


def test_random_numbers_of_the_notebook_do_not_change(data, settings, monkeypatch):
    monkeypatch.setattr(symptoms, "N_EPOCHS", 1)
    monkeypatch.setattr(symptoms, "N_IMAGES", 80)
    monkeypatch.setattr(symptoms, "N_VALIDATION", 40)
    before = torch.get_rng_state()
    wu.find_symptoms(data, settings)
    assert torch.equal(torch.get_rng_state(), before)
