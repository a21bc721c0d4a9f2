"""Shapes that a student worked out: which step was forgotten."""

import math
from collections.abc import Callable, Iterator

from torch import Tensor, nn

from workshop_utils.checks.answers import kind
from workshop_utils.checks.filled_in import check_names, steps_of, whole_number
from workshop_utils.checks.result import CheckResult
from workshop_utils.checks.running import Mistake, judge, value_of
from workshop_utils.networks.layers import numbered

TODO = (
    "Fill in the shape of what each layer hands on for one image, such as (channels, height, "
    "width)."
)
IMAGE = (3, 32, 32)
FORMULA = "(n + 2·padding - k) // stride + 1, with n for the size before"
Shape = tuple[int, ...]
Shapes = dict[str, Shape | int]


def check_shapes(shapes: Shapes | Callable[[], Shapes], model: nn.Module) -> CheckResult:
    """Compare a student's shapes with those in a network.

    The right shapes are not given away.

    Args:
        shapes: layer name -> shape for one image, without the batch dimension, or a function
            that returns that; a layer used more than once is numbered: pool1, pool2. Layers that
            neither learn nor change the shape may be left out.
        model: the network they were worked out for.

    Returns:
        What was found; it has been shown already.
    """
    return judge(lambda: _check(value_of(shapes), model), TODO)


def _check(shapes: Shapes, model: nn.Module) -> str:
    steps = steps_of(model)
    names = numbered([step.name for step in steps])
    right = dict(zip(names, (step.shape for step in steps), strict=True))
    before = dict(zip(names, [IMAGE, *right.values()], strict=False))
    required = [
        name
        for name, step in zip(names, steps, strict=True)
        if step.n_parameters or right[name] != before[name]
    ]
    check_names(shapes, names, required)
    given = {name: _as_shape(shapes[name], name) for name in names if name in shapes}
    modules = dict(model.named_modules())
    layers = dict(zip(names, (modules[step.name] for step in steps), strict=True))
    for name, shape in given.items():
        if shape != right[name]:
            raise Mistake(f"{name}: {_explain(name, shape, given, right, before, layers[name])}")
    return f"Right: the shapes of all {len(given)} layers."


def _as_shape(value: object, name: str) -> Shape:
    """A student's shape as a tuple of whole numbers."""
    if isinstance(value, Tensor) and value.device.type != "meta":
        value = value.tolist()
    if isinstance(value, (tuple, list)):
        return tuple(whole_number(size, name, "each entry of a shape") for size in value)
    if isinstance(value, (set, dict)):
        raise Mistake(f"{name}: this is {kind(value)}. Write a shape in round brackets.")
    if isinstance(value, str):
        raise Mistake(f"{name}: this is a string. Write a shape in round brackets, without quotes.")
    return (whole_number(value, name, "a shape, if written without brackets,"),)


def _explain(
    name: str,
    shape: Shape,
    given: dict[str, Shape],
    right: dict[str, Shape],
    before: dict[str, Shape],
    layer: nn.Module,
) -> str:
    """Name the mistake that gives `shape`, without giving the right one away."""
    truth, came_in = right[name], before[name]
    if shape[1:] == truth and len(shape) > 1:
        return "the batch dimension is included. Give the shape for one image."
    for sentence, wrong in _candidates(truth, came_in, layer, _earlier(name, before)):
        if shape == wrong:
            return sentence
    names = list(right)
    for other in names:
        if other != name and shape == right[other] and given.get(other) == truth:
            return f"this and the shape of {other} are interchanged."
    place = names.index(name)
    if place + 1 < len(names) and shape == right[names[place + 1]]:
        return f"this is the shape after {names[place + 1]}, one step later."
    if any(size < 1 for size in shape):
        return "every entry of a shape is at least 1."
    if len(shape) != len(truth):
        if len(truth) == 3:
            return "this layer hands on images: write their channels, height and width."
        return "this layer hands on one number for each unit: write how many there are."
    if len(truth) == 3:
        if shape[0] == truth[0]:
            return f"the channels are right, but height or width is not. Each is {FORMULA}."
        if shape[1:] == truth[1:]:
            return "height and width are right, the number of channels is not."
    return "this does not fit. Start from what the step before hands on."


def _earlier(name: str, before: dict[str, Shape]) -> Shape:
    """What came in one step earlier."""
    names = list(before)
    place = names.index(name)
    return before[names[place - 1]] if place else IMAGE


def _candidates(
    truth: Shape, came_in: Shape, layer: nn.Module, earlier: Shape
) -> Iterator[tuple[str, Shape]]:
    """Pairs of a mistake in words and the shape that it gives."""
    if len(truth) == 3:
        channels, height, width = truth
        yield "channels come first, then height and width.", (height, width, channels)
        yield (
            "this is how many numbers there are. Give channels, height and width.",
            (math.prod(truth),),
        )
        yield "height or width is missing: give channels, height and width.", (channels, height)
        yield "the channels are missing: give channels, height and width.", (height, width)
    if isinstance(layer, nn.Conv2d):
        yield from _convolution(truth, came_in, layer, earlier)
    elif len(truth) == 3 and len(came_in) == 3:
        yield from _pooling(truth, came_in)
    elif isinstance(layer, nn.Linear):
        yield "this is the shape of its weights. What does it hand on?", tuple(layer.weight.shape)
        yield (
            "this is the shape of its weights. What does it hand on?",
            (layer.in_features, layer.out_features),
        )
        yield (
            "this is how many numbers go into the layer. How many come out?",
            (layer.in_features,),
        )
        yield "this is what goes into the layer. What comes out?", came_in
        yield "a fully connected layer has no height and width left.", (*truth, 1, 1)


def _convolution(
    truth: Shape, came_in: Shape, layer: nn.Conv2d, earlier: Shape
) -> Iterator[tuple[str, Shape]]:
    filters, inputs = truth[0], came_in[0]
    k, stride, padding = layer.kernel_size[0], layer.stride[0], layer.padding[0]

    def size(n: int, stride: int = stride, padding: int = padding) -> tuple[int, int]:
        return (((n + 2 * padding - k) // stride + 1),) * 2

    n = came_in[1]
    sizes = [
        (f"height and width do not stay as they are. Each is {FORMULA}.", (n, n)),
        (f"the stride of {stride} is forgotten.", size(n, stride=1)),
        (f"the padding of {padding} is forgotten.", size(n, padding=0)),
        (
            "the step before is forgotten: it makes height and width smaller.",
            size(earlier[1]) if len(earlier) == 3 and earlier != came_in else (0, 0),
        ),
    ]
    if (stride, padding) == (1, 0):
        sizes += [
            ("there are n - k + 1 positions for a filter of size k, not n - k.", (n - k, n - k)),
            ("there are n - k + 1 positions, not n - k + 2.", (n - k + 2, n - k + 2)),
            ("there is no padding here.", size(n, padding=1)),
            ("there is no padding here.", size(n, padding=2)),
        ]
    for sentence, (height, width) in sizes:
        yield sentence, (filters, height, width)
    yield (
        "the channels that come out are as many as the filters, not as the channels that come in.",
        (inputs, *truth[1:]),
    )
    yield (
        "each filter gives one channel, however many come in: do not multiply the two.",
        (inputs * filters, *truth[1:]),
    )
    for sentence, (height, width) in sizes:
        yield f"the channels are as many as the filters; and {sentence}", (inputs, height, width)


def _pooling(truth: Shape, came_in: Shape) -> Iterator[tuple[str, Shape]]:
    channels, height, width = came_in
    yield "pooling makes height and width smaller, but they are as before.", came_in
    yield (
        "height and width shrink by one only, as with stride 1. The windows must not overlap.",
        (channels, height - 1, width - 1),
    )
    yield "pooling leaves the channels as they are.", (truth[0] // 2, *truth[1:])
    yield "pooling halves height and width, not the channels.", (channels // 2, height, width)
    yield "height and width both become smaller.", (channels, truth[1], width)
    yield "height and width both become smaller.", (channels, height, truth[2])
    yield "pooling is applied twice.", (channels, truth[1] // 2, truth[2] // 2)
