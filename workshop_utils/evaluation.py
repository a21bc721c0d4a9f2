"""Running networks without training them."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


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
