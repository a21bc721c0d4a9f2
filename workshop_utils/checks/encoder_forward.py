"""Which forward pass a student has written: known mistakes are tried until one fits."""

from collections.abc import Callable, Iterator
from itertools import product

import torch
import torch.nn.functional as F
from torch import Tensor

from workshop_utils.checks.answers import same
from workshop_utils.checks.encoder_trial import ORDINALS
from workshop_utils.networks.autoencoders import ConvEncoder

Step = Callable[[Tensor], Tensor]
Convolution = Callable[[Tensor, Tensor, Tensor], Tensor]


def nothing(x: Tensor) -> Tensor:
    """Hand on what came in."""
    return x


# What may stand where a ReLU is asked for, or at the end.
ACTIVATIONS: dict[str, Step] = {
    "ReLU": F.relu,
    "nothing": nothing,
    "LeakyReLU": F.leaky_relu,
    "LeakyReLU (0.2)": lambda x: F.leaky_relu(x, 0.2),
    "Sigmoid": torch.sigmoid,
    "Tanh": torch.tanh,
    "ReLU6": F.relu6,
    "GELU": F.gelu,
    "ELU": F.elu,
    "SiLU": F.silu,
    "Softplus": F.softplus,
    "Softmax over the channels": lambda x: x.softmax(1),
    "a clamp to [0, 1]": lambda x: x.clamp(0, 1),
    "a clamp to [-1, 1]": lambda x: x.clamp(-1, 1),
}


def _standardise(x: Tensor, dims: tuple[int, ...]) -> Tensor:
    mean, variance = x.mean(dims, keepdim=True), x.var(dims, correction=0, keepdim=True)
    return (x - mean) / (variance + 1e-5).sqrt()


NORMALISATIONS: dict[str, Step] = {
    "each channel of each image (instance normalisation)": lambda x: _standardise(x, (2, 3)),
    "all numbers of an image (layer normalisation)": lambda x: _standardise(x, (1, 2, 3)),
    "each channel over the batch (batch normalisation)": lambda x: _standardise(x, (0, 2, 3)),
    "the length of the channels (F.normalize)": F.normalize,
}

IMAGE_CHANGES: dict[str, Step] = {
    "scaled to [-1, 1] (2x - 1)": lambda x: 2 * x - 1,
    "shifted by 0.5": lambda x: x - 0.5,
    "multiplied by 255": lambda x: x * 255,
    "divided by 255": lambda x: x / 255,
    "inverted (1 - x)": lambda x: 1 - x,
    "mirrored left to right": lambda x: x.flip(3),
    "turned upside down": lambda x: x.flip(2),
    "transposed (height and width interchanged)": lambda x: x.transpose(2, 3),
    "given with red and blue interchanged": lambda x: x.flip(1),
    "made grey": lambda x: x.mean(1, keepdim=True).expand(-1, 3, -1, -1),
    "standardised to mean 0 and standard deviation 1": lambda x: (x - x.mean()) / x.std(),
    "standardised channel by channel": lambda x: _standardise(x, (0, 2, 3)),
    "standardised one by one": lambda x: _standardise(x, (1, 2, 3)),
    "standardised one by one, each channel for itself": lambda x: _standardise(x, (2, 3)),
}

CODE_CHANGES: dict[str, Step] = {
    "mirrored left to right": lambda z: z.flip(3),
    "turned upside down": lambda z: z.flip(2),
    "transposed (height and width interchanged)": lambda z: z.transpose(2, 3),
    "arranged in another order by reshape": lambda z: z.permute(0, 2, 3, 1).reshape(
        z.shape[0], *z.shape[1:]
    ),
    "divided by the length of its channels (F.normalize)": F.normalize,
    "divided by its length": lambda z: z / z.flatten(1).norm(dim=1)[:, None, None, None],
    "standardised to mean 0 and standard deviation 1": lambda z: (z - z.mean()) / z.std(),
    "standardised (layer normalisation)": lambda z: _standardise(z, (1, 2, 3)),
    "standardised (instance normalisation)": lambda z: _standardise(z, (2, 3)),
    "standardised (batch normalisation)": lambda z: _standardise(z, (0, 2, 3)),
    "turned into a softmax over all its numbers": lambda z: z.flatten(1).softmax(1).view_as(z),
    "turned round in the batch": lambda z: z.flip(0),
    "squared": torch.square,
}


def right_convolution(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Stride 2 and a border of one pixel of zeros."""
    return F.conv2d(x, weight, bias, stride=2, padding=1)


def _with_border(mode: str) -> Convolution:
    return lambda x, w, b: F.conv2d(F.pad(x, (1, 1, 1, 1), mode), w, b, stride=2)


def _every_pixel(border: tuple[int, int]) -> Convolution:
    """Stride 1, so that something else must halve the size."""
    left, right = border
    return lambda x, w, b: F.conv2d(F.pad(x, (left, right, left, right)), w, b)


CONVOLUTIONS: dict[str, Convolution] = {
    **{
        f"The border of the images is filled by “{mode}”, but should be zeros: padding=1 without "
        "padding_mode.": _with_border(mode)
        for mode in ("reflect", "replicate", "circular")
    },
    "The filters lie one pixel too far left and up. The border belongs on all four sides: "
    "stride=2 and padding=1.": lambda x, w, b: F.conv2d(F.pad(x, (2, 0, 2, 0)), w, b, stride=2),
    "The filters lie one pixel too far right and down. The border belongs on all four sides: "
    "stride=2 and padding=1.": lambda x, w, b: F.conv2d(F.pad(x, (0, 2, 0, 2)), w, b, stride=2),
    "The filters are turned round. Leave them as they are: F.conv2d slides them over the image.": (
        lambda x, w, b: right_convolution(x, w.flip(2, 3), b)
    ),
}
POOLINGS: dict[str, Step] = {
    "max-pooling": lambda x: F.max_pool2d(x, 2),
    "average pooling": lambda x: F.avg_pool2d(x, 2),
}
BORDERS = {"padding “same”": (1, 2), "padding 2": (2, 2)}


def recognise(reference: ConvEncoder, x: Tensor, code: Tensor) -> str | None:
    """Say which mistake turns the reference's code into the student's; None if no known one does.

    Args:
        reference: holds the student's weights.
        x: the images.
        code: what the student's encoder makes of them.
    """
    layers = [
        (layer.weight, layer.bias) for layer in (reference.conv1, reference.conv2, reference.conv3)
    ]
    with torch.no_grad():
        corner, margin = code[0, 0, 0, 0].item(), 1e-3 * code.abs().max().item()
        for sentence, candidate in _candidates(layers, x):
            # Thousands are tried, so most of them are put aside by their first number.
            near = abs(candidate[0, 0, 0, 0].item() - corner) <= margin
            if near and same(code, candidate):
                return sentence
        right = reference(x)
    if (code == code[:1]).all() and not (right == right[:1]).all():
        return "The code is the same for every image. Does forward use its argument x?"
    factor = (code * right).sum() / right.square().sum()
    if same(code, factor * right):
        return f"The code is multiplied by {factor:.4g}. Return what the third convolution gives."
    if same(code - code.mean((0, 2, 3), keepdim=True), right - right.mean((0, 2, 3), keepdim=True)):
        return "A constant is added to the code. Return what the third convolution gives."
    return None


def _candidates(layers: list[tuple[Tensor, Tensor]], x: Tensor) -> Iterator[tuple[str, Tensor]]:
    """Pairs of a mistake in words and what it gives, the most likely ones first."""

    def run(
        x: Tensor, convolve: Convolution, after: Step, between: Step = nothing, end: Step = nothing
    ) -> Tensor:
        for weight, bias in layers[:2]:
            x = between(after(convolve(x, weight, bias)))
        return end(convolve(x, *layers[2]))

    yield from _with_activations(layers, x)
    for name, change in IMAGE_CHANGES.items():
        yield (
            f"The images are {name} before the first convolution. Leave them as they come.",
            run(change(x), right_convolution, F.relu),
        )
    for name, change in CODE_CHANGES.items():
        yield (
            f"The code is {name} at the end. Return what the third convolution gives.",
            run(x, right_convolution, F.relu, end=change),
        )
    for (sentence, convolve), end in product(CONVOLUTIONS.items(), (nothing, F.relu)):
        yield sentence, run(x, convolve, F.relu, end=end)
    for (name, pool), (padding, border) in product(POOLINGS.items(), BORDERS.items()):
        sentence = (
            f"The size is halved by {name} after convolutions of stride 1 and {padding}. Leave it "
            "out and give the convolutions stride 2 and padding 1."
        )
        convolve = _every_pixel(border)
        yield sentence, run(x, convolve, F.relu, between=pool, end=pool)
        yield sentence, run(x, convolve, lambda x, pool=pool: F.relu(pool(x)), end=pool)
    for name, normalise in NORMALISATIONS.items():
        sentence = f"Something between the layers normalises {name}. Leave it out."
        yield sentence, run(x, right_convolution, lambda x, n=normalise: F.relu(n(x)))
        yield sentence, run(x, right_convolution, F.relu, between=normalise)
        yield (
            sentence,
            run(x, right_convolution, lambda x, n=normalise: F.relu(n(x)), end=normalise),
        )


def _with_activations(
    layers: list[tuple[Tensor, Tensor]], x: Tensor
) -> Iterator[tuple[str, Tensor]]:
    """Every choice of what follows each of the three convolutions, few differences first."""
    found = []
    first = right_convolution(x, *layers[0])
    for name1, step1 in ACTIVATIONS.items():
        second = right_convolution(step1(first), *layers[1])
        for name2, step2 in ACTIVATIONS.items():
            third = right_convolution(step2(second), *layers[2])
            for name3, step3 in ACTIVATIONS.items():
                found.append(((name1, name2, name3), third, step3))

    def differences(choice: tuple) -> int:
        (name1, name2, name3), *_ = choice
        return (
            len({name1} - {"ReLU"} | {name2} - {"ReLU"}) + (name1 != name2) + (name3 != "nothing")
        )

    for names, third, step3 in sorted(found, key=differences):
        if names != ("ReLU", "ReLU", "nothing"):
            yield _activation_mistake(*names), step3(third)


def _activation_mistake(first: str, second: str, third: str) -> str:
    sentences = []
    wrong = [(ORDINALS[i], name) for i, name in enumerate((first, second)) if name != "ReLU"]
    if first == second == "nothing":
        sentences.append(
            "There is no ReLU between the convolutions: three linear layers in a row can do no "
            "more than one. Put a ReLU after the first and after the second."
        )
    elif first == second != "ReLU":
        sentences.append(f"{first} follows the first and second convolution: use ReLU instead.")
    else:
        for ordinal, name in wrong:
            if name == "nothing":
                sentences.append(f"The ReLU after the {ordinal} convolution is missing.")
            else:
                sentences.append(f"{name} follows the {ordinal} convolution: use ReLU instead.")
    if third == "ReLU":
        sentences.append(
            "The ReLU after the third convolution cuts off negative codes. Return what the third "
            "convolution gives."
        )
    elif third != "nothing":
        sentences.append(
            f"{third} follows the third convolution, but nothing should: a code may be any number."
        )
    return " ".join(s[0].upper() + s[1:] for s in sentences)
