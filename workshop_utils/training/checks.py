"""Checks made before training, so that a mistake is named in words and not in a traceback."""

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from workshop_utils.networks.evaluation import check_loader, evaluating, output_of, shape_of


def check_training(
    n_epochs: int,
    optimizer: torch.optim.Optimizer,
    train_loader: Iterable,
    validation_loader: Iterable,
    models: dict[str, nn.Module],
) -> None:
    """Try the networks on one validation batch, and see whether all that is given fits together."""
    if n_epochs < 1:
        raise ValueError(f"n_epochs is {n_epochs}, but training needs at least one epoch.")
    check_loader(train_loader, "training")
    check_loader(validation_loader, "validation")
    for model in models.values():
        check_optimizer(optimizer, model)
    x, labels = next(iter(validation_loader))
    output = x
    with evaluating(*models.values()):
        for model in models.values():
            output = output_of(model, output)
    if "decoder" in models:
        check_reconstruction(output, x)
    else:
        check_scores(output, labels)
        for loader in (train_loader, validation_loader):
            known = getattr(loader, "labels", labels)  # our Loader holds them all
            check_labels(known, n_classes=output.shape[1])


def check_scores(logits: Tensor, labels: Tensor) -> None:
    """Refuse anything but one row of scores per image."""
    if logits.dim() != 2 or len(logits) != len(labels):
        raise ValueError(
            f"For {len(labels)} images the model returned a tensor of shape {shape_of(logits)}, "
            f"but {len(labels)}×(number of classes) is needed: one row of scores per image."
        )


def check_labels(labels: Tensor, n_classes: int) -> None:
    """Refuse labels that no score belongs to."""
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= n_classes:
        raise ValueError(
            f"The labels run from {low} to {high}, but the model has {n_classes} outputs, so "
            f"labels must lie between 0 and {n_classes - 1}."
        )


def check_reconstruction(reconstruction: Tensor, x: Tensor) -> None:
    """Refuse reconstructions of another shape than the images."""
    if reconstruction.shape != x.shape:
        raise ValueError(
            f"The decoder returned a tensor of shape {shape_of(reconstruction)} for images of "
            f"shape {shape_of(x)}. Both must be the same: does the decoder undo every stride of "
            "the encoder?"
        )


def check_optimizer(optimizer: torch.optim.Optimizer, model: nn.Module) -> None:
    """Refuse an optimizer that would leave (some of) the model's weights as they are."""
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
    """Stop when the loss has become infinite or not a number."""
    if not math.isfinite(loss):
        raise FloatingPointError(
            f"The loss is {loss} in epoch {epoch}, batch {batch}: training has diverged. Make the "
            "model and the optimizer anew and try a learning rate ten times smaller; if that does "
            "not help, look for NaN or very large numbers in the images."
        )
