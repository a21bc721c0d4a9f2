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


def most_confused(matrix: Tensor, classes: tuple[str, ...]) -> tuple[str, str, float]:
    """The pair of classes mixed up most often, in either direction.

    Args:
        matrix: counts from `confusion_matrix`.
        classes: names of the classes.

    Returns:
        Two class names, and the fraction of their images taken for the other one.
    """
    off_diagonal = matrix.clone().fill_diagonal_(0)
    both_ways = (off_diagonal + off_diagonal.T).triu()
    first, second = divmod(int(both_ways.argmax()), len(matrix))
    images = matrix[first].sum() + matrix[second].sum()
    return classes[first], classes[second], (both_ways[first, second] / images).item()


def worst_mistakes(probabilities: Tensor, labels: Tensor) -> Tensor:
    """The eight images on which the classifier was surest and wrong.

    Args:
        probabilities: N×n_classes, from `predict`.
        labels: right classes, N whole numbers.

    Returns:
        Their positions in the test set, the surest mistake first.
    """
    confidence, predicted = probabilities.max(dim=1)
    surprise = torch.where(predicted == labels, -1.0, confidence)  # right answers go last
    return surprise.topk(N_WORST).indices
