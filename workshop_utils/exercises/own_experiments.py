"""Experiments of one's own: whether they are enough, and may be compared."""

import dataclasses
import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from workshop_utils.exercises.result import CheckResult
from workshop_utils.exercises.running import NotWritten, Wrong, call, judge
from workshop_utils.experiments.experiments import Choices, Experiments, TryOut, check_choices
from workshop_utils.experiments.sweeps import Sweep
from workshop_utils.images.dataset import ImageData
from workshop_utils.settings import PROFILES, Settings
from workshop_utils.training.history import History

FEW = 128  # images that an experiment is tried on before it is run


def check_experiments(experiments: Experiments, at_least: int) -> CheckResult:
    """Ask for enough different runs to compare.

    Args:
        experiments: the runs so far.
        at_least: how many must differ in their choices.
    """
    n_different = len({tuple(sorted(trial.choices.items())) for trial in experiments.trials})
    if n_different >= at_least:
        result = CheckResult(True, f"{n_different} different runs to compare.", "experiments")
    else:
        message = (
            f"Different choices so far: {n_different}; to compare, {at_least} are needed. "
            "Add experiments.run(...) with others."
        )
        result = CheckResult(False, message, "experiments", "too-few")
    result.show()
    return result


def check_try_out(
    try_out: TryOut, choices: Mapping[str, Sequence], data: ImageData, settings: Settings
) -> CheckResult:
    """Try an experiment on a few images before it is run: all settings, and another seed.

    Args:
        try_out: trains one network: `try_out(data, settings, **choices)`.
        choices: name -> values to try.
        data: the images, of which a few are taken.
        settings: seed and device.
    """

    def look() -> str:
        return _look_at(try_out, choices, data, settings)

    todo = "Write the function, and the choices to try."
    result = judge(look, todo, "try-out", trains=True)
    result.show()
    return result


def check_sweep(found: object, settings: Settings) -> CheckResult:
    """Ask for a sweep with at least two settings, each with all seeds of the profile.

    Args:
        found: what `sweep` returned.
        settings: the profile.
    """
    n_seeds, n_asked = len(settings.profile.sweep_seeds), len(PROFILES["full"].sweep_seeds)
    result = CheckResult(
        False, "Put what wu.sweep(...) returns into found.", "sweep", "not-written"
    )
    if isinstance(found, Sweep):
        seeds = Counter(_without_seed(trial.choices) for trial in found.trials)
        runs = f"{len(seeds)} {'setting' if len(seeds) == 1 else 'settings'}"
        runs += f", {n_seeds} {'seed' if n_seeds == 1 else 'seeds'} each"
        if len(seeds) < 2:
            message = f"{runs}: there is nothing to compare. Give one choice two values."
            result = CheckResult(False, message, "sweep", "one-setting")
        elif min(seeds.values()) < n_seeds:
            message = f"Not every setting has {n_seeds} seeds. Run the sweep with all of them."
            result = CheckResult(False, message, "sweep", "too-few-seeds")
        else:
            message = f"{runs}: {len(found.trials)} runs to compare."
            if n_seeds < n_asked:
                message += (
                    f" That shows that it works; a conclusion needs {n_asked} seeds, "
                    "as in the full profile."
                )
            result = CheckResult(True, message, "sweep")
    result.show()
    return result


def _look_at(
    try_out: TryOut, choices: Mapping[str, Sequence], data: ImageData, settings: Settings
) -> str:
    """What is to be said of an experiment that works; raises `Wrong` if it does not."""
    combinations = _combinations(try_out, choices, data, settings)
    few = dataclasses.replace(
        data,
        train_images=data.train_images[:FEW],
        train_labels=data.train_labels[:FEW],
        validation_images=data.validation_images[:FEW],
        validation_labels=data.validation_labels[:FEW],
    )
    first = combinations[0]
    tried = [_try(try_out, few, settings, chosen) for chosen in combinations]
    # The images come in the same order each time: only what the function draws can differ.
    again = _try(try_out, few, settings, first)
    if again[0].validation_loss != tried[0][0].validation_loss:
        raise Wrong(
            "The same seed gave two different results. Call torch.manual_seed(settings.seed) "
            "before the network is made.",
            "seed-forgotten",
        )
    other_seed = dataclasses.replace(settings, seed=settings.seed + 1)
    other = _try(try_out, few, other_seed, first)
    if other[0].validation_loss == again[0].validation_loss:
        raise Wrong(
            "Two seeds gave the same result. Take the seed from settings: "
            "torch.manual_seed(settings.seed).",
            "seed-fixed",
        )
    counts = sorted({n_parameters for _, n_parameters in tried})
    number = f"{counts[0]:,}" + (f" to {counts[-1]:,}" if len(counts) > 1 else " in each of them")
    said = (
        f"{len(combinations)} settings work on {len(few.train_images)} images. A seed gives the "
        f"same result again, another seed another one. Parameters: {number}."
    )
    losses = [tuple(history.validation_loss) for history, _ in tried]
    if len(set(losses)) < len(losses):
        said += " Some settings gave the same result on these images: is every choice used?"
    return said


def _combinations(
    try_out: TryOut, choices: Mapping[str, Sequence], data: ImageData, settings: Settings
) -> list[Choices]:
    """All settings of an experiment."""
    if not callable(try_out):
        raise NotWritten
    if not isinstance(choices, Mapping) or not choices:
        raise Wrong('choices must be a dictionary such as {"dropout": (0, 0.25)}.', "no-choices")
    for name, values in choices.items():
        if isinstance(values, str) or not isinstance(values, Sequence) or not values:
            raise Wrong(
                f"{name} is {values!r}, but must be several values in brackets, such as (0, 0.25).",
                "no-choices",
            )
        if ... in values:
            raise NotWritten
    if math.prod(map(len, choices.values())) < 2:
        raise Wrong("That is one setting: there is nothing to compare.", "one-setting")
    try:
        check_choices(try_out, (data, settings), choices)
    except ValueError as error:
        raise Wrong(str(error), "other-choices") from None
    return [
        dict(zip(choices, values, strict=True)) for values in itertools.product(*choices.values())
    ]


def _try(
    try_out: TryOut, data: ImageData, settings: Settings, chosen: Choices
) -> tuple[History, int]:
    """Train once with a student's function."""
    words = ", ".join(f"{name}={value!r}" for name, value in chosen.items())
    found: Any = call(f"Training with {words}", lambda: try_out(data, settings, **chosen))
    is_pair = isinstance(found, tuple) and len(found) == 2
    if not is_pair or not isinstance(found[0], History) or not isinstance(found[1], int):
        raise Wrong("The function must end with: return history, n_parameters", "no-return")
    if not found[0].validation_loss:
        raise Wrong("The history has no validation loss: was anything trained?", "not-trained")
    return found


def _without_seed(choices: Choices) -> tuple:
    return tuple(sorted((name, value) for name, value in choices.items() if name != "seed"))
