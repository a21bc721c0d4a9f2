"""A network layer by layer: output shapes and numbers of parameters, read from the network."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from workshop_utils.networks.evaluation import check_is_made, evaluating, format_shape
from workshop_utils.table import print_table


@dataclass(frozen=True)
class Layer:
    """One step of a network."""

    name: str  # in the model, such as "conv1"
    kind: str  # its class, such as "Conv2d"
    shape: tuple[int, ...]  # of what it hands on for one image, without the batch dimension
    n_parameters: int  # learnt in it; 0 if it was already counted above


def trace_layers(model: nn.Module, input_shape: tuple[int, ...] = (3, 32, 32)) -> list[Layer]:
    """What each layer hands on for one blank image; a layer used twice appears twice."""
    check_is_made(model, nn.Module, "the network")
    blank = torch.zeros(1, *input_shape).to(next(model.parameters(), torch.zeros(0)))
    layers: list[Layer] = []
    counted: set[nn.Parameter] = set()
    for name, layer, output in _steps(model, blank):
        learnt = {weight for weight in layer.parameters() if weight.requires_grad}
        n_parameters = sum(weight.numel() for weight in learnt - counted)
        counted |= learnt
        layers.append(Layer(name, type(layer).__name__, tuple(output.shape[1:]), n_parameters))
    return layers


def layer_outputs(model: nn.Module, images: Tensor) -> dict[str, Tensor]:
    """Send images through a model and keep what each layer hands on.

    Args:
        model: any network made of named layers; it is left as it was, dropout is off.
        images: N×C×H×W.

    Returns:
        Name of the layer -> its outputs, N×(shape of one), before any function such as `F.relu`
        that follows it. A layer used twice is numbered: pool1, pool2.
    """
    check_is_made(model, nn.Module, "the network")
    steps = _steps(model, images)
    names = numbered([name for name, _layer, _output in steps])
    return dict(zip(names, (output for *_, output in steps), strict=True))


def _steps(model: nn.Module, inputs: Tensor) -> list[tuple[str, nn.Module, Tensor]]:
    """Name, layer and output of each step of the forward pass."""
    steps: list[tuple[str, nn.Module, Tensor]] = []

    def note(name: str) -> Callable:
        def hook(layer: nn.Module, _inputs: tuple, output: Tensor) -> None:
            steps.append((name, layer, output))

        return hook

    # Containers such as nn.Sequential are looked into: their layers are what computes.
    parts = [(name, layer) for name, layer in model.named_modules() if not any(layer.children())]
    if isinstance(model, torch.jit.ScriptModule):  # knows no hooks
        parts = []
    hooks = [layer.register_forward_hook(note(name)) for name, layer in parts]
    try:
        with evaluating(model):
            output = model(inputs)
    finally:
        for hook in hooks:
            hook.remove()
    if not steps or steps[-1][2].shape != output.shape:  # no layer gives what the model gives
        steps.append(("output", model, output))
    return steps


def named_shapes(model: nn.Module) -> dict[str, tuple[int, ...]]:
    """Shape after each layer for one 32×32 image; a layer used twice is numbered: pool1, pool2."""
    layers = trace_layers(model)
    names = numbered([layer.name for layer in layers])
    return dict(zip(names, (layer.shape for layer in layers), strict=True))


def numbered(names: list[str]) -> list[str]:
    """The same names, those that appear more than once with a number: pool1, pool2."""
    uses = Counter(names)
    seen: Counter[str] = Counter()
    different = []
    for name in names:
        seen[name] += 1
        different.append(f"{name}{seen[name]}" if uses[name] > 1 else name)
    return different


def count_parameters(model: nn.Module) -> int:
    """How many numbers are learnt in a model or layer."""
    check_is_made(model, nn.Module, "the network")
    return sum(weight.numel() for weight in model.parameters() if weight.requires_grad)


def show_layers(model: nn.Module, input_shape: tuple[int, ...] = (3, 32, 32)) -> None:
    """Print a table of a model's layers: name, kind, output shape, parameters.

    Args:
        model: the network.
        input_shape: shape of one input without the batch dimension.
    """
    rows = [("layer", "kind", "shape for one image", "parameters")]
    rows.append(("input", "", format_shape(input_shape), "0"))
    for layer in trace_layers(model, input_shape):
        shape = format_shape(layer.shape)
        rows.append((layer.name, layer.kind, shape, f"{layer.n_parameters:,}"))
    rows.append(("total", "", "", f"{count_parameters(model):,}"))
    print_table(rows)
