"""Numbers of parameters that a student worked out: which part was forgotten."""

import math
from collections.abc import Callable, Iterator

from torch import nn

from workshop_utils.checks.filled_in import check_names, steps_of, whole_number
from workshop_utils.checks.result import CheckResult
from workshop_utils.checks.running import Mistake, judge, value_of
from workshop_utils.networks.layers import Layer, count_parameters

TODO = "Fill in how many parameters (weights and biases) each layer has: a whole number for each."
IMAGE = (3, 32, 32)
Counts = dict[str, int]


def check_parameter_counts(counts: Counts | Callable[[], Counts], model: nn.Module) -> CheckResult:
    """Compare a student's numbers of parameters with those of a network.

    The right numbers are not given away.

    Args:
        counts: layer name -> number of parameters, or a function that returns that; layers
            without any may be left out.
        model: the network they were worked out for.

    Returns:
        What was found; it has been shown already.
    """
    return judge(lambda: _check(value_of(counts), model), TODO)


def _check(counts: Counts, model: nn.Module) -> str:
    steps = steps_of(model)
    layers = dict(model.named_modules())
    right = {name: count_parameters(layers[name]) for name in dict.fromkeys(s.name for s in steps)}
    check_names(counts, list(right), [name for name, n in right.items() if n])
    numbers = {
        name: whole_number(counts[name], name, "the number of parameters")
        for name in right
        if name in counts
    }
    for name, number in numbers.items():
        if number != right[name]:
            raise Mistake(f"{name}: {_explain(name, number, right, numbers, steps, layers)}")
    return f"Right: {sum(right.values()):,} parameters in all."


def _explain(
    name: str,
    number: int,
    right: dict[str, int],
    numbers: dict[str, int],
    steps: list[Layer],
    layers: dict[str, nn.Module],
) -> str:
    """Name the mistake that gives `number`, without giving the right one away."""
    if right[name] == 0:
        return "this layer learns nothing: it has no weights."
    place = [step.name for step in steps].index(name)
    before = steps[place - 1].shape if place else IMAGE
    layer = layers[name]
    candidates: Iterator[tuple[int, str]] = iter(())
    if isinstance(layer, nn.Linear):
        earlier = steps[place - 2].shape if place > 1 else IMAGE
        candidates = _linear(layer.in_features, layer.out_features, before, earlier)
    elif isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
        candidates = _convolution(
            layer.in_channels, layer.out_channels, layer.kernel_size[0], before, steps[place].shape
        )
    for wrong, sentence in candidates:
        if number == wrong != right[name]:
            return sentence
    for other, n in right.items():
        if other != name and number == n:
            if numbers.get(other) == right[name]:
                return f"this and the number of {other} are interchanged."
            return f"this is the number of {other}."
    if number == sum(right.values()):
        return "this is the number of the whole network. Count the layers one by one."
    if number < 0:
        return "a number of parameters cannot be negative."
    return (
        f"this number is too {'small' if number < right[name] else 'large'}. Count the weights "
        "of one output (a unit or a filter), add its bias, and multiply by how many there are."
    )


def _linear(
    n_in: int, n_out: int, before: tuple[int, ...], earlier: tuple[int, ...]
) -> Iterator[tuple[int, str]]:
    """Wrong numbers for a fully connected layer, each with what went wrong."""
    yield n_in * n_out, "the biases are missing. Each unit has one."
    yield n_in * n_out + n_in, "there is one bias for each unit (output), not for each input."
    yield n_in * n_out + 1, "there is one bias for each unit, not one for the whole layer."
    yield 2 * n_in * n_out, "there is one bias for each unit, not one for each weight."
    yield n_in * n_out + n_in + n_out, "inputs have no biases: only the units have."
    yield n_in + n_out, "each unit is connected with each input: multiply the two numbers."
    yield n_in + 1, "this is one unit only. Multiply by the number of units."
    yield n_in, "this is how many inputs there are. Each unit has a weight for each of them."
    yield n_out, "this is how many units there are (their biases). Where are the weights?"
    if len(before) == 3:
        channels, height, width = before
        shape = f"{channels} channels"
        inputs = (
            f"the inputs are all numbers that the layer before hands on: its {shape}, each with "
            "height times width numbers"
        )
        for bias in (n_out, 0):
            yield channels * n_out + bias, f"{inputs}. Height and width are missing."
            yield channels * height * n_out + bias, f"{inputs}. Only one of the two is counted."
            yield height * width * n_out + bias, f"{inputs}. The channels are missing."
            yield (
                math.prod(earlier) * n_out + bias,
                ("the pooling before it is forgotten: it leaves fewer inputs."),
            )
    elif len(before) == 1:
        for bias in (n_out, 0):
            yield (
                math.prod(IMAGE) * n_out + bias,
                ("the inputs are the units of the layer before, not the image."),
            )


def _convolution(
    n_in: int, n_out: int, k: int, before: tuple[int, ...], after: tuple[int, ...]
) -> Iterator[tuple[int, str]]:
    """Wrong numbers for a convolution, each with what went wrong."""
    weights = n_in * n_out * k * k
    right = weights + n_out
    yield weights, "the biases are missing. Each filter has one."
    yield 2 * weights, "there is one bias for each filter, not one for each weight."
    for bias in (n_out, 0):
        yield (
            n_out * k * k + bias,
            ("the input channels are missing: each filter has k·k weights for each of them."),
        )
        yield (
            n_in * n_out * k + bias,
            (f"a filter has k·k weights for each input channel, not k (here k = {k})."),
        )
        yield n_in * n_out + bias, f"the size of the filters is missing: k·k with k = {k}."
        yield (
            n_out * n_out * k * k + bias,
            "the input channels are those that come in, not this layer's own filters.",
        )
        yield (
            3 * n_out * k * k + bias,
            (
                "only the first convolution sees the 3 colours. This one sees the channels of the "
                "layer before."
            ),
        )
    for filter_size in (n_in * k * k + 1, n_in * k * k):
        yield filter_size, "this is one filter only. Multiply by the number of filters."
    yield weights + n_in * n_out, ("each filter has one bias, not one for each input channel.")
    yield weights + n_in, "there is one bias for each filter (output), not for each input channel."
    yield weights + n_in + n_out, "inputs have no biases: only the filters have."
    yield weights + 1, "there is one bias for each filter, not one for the whole layer."
    for size in (before[1] * before[2], after[1] * after[2]):
        for count in (right, weights):
            yield (
                count * size,
                (
                    "the size of the image does not count: the same filter is used at every "
                    "position."
                ),
            )
        yield weights + n_out * size, ("a filter has one bias for all positions, not one for each.")
    dense = math.prod(before) * math.prod(after)
    for bias in (math.prod(after), 0):
        yield (
            dense + bias,
            ("this is a fully connected layer. A filter has few weights and uses them everywhere."),
        )
