"""Checks made before training, so that a mistake is named in words and not in a traceback."""

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from workshop_utils.networks.evaluation import check_loader, evaluating, shape_of


def check_classifier(
    model: nn.Module,
    train_loader: Iterable,
    test_loader: Iterable,
    optimizer: torch.optim.Optimizer,
) -> None:
    """Try a classifier on one test batch and compare its scores with the labels.

    Raises:
        ValueError: empty loader, scores of the wrong shape, labels without a score, or an
            optimizer that holds the weights of another model.
    """
    check_loader(train_loader, "training")
    check_loader(test_loader, "test")
    check_optimizer(optimizer, model)
    x, labels = next(iter(test_loader))
    logits = _try_out(model, x)
    if logits.dim() != 2 or len(logits) != len(labels):
        raise ValueError(
            f"For {len(labels)} images the model returned a tensor of shape {shape_of(logits)}, "
            f"but {len(labels)}×(number of classes) is needed: one row of scores per image."
        )
    for loader in (train_loader, test_loader):
        known = getattr(loader, "labels", labels)  # our Loader holds them all
        _check_labels(known, n_classes=logits.shape[1])


def check_autoencoder(
    encoder: nn.Module,
    decoder: nn.Module,
    train_loader: Iterable,
    test_loader: Iterable,
    optimizer: torch.optim.Optimizer,
) -> None:
    """Send one test batch through encoder and decoder and compare the shapes.

    Raises:
        ValueError: empty loader, reconstructions of another shape than the images, or an
            optimizer that lacks the encoder's or the decoder's weights.
    """
    check_loader(train_loader, "training")
    check_loader(test_loader, "test")
    check_optimizer(optimizer, encoder)
    check_optimizer(optimizer, decoder)
    x, _ = next(iter(test_loader))
    reconstruction = _try_out(decoder, _try_out(encoder, x))
    if reconstruction.shape != x.shape:
        raise ValueError(
            f"The decoder returned a tensor of shape {shape_of(reconstruction)} for images of "
            f"shape {shape_of(x)}. Both must be the same: does the decoder undo every stride of the "
            "encoder?"
        )


def check_optimizer(optimizer: torch.optim.Optimizer, model: nn.Module) -> None:
    """Refuse an optimizer that would leave (some of) the model's weights as they are.

    Raises:
        ValueError: a trainable weight of the model is not in the optimizer.
    """
    held = {id(weight) for group in optimizer.param_groups for weight in group["params"]}
    missing = [
        name for name, w in model.named_parameters() if w.requires_grad and id(w) not in held
    ]
    if missing:
        raise ValueError(
            f"The optimizer does not hold {missing[0]!r} of this {type(model).__name__}, so "
            "training would not change it. Was the model made anew after the optimizer? Make the "
            "optimizer again from the parameters of this model."
        )


def check_finite(loss: float, epoch: int, batch: int) -> None:
    """Stop when the loss has become infinite or not a number.

    Args:
        loss: this batch's loss.
        epoch: which epoch, counted from 1.
        batch: which batch of it, counted from 1.

    Raises:
        FloatingPointError: with what to try next.
    """
    if not math.isfinite(loss):
        raise FloatingPointError(
            f"The loss is {loss} in epoch {epoch}, batch {batch}: training has diverged. Make the "
            "model and the optimizer anew and try a learning rate ten times smaller; if that does "
            "not help, look for NaN or very large numbers in the images."
        )


def _try_out(model: nn.Module, x: Tensor) -> Tensor:
    """Run a batch through the model without changing the model."""
    weight = next(model.parameters(), x)
    if weight.device != x.device:
        raise ValueError(
            f"The {type(model).__name__} is on {weight.device}, but the images are on {x.device}. "
            "Move the model with model.to(settings.device) before you make the optimizer."
        )
    with evaluating(model):
        output = model(x)
    if not isinstance(output, Tensor):
        raise TypeError(
            f"forward() of {type(model).__name__} returned {type(output).__name__}, "
            "but a tensor is needed. Is the return statement missing?"
        )
    return output


def _check_labels(labels: Tensor, n_classes: int) -> None:
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= n_classes:
        raise ValueError(
            f"The labels run from {low} to {high}, but the model has {n_classes} outputs, so "
            f"labels must lie between 0 and {n_classes - 1}."
        )
