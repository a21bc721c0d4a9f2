"""Exercise 2.1: the shape after every layer."""

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

Rule = Callable[[Step], Shape | None]


def _of_images(rule: Callable[[int, int, int], Shape]) -> Rule:
    """A rule for all layers that hand on images, of their channels, height and width."""
    return lambda step: rule(*step.shape) if len(step.shape) == 3 else None


def _convolution(size: Callable[[nn.Conv2d, Step], int], channels: Callable) -> Rule:
    """A rule for convolutions: height and width, and channels."""

    def solution(step: Step) -> Shape | None:
        if not isinstance(step.layer, nn.Conv2d):
            return None
        n = size(step.layer, step)
        return (channels(step.layer), n, n)

    return solution


def _both_wrong(size: Callable[[nn.Conv2d, Step], int]) -> Rule:
    """A rule for convolutions whose channels are taken from what comes in, and whose size is wrong."""
    rule = _convolution(size, lambda layer: layer.in_channels)

    def solution(step: Step) -> Shape | None:
        shape = rule(step)
        return shape if shape and shape[1:] != step.shape[1:] else None

    return solution


def _positions(
    layer: nn.Conv2d, n: int, stride: int | None = None, padding: int | None = None
) -> int:
    """How many positions a filter has in a row of n numbers."""
    stride = layer.stride[0] if stride is None else stride
    padding = layer.padding[0] if padding is None else padding
    return (n + 2 * padding - layer.kernel_size[0]) // stride + 1


def _pooling(rule: Callable[[Step], Shape]) -> Rule:
    """A rule for layers without weights that make images smaller."""

    def solution(step: Step) -> Shape | None:
        is_pooling = len(step.shape) == 3 and not isinstance(step.layer, nn.Conv2d)
        return rule(step) if is_pooling and step.shape != step.came_in else None

    return solution


def _linear(rule: Callable[[nn.Linear, Step], Shape]) -> Rule:
    """A rule for fully connected layers."""
    return lambda step: rule(step.layer, step) if isinstance(step.layer, nn.Linear) else None


OF_IMAGES = [
    (
        "channels-last",
        "channels come first, then height and width.",
        lambda c, h, w: (h, w, c),
    ),
    (
        "multiplied-out",
        "this is how many numbers there are. Give channels, height and width.",
        lambda c, h, w: (c * h * w,),
    ),
    (
        "height-missing",
        "height or width is missing: give channels, height and width.",
        lambda c, h, w: (c, h),
    ),
    (
        "channels-missing",
        "the channels are missing: give channels, height and width.",
        lambda c, h, w: (h, w),
    ),
]
# Short name, sentence, height and width that a convolution hands on.
OF_SIZES = [
    (
        "size-kept",
        f"height and width do not stay as they are. {FORMULA}",
        lambda layer, step: step.came_in[1],
    ),
    (
        "stride-forgotten",
        f"the stride is forgotten. {FORMULA}",
        lambda layer, step: _positions(layer, step.came_in[1], stride=1),
    ),
    (
        "padding-forgotten",
        f"the padding is forgotten. {FORMULA}",
        lambda layer, step: _positions(layer, step.came_in[1], padding=0),
    ),
    (
        "step-before-forgotten",
        "the step before is forgotten: it makes height and width smaller.",
        lambda layer, step: _positions(layer, step.earlier[1]),
    ),
    (
        "one-position-less",
        "there are n - k + 1 positions for a filter of size k, not n - k.",
        lambda layer, step: _positions(layer, step.came_in[1]) - 1,
    ),
    (
        "one-position-more",
        "there are n - k + 1 positions, not n - k + 2.",
        lambda layer, step: _positions(layer, step.came_in[1]) + 1,
    ),
    (
        "padded",
        "there is no padding here.",
        lambda layer, step: _positions(layer, step.came_in[1], padding=1),
    ),
]
OF_POOLING = [
    (
        "not-pooled",
        "pooling makes height and width smaller, but they are as before.",
        lambda step: step.came_in,
    ),
    (
        "pooled-by-one",
        "height and width shrink by one only, as with stride 1. The windows must not overlap.",
        lambda step: (step.shape[0], step.came_in[1] - 1, step.came_in[2] - 1),
    ),
    (
        "channels-pooled",
        "pooling leaves the channels as they are.",
        lambda step: (step.shape[0] // 2, *step.shape[1:]),
    ),
    (
        "only-channels-pooled",
        "pooling halves height and width, not the channels.",
        lambda step: (step.shape[0] // 2, *step.came_in[1:]),
    ),
    (
        "only-width-pooled",
        "height becomes smaller, too, and not only width.",
        lambda step: (*step.came_in[:2], step.shape[2]),
    ),
    (
        "only-height-pooled",
        "width becomes smaller, too, and not only height.",
        lambda step: (*step.shape[:2], step.came_in[2]),
    ),
    (
        "pooled-twice",
        "pooling is applied twice.",
        lambda step: (step.shape[0], step.shape[1] // 2, step.shape[2] // 2),
    ),
]
OF_LINEAR = [
    (
        "weights",
        "this is the shape of its weights. What does it hand on?",
        lambda layer, step: tuple(layer.weight.shape),
    ),
    (
        "weights-turned",
        "this is the shape of its weights, turned round. What does it hand on?",
        lambda layer, step: (layer.in_features, layer.out_features),
    ),
    (
        "inputs",
        "this is how many numbers go into the layer. How many come out?",
        lambda layer, step: (layer.in_features,),
    ),
    (
        "what-comes-in",
        "this is what goes into the layer. What comes out?",
        lambda layer, step: step.came_in if len(step.came_in) == 3 else None,
    ),
    (
        "as-an-image",
        "a fully connected layer has no height and width left.",
        lambda layer, step: (*step.shape, 1, 1),
    ),
]


def _mistakes() -> Iterator[Mistake]:
    for name, sentence, rule in OF_IMAGES:
        yield Mistake(name, sentence, _of_images(rule))
    for name, sentence, size in OF_SIZES:
        yield Mistake(name, sentence, _convolution(size, lambda layer: layer.out_channels))
    yield Mistake(
        "channels-of-input",
        "the channels that come out are as many as the filters, not as the channels that come in.",
        _convolution(lambda layer, step: step.shape[1], lambda layer: layer.in_channels),
    )
    yield Mistake(
        "channels-multiplied",
        "each filter gives one channel, however many come in: do not multiply the two.",
        _convolution(
            lambda layer, step: step.shape[1], lambda layer: layer.in_channels * layer.out_channels
        ),
    )
    for name, sentence, size in OF_SIZES:
        yield Mistake(
            f"channels-of-input-and-{name}",
            f"the channels are as many as the filters; and {sentence}",
            _both_wrong(size),
        )
    for name, sentence, rule in OF_POOLING:
        yield Mistake(name, sentence, _pooling(rule))
    for name, sentence, rule in OF_LINEAR:
        yield Mistake(name, sentence, _linear(rule))


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
