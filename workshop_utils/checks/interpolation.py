"""Whether a student's function walks in a straight line, evenly and with both ends."""

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from workshop_utils.analysis.interpolation import interpolate
from workshop_utils.checks.answers import random_tensor, same, shape_of
from workshop_utils.checks.functions import check_function, run_function
from workshop_utils.checks.result import CheckResult
from workshop_utils.checks.running import Mistake, judge
from workshop_utils.networks.layers import format_shape

TODO = (
    "Let α go evenly from 0 to 1 in n_steps steps and return (1 - α)·start + α·end for each α, as "
    "one tensor n_steps×(shape of start)."
)
# (what start and end are, their shape, n_steps). Codes first: they may be negative and large.
CASES = [
    ("codes", (32, 4, 4), 8),
    ("images", (3, 32, 32), 8),
    ("images", (3, 32, 32), 3),
    ("codes", (32, 4, 4), 2),
    ("codes", (32, 4, 4), 32),
    ("tensors", (4, 4, 4), 4),
    ("tensors", (2, 3, 5), 5),
]


def check_interpolation(fn: Callable[[Tensor, Tensor, int], Tensor]) -> CheckResult:
    """Compare a function with (1 - α)·start + α·end, for images and codes.

    Args:
        fn: the student's function, called with start, end and n_steps in this order.

    Returns:
        What was found; it has been shown already.
    """
    return judge(lambda: _check(fn), TODO)


def _check(fn: Callable) -> str:
    check_function(fn, "check_interpolation", "interpolate", "start", "end", "n_steps")
    for number, (things, shape, n_steps) in enumerate(CASES):
        start, end = random_tensor(*shape, seed=1), random_tensor(*shape, seed=2)
        if things != "images":
            start, end = 20 * start - 8, 20 * end - 8
        title = f"For two {things} of shape {format_shape(shape)} and n_steps = {n_steps}"
        line = _run(fn, start, end, n_steps)
        if not same(line, _run(fn, start, end, n_steps)):
            raise Mistake("The points are others each time. Leave out all random numbers.")
        others = "The function is right for other values. " if number else ""
        problem = _explain_shape(fn, line, start, end, n_steps)
        if problem:
            raise Mistake(f"{others}{title}, {problem}")
        problem = _explain_points(line, start, end, n_steps)
        if problem:
            raise Mistake(f"{others}{title}: {problem}" if number else problem)
    return "Right: n_steps points from start to end, evenly spaced, for images and for codes."


def _run(fn: Callable, start: Tensor, end: Tensor, n_steps: int) -> Tensor:
    shape = shape_of(start)
    doing = f"Calling your function with two tensors of shape {shape} and n_steps = {n_steps}"
    return run_function(doing, fn, {"start": start.clone(), "end": end.clone()}, n_steps)


def _explain_shape(
    fn: Callable, line: Tensor, start: Tensor, end: Tensor, n_steps: int
) -> str | None:
    """What is wrong with the shape of the line; None if nothing is."""
    expected = (n_steps, *start.shape)
    shape = tuple(line.shape)
    if shape == expected:
        return None
    seen = f"the result has shape {shape_of(line)}, expected {format_shape(expected)}. "
    if same(line, (start + end) / 2):
        return seen + "That is only the point in the middle: all n_steps points are needed."
    if shape == start.shape:
        return seen + (
            "That is one point, or the α were multiplied into another dimension. Give α the shape "
            "n_steps×1×1×1, or collect the points in a list and torch.stack it."
        )
    if shape[1:] == expected[1:]:
        return seen + _explain_number(fn, shape[0], start, end, n_steps)
    if shape == (n_steps * start.shape[0], *start.shape[1:]):
        return seen + "The points are joined along the channels: use torch.stack, not torch.cat."
    if shape == (n_steps, start.numel()):
        return seen + "Leave the shape of each point as it is: no flatten."
    if line.numel() == math.prod(expected):
        if 1 in shape:
            return seen + "There is a dimension of size 1 too many: is there an unsqueeze too many?"
        return seen + "The points must be counted by the first dimension: torch.stack(..., dim=0)."
    return seen + "The first dimension counts the points; the others are those of start."


def _explain_number(fn: Callable, seen: int, start: Tensor, end: Tensor, n_steps: int) -> str:
    other = _run(fn, start, end, n_steps + 3)
    if len(other) == seen:
        return f"There are {seen} points whatever n_steps is: use n_steps in place of the number."
    if seen == n_steps + 1:
        return "That is one point too many: n_steps counts both ends."
    if seen == n_steps + 2:
        return "These are two points too many: n_steps counts both ends."
    if seen == n_steps - 1:
        return "One point is missing: n_steps counts both ends."
    if seen == n_steps - 2:
        return "Two points are missing: n_steps counts both ends."
    return "There must be n_steps points."


def _explain_points(line: Tensor, start: Tensor, end: Tensor, n_steps: int) -> str | None:
    """What is wrong with the points of the line; None if nothing is."""
    right = interpolate(start, end, n_steps)
    if same(line, right):
        return None
    for sentence, candidate in _candidates(start, end, n_steps):
        if same(line, candidate):
            return sentence
    ends = same(line[0], start), same(line[-1], end)
    if not ends[0]:
        return "The first point is not start. α must begin at 0."
    if not ends[1]:
        return "The last point is not end. α must reach 1."
    return "Both ends are right, but the points between are not (1 - α)·start + α·end."


def _candidates(start: Tensor, end: Tensor, n_steps: int) -> Iterator[tuple[str, Tensor]]:
    """Pairs of a mistake in words and the line that it gives."""

    def on_line(alpha: Tensor) -> Tensor:
        alpha = alpha.reshape(-1, 1, 1, 1)
        return (1 - alpha) * start + alpha * end

    k = torch.arange(n_steps, dtype=torch.float32)
    alpha = k / (n_steps - 1)
    column = alpha.reshape(-1, 1, 1, 1)
    right = on_line(alpha)
    both = "Use linspace(0, 1, n_steps)."
    yield "The line is reversed. α belongs to end, 1 - α to start.", right.flip(0)
    yield f"The last point, end, is missing: α stops before 1. {both}", on_line(k / n_steps)
    yield (
        f"The first point, start, is missing: α begins after 0. {both}",
        on_line((k + 1) / n_steps),
    )
    yield (
        f"Both ends are missing. α must begin at 0 and reach 1. {both}",
        on_line((k + 1) / (n_steps + 1)),
    )
    yield f"The last point, end, is missing: α stops before 1. {both}", on_line(k / (n_steps + 1))
    yield (
        f"The ends are missing: α lies in the middle of each step. {both}",
        on_line((k + 0.5) / n_steps),
    )
    yield f"α runs from 0 to {n_steps - 1}, but must end at 1. {both}", on_line(k)
    yield f"α runs from -1 to 1, but must begin at 0. {both}", on_line(2 * alpha - 1)
    yield (
        (
            "α is rounded to whole numbers, so all points but the last are start. Is there a // "
            "or an int() too many?"
        ),
        on_line(alpha.floor()),
    )
    yield "α is rounded to 0 or 1. It must be a decimal number.", on_line(alpha.round())
    yield "All points are start. Does α change from point to point?", on_line(0 * alpha)
    yield "All points are end. Does α change from point to point?", on_line(0 * alpha + 1)
    yield "All points are the one in the middle. Does α change?", on_line(0 * alpha + 0.5)
    uneven = "The points are not evenly spaced: {}. " + both
    yield uneven.format("α is squared"), on_line(alpha**2)
    yield uneven.format("α is a square root"), on_line(alpha.sqrt())
    yield uneven.format("α follows a smooth step"), on_line(alpha**2 * (3 - 2 * alpha))
    yield uneven.format("α follows a cosine"), on_line((1 - (math.pi * alpha).cos()) / 2)
    yield uneven.format("α follows a sine"), on_line((math.pi / 2 * alpha).sin())
    yield "The weights do not add up to 1: start needs (1 - α).", start + column * end
    yield "The weights do not add up to 1: end needs α.", (1 - column) * start + end
    yield "The weights do not add up to 1: start needs (1 - α), not α.", column * (start + end)
    yield "α·end is missing from the sum.", (1 - column) * start
    yield "(1 - α)·start is missing from the sum.", column * end
    yield (
        "The wrong sign: (1 - α)·start is to be added to α·end.",
        ((1 - column) * start - column * end),
    )
    yield (
        "The line leads away from end: use end - start, not start - end.",
        (start - column * (end - start)),
    )
    yield "The sum is divided by 2, but the weights already add up to 1.", right / 2
    yield "The points are cut off to [0, 1], but codes may be any number.", right.clamp(0, 1)
    yield "Negative numbers are cut off, but codes may be any number.", right.relu()
    yield (
        (
            "The points lie on a circle (slerp), but a straight line is asked for: "
            "(1 - α)·start + α·end."
        ),
        _on_circle(start, end, column),
    )
    yield (
        "The weights are square roots: (1 - α) and α themselves are needed.",
        ((1 - column).sqrt() * start + column.sqrt() * end),
    )


def _on_circle(start: Tensor, end: Tensor, alpha: Tensor) -> Tensor:
    """Spherical interpolation."""
    angle = torch.acos((start * end).sum() / (start.norm() * end.norm()))
    return (((1 - alpha) * angle).sin() * start + (alpha * angle).sin() * end) / angle.sin()
