"""Exercises 1.1 and 5.4: how many parameters each layer has."""

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

# All are given the inputs of a layer and its outputs (units, or channels and filters), the size of
# its filters (1 for units) and the step, and return a number, or None where they say nothing.
Rule = Callable[[int, int, int, Step], int | None]
Layers = tuple[type[nn.Linear] | type[nn.Conv2d], ...]
Table = dict[str, tuple[str, Rule]]  # short name -> sentence, rule
EVERYWHERE = "the size of the image does not count: the same filter is used at every position."
ALL_NUMBERS = "the inputs are all numbers that come in: channels times height times width."

COUNTS_OF_BOTH: Table = {
    "no-bias": ("the biases are missing: one for each output.", lambda i, o, k, s: i * o * k * k),
    "one-bias": (
        "there is one bias for each output, not one for the whole layer.",
        lambda i, o, k, s: i * o * k * k + 1,
    ),
    "bias-per-input": (
        "there is one bias for each output, not for each input.",
        lambda i, o, k, s: i * o * k * k + i,
    ),
    "input-biases": (
        "inputs have no biases: only the outputs have.",
        lambda i, o, k, s: i * o * k * k + i + o,
    ),
    "bias-per-weight": (
        "there is one bias for each output, not one for each weight.",
        lambda i, o, k, s: 2 * i * o * k * k,
    ),
    "one-output": (
        "this is one unit or filter only. Multiply by how many there are.",
        lambda i, o, k, s: i * k * k + 1,
    ),
}
COUNTS_OF_UNITS: Table = {
    "added": ("each unit sees each input: multiply the two numbers.", lambda i, o, k, s: i + o),
    "inputs": ("this is how many inputs there are. And the weights?", lambda i, o, k, s: i),
    "outputs": ("this is how many units there are. And the weights?", lambda i, o, k, s: o),
}
COUNTS_OF_FILTERS: Table = {
    "bias-per-channel": (
        "each filter has one bias, not one for each input channel.",
        lambda i, o, k, s: i * o * (k * k + 1),
    ),
    "all-at-every-position": (
        f"{EVERYWHERE} And so is its bias.",
        lambda i, o, k, s: (i * o * k * k + o) * s.shape[1] * s.shape[2],
    ),
    "bias-per-position": (
        "a filter has one bias for all positions, not one for each.",
        lambda i, o, k, s: i * o * k * k + math.prod(s.shape),
    ),
}
# Of these the weights are wrong, whether the biases are added or not.
WEIGHTS_OF_UNITS: Table = {
    "channels-only": (
        f"{ALL_NUMBERS} Height and width are missing.",
        lambda i, o, k, s: s.came_in[0] * o if len(s.came_in) == 3 else None,
    ),
    "one-side": (
        f"{ALL_NUMBERS} Only one of height and width is counted.",
        lambda i, o, k, s: s.came_in[0] * s.came_in[1] * o if len(s.came_in) == 3 else None,
    ),
    "inputs-no-channels": (
        f"{ALL_NUMBERS} The channels are missing.",
        lambda i, o, k, s: s.came_in[1] * s.came_in[2] * o if len(s.came_in) == 3 else None,
    ),
    "pooling-forgotten": (
        "the pooling before it is forgotten: it leaves fewer inputs.",
        lambda i, o, k, s: (
            math.prod(s.earlier) * o if len(s.came_in) == 3 and s.earlier != s.came_in else None
        ),
    ),
    "image-again": (
        "the inputs are the units of the layer before, not the image.",
        lambda i, o, k, s: math.prod(IMAGE) * o if len(s.came_in) == 1 else None,
    ),
}
WEIGHTS_OF_FILTERS: Table = {
    "no-channels": (
        "the input channels are missing: each filter has k·k weights for each of them.",
        lambda i, o, k, s: o * k * k,
    ),
    "k-for-k²": (
        "a filter has k·k weights for each input channel, not k.",
        lambda i, o, k, s: i * o * k,
    ),
    "no-size": ("the size of the filters is missing: k·k.", lambda i, o, k, s: i * o),
    "own-channels": (
        "the input channels are those that come in, not this layer's own filters.",
        lambda i, o, k, s: o * o * k * k,
    ),
    "colours": (
        "only the first convolution sees the 3 colours: here the channels of the layer before.",
        lambda i, o, k, s: 3 * o * k * k if i != 3 else None,
    ),
    "at-every-position": (
        EVERYWHERE,
        lambda i, o, k, s: i * o * k * k * s.shape[1] * s.shape[2],
    ),
    "as-units": (
        "this is a fully connected layer. A filter has few weights and uses them everywhere.",
        lambda i, o, k, s: math.prod(s.came_in) * math.prod(s.shape),
    ),
}


def _solution(rule: Rule, layers: Layers, biases: bool) -> Callable[[Step], int | None]:
    def solution(step: Step) -> int | None:
        layer = step.layer
        if not isinstance(layer, layers):
            return None
        if isinstance(layer, nn.Linear):
            n_in, n_out, k = layer.in_features, layer.out_features, 1
        else:
            n_in, n_out, k = layer.in_channels, layer.out_channels, layer.kernel_size[0]
        number = rule(n_in, n_out, k, step)
        return number + n_out if number and biases else number

    return solution


def _mistakes() -> Iterator[Mistake]:
    units: Layers = (nn.Linear,)
    filters: Layers = (nn.Conv2d,)
    for layers, table in (
        (units + filters, COUNTS_OF_BOTH),
        (units, COUNTS_OF_UNITS),
        (filters, COUNTS_OF_FILTERS),
    ):
        for name, (sentence, rule) in table.items():
            yield Mistake(name, sentence, _solution(rule, layers, biases=False))
    for layers, table in ((units, WEIGHTS_OF_UNITS), (filters, WEIGHTS_OF_FILTERS)):
        for name, (sentence, rule) in table.items():
            yield Mistake(name, sentence, _solution(rule, layers, biases=True))
            also = f"{sentence} And the biases are missing."
            yield Mistake(f"{name}, no bias", also, _solution(rule, layers, biases=False))


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
