"""A student's encoder made, run and spoken about, in the names that it has."""

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from workshop_utils.exercises.answers import check_tensor, in_words, kind
from workshop_utils.exercises.encoder_properties import ODD, images, same, unreached
from workshop_utils.exercises.running import NotWritten, Wrong, call
from workshop_utils.networks.autoencoders import ConvEncoder
from workshop_utils.networks.evaluation import format_shape, shape_of
from workshop_utils.networks.layers import count_parameters

ARGUMENTS = ("out_c1", "out_c2", "embedding_dim")


def made(encoder_class: Callable, sizes: tuple[int, int, int]) -> nn.Module:
    """A student's encoder after its first images, when lazy layers have their weights."""
    arguments = ", ".join(map(str, sizes))
    encoder = call(f"Making the encoder with ({arguments})", encoder_class, *sizes)
    if encoder is Ellipsis:
        raise NotWritten
    if not isinstance(encoder, nn.Module):
        hint = "Does its class line read class ConvEncoder(nn.Module)?"
        if not isinstance(encoder_class, type):
            hint = "Is the return statement missing?"
        raise Wrong(
            f"The encoder is {kind(encoder)}, but must be an nn.Module. {hint}", "no-module"
        )
    devices = {weight.device.type for weight in encoder.parameters()} - {"cpu"}
    if devices:
        raise Wrong(
            f"There are weights on the device “{devices.pop()}”, but the images are on the CPU. "
            "Leave out device= and .to(); the notebook moves the encoder itself.",
            "other-device",
        )
    known = set(map(id, encoder.parameters()))
    encode(encoder, images(2))
    if not set(map(id, encoder.parameters())) <= known:
        raise Wrong(
            "forward makes new layers: they would start anew with every batch, and an optimizer "
            "made before the first batch would not know them. Make the layers in __init__, "
            "self.conv1 = ..., and only call them in forward.",
            "new-layers",
        )
    return encoder


def encode(encoder: nn.Module, x: Tensor) -> Tensor:
    """What a student's encoder makes of a copy of images."""
    given = x.clone()
    with torch.enable_grad():  # whatever the student's code has set
        code = call(f"Encoding images of shape {shape_of(x)}", encoder, given)
    if isinstance(code, tuple) and [type(part) for part in code] == [Tensor, Tensor]:
        raise Wrong(
            "forward returns two tensors. Are they mean and log-variance, as in a variational "
            "encoder? Here an image has one code: return what the third convolution gives.",
            "mean-and-log-variance",
        )
    check_tensor(code, "forward returns")
    if given.shape != x.shape or not torch.equal(given, x):
        raise Wrong(
            "forward changes the images that it is given. Make new tensors; avoid +=, -=, "
            "functions whose name ends in _, and x[...] = ...",
            "images-changed",
        )
    return code


def explain_definition(encoder_class: Callable, error: BaseException) -> str | None:
    """What is wrong with a class whose methods could not be called; None if nothing is seen."""
    is_class = inspect.isclass(encoder_class) and issubclass(encoder_class, nn.Module)
    if not is_class or not isinstance(error, (TypeError, NotImplementedError)):
        return None
    for name, values in (("__init__", ARGUMENTS), ("forward", ("x",))):
        line = f"def {name}({', '.join(('self', *values))}):"
        method = getattr(encoder_class, name)
        if method in (nn.Module.__init__, nn.Module.forward):
            return f"The class has no method {name}: is it misspelt? Write {line}"
        try:
            inspect.signature(method).bind("self", *values)
        except TypeError:
            return f"{name} does not take what it is given. Begin with self: {line}"
    return None


def explain(what: str, seen: list, right: list, odd: nn.Module, known: str) -> str:
    """What to say about a property that is not right.

    Args:
        what: its name.
        seen: the properties, in the order in which they were observed.
        right: what they should be.
        odd: the student's encoder.
        known: the sentence of a wrong encoder with the same properties; empty if there is none.
    """
    if what == "size":
        return _explain_size(seen[-1], right[-1], odd, known)
    if known:
        return known
    if what == "number of weights that cannot learn":
        name = unreached(odd, encode(odd, images(2)))[0]
        return (
            f"No gradient reaches {name}, so training would not change it. Is it not used, or is "
            "there requires_grad = False, torch.no_grad(), .detach() or .data?"
        )
    pairs = [pair for pair in zip(seen, right, strict=True) if isinstance(pair[0], Tensor)]
    code, needed = pairs[-1]
    factor, added = (code * needed).sum() / needed.square().sum(), (code - needed).mean()
    if all(same(code, code[:1].expand_as(code)) for code, _ in pairs):
        return "The code is the same for every image. Does forward use its argument x?"
    if all(same(code, factor * needed) for code, needed in pairs):
        return f"The code is multiplied by {factor:.4g}. Return what the third convolution gives."
    if all(same(code, needed + added) for code, needed in pairs):
        return f"{added:.4g} is added to the code. Return what the third convolution gives."
    return (
        "Shape and number of parameters are right, but the numbers are not those of convolution, "
        "ReLU, convolution, ReLU, convolution. Is anything else done in forward, or a layer "
        "called twice?"
    )


def _explain_size(found: list, right: list, odd: nn.Module, known: str) -> str:
    for name, value in vars(type(odd)).items():
        if isinstance(value, nn.Module) and count_parameters(value):
            return (
                f"{name} is a layer of the class itself: all encoders share it, an optimizer does "
                "not see it, and out_c1, out_c2 and embedding_dim cannot change it. Make it in "
                f"__init__: self.{name} = ..."
            )
    *shapes, n_found, _ = found
    *right_shapes, n_needed, _ = right
    for n, shape, needed in zip((2, 2, 1, 3), shapes, right_shapes, strict=True):
        if shape != needed:
            hint = (
                "The first dimension counts the images, the second the embedding_dim channels; "
                "every layer halves height and width (filters 4×4, stride 2, padding 1)."
            )
            return (
                f"For {n} image{'s' * (n > 1)} and embedding_dim = {needed[1]}, the code has shape "
                f"{format_shape(shape) or 'of one number'}, expected {format_shape(needed)}. "
                f"{known or _explain_layers(odd, shape_differs=True) or hint}"
            )
    if n_found > n_needed:
        hint = _explain_extra_weights(odd, n_found - n_needed)
    else:
        hint = _explain_unknown_weights(odd, n_found, n_needed)
    return known or _explain_layers(odd, shape_differs=False) or hint


def _explain_layers(odd: nn.Module, shape_differs: bool) -> str:
    """Which of three convolution layers are not those that are asked for."""
    layers = [(n, layer) for n, layer in odd.named_modules() if type(layer) is nn.Conv2d]
    found: dict[str, list[str]] = {}  # what is different -> names of layers
    if len(layers) != 3:
        return ""
    for (name, layer), argument, size in zip(layers, ARGUMENTS, ODD, strict=True):
        options = {"kernel_size": 4}
        if shape_differs:
            options |= {"stride": 2, "padding": 1, "dilation": 1}
        differences = []
        for option, needed in options.items():
            seen = getattr(layer, option)
            if seen != (needed, needed):
                seen = seen[0] if seen[0] == seen[1] else seen
                differences.append(f"{option}={seen} (needed: {needed})")
        if layer.out_channels != size:
            differences.append(f"{layer.out_channels} filters (needed: {argument} = {size})")
        if layer.bias is None:
            differences.append("no bias (leave out bias=False)")
        if differences:
            found.setdefault(in_words(differences), []).append(name)
    return " ".join(
        f"{in_words(names)} {'have' if len(names) > 1 else 'has'} {differences}."
        for differences, names in found.items()
    )


def _layers_in(value: Any) -> bool:  # noqa: ANN401 - a student's
    parts = value.values() if isinstance(value, dict) else value
    return isinstance(value, (list, tuple, dict)) and any(isinstance(p, nn.Module) for p in parts)


def _explain_unknown_weights(odd: nn.Module, n_found: int, n_needed: int) -> str:
    """Why layers work in forward, but are unknown to `parameters()`."""
    hint = "Make just three nn.Conv2d layers in __init__ and keep each in self: self.conv1 = ..."
    for name, value in vars(odd).items():
        if isinstance(value, Tensor):
            hint = f"self.{name} is a plain tensor: wrap it in nn.Parameter(...)."
        elif _layers_in(value) and not name.startswith("_"):
            hint = f"self.{name} is a plain {type(value).__name__}: make it an nn.ModuleList."
    if list(odd.buffers()):
        hint = "Buffers are not learnt: use nn.Parameter(...)."
    odd.eval()
    if not same(encode(odd, images(2)).detach(), encode(odd, images(2)).detach()):
        hint = (
            "forward makes new layers, with new random weights, for every batch. Make them in "
            "__init__, self.conv1 = ..., and only call them in forward."
        )
    return (
        f"encoder.parameters() gives an optimizer {n_found:,} parameters to learn, but three "
        f"convolutions have {n_needed:,}. {hint}"
    )


def _explain_extra_weights(odd: nn.Module, n_extra: int) -> str:
    """Which layer is too much: the first that is none of the three convolutions."""
    needed = [[w.numel() for w in layer.parameters()] for layer in ConvEncoder(*ODD).children()]
    own = [(n, layer, list(layer.parameters(recurse=False))) for n, layer in odd.named_modules()]
    own = [owner for owner in own if owner[2]]
    extra = [owner for owner in own if [w.numel() for w in owner[2]] not in needed]
    name, layer, _ = (extra or own[::-1])[0]
    title = f"{name} ({type(layer).__name__})" if name else "A parameter of your own"
    return (
        f"{title} is too much. The encoder has {n_extra:,} parameter{'s' * (n_extra > 1)} more "
        "than three convolutions need: leave it out."
    )
