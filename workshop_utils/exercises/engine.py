"""What an exercise is: a reference solution, and wrong solutions with the sentences they earn."""

import importlib
import itertools
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workshop_utils.exercises.result import CheckResult
from workshop_utils.exercises.running import judge


@dataclass(frozen=True)
class Mistake:
    """A known mistake.

    Args:
        name: short, for statistics, such as "alpha-stops-early".
        sentence: what a student should read who has made it.
        solution: a wrong solution, as a student might write it: called like the right one.
    """

    name: str
    sentence: str
    solution: Callable

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """What is asked of a student.

    Args:
        name: of the function or class that the student writes, such as "interpolate".
        reference: the solution that `use_solution` hands out.
        todo: what to write, for a student who has not begun.
        mistakes: the known ones; each is answered with its own sentence.
    """

    name: str
    reference: Callable
    todo: str
    mistakes: tuple[Mistake, ...] = ()

    def mistake(self, name: str) -> Mistake:
        """One of the known mistakes."""
        [found] = [one for one in self.mistakes if one.name == name]
        return found

    def contained(self, look: Callable[[], str]) -> CheckResult:
        """Judge an answer: `look` returns a sentence if it is right, and raises if it is not."""
        result = judge(look, self.todo, self.name, self.reference)
        result.show()
        return result


def table(mistakes: dict[str, tuple[str, Callable]]) -> tuple[Mistake, ...]:
    """Mistakes written down as name -> sentence, solution."""
    return tuple(Mistake(name, *rest) for name, rest in mistakes.items())


def together(
    mistakes: dict[str, tuple[str, Callable]],
    changes: dict[str, dict[str, Any]],
    make: Callable[..., Callable],
) -> dict[str, tuple[str, Callable]]:
    """Mistakes that are often made together, two or three of them, as name -> sentence, solution.

    Args:
        mistakes: the single ones, with their sentences.
        changes: of some of them, what each replaces in the right solution.
        make: makes a solution of what is replaced.
    """
    found = {}
    for n, many in ((2, "Two"), (3, "Three")):
        for names in itertools.combinations(changes, n):
            merged = {key: value for name in names for key, value in changes[name].items()}
            if len(merged) == sum(len(changes[name]) for name in names):  # none replaced twice
                said = f"{many} things. {' '.join(mistakes[name][0] for name in names)}"
                found[" and ".join(names)] = said, make(**merged)
    return found


def exercises() -> dict[str, Exercise]:
    """All exercises by name: those that the modules of this folder hold."""
    folder = importlib.import_module("workshop_utils.exercises")
    found = {}
    for module in pkgutil.iter_modules(folder.__path__, f"{folder.__name__}."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, Exercise):
                found[value.name] = value
    return found
