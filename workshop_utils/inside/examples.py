"""A few images to begin with: photographs that came with the workbook, or drawings."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from workshop_utils.files import read_tensors
from workshop_utils.images.dataset import CLASSES, STANDIN, ImageData

PHOTOGRAPHS = Path(__file__).parent.parent / "recorded" / "examples" / "cifar-10.safetensors"
PER_CLASS = 3
SEED = 9  # of drawings; those that networks learn from have another


@dataclass(frozen=True)
class Examples:
    """Images to choose from, and what they show.

    Args:
        title: the data set, as it is called in texts.
        images: uint8, N×3×32×32, class after class.
        labels: N whole numbers.
        classes: what the labels mean.
    """

    title: str
    images: Tensor
    labels: Tensor
    classes: tuple[str, ...]


def examples_of(data: ImageData) -> Examples:
    """The first validation images of each class."""
    chosen = first_of_each(data.validation_labels)
    images, labels = data.validation_images[chosen].cpu(), data.validation_labels[chosen].cpu()
    return Examples(data.title, images, labels, data.classes)


def examples_for(dataset: str) -> Examples:
    """Images that are there without a data set on the disk.

    Args:
        dataset: "CIFAR-10" or "stand-in", as in `ImageData.name`.

    Raises:
        DamagedError: the file that came with the workbook was altered.
    """
    if dataset == STANDIN:
        from workshop_utils.images.standin import draw_standin

        images, labels, *_ = map(
            torch.from_numpy, draw_standin(PER_CLASS * len(CLASSES), len(CLASSES), SEED)
        )
        chosen = first_of_each(labels)
        return Examples(dataset, images[chosen], labels[chosen], CLASSES)
    tensors, about = read_tensors(PHOTOGRAPHS)
    return Examples(about["title"], tensors["images"], tensors["labels"], CLASSES)


def first_of_each(labels: Tensor) -> Tensor:
    """Numbers of the first images of each class, class after class."""
    return torch.cat(
        [(labels == label).nonzero().flatten()[:PER_CLASS] for label in labels.unique()]
    )
