"""What an encoder does, observed so that it does not matter how its weights are laid out.

If all weights of a network have the same value, every layout of them gives the same numbers. And
if two such networks take the same steps along a gradient, they go on giving the same numbers,
although their weights soon differ from each other: a step treats every weight alike, wherever it
is kept. So two encoders are the same if they begin alike and learn alike.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

ODD, USUAL = (5, 7, 11), (8, 16, 32)  # numbers of filters; odd ones fit nothing by accident
# First and last bias of the hidden layers of odd size. They differ, or all filters of a layer would
# stay alike; in which order they lie does not matter, it only gives the filters other numbers.
BIASES = {5: (-0.6, 0.1), 7: (-0.4, 0.2)}
SMALL, LARGE, NEGATIVE = 0.02, 0.5, -0.1  # values of all other weights
N_STEPS, STEP = 9, 0.5

Run = Callable[[nn.Module, Tensor], Tensor]


def images(n: int) -> Tensor:
    """Images with values between 0 and 1, with light and dark parts, the same every time."""
    generator = torch.Generator().manual_seed(n)
    parts = torch.rand(n, 3, 4, 4, generator=generator)
    parts = parts.repeat_interleave(8, dim=2).repeat_interleave(8, dim=3)
    return parts * torch.rand(n, 3, 32, 32, generator=generator)


def observe(
    odd: nn.Module, usual: nn.Module, run: Run, told_apart: bool
) -> Iterator[tuple[str, Any]]:
    """Names and values of an encoder's properties, one after the other; it is trained meanwhile.

    Args:
        odd: the encoder with an odd number of filters.
        usual: the same with the usual number of filters.
        run: calls an encoder.
        told_apart: whether its biases are given different values; see `has_biases`.
    """
    x = images(2)
    sizes = [tuple(run(encoder, x).shape) for encoder in (odd, usual)]
    sizes += [tuple(run(odd, images(n)).shape) for n in (1, 3)]
    yield "size", [*sizes, *(sum(w.numel() for w in e.parameters()) for e in (odd, usual))]
    yield "number of weights that cannot learn", len(unreached(odd, run(odd, x)))
    filters = [w for w in odd.parameters() if w.numel() > max(ODD)]
    yield "filters that begin alike", any((w == w.flatten()[0]).all() for w in filters)
    codes = []
    for training in (True, True, False, False):
        odd.train(training)
        codes.append(run(odd, x))
    yield "repeats itself", same(codes[0], codes[1]) and same(codes[2], codes[3])
    yield "same in both modes", same(codes[0], codes[2])
    for code in _numbers(odd, run, told_apart):
        yield "numbers", code


def has_biases(odd: nn.Module) -> bool:
    """Whether there is a tensor of biases for either hidden layer."""
    return set(BIASES) <= {weight.numel() for weight in odd.parameters()}


def unreached(model: nn.Module, code: Tensor) -> list[str]:
    """Names of the weights that training would not change."""
    named = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
    found = gradients(code, list(named.values())) if code.requires_grad else [None] * len(named)
    reached = {name for name, gradient in zip(named, found, strict=True) if gradient is not None}
    return [name for name, _ in model.named_parameters() if name not in reached]


def gradients(code: Tensor, weights: Sequence[Tensor], seed: int = 0) -> list[Any]:
    """Gradients of a random mixture of the codes; None for a weight on which none depends."""
    mixture = torch.randn(code.shape, generator=torch.Generator().manual_seed(seed))
    gain = (code * (mixture - mixture.mean())).sum()
    return list(torch.autograd.grad(gain, weights, allow_unused=True))


def same(a: Any, b: Any) -> bool:  # noqa: ANN401 - any property
    """Whether two properties agree, but for rounding, as far as the first could be observed."""
    if isinstance(a, list):
        return all(map(same, a, b))
    if isinstance(a, Tensor):
        return a.shape == b.shape and bool((a - b).abs().max() <= 1e-3 * b.abs().max())
    return a is None or a == b


def _numbers(model: nn.Module, run: Run, told_apart: bool) -> Iterator[Tensor | None]:
    """Codes with other weights, and while it learns."""
    x = images(2)
    weights: list[Tensor] = list(model.parameters())
    for value in (LARGE, NEGATIVE):
        _fill(weights, value, told_apart)
        yield run(model, x).detach()
    yield run(model, x).detach() if _fill_filters(model) else None
    _fill(weights, SMALL, told_apart)
    for n in (1, 3):
        yield run(model, images(n)).detach()
    for step in range(N_STEPS):
        found = gradients(run(model, x), weights, step)
        length = max(sum(gradient.square().sum() for gradient in found) ** 0.5, 1e-12)
        with torch.no_grad():
            for weight, gradient in zip(weights, found, strict=True):
                weight += STEP * gradient / length
        yield run(model, x).detach()


@torch.no_grad()
def _fill(weights: Sequence[Tensor], value: float, told_apart: bool) -> None:
    for weight in weights:
        weight.fill_(value)
        if told_apart and weight.numel() in BIASES:
            biases = torch.linspace(*BIASES[weight.numel()], weight.numel())
            weight.copy_(biases.view_as(weight))


@torch.no_grad()
def _fill_filters(model: nn.Module) -> bool:
    """Make all weights random if three layers of PyTorch hold them, whose layout is known."""
    layers = [layer for layer in model.modules() if type(layer) is nn.Conv2d]
    weights = [weight for layer in layers for weight in layer.parameters()]
    if len(layers) != 3 or len(weights) != len(list(model.parameters())):
        return False
    for weight in weights:
        generator = torch.Generator().manual_seed(weight.numel())
        weight.copy_(torch.randn(weight.shape, generator=generator))
    return True
