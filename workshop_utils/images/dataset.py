"""Images held in memory, and handed out in batches."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

CIFAR10 = "CIFAR-10"
STANDIN = "stand-in"
JPEG_COPY = "JPEG copy"

Arrays = tuple[np.ndarray, ...]

CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)


class DataError(RuntimeError):
    """A file of CIFAR-10 is not as it should be; the text says what to do."""


class Loader:
    """Batches of images and labels from a set held in memory.

    Going through it once is one epoch: every image exactly once, in a new random order each
    time if `shuffle` is True. Images come as decimal numbers in [0, 1], N×3×32×32.

    Args:
        images: uint8, N×3×32×32.
        labels: N whole numbers.
        batch_size: images per batch; the last batch may be smaller.
        shuffle: whether to mix the images anew every epoch.
        seed: starting point of the mixing.

    Raises:
        ValueError: images and labels of different number, none at all, or no batch size.
    """

    def __init__(
        self,
        images: Tensor,
        labels: Tensor,
        batch_size: int = 128,
        shuffle: bool = False,
        seed: int = 0,
    ) -> None:
        if len(images) != len(labels):
            raise ValueError(
                f"There are {len(images)} images but {len(labels)} labels: each image needs one."
            )
        if len(images) == 0:
            raise ValueError("There are no images to load: the set is empty.")
        if batch_size < 1:
            raise ValueError(f"batch_size is {batch_size}, but a batch holds at least one image.")
        self.images = images
        self.labels = labels
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.generator = torch.Generator().manual_seed(seed)

    def __len__(self) -> int:
        return -(-len(self.images) // self.batch_size)  # rounded up

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        n = len(self.images)
        order = torch.randperm(n, generator=self.generator) if self.shuffle else torch.arange(n)
        pixels = self.images.permute(0, 2, 3, 1)  # N×32×32×3, see `_channels_last`
        for chosen in order.to(self.images.device).split(self.batch_size):
            x = pixels.index_select(0, chosen).permute(0, 3, 1, 2)  # N×3×32×32
            # Twice as quick as `images[chosen].float() / 255`, with the same result.
            yield x.float().div_(255), self.labels[chosen]


def kept_for_validation(labels: Tensor) -> Tensor:
    """Which training images are kept to choose by: every tenth of each class, for everybody.

    Args:
        labels: N whole numbers.

    Returns:
        N times True (validation) or False (training).
    """
    number = torch.zeros_like(labels)  # how many images of its class stand before each image
    for label in labels.unique():
        of_class = labels == label
        number[of_class] = torch.arange(int(of_class.sum()), device=labels.device)
    return number % 10 == 9


@dataclass(frozen=True)
class ImageData:
    """A data set of labelled 32×32 colour images, in three parts.

    Networks learn from the training images. Whatever is chosen (a learning rate, a size, when to
    stop) is chosen by the validation images. The test images are for one last look.

    Args:
        name: "CIFAR-10" or "stand-in".
        variant: "" for the official images, "JPEG copy" for images stored as JPEG files.
        train_images: uint8, N×3×32×32.
        train_labels: N whole numbers from 0 to 9.
        validation_images: uint8, M×3×32×32.
        validation_labels: M whole numbers from 0 to 9.
        test_images: uint8, K×3×32×32.
        test_labels: K whole numbers from 0 to 9.
        seed: starting point of the training loader's mixing.
    """

    name: str
    variant: str
    train_images: Tensor
    train_labels: Tensor
    validation_images: Tensor
    validation_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    seed: int = 0
    classes: tuple[str, ...] = CLASSES

    @property
    def title(self) -> str:
        """Name and variant, as figures show them."""
        return f"{self.name} ({self.variant})" if self.variant else self.name

    def loaders(self, batch_size: int = 128) -> tuple[Loader, Loader]:
        """Loaders of the training set (mixed anew every epoch) and of the validation set."""
        return (
            Loader(self.train_images, self.train_labels, batch_size, shuffle=True, seed=self.seed),
            Loader(self.validation_images, self.validation_labels, batch_size),
        )

    def test_loader(self, batch_size: int = 128) -> Loader:
        """Loader of the test set (in order), for the end: see `open_test_set`."""
        return Loader(self.test_images, self.test_labels, batch_size)

    def __repr__(self) -> str:
        return (
            f"{self.title}: {len(self.train_images):,} training, "
            f"{len(self.validation_images):,} validation and {len(self.test_images):,} test images"
        )
