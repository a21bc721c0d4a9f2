"""Exercise 4.1: a straight line, walked evenly and with both ends."""

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from workshop_utils.analysis.interpolation import interpolate
from workshop_utils.exercises.answers import random_tensor
from workshop_utils.exercises.engine import Mistake
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


def _with_alpha(schedule: Callable[[Tensor, int], Tensor]) -> Callable:
    """A line with other α, made of 0, 1, … n_steps - 1 and n_steps."""

    def line(start: Tensor, end: Tensor, n_steps: int) -> Tensor:
        alpha = schedule(torch.arange(n_steps), n_steps)
        return torch.stack([(1 - a) * start + a * end for a in alpha])

    return line


def _with_formula(formula: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Callable:
    """A line with another formula of α, start and end."""

    def line(start: Tensor, end: Tensor, n_steps: int) -> Tensor:
        return torch.stack([formula(a, start, end) for a in torch.linspace(0, 1, n_steps)])

    return line


def _always(n: int) -> Callable:
    return lambda start, end, n_steps: interpolate(start, end, n)


def _more(n: int) -> Callable:
    """So many points more than were asked for."""
    line = _with_formula(lambda alpha, start, end: (1 - alpha) * start + alpha * end)
    return lambda start, end, n_steps: line(start, end, n_steps + n)


def _by_steps(start: Tensor, end: Tensor, n_steps: int) -> Tensor:
    step = 1 / (n_steps - 1)
    return torch.stack([(1 - a) * start + a * end for a in torch.arange(0, 1 + step, step)])


def _on_circle(alpha: Tensor, start: Tensor, end: Tensor) -> Tensor:
    """Spherical interpolation."""
    angle = torch.acos((start * end).sum() / (start.norm() * end.norm()))
    return (((1 - alpha) * angle).sin() * start + (alpha * angle).sin() * end) / angle.sin()


STOPS_EARLY = f"The last point, end, is missing: α stops before 1. {LINSPACE}"
NOT_EVEN = "The points are not evenly spaced: {}. " + LINSPACE
ONE_POINT = "That is a single point: all n_steps points are needed, "
# Short name, sentence, α from k = 0, 1, … n - 1 and n.
SCHEDULES = [
    (
        "reversed",
        "The line is reversed. α belongs to end, 1 - α to start.",
        lambda k, n: 1 - k / (n - 1),
    ),
    ("alpha-stops-early", STOPS_EARLY, lambda k, n: k / n),
    ("alpha-stops-early-of-more", STOPS_EARLY, lambda k, n: k / (n + 1)),
    (
        "alpha-begins-late",
        f"The first point, start, is missing: α begins after 0. {LINSPACE}",
        lambda k, n: (k + 1) / n,
    ),
    (
        "both-ends-missing",
        f"Both ends are missing. α must begin at 0 and reach 1. {LINSPACE}",
        lambda k, n: (k + 1) / (n + 1),
    ),
    (
        "alpha-in-the-middle",
        f"The ends are missing: α lies in the middle of each step. {LINSPACE}",
        lambda k, n: (k + 0.5) / n,
    ),
    (
        "alpha-not-divided",
        f"α runs from 0 to n_steps - 1, but must end at 1. {LINSPACE}",
        lambda k, n: k,
    ),
    (
        "alpha-from-minus-1",
        f"α runs from -1 to 1, but must begin at 0. {LINSPACE}",
        lambda k, n: 2 * k / (n - 1) - 1,
    ),
    (
        "alpha-rounded-down",
        "α is rounded to whole numbers, so all points but the last are start. Is there a // or an "
        "int() too many?",
        lambda k, n: k // (n - 1),
    ),
    (
        "alpha-rounded",
        "α is rounded to 0 or 1. It must be a decimal number.",
        lambda k, n: (k / (n - 1)).round(),
    ),
    ("all-start", "All points are start. Does α change from point to point?", lambda k, n: 0 * k),
    ("all-end", "All points are end. Does α change from point to point?", lambda k, n: 0 * k + 1),
    (
        "all-middle",
        "All points are the one in the middle. Does α change?",
        lambda k, n: 0 * k + 0.5,
    ),
    ("alpha-squared", NOT_EVEN.format("α is squared"), lambda k, n: (k / (n - 1)) ** 2),
    ("alpha-root", NOT_EVEN.format("α is a square root"), lambda k, n: (k / (n - 1)) ** 0.5),
    (
        "alpha-smooth",
        NOT_EVEN.format("α follows a smooth step"),
        lambda k, n: (k / (n - 1)) ** 2 * (3 - 2 * k / (n - 1)),
    ),
    (
        "alpha-cosine",
        NOT_EVEN.format("α follows a cosine"),
        lambda k, n: (1 - (math.pi * k / (n - 1)).cos()) / 2,
    ),
]
# Short name, sentence, a point of the line.
FORMULAS = [
    (
        "start-whole",
        "The weights do not add up to 1: start needs (1 - α).",
        lambda a, start, end: start + a * end,
    ),
    (
        "end-whole",
        "The weights do not add up to 1: end needs α.",
        lambda a, start, end: (1 - a) * start + end,
    ),
    (
        "alpha-twice",
        "The weights do not add up to 1: start needs (1 - α), not α.",
        lambda a, start, end: a * (start + end),
    ),
    (
        "no-end",
        "α·end is missing from the sum.",
        lambda a, start, end: (1 - a) * start,
    ),
    (
        "no-start",
        "(1 - α)·start is missing from the sum.",
        lambda a, start, end: a * end,
    ),
    (
        "subtracted",
        "The wrong sign: (1 - α)·start is to be added to α·end.",
        lambda a, start, end: (1 - a) * start - a * end,
    ),
    (
        "away-from-end",
        "The line leads away from end: use end - start, not start - end.",
        lambda a, start, end: start + a * (start - end),
    ),
    (
        "halved",
        "The sum is divided by 2, but the weights already add up to 1.",
        lambda a, start, end: ((1 - a) * start + a * end) / 2,
    ),
    (
        "clamped",
        "The points are cut off to [0, 1], but codes may be any number.",
        lambda a, start, end: torch.lerp(start, end, a).clamp(0, 1),
    ),
    (
        "cut-at-zero",
        "Negative numbers are cut off, but codes may be any number.",
        lambda a, start, end: torch.lerp(start, end, a).relu(),
    ),
    (
        "on-a-circle",
        "The points lie on a circle (slerp), but a straight line is asked for: "
        "(1 - α)·start + α·end.",
        _on_circle,
    ),
    (
        "root-weights",
        "The weights are square roots: (1 - α) and α themselves are needed.",
        lambda a, start, end: (1 - a).sqrt() * start + a.sqrt() * end,
    ),
]
# Short name, sentence, solution.
OTHERS = [
    (
        "one-point-middle",
        f"{ONE_POINT}not only the one in the middle.",
        lambda start, end, n_steps: (start + end) / 2,
    ),
    (
        "one-point-last",
        f"{ONE_POINT}but the loop keeps only the last. Collect them in a list and torch.stack it.",
        lambda start, end, n_steps: end,
    ),
    (
        "one-point-first",
        f"{ONE_POINT}but the loop ends with the first. Is return inside the loop?",
        lambda start, end, n_steps: start,
    ),
    (
        "lerp-by-n-steps",
        f"{ONE_POINT}and n_steps is no α. Call torch.lerp with each α, or give α the shape "
        "n_steps×1×1×1.",
        torch.lerp,
    ),
    (
        "one-point-more",
        "That is one point too many: n_steps counts both ends.",
        _more(1),
    ),
    (
        "one-point-more-beyond",
        "That is one point too many, and it lies beyond end.",
        lambda start, end, n: _with_alpha(lambda k, m: k / (m - 2))(start, end, n + 1),
    ),
    ("two-points-more", "These are two points too many: n_steps counts both ends.", _more(2)),
    (
        "one-point-less",
        "One point is missing: n_steps counts both ends.",
        _more(-1),
    ),
    (
        "one-point-less-without-end",
        "The last point, end, is missing: append it, or take linspace(0, 1, n_steps).",
        lambda start, end, n: _with_alpha(lambda k, m: k / m)(start, end, n - 1),
    ),
    (
        "inner-points",
        "Both ends are missing, so there are two points too few: n_steps counts both ends.",
        lambda start, end, n: interpolate(start, end, n)[1:-1],
    ),
    (
        "arange-by-step",
        "torch.arange with a decimal step sometimes gives a point too many, because of rounding. "
        + LINSPACE,
        _by_steps,
    ),
    (
        "float64",
        "The points are right, but torch.float64, where float32 is needed. NumPy's numbers are "
        "float64: make α with torch.linspace, and leave out .double().",
        lambda start, end, n: interpolate(start, end, n).double(),
    ),
    (
        "cat",
        "The points are joined along the channels: use torch.stack, not torch.cat.",
        lambda start, end, n: torch.cat(list(interpolate(start, end, n))),
    ),
    (
        "batch-dimension",
        "Each point has a dimension of size 1 too many: is there an unsqueeze too many?",
        lambda start, end, n: interpolate(start, end, n)[:, None],
    ),
    (
        "dimension-before",
        "The result has a dimension of size 1 too many, the first: is there an unsqueeze too many?",
        lambda start, end, n: interpolate(start, end, n)[None],
    ),
    (
        "counted-last",
        "The points must be counted by the first dimension, but here it is the last: "
        "torch.stack(..., dim=0).",
        lambda start, end, n: torch.stack(list(interpolate(start, end, n)), dim=-1),
    ),
    (
        "counted-second",
        "The points must be counted by the first dimension, but here it is the second: "
        "torch.stack(..., dim=0).",
        lambda start, end, n: torch.stack(list(interpolate(start, end, n)), dim=1),
    ),
    (
        "flattened",
        "Leave the shape of each point as it is: no flatten.",
        lambda start, end, n: interpolate(start, end, n).flatten(1),
    ),
    *(
        (
            f"always-{n}",
            f"There are {n} points whatever n_steps is: use n_steps in place of the number.",
            _always(n),
        )
        for n in (5, 8, 9, 10, 11, 20, 50, 100)
    ),
]
INTERPOLATE = FunctionExercise(
    name="interpolate",
    reference=interpolate,
    cases=_cases,
    todo=(
        "Let α go evenly from 0 to 1 in n_steps steps and return (1 - α)·start + α·end for each α, "
        "as one tensor n_steps×(shape of start)."
    ),
    right="Right: n_steps points from start to end, evenly spaced, for images and for codes.",
    mistakes=(
        *(Mistake(*words, _with_alpha(schedule)) for *words, schedule in SCHEDULES),
        *(Mistake(*words, _with_formula(formula)) for *words, formula in FORMULAS),
        *(Mistake(*mistake) for mistake in OTHERS),
    ),
)
