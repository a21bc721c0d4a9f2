"""Checks made before training, so that a mistake is named in words and not in a traceback."""

import math
import operator
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import RandomSampler

from workshop_utils.networks.evaluation import (
    check_is_made,
    check_loader,
    evaluating,
    kind_of,
    output_of,
    shape_of,
)


def check_training(
    n_epochs: int,
    optimizer: torch.optim.Optimizer,
    train_loader: Any,  # noqa: ANN401 - batches, and a length
    validation_loader: Any,  # noqa: ANN401 - batches, and a length
    models: dict[str, nn.Module],
) -> None:
    """Try the networks on one validation batch, and see whether all that is given fits together."""
    check_n_epochs(n_epochs)
    for name, model in models.items():
        check_is_made(model, nn.Module, f"the {name}")
    check_is_made(optimizer, torch.optim.Optimizer, "the optimizer")
    for loader, name in ((train_loader, "training"), (validation_loader, "validation")):
        check_loader(loader, name)
    if _mixes(validation_loader) and not _mixes(train_loader):
        raise ValueError(
            "The validation loader mixes its images anew in every epoch, and the training loader "
            "does not. Are the two exchanged? The training loader is given first."
        )
    check_can_learn(models)
    for model in models.values():
        check_optimizer(optimizer, model)
    x, labels = first_batch(validation_loader)
    output = x
    with evaluating(*models.values()):
        for model in models.values():
            output = output_of(model, output)
    if "decoder" in models:
        check_reconstruction(output, x)
    else:
        check_scores(output, x)
        for loader in (train_loader, validation_loader):
            known = getattr(loader, "labels", labels)  # our Loader holds them all
            check_labels(known, n_classes=output.shape[1])


def check_n_epochs(n_epochs: int) -> None:
    """Refuse anything but a whole number above zero."""
    try:
        n = operator.index(n_epochs)
    except TypeError:
        raise ValueError(
            f"n_epochs is {n_epochs!r}, but it must be a whole number such as 10."
        ) from None
    if n < 1:
        raise ValueError(f"n_epochs is {n_epochs}, but training needs at least one epoch.")


def first_batch(loader: Any) -> tuple[Tensor, Tensor]:  # noqa: ANN401 - batches, and a length
    """The first batch of a loader.

    Raises:
        ValueError: it is no pair of tensors.
    """
    batch = next(iter(loader))
    if not (
        isinstance(batch, (tuple, list))
        and len(batch) == 2
        and all(isinstance(part, Tensor) for part in batch)
    ):
        raise ValueError(
            "A loader must give pairs of tensors, images and labels, but this one (of the kind "
            f"{type(loader).__name__}) gives something {kind_of(batch)}. Use one of data.loaders()."
        )
    return batch[0], batch[1]


def check_can_learn(models: dict[str, nn.Module]) -> None:
    """Refuse to train where PyTorch would find no gradients."""
    if torch.is_inference_mode_enabled():
        raise ValueError(
            "This runs inside torch.inference_mode(), where nothing can be learnt. Train outside."
        )
    if not torch.is_grad_enabled():
        raise ValueError(
            "Gradients are switched off, so that nothing can be learnt. Train outside of "
            "torch.no_grad(); after torch.set_grad_enabled(False), "
            "torch.set_grad_enabled(True) switches them on again."
        )
    weights = [weight for model in models.values() for weight in model.parameters()]
    names = " and ".join(type(model).__name__ for model in models.values())
    if any(weight.is_inference() for weight in weights):
        raise ValueError(
            f"The weights of {names} were made inside torch.inference_mode() and cannot learn. "
            "Make model and optimizer again, outside."
        )
    if not any(weight.requires_grad for weight in weights):
        raise ValueError(
            f"There is nothing to learn in {names}: "
            + (
                "all weights are frozen. model.requires_grad_(True) lets them learn."
                if weights
                else "it has no weights."
            )
        )


def check_scores(logits: Tensor, x: Tensor) -> None:
    """Refuse anything but one row of scores per image."""
    if logits.dim() != 2 or len(logits) != len(x):
        hint = " Is it an autoencoder? train_autoencoder trains those." * (logits.shape == x.shape)
        raise ValueError(
            f"For {len(x)} images the model returned a tensor of shape {shape_of(logits)}, "
            f"but {len(x)}×(number of classes) is needed: one row of scores per image.{hint}"
        )


def check_labels(labels: Tensor, n_classes: int) -> None:
    """Refuse labels that are no whole numbers, or that no score belongs to."""
    check_is_made(labels, Tensor, "the labels")
    if labels.dim() != 1:
        hint = "labels.argmax(dim=1)" if labels.shape[1:] == (n_classes,) else "labels.flatten()"
        raise ValueError(
            f"The labels are a tensor of shape {shape_of(labels)}, but one whole number per image "
            f"is needed. {hint} makes them."
        )
    if labels.dtype not in (torch.int64, torch.uint8):
        raise ValueError(
            f"The labels hold {labels.dtype}, but the loss needs torch.int64. labels.long() makes "
            "whole numbers of them."
        )
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


def _mixes(loader: Any) -> bool:  # noqa: ANN401 - batches, and a length
    """Whether a loader of ours or of PyTorch's gives its images in another order each time."""
    return getattr(loader, "shuffle", isinstance(getattr(loader, "sampler", None), RandomSampler))
