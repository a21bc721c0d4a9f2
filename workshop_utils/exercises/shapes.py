"""Exercise 2.1: the shape after every layer."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from workshop_utils.exercises.answers import kind
from workshop_utils.exercises.dictionaries import LayerExercise, Shape, Step, whole_number
from workshop_utils.exercises.engine import Mistake
from workshop_utils.exercises.result import CheckResult
from workshop_utils.exercises.running import Wrong
from workshop_utils.networks.classifiers import BasicConvNet
from workshop_utils.networks.layers import named_shapes

FORMULA = "Each is (n + 2·padding - k) // stride + 1, with n for the size before."
Shapes = dict[str, Shape | int]


def cnn_shapes() -> dict[str, Shape]:
    """Shape after each layer of the CNN, read from the network."""
    with torch.random.fork_rng(devices=[]):  # nobody else's random numbers change
        return named_shapes(BasicConvNet(out_c1=8, out_c2=16, dense_units=256))


def check_shapes(shapes: Shapes | Callable[[], Shapes], model: nn.Module) -> CheckResult:
    """Compare a student's shapes with those in a network.

    The right shapes are not given away.

    Args:
        shapes: layer name -> shape for one image, without the batch dimension, or a function
            that returns that; a layer used more than once is numbered, pool1 and pool2, or
            answered once for all. Layers that neither learn nor change the shape may be left out.
        model: the network they were worked out for.

    Returns:
        What was found; it has been shown already.
    """
    return CNN_SHAPES.judge(shapes, model)


def _read(value: Any, name: str) -> Shape:  # noqa: ANN401 - a student's
    """A student's shape as a tuple of whole numbers."""
    if isinstance(value, np.ndarray) or (isinstance(value, Tensor) and not value.is_meta):
        value = value.tolist()
    if isinstance(value, (tuple, list)):
        if value and (value[0] is None or isinstance(value[0], str) and not value[0].isdigit()):
            raise Wrong(
                f"{name}: {value[0]} seems to stand for the images of a batch. Leave it out, and "
                "give the shape for one image.",
                "batch-included",
            )
        return tuple(whole_number(size, name, "each entry of a shape") for size in value)
    if isinstance(value, (set, dict)):
        raise Wrong(f"{name}: this is {kind(value)}. Write a shape in round brackets.")
    if isinstance(value, str):
        raise Wrong(f"{name}: this is a string. Write a shape in round brackets, without quotes.")
    return (whole_number(value, name, "a shape, if written without brackets,"),)


def _explain(step: Step, shape: Shape, right: dict[str, Shape]) -> str:
    truth = right[step.name]
    if len(shape) > 1 and shape[1:] == truth:
        return "the batch dimension is included. Give the shape for one image."
    if any(size < 1 for size in shape):
        return "every entry of a shape is at least 1."
    if len(shape) != len(truth):
        if len(truth) == 3:
            return "this layer hands on images: write their channels, height and width."
        return "this layer hands on one number for each unit: write how many there are."
    if len(truth) == 3:
        if shape[0] == truth[0]:
            return f"the channels are right, but height or width is not. {FORMULA}"
        if shape[1:] == truth[1:]:
            return "height and width are right, the number of channels is not."
    return "this does not fit. Start from what the step before hands on."


# --- wrong rules ---

Rule = Callable[[Step], Shape | None]  # None where it says nothing
Table = dict[str, tuple[str, Rule]]  # short name -> sentence, rule


def _positions(step: Step, n: int, padding: int | None = None, stride: int | None = None) -> Shape:
    """What a convolution hands on if a row holds n numbers, or with other settings."""
    layer = step.layer
    padding = layer.padding[0] if padding is None else padding
    size = (n + 2 * padding - layer.kernel_size[0]) // (stride or layer.stride[0]) + 1
    return (layer.out_channels, size, size)


OF_ALL: Table = {
    "as-before": ("this is what comes in. What is handed on?", lambda step: step.came_in),
}
OF_IMAGES: Table = {
    "channels-last": (
        "channels come first, then height and width.",
        lambda step: (*step.shape[1:], step.shape[0]),
    ),
    "multiplied-out": (
        "this is how many numbers there are. Give channels, height and width.",
        lambda step: (math.prod(step.shape),),
    ),
    "one-side": (
        "height or width is missing: give channels, height and width.",
        lambda step: step.shape[:2],
    ),
    "no-channels": (
        "the channels are missing: give channels, height and width.",
        lambda step: step.shape[1:],
    ),
}
OF_CONVOLUTIONS: Table = {
    "size-kept": (
        f"height and width do not stay as they are. {FORMULA}",
        lambda step: (step.shape[0], *step.came_in[1:]),
    ),
    "stride-forgotten": (
        f"the stride is forgotten. {FORMULA}",
        lambda step: _positions(step, step.came_in[1], stride=1),
    ),
    "padding-forgotten": (
        f"the padding is forgotten. {FORMULA}",
        lambda step: _positions(step, step.came_in[1], padding=0),
    ),
    "step-before-forgotten": (
        "the step before is forgotten: it makes height and width smaller.",
        lambda step: _positions(step, step.earlier[1]),
    ),
    "n-minus-k": (
        "there are n - k + 1 positions for a filter of size k, not n - k.",
        lambda step: (step.shape[0], *(n - step.layer.kernel_size[0] for n in step.came_in[1:])),
    ),
    "padded": (
        "there is no padding here.",
        lambda step: _positions(step, step.came_in[1], padding=1),
    ),
    "channels-of-input": (
        "the channels that come out are as many as the filters, not as those that come in.",
        lambda step: (step.came_in[0], *step.shape[1:]),
    ),
    "channels-multiplied": (
        "each filter gives one channel, however many come in: do not multiply the two.",
        lambda step: (step.came_in[0] * step.shape[0], *step.shape[1:]),
    ),
}
OF_POOLING: Table = {
    "by-one": (
        "height and width shrink by one only, as with stride 1. The windows must not overlap.",
        lambda step: (step.shape[0], step.came_in[1] - 1, step.came_in[2] - 1),
    ),
    "channels-too": (
        "pooling leaves the channels as they are.",
        lambda step: (step.shape[0] // 2, *step.shape[1:]),
    ),
    "only-channels": (
        "pooling halves height and width, not the channels.",
        lambda step: (step.shape[0] // 2, *step.came_in[1:]),
    ),
    "one-side-pooled": (
        "height and width both become smaller.",
        lambda step: (*step.shape[:2], step.came_in[2]),
    ),
    "twice": (
        "pooling is applied twice.",
        lambda step: (step.shape[0], step.shape[1] // 2, step.shape[2] // 2),
    ),
}
OF_UNITS: Table = {
    "weights": (
        "this is the shape of its weights. What does it hand on?",
        lambda step: tuple(step.layer.weight.shape),
    ),
    "weights-turned": (
        "this is the shape of its weights, turned round. What does it hand on?",
        lambda step: tuple(step.layer.weight.T.shape),
    ),
    "inputs": (
        "this is how many numbers go into the layer. How many come out?",
        lambda step: (step.layer.in_features,),
    ),
    "as-an-image": (
        "a fully connected layer has no height and width left.",
        lambda step: (*step.shape, 1, 1),
    ),
}


def _is_pooling(step: Step) -> bool:
    return len(step.shape) == 3 and not list(step.layer.parameters())


TABLES: list[tuple[Callable[[Step], bool], Table]] = [
    (lambda step: step.came_in != step.shape, OF_ALL),
    (lambda step: len(step.shape) == 3, OF_IMAGES),
    (lambda step: isinstance(step.layer, nn.Conv2d), OF_CONVOLUTIONS),
    (_is_pooling, OF_POOLING),
    (lambda step: isinstance(step.layer, nn.Linear), OF_UNITS),
]


def _mistakes() -> Iterator[Mistake]:
    for applies, table in TABLES:
        for name, (sentence, rule) in table.items():

            def solution(
                step: Step, applies: Callable = applies, rule: Rule = rule
            ) -> Shape | None:
                return rule(step) if applies(step) else None

            yield Mistake(name, sentence, solution)


CNN_SHAPES = LayerExercise(
    name="cnn_shapes",
    reference=cnn_shapes,
    todo=(
        "Fill in the shape of what each layer hands on for one image, such as (channels, height, "
        "width)."
    ),
    rule=lambda step: step.shape,
    may_be_left_out=lambda step: not list(step.layer.parameters()) and step.shape == step.came_in,
    read=_read,
    explain=_explain,
    right=lambda steps: f"Right: the shapes of all {len(steps)} layers.",
    mistakes=tuple(_mistakes()),
)
