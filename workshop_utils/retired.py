"""Names of version 1, for notebooks that were begun with it."""

from typing import Any

from workshop_utils.images.dataset import ImageData
from workshop_utils.say import say
from workshop_utils.settings import Settings
from workshop_utils.training.loops import evaluate, evaluate_autoencoder
from workshop_utils.training.runs import Keep


def Checkpoint(name: str, data: ImageData, settings: Settings) -> Keep:  # noqa: N802
    """`Keep`, which took its place; an argument resume=True is neither needed nor known now."""
    say("wu.Checkpoint is wu.Keep now. Leave out resume=True: a training goes on by itself.")
    return Keep(name, data, settings)


def report_result(*_arguments: object) -> None:
    """Nothing: `show_result` says how a result compares with the recorded ones."""


def test(*arguments: Any) -> tuple[float, float]:  # noqa: ANN401
    """`evaluate`, under its former name."""
    return evaluate(*arguments)


def test_autoencoder(*arguments: Any) -> float:  # noqa: ANN401
    """`evaluate_autoencoder`, under its former name."""
    return evaluate_autoencoder(*arguments)
