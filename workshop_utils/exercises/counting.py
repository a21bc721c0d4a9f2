"""Exercises 1.1 and 2.2: how many parameters each layer has."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn

from workshop_utils.exercises.dictionaries import IMAGE, LayerExercise, Step, whole_number
from workshop_utils.exercises.engine import Mistake
from workshop_utils.exercises.result import CheckResult
from workshop_utils.networks.classifiers import BasicConvNet, MultilayerPerceptronModel
from workshop_utils.networks.layers import count_parameters, trace_layers

Counts = dict[str, int]


def mlp_parameters() -> Counts:
    """Number of parameters of each layer of the MLP, counted by PyTorch."""
    with torch.random.fork_rng(devices=[]):  # nobody else's random numbers change
        return _counted(MultilayerPerceptronModel(n_features=3 * 32 * 32, n_classes=10))


def cnn_parameters() -> Counts:
    """Number of parameters of each layer of the CNN, counted by PyTorch."""
    with torch.random.fork_rng(devices=[]):
        return _counted(BasicConvNet(out_c1=8, out_c2=16, dense_units=256))


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
    is_mlp = isinstance(model, MultilayerPerceptronModel)
    return (MLP_PARAMETERS if is_mlp else CNN_PARAMETERS).judge(counts, model)


def _counted(model: nn.Module) -> Counts:
    return {layer.name: layer.n_parameters for layer in trace_layers(model) if layer.n_parameters}


def _rule(step: Step) -> int:
    return count_parameters(step.layer)


def _read(value: Any, name: str) -> int:  # noqa: ANN401 - a student's
    return whole_number(value, name, "the number of parameters")


def _right(steps: list[Step]) -> str:
    layers = {id(step.layer): step.layer for step in steps}.values()
    return f"Right: {sum(map(count_parameters, layers)):,} parameters in all."


def _explain(step: Step, number: int, right: Counts) -> str:
    if right[step.name] == 0:
        return "this layer learns nothing: it has no weights."
    if number == sum(right.values()):
        return "this is the number of the whole network. Count the layers one by one."
    if number < 0:
        return "a number of parameters cannot be negative."
    return (
        f"this number is too {'small' if number < right[step.name] else 'large'}. Count the "
        "weights of one output (a unit or a filter), add its bias, and multiply by how many there "
        "are."
    )


# --- wrong rules ---


def _linear(rule: Callable[[int, int, Step], int | None]) -> Callable[[Step], int | None]:
    """A rule for fully connected layers, of the numbers that go in and come out."""

    def solution(step: Step) -> int | None:
        if isinstance(step.layer, nn.Linear):
            return rule(step.layer.in_features, step.layer.out_features, step)
        return None

    return solution


def _convolution(rule: Callable[[int, int, int, Step], int]) -> Callable[[Step], int | None]:
    """A rule for convolutions, of the channels in, the filters, their size, and the step."""

    def solution(step: Step) -> int | None:
        layer = step.layer
        if isinstance(layer, nn.Conv2d):
            return rule(layer.in_channels, layer.out_channels, layer.kernel_size[0], step)
        return None

    return solution


INPUTS = (
    "the inputs are all numbers that the layer before hands on: its channels, each with height "
    "times width numbers. "
)
EVERYWHERE = "the size of the image does not count: the same filter is used at every position."
# Short name, sentence, number of parameters.
OF_LINEAR = [
    ("units-no-bias", "the biases are missing. Each unit has one.", lambda i, o, s: i * o),
    (
        "units-bias-per-input",
        "there is one bias for each unit (output), not for each input.",
        lambda i, o, s: i * o + i,
    ),
    (
        "units-one-bias",
        "there is one bias for each unit, not one for the whole layer.",
        lambda i, o, s: i * o + 1,
    ),
    (
        "units-bias-per-weight",
        "there is one bias for each unit, not one for each weight.",
        lambda i, o, s: 2 * i * o,
    ),
    (
        "units-input-biases",
        "inputs have no biases: only the units have.",
        lambda i, o, s: i * o + i + o,
    ),
    (
        "units-sum",
        "each unit is connected with each input: multiply the two numbers.",
        lambda i, o, s: i + o,
    ),
    (
        "units-one",
        "this is one unit only. Multiply by the number of units.",
        lambda i, o, s: i + 1,
    ),
    (
        "units-inputs",
        "this is how many inputs there are. Each unit has a weight for each of them.",
        lambda i, o, s: i,
    ),
    (
        "units-outputs",
        "this is how many units there are (their biases). Where are the weights?",
        lambda i, o, s: o,
    ),
]
# Short name, sentence, number of inputs; None where the rule says nothing.
OF_INPUTS = [
    (
        "inputs-channels-only",
        INPUTS + "Height and width are missing.",
        lambda s: s.came_in[0] if len(s.came_in) == 3 else None,
    ),
    (
        "inputs-one-side",
        INPUTS + "Only one of the two is counted.",
        lambda s: s.came_in[0] * s.came_in[1] if len(s.came_in) == 3 else None,
    ),
    (
        "inputs-no-channels",
        INPUTS + "The channels are missing.",
        lambda s: s.came_in[1] * s.came_in[2] if len(s.came_in) == 3 else None,
    ),
    (
        "inputs-before-pooling",
        "the pooling before it is forgotten: it leaves fewer inputs.",
        lambda s: math.prod(s.earlier) if len(s.came_in) == 3 and s.earlier != s.came_in else None,
    ),
    (
        "inputs-of-the-image",
        "the inputs are the units of the layer before, not the image.",
        lambda s: math.prod(IMAGE) if len(s.came_in) == 1 else None,
    ),
]
OF_CONVOLUTION = [
    (
        "filters-no-bias",
        "the biases are missing. Each filter has one.",
        lambda i, o, k, s: i * o * k * k,
    ),
    (
        "filters-bias-per-weight",
        "there is one bias for each filter, not one for each weight.",
        lambda i, o, k, s: 2 * i * o * k * k,
    ),
    (
        "filters-bias-per-channel",
        "each filter has one bias, not one for each input channel.",
        lambda i, o, k, s: i * o * (k * k + 1),
    ),
    (
        "filters-bias-per-input",
        "there is one bias for each filter (output), not for each input channel.",
        lambda i, o, k, s: i * o * k * k + i,
    ),
    (
        "filters-input-biases",
        "inputs have no biases: only the filters have.",
        lambda i, o, k, s: i * o * k * k + i + o,
    ),
    (
        "filters-one-bias",
        "there is one bias for each filter, not one for the whole layer.",
        lambda i, o, k, s: i * o * k * k + 1,
    ),
    (
        "filters-one",
        "this is one filter only. Multiply by the number of filters.",
        lambda i, o, k, s: i * k * k + 1,
    ),
    (
        "filters-bias-per-position",
        "a filter has one bias for all positions, not one for each.",
        lambda i, o, k, s: i * o * k * k + math.prod(s.shape),
    ),
    (
        "filters-at-every-position",
        EVERYWHERE,
        lambda i, o, k, s: (i * o * k * k + o) * s.shape[1] * s.shape[2],
    ),
    (
        "filters-at-every-position-no-bias",
        EVERYWHERE + " And the biases are missing.",
        lambda i, o, k, s: i * o * k * k * s.shape[1] * s.shape[2],
    ),
    (
        "filters-at-every-pixel",
        EVERYWHERE + " Not even that of what comes in.",
        lambda i, o, k, s: (i * o * k * k + o) * s.came_in[1] * s.came_in[2],
    ),
    (
        "filters-at-every-pixel-no-bias",
        EVERYWHERE + " Not even that of what comes in; and the biases are missing.",
        lambda i, o, k, s: i * o * k * k * s.came_in[1] * s.came_in[2],
    ),
]
# Short name, sentence, number of weights without the biases.
OF_FILTERS = [
    (
        "filters-no-channels",
        "the input channels are missing: each filter has k·k weights for each of them.",
        lambda i, o, k, s: o * k * k,
    ),
    (
        "filters-one-side",
        "a filter has k·k weights for each input channel, not k.",
        lambda i, o, k, s: i * o * k,
    ),
    (
        "filters-no-size",
        "the size of the filters is missing: k·k for each input channel.",
        lambda i, o, k, s: i * o,
    ),
    (
        "filters-own-channels",
        "the input channels are those that come in, not this layer's own filters.",
        lambda i, o, k, s: o * o * k * k,
    ),
    (
        "filters-colours",
        "only the first convolution sees the 3 colours. This one sees the channels of the layer "
        "before.",
        lambda i, o, k, s: 3 * o * k * k,
    ),
]


def _mistakes() -> Iterator[Mistake]:
    for name, sentence, rule in OF_LINEAR:
        yield Mistake(name, sentence, _linear(rule))
    for name, sentence, rule in OF_CONVOLUTION:
        yield Mistake(name, sentence, _convolution(rule))
    for has_bias, end, also in ((1, "", ""), (0, "-no-bias", " And the biases are missing.")):
        for name, sentence, inputs in OF_INPUTS:

            def units(_i: int, o: int, s: Step, inputs: Callable = inputs, b: int = has_bias) -> Any:
                return None if inputs(s) is None else (inputs(s) + b) * o

            yield Mistake(name + end, sentence + also, _linear(units))
        for name, sentence, weights in OF_FILTERS:

            def filters(i: int, o: int, k: int, s: Step, w: Callable = weights, b: int = has_bias) -> int:
                return w(i, o, k, s) + b * o

            yield Mistake(name + end, sentence + also, _convolution(filters))
        yield Mistake(
            f"filters-as-units{end}",
            "this is a fully connected layer. A filter has few weights and uses them everywhere."
            + also,
            _convolution(
                lambda i, o, k, s, b=has_bias: (math.prod(s.came_in) + b) * math.prod(s.shape)
            ),
        )


MLP_PARAMETERS, CNN_PARAMETERS = (
    LayerExercise(
        name=reference.__name__,
        reference=reference,
        todo=(
            "Fill in how many parameters (weights and biases) each layer has: a whole number for "
            "each."
        ),
        rule=_rule,
        may_be_left_out=lambda step: not _rule(step),
        read=_read,
        explain=_explain,
        right=_right,
        mistakes=tuple(_mistakes()),
    )
    for reference in (mlp_parameters, cnn_parameters)
)
