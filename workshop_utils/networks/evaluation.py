"""Running networks without training them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


@contextmanager
def evaluating(*models: nn.Module) -> Iterator[None]:
    """Dropout off and no gradients inside the block; afterwards every model is as it was.

    Args:
        models: the networks that the block runs.
    """
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
    """
    with evaluating(encoder, decoder):
        return decoder(encoder(images))


def predict(model: nn.Module, loader: Iterable) -> tuple[Tensor, Tensor]:
    """Class probabilities for every image of a loader; the model is left as it was.

    Args:
        model: turns images N×C×H×W into scores N×n_classes.
        loader: batches of images and labels.

    Returns:
        Probabilities N×n_classes, and the right labels (N whole numbers), in the loader's order.

    Raises:
        ValueError: the loader is empty.
    """
    check_loader(loader, "test")
    with evaluating(model):
        batches = [(model(x).softmax(dim=1), labels) for x, labels in loader]
    probabilities, labels = zip(*batches, strict=True)
    return torch.cat(probabilities).cpu(), torch.cat(labels).cpu()


def check_shape(owner: str, x: Tensor, expected: tuple[int | None, ...]) -> None:
    """Refuse a batch that `owner` cannot work on.

    Args:
        owner: who is asking, for the message.
        x: the batch, N×...
        expected: sizes after the batch dimension; None stands for any size.

    Raises:
        TypeError: x is not a tensor of decimal numbers.
        ValueError: x has another shape.
    """
    if not isinstance(x, Tensor):
        raise TypeError(f"{owner} needs a tensor, but was given a {type(x).__name__}.")
    if not x.is_floating_point():
        raise TypeError(
            f"{owner} needs decimal numbers between 0 and 1, but this tensor holds {x.dtype}. "
            "Convert whole numbers from 0 to 255 with x.float() / 255."
        )
    fits = len(x.shape) == len(expected) + 1 and all(
        wanted in (None, size) for size, wanted in zip(x.shape[1:], expected, strict=True)
    )
    if not fits:
        wanted = "×".join(["N", *("any" if size is None else str(size) for size in expected)])
        hint = ""
        if len(x.shape) == len(expected):
            hint = " The batch dimension seems to be missing: add it with x.unsqueeze(0)."
        raise ValueError(f"{owner} needs a batch of shape {wanted}, but got {shape_of(x)}.{hint}")


def check_loader(loader: Iterable, name: str) -> None:
    """Refuse a loader without batches.

    Raises:
        ValueError: the loader is empty.
    """
    if len(loader) == 0:
        raise ValueError(f"The {name} loader is empty: it holds no images to work on.")


def shape_of(x: Tensor) -> str:
    """Shape of a tensor, written 2×3×32×32."""
    return "×".join(str(size) for size in x.shape)
