"""Where a classifier goes wrong: which classes it confuses, and its worst mistakes."""

import torch
from torch import Tensor

N_WORST = 8


def confusion_matrix(probabilities: Tensor, labels: Tensor) -> Tensor:
    """Count how often each class is taken for each other one.

    Args:
        probabilities: N×n_classes, from `predict`.
        labels: right classes, N whole numbers.

    Returns:
        n_classes×n_classes counts: row = right class, column = predicted class.
    """
    n_classes = probabilities.shape[1]
    pairs = labels * n_classes + probabilities.argmax(dim=1)
    return torch.bincount(pairs, minlength=n_classes**2).reshape(n_classes, n_classes)


def worst_mistakes(probabilities: Tensor, labels: Tensor) -> Tensor:
    """The eight most confident mistakes.

    Args:
        probabilities: N×n_classes, from `predict`.
        labels: right classes, N whole numbers.

    Returns:
        Their positions, the most confident mistake first.
    """
    confidence, predicted = probabilities.max(dim=1)
    surprise = torch.where(predicted == labels, -1.0, confidence)  # right answers go last
    return surprise.topk(N_WORST).indices
