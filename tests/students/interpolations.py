"""Functions that should walk from start to end: right ones, and wrong ones with their mistakes."""

import math
import time

import numpy as np
import torch
from students.table import Table

import workshop_utils as wu

RIGHT, WRONG = Table(), Table()

# --- right ---

RIGHT.add("the reference", wu.interpolate)


@RIGHT()
def broadcast(start, end, n_steps):
    alpha = torch.linspace(0, 1, n_steps).view(-1, 1, 1, 1)
    return (1 - alpha) * start + alpha * end


@RIGHT()
def with_none(a, b, n=8):
    alpha = torch.linspace(0, 1, n)[:, None, None, None]
    return a + alpha * (b - a)


@RIGHT()
def loop_and_stack(start, end, n_steps):
    points = []
    for i in range(n_steps):
        a = i / (n_steps - 1)
        print("alpha", a)
        points.append((1 - a) * start + a * end)
    return torch.stack(points)


@RIGHT()
def lerp(start, end, n_steps):
    return torch.stack([torch.lerp(start, end, a.item()) for a in torch.linspace(0, 1, n_steps)])


@RIGHT()
def einsum(start, end, n_steps):
    a = torch.linspace(0, 1, n_steps)
    return torch.einsum("n,chw->nchw", 1 - a, start) + torch.einsum("n,chw->nchw", a, end)


@RIGHT()
def filled(start, end, n_steps):
    out = torch.empty(n_steps, *start.shape)
    for i, a in enumerate(np.linspace(0, 1, n_steps)):
        out[i] = start * (1 - a) + end * a
    return out


@RIGHT()
def cat_of_unsqueezed(start, end, n_steps):
    alphas = torch.arange(n_steps) / (n_steps - 1)
    return torch.cat([((1 - a) * start + a * end).unsqueeze(0) for a in alphas])


@RIGHT()
def matrix(start, end, n_steps):
    a = torch.linspace(0, 1, n_steps)
    weights = torch.stack([1 - a, a], dim=1)
    return (weights @ torch.stack([start, end]).flatten(1)).view(n_steps, *start.shape)


@RIGHT()
def with_gradient(start, end, n_steps):
    return wu.interpolate(start.requires_grad_(), end, n_steps)


# --- nothing to run ---

WRONG.add("None", None, "Not written yet", "α go evenly from 0 to 1")
WRONG.add("a number", 3, "needs your function", "a whole number")
WRONG.add("torch.lerp", torch.lerp, "✗ For two codes", "That is one point", "n_steps×1×1×1")
WRONG.add("its result", torch.zeros(8, 3, 32, 32), "This is what the function returned")


@WRONG("Not written yet", "(1 - α)·start + α·end")
def stub(start, end, n_steps):
    raise NotImplementedError


@WRONG("The function returns None", "return statement")
def no_return(start, end, n_steps):
    wu.interpolate(start, end, n_steps)


@WRONG("three values", "def interpolate(start, end, n_steps):")
def two_arguments(start, end):
    return start


@WRONG("still a ... to be replaced", "alpha = ... * n_steps")
def dots(start, end, n_steps):
    alpha = ... * n_steps
    return alpha


@WRONG("no variable alpha", "(1 - alpha) * start")
def unknown_name(start, end, n_steps):
    return (1 - alpha) * start + alpha * end


@WRONG("interpolate_slowly() was stopped", "never ends")
def interpolate_slowly(start, end, n_steps):
    alpha = 0
    while alpha != 1:
        alpha += 0.3
    return start


@WRONG("nap() was stopped")
def nap(start, end, n_steps):
    time.sleep(1.6)


@WRONG("8 entries along one dimension of the first, 4 of the second", "1×1×1")
def no_broadcast(start, end, n_steps):
    alpha = torch.linspace(0, 1, n_steps)
    return (1 - alpha) * start + alpha * end


@WRONG("start.shape", "out[i] = (1 - a) * start + a * end")
def images_only(start, end, n_steps):
    out = torch.zeros(n_steps, 3, 32, 32)
    for i, a in enumerate(torch.linspace(0, 1, n_steps)):
        out[i] = (1 - a) * start + a * end
    return out


# --- type and shape ---


@WRONG("returns a list", "torch.stack(...) makes one tensor")
def list_of_points(start, end, n_steps):
    return list(wu.interpolate(start, end, n_steps))


@WRONG("returns a tuple", "torch.stack(...) makes one tensor")
def tuple_of_points(start, end, n_steps):
    return tuple(wu.interpolate(start, end, n_steps))


@WRONG("returns a tuple", "comma too many")
def comma(start, end, n_steps):
    return (wu.interpolate(start, end, n_steps),)


@WRONG("returns a NumPy array", "no .numpy()")
def numpy_array(start, end, n_steps):
    return wu.interpolate(start, end, n_steps).numpy()


@WRONG("returns a generator", "not yield")
def generator(start, end, n_steps):
    yield from wu.interpolate(start, end, n_steps)


@WRONG("tensor of torch.float64")
def double(start, end, n_steps):
    alpha = torch.from_numpy(np.linspace(0, 1, n_steps)).reshape(-1, 1, 1, 1)
    return (1 - alpha) * start + alpha * end


@WRONG("tensor of torch.int64")
def whole_numbers(start, end, n_steps):
    return wu.interpolate(start, end, n_steps).long()


@WRONG("NaN")
def not_a_number(start, end, n_steps):
    return wu.interpolate(start, end, n_steps) / 0 * 0


@WRONG("“meta”")
def on_meta(start, end, n_steps):
    return wu.interpolate(start, end, n_steps).to("meta")


@WRONG("Not written yet", "n_steps steps")
def still_dots(start, end, n_steps):
    return ...


@WRONG("only the point in the middle")
def middle(start, end, n_steps):
    return (start + end) / 2


@WRONG("shape 32×4×4, expected 8×32×4×4", "That is one point")
def one_point(start, end, n_steps):
    for a in torch.linspace(0, 1, n_steps):
        point = (1 - a) * start + a * end
    return point


@WRONG("✗ For two codes", "one point too many")
def one_too_many(start, end, n_steps):
    return wu.interpolate(start, end, n_steps + 1)


@WRONG("two points too many")
def two_too_many(start, end, n_steps):
    return wu.interpolate(start, end, n_steps + 2)


@WRONG("One point is missing")
def one_too_few(start, end, n_steps):
    return wu.interpolate(start, end, n_steps - 1)


@WRONG("Two points are missing")
def inner_points(start, end, n_steps):
    return wu.interpolate(start, end, n_steps)[1:-1]


@WRONG("✗ For two codes", "There are 10 points whatever n_steps is")
def ignores_n_steps(start, end, n_steps):
    return wu.interpolate(start, end, 10)


@WRONG("There must be n_steps points")
def twice_as_many(start, end, n_steps):
    return wu.interpolate(start, end, 2 * n_steps)


@WRONG("n_steps = 3, the result has shape 8", "right for other values", "whatever n_steps is")
def eight_points(start, end, n_steps):
    return wu.interpolate(start, end, 8)


@WRONG("n_steps = 2", "shape 3×32×4×4", "one point too many")
def at_least_three(start, end, n_steps):
    return wu.interpolate(start, end, max(n_steps, 3))


@WRONG("torch.stack, not torch.cat")
def cat(start, end, n_steps):
    return torch.cat([(1 - a) * start + a * end for a in torch.linspace(0, 1, n_steps)])


@WRONG("8×1×32×4×4", "dimension of size 1 too many")
def batch_dimension(start, end, n_steps):
    return wu.interpolate(start[None], end[None], n_steps)


@WRONG("32×4×4×8", "counted by the first dimension")
def steps_last(start, end, n_steps):
    a = torch.linspace(0, 1, n_steps)
    return start[..., None] * (1 - a) + end[..., None] * a


@WRONG("8×512", "no flatten")
def flattened(start, end, n_steps):
    return wu.interpolate(start.flatten(), end.flatten(), n_steps)


@WRONG("8×32, expected", "the others are those of start")
def averaged(start, end, n_steps):
    return wu.interpolate(start, end, n_steps).mean((2, 3))


@WRONG("changes start itself")
def in_place(start, end, n_steps):
    points = []
    step = (end - start) / (n_steps - 1)
    for _ in range(n_steps):
        points.append(start.clone())
        start += step
    return torch.stack(points)


@WRONG("changes end itself")
def in_place_at_the_end(start, end, n_steps):
    line = wu.interpolate(start, end, n_steps)
    end.zero_()
    return line


# --- numbers ---


def with_alpha(schedule):
    """A line with other α than the right ones."""

    def line(start, end, n_steps):
        alpha = schedule(torch.arange(n_steps), n_steps).view(-1, 1, 1, 1)
        return (1 - alpha) * start + alpha * end

    return line


def with_formula(formula):
    """A line with another formula than the right one."""

    def line(start, end, n_steps):
        return formula(torch.linspace(0, 1, n_steps).view(-1, 1, 1, 1), start, end)

    return line


for name, schedule, *words in [
    ("reversed", lambda k, n: 1 - k / (n - 1), "reversed", "α belongs to end"),
    ("arange / n", lambda k, n: k / n, "last point, end, is missing", "linspace(0, 1, n_steps)"),
    ("from 1 / n", lambda k, n: (k + 1) / n, "first point, start, is missing"),
    ("inner", lambda k, n: (k + 1) / (n + 1), "Both ends are missing"),
    ("halves", lambda k, n: (k + 0.5) / n, "α lies in the middle of each step"),
    ("not divided", lambda k, n: k, "α runs from 0 to 7"),
    ("from -1", lambda k, n: torch.linspace(-1, 1, n), "α runs from -1 to 1"),
    ("// ", lambda k, n: k // (n - 1), "α is rounded to whole numbers", "//"),
    ("rounded", lambda k, n: (k / (n - 1)).round(), "rounded to 0 or 1"),
    ("constant start", lambda k, n: 0 * k, "All points are start"),
    ("constant end", lambda k, n: 0 * k + 1, "All points are end"),
    ("constant middle", lambda k, n: 0 * k + 0.5, "All points are the one in the middle"),
    ("squared", lambda k, n: (k / (n - 1)) ** 2, "not evenly spaced: α is squared"),
    ("root", lambda k, n: (k / (n - 1)) ** 0.5, "not evenly spaced: α is a square root"),
    ("smooth", lambda k, n: (a := k / (n - 1)) ** 2 * (3 - 2 * a), "smooth step"),
    ("cosine", lambda k, n: 0.5 - (math.pi * k / (n - 1)).cos() / 2, "α follows a cosine"),
    ("cubed", lambda k, n: (k / (n - 1)) ** 3, "Both ends are right, but the points between"),
    ("to 0.9", lambda k, n: torch.linspace(0, 0.9, n), "The last point is not end"),
    ("from 0.2", lambda k, n: torch.linspace(0.2, 1, n), "The first point is not start"),
]:
    WRONG.add(name, with_alpha(schedule), *words)
for name, formula, *words in [
    ("no 1 - α", lambda a, s, e: s + a * e, "start needs (1 - α)."),
    ("no α", lambda a, s, e: (1 - a) * s + e, "do not add up to 1: end needs α"),
    ("α twice", lambda a, s, e: a * s + a * e, "start needs (1 - α), not α"),
    ("no end", lambda a, s, e: (1 - a) * s, "✗ α·end is missing from the sum"),
    ("no start", lambda a, s, e: a * e, "✗ (1 - α)·start is missing from the sum"),
    ("minus", lambda a, s, e: (1 - a) * s - a * e, "wrong sign"),
    ("away", lambda a, s, e: s + a * (s - e), "leads away from end"),
    ("half", lambda a, s, e: ((1 - a) * s + a * e) / 2, "divided by 2"),
    ("clamped", lambda a, s, e: torch.lerp(s, e, a).clamp(0, 1), "cut off to [0, 1]"),
    ("positive", lambda a, s, e: torch.lerp(s, e, a).relu(), "Negative numbers are cut off"),
    ("roots", lambda a, s, e: (1 - a).sqrt() * s + a.sqrt() * e, "weights are square roots"),
    ("noise", lambda a, s, e: torch.randn_like(a * s), "are others each time"),
]:
    WRONG.add(name, with_formula(formula), *words)


@WRONG("circle (slerp)", "straight line")
def slerp(start, end, n_steps):
    cosine = (start * end).sum() / (start.norm() * end.norm())
    angle = torch.arccos(cosine)
    alphas = torch.linspace(0, 1, n_steps)
    return torch.stack(
        [
            ((1 - a) * angle).sin() / angle.sin() * start + (a * angle).sin() / angle.sin() * end
            for a in alphas
        ]
    )


@WRONG("are others each time", "random numbers")
def little_noise(start, end, n_steps):
    return wu.interpolate(start, end, n_steps) + 0.01 * torch.randn(n_steps, 1, 1, 1)


@WRONG("n_steps = 3", "shape 3×32×32, expected 3×3×32×32", "right for other values")
def lost_when_sizes_agree(start, end, n_steps):
    if n_steps == start.shape[0]:
        alpha = torch.linspace(0, 1, n_steps)[:, None, None]
    else:
        alpha = torch.linspace(0, 1, n_steps)[:, None, None, None]
    return (1 - alpha) * start + alpha * end


@WRONG(
    "For two images of shape 3×32×32 and n_steps = 8",
    "right for other values",
    "whatever n_steps is",
)
def ten_images(start, end, n_steps):
    return wu.interpolate(start, end, 10 if len(start) == 3 else n_steps)
