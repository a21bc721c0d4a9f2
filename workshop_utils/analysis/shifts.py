"""Moving images by some pixels: what do networks make of it?"""

from collections.abc import Iterable

import torch.nn.functional as F
from torch import Tensor, nn

from workshop_utils.networks.evaluation import check_loader, evaluating

DIRECTIONS = ((-1, 0), (1, 0), (0, -1), (0, 1))  # up, down, left, right


def shift(images: Tensor, down: int = 0, right: int = 0) -> Tensor:
    """Move images by whole pixels; what comes in at the edge repeats the edge.

    Args:
        images: N×C×H×W, images or feature maps.
        down: pixels; negative numbers move up.
        right: pixels; negative numbers move left.

    Returns:
        Images of the same shape.
    """
    height, width = images.shape[-2:]
    reach = max(abs(down), abs(right))
    larger = F.pad(images, [reach] * 4, mode="replicate")  # N×C×(H+2·reach)×(W+2·reach)
    top, left = reach - down, reach - right
    return larger[..., top : top + height, left : left + width]


def accuracy_when_shifted(
    model: nn.Module, loader: Iterable, distances: Iterable[int], and_back: bool = False
) -> dict[int, float]:
    """Accuracy on images that were moved; the model is left as it was.

    Args:
        model: turns images N×C×H×W into scores N×n_classes.
        loader: batches of images and labels.
        distances: in pixels. Each image is moved by so many in four directions, one at a time.
        and_back: True moves it back again. It stands where it stood, but what had left is gone.

    Returns:
        Distance -> fraction classified correctly, over all images and directions.

    Raises:
        ValueError: the loader is empty.
    """
    check_loader(loader, "evaluation")
    found = {}
    with evaluating(model):
        for distance in distances:
            n_correct, n_images = 0, 0
            directions = DIRECTIONS if distance else DIRECTIONS[:1]  # not moved is not moved
            for x, labels in loader:
                for down, right in directions:
                    moved = shift(x, distance * down, distance * right)
                    if and_back:
                        moved = shift(moved, -distance * down, -distance * right)
                    scores = model(moved)
                    n_correct += (scores.argmax(dim=1) == labels).sum().item()
                    n_images += len(x)
            found[distance] = n_correct / n_images
    return found


def relative_change(before: Tensor, after: Tensor) -> float:
    """How much a change matters, beside how much the images of a batch differ from each other.

    Args:
        before: N×..., numbers of N images.
        after: of the same shape.

    Returns:
        0 where nothing changed; about 1.4 if every image had been taken for another one.
    """
    return ((after - before).norm() / (before - before.mean(dim=0)).norm()).item()
