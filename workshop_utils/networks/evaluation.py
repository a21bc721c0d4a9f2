"""Running networks without training them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset


@contextmanager
def evaluating(*models: nn.Module) -> Iterator[None]:
    """Dropout off and no gradients inside the block; afterwards every model is as it was.

    Args:
        models: the networks that the block runs.

    Raises:
        ValueError: one of them is none, such as a class.
    """
    for model in models:
        check_is_made(model, nn.Module, "the network")
    were_training = [model.training for model in models]
    for model in models:
        model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for model, was_training in zip(models, were_training, strict=True):
            model.train(was_training)


def accuracy(logits: Tensor, labels: Tensor) -> float:
    """Fraction of images whose highest score is at the right class.

    Args:
        logits: scores, N×n_classes.
        labels: right classes, N whole numbers.
    """
    return (logits.argmax(dim=1) == labels).float().mean().item()


def reconstruct(encoder: nn.Module, decoder: nn.Module, images: Tensor) -> Tensor:
    """Send images through encoder and decoder, which are left as they were.

    Args:
        encoder: turns images N×C×H×W into codes.
        decoder: turns codes into images N×C×H×W.
        images: N×C×H×W, values in [0, 1].

    Returns:
        Images of the same shape.

    Raises:
        ValueError: a network cannot work on what it is given.
    """
    with evaluating(encoder, decoder):
        return output_of(decoder, output_of(encoder, images))


def squared_error(a: Tensor, b: Tensor) -> Tensor:
    """How far images are from others, such as reconstructions from what they reconstruct.

    Args:
        a: N×C×H×W.
        b: of the same shape.

    Returns:
        N numbers: the squared difference, summed over the values of each image.
    """
    return ((a - b) ** 2).flatten(start_dim=1).sum(dim=1)


def predict(model: nn.Module, loader: Iterable) -> tuple[Tensor, Tensor]:
    """Class probabilities for every image of a loader; the model is left as it was.

    Args:
        model: turns images N×C×H×W into scores N×n_classes.
        loader: batches of images and labels.

    Returns:
        Probabilities N×n_classes, and the right labels (N whole numbers), in the loader's order.

    Raises:
        ValueError: the loader is empty, or the model cannot work on its images.
    """
    check_loader(loader, "test")
    with evaluating(model):
        batches = [(output_of(model, x).softmax(dim=1), labels) for x, labels in loader]
    probabilities, labels = zip(*batches, strict=True)
    return torch.cat(probabilities).cpu(), torch.cat(labels).cpu()


def check_is_made(thing: object, kind: type, what: str) -> None:
    """Refuse anything but an object of a kind; a class is often given in place of one.

    Raises:
        ValueError: it is something else.
    """
    if isinstance(thing, type):
        raise ValueError(
            f"For {what}, the class {thing.__name__} was given, and not an object of it. Make one "
            f"first, with parentheses: {thing.__name__}(...)."
        )
    if not isinstance(thing, kind):
        raise ValueError(
            f"For {what}, something of the kind {type(thing).__name__} was given, but "
            f"{kind.__name__} is needed. Is the order of the arguments right?"
        )


def check_loader(loader: Any, name: str) -> None:  # noqa: ANN401 - whatever somebody gives
    """Refuse what gives no batches.

    Raises:
        ValueError: the loader is empty, or something else.
    """
    if isinstance(loader, Dataset):
        raise ValueError(
            f"The {name} loader is a {type(loader).__name__}, which gives single images, but "
            "batches are needed: torch.utils.data.DataLoader(images, batch_size=128) makes them."
        )
    if isinstance(loader, (type, tuple)) or not all(
        hasattr(loader, needed) for needed in ("__len__", "__iter__")
    ):
        raise ValueError(
            f"The {name} loader must be one that data.loaders() makes (it makes two), or the like, "
            f"but is {kind_of(loader)}."
        )
    if len(loader) == 0:
        raise ValueError(f"The {name} loader is empty: it holds no images to work on.")


def kind_of(thing: object) -> str:
    """What something is, in a sentence."""
    if isinstance(thing, type):
        return f"the class {thing.__name__}"
    return f"of the kind {type(thing).__name__}"


def format_shape(shape: tuple[int, ...]) -> str:
    """Write a shape as 3×32×32."""
    return "×".join(str(size) for size in shape)


def shape_of(x: Tensor) -> str:
    """Shape of a tensor, written 2×3×32×32."""
    return format_shape(tuple(x.shape)) or "a single number"


def output_of(model: nn.Module, x: Tensor) -> Tensor:
    """What a network makes of a batch; where it cannot, the error says why in words."""
    name = type(model).__name__
    weight = next(model.parameters(), x)
    if weight.device != x.device:
        raise ValueError(
            f"The {name} is on {weight.device}, but the images are on {x.device}. "
            "Move the model with model.to(settings.device) before you make the optimizer."
        )
    if not x.is_floating_point():
        raise TypeError(
            f"{name} needs decimal numbers between 0 and 1, but this tensor holds {x.dtype}. "
            "Convert whole numbers from 0 to 255 with x.float() / 255."
        )
    try:
        output = model(x)
    except RuntimeError as error:
        hint = ""
        if x.dim() == 3:
            hint = " The batch dimension seems to be missing: add it with x.unsqueeze(0)."
        elif x.dim() == 4 and x.shape[1] != 3 and x.shape[3] == 3:
            hint = " The colours seem to come last: x.permute(0, 3, 1, 2) puts them first."
        elif weight.dtype != x.dtype:
            hint = (
                f" Its weights are {weight.dtype}, the images {x.dtype}: are there .half(), "
                ".double() or torch.set_default_dtype(...) in a cell above? "
                "torch.set_default_dtype(torch.float32) and model.float(), before you make the "
                "optimizer, give what is usual."
            )
        raise ValueError(
            f"{name} cannot work on a batch of shape {shape_of(x)}{_first_layer(model)}.{hint} "
            f"PyTorch says: {str(error).splitlines()[0]}"
        ) from error
    if not isinstance(output, Tensor):
        raise TypeError(
            f"forward() of {name} returned {type(output).__name__}, but a tensor is needed. "
            "Is the return statement missing?"
        )
    return output


def _first_layer(model: nn.Module) -> str:
    """What the first layer with weights takes, as the end of a sentence."""
    for layer in model.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
            return f": its first layer takes {layer.in_channels} channels, height and width"
        if isinstance(layer, nn.Linear):
            return f": its first layer takes {layer.in_features} numbers for each image"
    return ""
