"""One object of a student's encoder class, and what it makes of images."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from workshop_utils.checks.answers import check_tensor, kind, random_tensor, shape_of
from workshop_utils.checks.running import Mistake, NotWritten, call

ORDINALS = ("first", "second", "third")
ARGUMENTS = ("out_c1", "out_c2", "embedding_dim")
IMAGES = random_tensor(2, 3, 32, 32)


@dataclass
class Trial:
    """An encoder made with certain sizes, after its first forward pass.

    Args:
        sizes: out_c1, out_c2 and embedding_dim.
        model: the student's module.
        code: what it made of `IMAGES`.
    """

    sizes: tuple[int, int, int]
    model: nn.Module
    code: Tensor

    @classmethod
    def of(cls, encoder_class: Callable, sizes: tuple[int, int, int]) -> "Trial":
        """Make the encoder and run it.

        Raises:
            Failed: that stopped with an error.
            Mistake: no module came of it, or forward returned something impossible.
        """
        model = build(encoder_class, sizes)
        known = {id(weight) for weight in model.parameters()}
        for name, weight in model.named_parameters():
            if weight.device.type != "cpu":
                raise Mistake(
                    f"{name} is on the device “{weight.device.type}”, but the images are on the "
                    "CPU. Leave out device= and .to(); the notebook moves the encoder itself."
                )
        code = encode(model, IMAGES)
        again = {id(weight) for weight in model.parameters()}
        if not again <= known:
            raise Mistake(
                "forward makes new layers: they would start anew with every batch, and an "
                "optimizer made before the first batch would not know them. Make the layers in "
                "__init__, self.conv1 = ..., and only call them in forward."
            )
        return cls(sizes, model, code)

    @property
    def conv_layers(self) -> list[tuple[str, nn.Conv2d]]:
        """The student's own convolution layers, named as in their class; for messages only."""
        return [(n, layer) for n, layer in self.model.named_modules() if type(layer) is nn.Conv2d]


def build(encoder_class: Callable, sizes: tuple[int, int, int]) -> nn.Module:
    """Make a student's encoder.

    Raises:
        Failed: that stopped with an error.
        Mistake: it gives no module.
    """
    arguments = ", ".join(map(str, sizes))
    model = call(f"Making the encoder with ({arguments})", encoder_class, *sizes)
    if model is Ellipsis:
        raise NotWritten
    if not isinstance(model, nn.Module):
        hint = "Does its class line read class ConvEncoder(nn.Module)?"
        if not isinstance(encoder_class, type):
            hint = "Is the return statement missing?" if model is None else ""
        raise Mistake(f"The encoder is {kind(model)}, but must be an nn.Module. {hint}".strip())
    return model


def encode(model: nn.Module, x: Tensor) -> Tensor:
    """Let a student's encoder work on a copy of images.

    Raises:
        Failed: that stopped with an error.
        Mistake: no tensor came back, or the images were changed.
    """
    given = x.clone()
    with torch.enable_grad():  # whatever the student's code has set
        code = call(f"Encoding images of shape {shape_of(x)}", model, given)
    check_tensor(code, "forward returns")
    if given.shape != x.shape or not torch.equal(given, x):
        raise Mistake(
            "forward changes the images that it is given. Make new tensors; avoid +=, -=, "
            "functions whose name ends in _, and x[...] = ..."
        )
    return code
