"""Trying things out: trainings with different choices, collected in one table.

What is tried is a function `try_out(data, settings, **choices)`, which trains a network from the
seed in `settings` and returns the history and the number of parameters. `Experiments` runs it once
for each call, `sweep` with all combinations of choices and several seeds.
"""

import inspect
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workshop_utils.say import say
from workshop_utils.table import print_table
from workshop_utils.training.history import History

TryOut = Callable[..., tuple[History, int]]
Choices = Mapping[str, Any]  # numbers or words, such as {"out_c1": 16, "learning_rate": 0.01}


@dataclass(frozen=True)
class Trial:
    """One training that came to its end."""

    choices: Choices
    history: History
    n_parameters: int
    seconds: float

    @property
    def result(self) -> float:
        """Validation accuracy at the end, as a fraction; for an autoencoder the validation loss."""
        return (self.history.validation_accuracy or self.history.validation_loss)[-1]

    @property
    def unit(self) -> str:
        """What the result is."""
        return "validation accuracy" if self.history.validation_accuracy else "validation loss"

    def format(self, result: float) -> str:
        """Write a result of this kind, without its unit."""
        return f"{result:.1%}" if self.history.validation_accuracy else f"{result:.2f}"


def check_choices(try_out: TryOut, given: tuple, choices: Iterable[str]) -> None:
    """Say in words what Python would say in a traceback, before anything is trained."""
    signature = inspect.signature(try_out)
    try:
        signature.bind(*given, **dict.fromkeys(choices))
    except TypeError as error:
        chosen = list(signature.parameters.values())[len(given) :]
        plain = (p.replace(annotation=p.empty) for p in chosen)
        takes = ", ".join(map(str, plain))
        raise ValueError(f"This experiment chooses {takes}, but: {error}.") from None


def train_once(try_out: TryOut, given: tuple, choices: Choices) -> Trial | None:
    """Train with these choices; None if somebody stopped it."""
    started = time.perf_counter()
    history, n_parameters = try_out(*given, **choices)
    seconds = time.perf_counter() - started
    return None if history.was_interrupted else Trial(choices, history, n_parameters, seconds)


class Experiments:
    """Runs that differ in what you choose, and the table of their results.

    Args:
        try_out: trains a network with the choices it is given, and returns the history and
            the number of parameters.
        given: what `try_out` takes before the choices, such as data and settings.
    """

    def __init__(self, try_out: TryOut, *given: object) -> None:
        self.try_out = try_out
        self.given = given
        self.trials: list[Trial] = []

    def run(self, *without_names: float, **choices: float) -> None:
        """Train with these choices and add the result to the table, if it is not interrupted.

        Args:
            without_names: none; each choice needs its name.
            choices: handed to `try_out`, such as out_c1=16, learning_rate=0.01.

        Raises:
            ValueError: a choice is missing or unknown, or is no number above zero.
        """
        if without_names:
            raise ValueError("Name your choices, such as run(out_c1=16, learning_rate=0.01).")
        check_choices(self.try_out, self.given, choices)
        for name, value in choices.items():
            if not isinstance(value, (int, float)) or not value > 0:
                raise ValueError(f"{name} is {value!r}, but must be a number above zero.")
        say(", ".join(f"{name} {value:g}" for name, value in choices.items()))
        trial = train_once(self.try_out, self.given, choices)
        if trial:
            self.trials.append(trial)
        else:
            say("This run is not added to the table, since it did not come to its end.")

    def show(self) -> None:
        """Print the table: choices, parameters, seconds, result of every run.

        Raises:
            ValueError: nothing was run yet.
        """
        self.check_not_empty()
        names = list(dict.fromkeys(name for trial in self.trials for name in trial.choices))
        rows: list[tuple[object, ...]] = [
            ("run", *names, "parameters", "seconds", self.trials[0].unit)
        ]
        for number, trial in enumerate(self.trials, start=1):
            chosen = (trial.choices.get(name, "") for name in names)
            numbers = f"{trial.n_parameters:,}", f"{trial.seconds:.0f}"
            rows.append((number, *chosen, *numbers, trial.format(trial.result)))
        print_table(rows)

    def check_not_empty(self) -> None:
        """Refuse to show nothing."""
        if not self.trials:
            raise ValueError("Nothing was tried yet: call run(...) first, with your choices.")
