"""Exercise 4.1: a straight line, walked evenly and with both ends."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from workshop_utils.analysis.interpolation import interpolate
from workshop_utils.exercises.answers import random_tensor
from workshop_utils.exercises.engine import table
from workshop_utils.exercises.functions import Case, FunctionExercise
from workshop_utils.exercises.result import CheckResult

LINSPACE = "Use torch.linspace(0, 1, n_steps)."


def check_interpolation(fn: Callable[[Tensor, Tensor, int], Tensor]) -> CheckResult:
    """Compare a function with (1 - α)·start + α·end, for images and codes.

    Args:
        fn: the student's function, called with start, end and n_steps in this order.

    Returns:
        What was found; it has been shown already.
    """
    return INTERPOLATE.judge(fn)


def _cases() -> Iterator[Case]:
    """Small tensors and every n_steps; then codes, which may be negative and large, and images."""
    tried = [((2, 3, 5), n_steps) for n_steps in (8, *range(2, 42))]
    tried += [((4, 4, 4), 4), ((32, 4, 4), 8), ((3, 32, 32), 3), ((3, 32, 32), 8)]
    for shape, n_steps in tried:
        start, end = random_tensor(*shape, seed=1), random_tensor(*shape, seed=2)
        if shape[0] != 3:
            start, end = 20 * start - 8, 20 * end - 8
        yield {"start": start, "end": end, "n_steps": n_steps}


# --- wrong solutions ---

Line = Callable[[Tensor, Tensor, int], Tensor]


def _with_alpha(schedule: Callable[[Tensor, int], Tensor]) -> Line:
    """A line with other α, made of 0, 1, … n_steps - 1 and n_steps."""

    def line(start: Tensor, end: Tensor, n_steps: int) -> Tensor:
        alpha = schedule(torch.arange(n_steps), n_steps)
        return torch.stack([(1 - a) * start + a * end for a in alpha])

    return line


def _with_formula(formula: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Line:
    """A line with another formula of α, start and end."""

    def line(start: Tensor, end: Tensor, n_steps: int) -> Tensor:
        return torch.stack([formula(a, start, end) for a in torch.linspace(0, 1, n_steps)])

    return line


def _with_number(number: Callable[[int], int]) -> Line:
    """A right line of another number of points."""
    line = _with_formula(lambda a, start, end: (1 - a) * start + a * end)
    return lambda start, end, n_steps: line(start, end, number(n_steps))


def _arranged(arrange: Callable[[Tensor], Any]) -> Line:
    """The right points in another arrangement."""
    return lambda start, end, n_steps: arrange(interpolate(start, end, n_steps))


def _by_steps(start: Tensor, end: Tensor, n_steps: int) -> Tensor:
    step = 1 / (n_steps - 1)
    return torch.stack([(1 - a) * start + a * end for a in torch.arange(0, 1 + step, step)])


def _on_circle(alpha: Tensor, start: Tensor, end: Tensor) -> Tensor:
    """Spherical interpolation."""
    angle = torch.acos((start * end).sum() / (start.norm() * end.norm()))
    return (((1 - alpha) * angle).sin() * start + (alpha * angle).sin() * end) / angle.sin()


WEIGHTS = "The weights do not add up to 1: "
ONE_POINT = "That is a single point, but all n_steps points are needed"
MORE = "so there are too many points: n_steps counts both ends."
ALWAYS = "There are {} points whatever n_steps is: use n_steps in place of the number."
# Short name -> sentence, solution.
MISTAKES: dict[str, tuple[str, Line]] = {
    "reversed": (
        "The line is reversed. α belongs to end, 1 - α to start.",
        _with_alpha(lambda k, n: 1 - k / (n - 1)),
    ),
    "alpha-stops-early": (
        f"The last point, end, is missing: α stops before 1. {LINSPACE}",
        _with_alpha(lambda k, n: k / n),
    ),
    "alpha-begins-late": (
        f"The first point, start, is missing: α begins after 0. {LINSPACE}",
        _with_alpha(lambda k, n: (k + 1) / n),
    ),
    "alpha-without-ends": (
        f"Both ends are missing. α must begin at 0 and reach 1. {LINSPACE}",
        _with_alpha(lambda k, n: (k + 1) / (n + 1)),
    ),
    "alpha-not-divided": (
        f"α runs from 0 to n_steps - 1, but must end at 1. {LINSPACE}",
        _with_alpha(lambda k, n: k),
    ),
    "alpha-rounded": (
        "α is rounded to whole numbers, so all points but the last are start. Is there a // or an "
        "int() too many?",
        _with_alpha(lambda k, n: k // (n - 1)),
    ),
    "alpha-squared": (
        f"The points are not evenly spaced: α is squared. {LINSPACE}",
        _with_alpha(lambda k, n: (k / (n - 1)) ** 2),
    ),
    "all-start": (
        "All points are start. Does α change from point to point?",
        _with_alpha(lambda k, n: 0 * k),
    ),
    "all-end": (
        "All points are end. Does α change from point to point?",
        _with_alpha(lambda k, n: 0 * k + 1),
    ),
    "start-whole": (
        f"{WEIGHTS}start needs (1 - α).",
        _with_formula(lambda a, start, end: start + a * end),
    ),
    "end-whole": (
        f"{WEIGHTS}end needs α.",
        _with_formula(lambda a, start, end: (1 - a) * start + end),
    ),
    "alpha-twice": (
        f"{WEIGHTS}start needs (1 - α), not α.",
        _with_formula(lambda a, start, end: a * (start + end)),
    ),
    "no-end": (
        "α·end is missing from the sum.",
        _with_formula(lambda a, start, end: (1 - a) * start),
    ),
    "no-start": (
        "(1 - α)·start is missing from the sum.",
        _with_formula(lambda a, start, end: a * end),
    ),
    "subtracted": (
        "The wrong sign: (1 - α)·start is to be added to α·end.",
        _with_formula(lambda a, start, end: (1 - a) * start - a * end),
    ),
    "away-from-end": (
        "The line leads away from end: use end - start, not start - end.",
        _with_formula(lambda a, start, end: start + a * (start - end)),
    ),
    "clamped": (
        "The points are cut off to [0, 1], but codes may be any number.",
        _with_formula(lambda a, start, end: torch.lerp(start, end, a).clamp(0, 1)),
    ),
    "cut-at-zero": (
        "Negative numbers are cut off, but codes may be any number.",
        _with_formula(lambda a, start, end: torch.lerp(start, end, a).relu()),
    ),
    "on-a-circle": (
        "The points lie on a circle (slerp), but a straight line is asked for.",
        _with_formula(_on_circle),
    ),
    "one-point-middle": (
        f"{ONE_POINT}, not only the one in the middle.",
        lambda start, end, n_steps: (start + end) / 2,
    ),
    "one-point-last": (
        f"{ONE_POINT}: the loop keeps only the last. Collect them in a list and torch.stack it.",
        lambda start, end, n_steps: end,
    ),
    "one-point-first": (
        f"{ONE_POINT}: the loop ends with the first. Is return inside the loop?",
        lambda start, end, n_steps: start,
    ),
    "lerp-by-n-steps": (
        f"{ONE_POINT}: n_steps is no α. Call torch.lerp once for each α.",
        torch.lerp,
    ),
    "one-point-more": (
        f"n_steps is one too many, {MORE}",
        _with_number(lambda n: n + 1),
    ),
    "two-points-more": (
        f"The ends are counted besides n_steps, {MORE}",
        _with_number(lambda n: n + 2),
    ),
    "one-point-less": (
        "One point is missing: n_steps counts both ends.",
        _with_number(lambda n: n - 1),
    ),
    "inner-points": (
        "Both ends are missing, so there are two points too few: n_steps counts both ends.",
        _arranged(lambda line: line[1:-1]),
    ),
    "arange-by-step": (
        "torch.arange with a decimal step sometimes gives a point too many, because of rounding. "
        + LINSPACE,
        _by_steps,
    ),
    "float64": (
        "The points are right, but torch.float64, where float32 is needed. NumPy's numbers are "
        "float64: make α with torch.linspace, and leave out .double().",
        _arranged(Tensor.double),
    ),
    "joined-by-cat": (
        "The points are joined along the channels: use torch.stack, not torch.cat.",
        _arranged(lambda line: line.flatten(0, 1)),
    ),
    "batch-dimension": (
        "Each point has a dimension of size 1 too many: is there an unsqueeze too many?",
        _arranged(lambda line: line[:, None]),
    ),
    "counted-last": (
        "The points must be counted by the first dimension, but here it is the last: "
        "torch.stack(..., dim=0).",
        _arranged(lambda line: line.movedim(0, -1)),
    ),
    "flattened": (
        "Leave the shape of each point as it is: no flatten.",
        _arranged(lambda line: line.flatten(1)),
    ),
    "always-8": (ALWAYS.format(8), _with_number(lambda n: 8)),
    "always-10": (ALWAYS.format(10), _with_number(lambda n: 10)),
}
INTERPOLATE = FunctionExercise(
    name="interpolate",
    reference=interpolate,
    cases=_cases,
    todo=(
        "Let α go evenly from 0 to 1 in n_steps steps and return (1 - α)·start + α·end for each α, "
        "as one tensor n_steps×(shape of start)."
    ),
    right="Right: n_steps points from start to end, evenly spaced, for images and for codes.",
    mistakes=table(MISTAKES),
)
