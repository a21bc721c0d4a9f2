"""Reference solutions of the exercises, for those who are stuck and want to go on."""

import os
from collections.abc import Callable

import torch
from torch import nn

from workshop_utils.analysis.interpolation import interpolate, latent_line
from workshop_utils.networks.autoencoders import ConvEncoder
from workshop_utils.networks.classifiers import BasicConvNet, MultilayerPerceptronModel
from workshop_utils.networks.layers import named_shapes, trace_layers
from workshop_utils.networks.variational import kl_divergence, sample_codes


def mlp_parameters() -> dict[str, int]:
    """Number of parameters of each layer of the MLP, counted by PyTorch."""
    with torch.random.fork_rng(devices=[]):  # nobody else's random numbers change
        return _parameters(MultilayerPerceptronModel(n_features=3 * 32 * 32, n_classes=10))


def cnn_parameters() -> dict[str, int]:
    """Number of parameters of each layer of the CNN, counted by PyTorch."""
    with torch.random.fork_rng(devices=[]):
        return _parameters(BasicConvNet(out_c1=8, out_c2=16, dense_units=256))


def cnn_shapes() -> dict[str, tuple[int, ...]]:
    """Shape after each layer of the CNN, read from the network."""
    with torch.random.fork_rng(devices=[]):
        return named_shapes(BasicConvNet(out_c1=8, out_c2=16, dense_units=256))


def _parameters(model: nn.Module) -> dict[str, int]:
    return {layer.name: layer.n_parameters for layer in trace_layers(model) if layer.n_parameters}


SOLUTIONS: dict[str, Callable] = {
    "mlp_parameters": mlp_parameters,
    "cnn_shapes": cnn_shapes,
    "cnn_parameters": cnn_parameters,
    "ConvEncoder": ConvEncoder,
    "interpolate": interpolate,
    "latent_line": latent_line,
    "sample_codes": sample_codes,
    "kl_divergence": kl_divergence,
}


def use_solution(name: str) -> Callable:
    """Hand out the reference solution of an exercise, and say so.

    Args:
        name: of the function or class that the exercise asks for.

    Raises:
        ValueError: there is no such exercise.
        PermissionError: the notebook is being graded (`WORKSHOP_GRADING` is 1).
    """
    if name not in SOLUTIONS:
        raise ValueError(f"There is no solution {name!r}; there are {', '.join(SOLUTIONS)}.")
    if os.environ.get("WORKSHOP_GRADING") == "1":
        raise PermissionError("The reference solution earns no points, so grading stops here.")
    print(f"{name} is now the reference solution. To read it: wu.show_source({name})")
    return SOLUTIONS[name]
