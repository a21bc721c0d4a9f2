"""Trying things out: trainings with different choices, collected in one table."""

import inspect
import time
from collections.abc import Callable
from dataclasses import dataclass

from workshop_utils.training.history import History


@dataclass(frozen=True)
class Trial:
    """One training.

    Args:
        choices: what was chosen, such as {"out_c1": 16, "learning_rate": 0.01}.
        history: what training returned.
        n_parameters: how many numbers the networks learnt.
        seconds: how long it took.
    """

    choices: dict[str, float]
    history: History
    n_parameters: int
    seconds: float

    @property
    def result(self) -> float:
        """Test accuracy at the end, as a fraction; for an autoencoder the test loss."""
        return (self.history.test_accuracy or self.history.test_loss)[-1]

    @property
    def unit(self) -> str:
        """What the result is."""
        return "test accuracy" if self.history.test_accuracy else "test loss"

    def format(self, result: float) -> str:
        """Write a result of this kind, without its unit."""
        return f"{result:.1%}" if self.history.test_accuracy else f"{result:.2f}"


class Experiments:
    """Runs that differ in what you choose, and the table of their results.

    Args:
        try_out: trains a network with the choices it is given, and returns the history and
            the number of parameters.
    """

    def __init__(self, try_out: Callable[..., tuple[History, int]]) -> None:
        self.try_out = try_out
        self.trials: list[Trial] = []

    def run(self, **choices: float) -> None:
        """Train with these choices and add the result to the table, if it is not interrupted.

        Args:
            choices: handed to `try_out`, such as out_c1=16, learning_rate=0.01.

        Raises:
            ValueError: a choice is missing or unknown, or is no number above zero.
        """
        self._check(choices)
        print(", ".join(f"{name} {value:g}" for name, value in choices.items()))
        started = time.perf_counter()
        history, n_parameters = self.try_out(**choices)
        seconds = time.perf_counter() - started
        if history.was_interrupted:
            print("This run is not added to the table, since it did not come to its end.")
            return
        self.trials.append(Trial(choices, history, n_parameters, seconds))

    def show(self) -> None:
        """Print the table: choices, parameters, seconds, result of every run.

        Raises:
            ValueError: nothing was run yet.
        """
        self.check_not_empty()
        names = list(dict.fromkeys(name for trial in self.trials for name in trial.choices))
        print(
            "run", *(f"{name:>14}" for name in names), f"{'parameters':>12}{'seconds':>9}", end=""
        )
        print(f"{self.trials[0].unit:>16}")
        for number, trial in enumerate(self.trials, start=1):
            chosen = (f"{trial.choices.get(name, ''):>14}" for name in names)
            print(
                f"{number:>3}", *chosen, f"{trial.n_parameters:>12,}{trial.seconds:>9.0f}", end=""
            )
            print(f"{trial.format(trial.result):>16}")

    def _check(self, choices: dict[str, float]) -> None:
        """Say in words what Python would say in a traceback."""
        signature = inspect.signature(self.try_out)
        try:
            signature.bind(**choices)
        except TypeError as error:
            takes = ", ".join(map(str, signature.parameters.values()))
            raise ValueError(f"This experiment chooses {takes}, but: {error}.") from None
        for name, value in choices.items():
            if not isinstance(value, (int, float)) or not value > 0:
                raise ValueError(f"{name} is {value!r}, but must be a number above zero.")

    def check_not_empty(self) -> None:
        """Refuse to show nothing.

        Raises:
            ValueError: nothing was run yet.
        """
        if not self.trials:
            raise ValueError("Nothing was tried yet: call run(...) first, with your choices.")
