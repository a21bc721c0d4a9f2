"""Functions that should walk from start to end: right ones, and wrong ones no table knows."""

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


@RIGHT()
def number_by_number(start, end, n_steps):
    line = torch.empty(n_steps, start.numel())
    for i in range(n_steps):
        for j, (a, b) in enumerate(zip(start.flatten(), end.flatten(), strict=True)):
            line[i, j] = a + i / (n_steps - 1) * (b - a)
    return line.reshape(n_steps, *start.shape)


# --- nothing to run ---

WRONG.add("None", None, "Not written yet", "α go evenly from 0 to 1")
WRONG.add("a number", 3, "Your function is needed, but this is a whole number")
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


@WRONG("8 entries along one dimension of the first, 5 of the second", "1×1×1")
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


@WRONG("returns a tuple", "comma too many")
def comma(start, end, n_steps):
    return (wu.interpolate(start, end, n_steps),)


@WRONG("returns a NumPy array", "no .numpy()")
def numpy_array(start, end, n_steps):
    return wu.interpolate(start, end, n_steps).numpy()


@WRONG("returns a generator", "not yield")
def generator(start, end, n_steps):
    yield from wu.interpolate(start, end, n_steps)


@WRONG("The points are right, but torch.float64", "NumPy's numbers are float64")
def alpha_of_numpy(start, end, n_steps):
    alpha = torch.from_numpy(np.linspace(0, 1, n_steps)).reshape(-1, 1, 1, 1)
    return (1 - alpha) * start + alpha * end


@WRONG("tensor of torch.float64", "NumPy's numbers are float64")
def alpha_of_numpy_reversed(start, end, n_steps):
    return alpha_of_numpy(end, start, n_steps)


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


@WRONG("shape 16×2×3×5, expected 8×2×3×5")
def twice_as_many(start, end, n_steps):
    return wu.interpolate(start, end, 2 * n_steps)


@WRONG("right for 44 of 45 inputs", "n_steps = 2", "shape 3×2×3×5, expected 2×2×3×5")
def at_least_three(start, end, n_steps):
    return wu.interpolate(start, end, max(n_steps, 3))


@WRONG("n_steps = 3, the result has shape 10×3×32×32", "a size written as a number")
def ten_images(start, end, n_steps):
    return wu.interpolate(start, end, 10 if start.shape == (3, 32, 32) else n_steps)


@WRONG("sometimes gives a point too many")
def arange_by_steps(start, end, n_steps):
    alpha = torch.arange(0, 1 + 1 / (n_steps - 1), 1 / (n_steps - 1)).view(-1, 1, 1, 1)
    return (1 - alpha) * start + alpha * end


@WRONG("8×2, expected 8×2×3×5")
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


@WRONG("the result is 7.144 at [1, 0, 0, 0], but should be 6.744", "are right: 0 and 7")
def cubed(start, end, n_steps):
    alpha = torch.linspace(0, 1, n_steps).view(-1, 1, 1, 1) ** 3
    return (1 - alpha) * start + alpha * end


@WRONG("these are right: 0.")
def to_nine_tenths(start, end, n_steps):
    alpha = torch.linspace(0, 0.9, n_steps).view(-1, 1, 1, 1)
    return (1 - alpha) * start + alpha * end


@WRONG("multiplied by 0.5")
def halved(start, end, n_steps):
    return wu.interpolate(start, end, n_steps) / 2


@WRONG("No number is negative, but some should be")
def squared(start, end, n_steps):
    return wu.interpolate(start, end, n_steps) ** 2


@WRONG("another each time", "random numbers")
def little_noise(start, end, n_steps):
    return wu.interpolate(start, end, n_steps) + 0.01 * torch.randn(n_steps, 1, 1, 1)
