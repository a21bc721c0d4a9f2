"""What is trained: the three networks of the workbook, as the notebooks train them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer

from workshop_utils import BasicConvNet, ConvDecoder, ConvEncoder, MultilayerPerceptronModel
from workshop_utils.images.dataset import ImageData
from workshop_utils.settings import PROFILES

BATCH_SIZE = 128
FULL = PROFILES["full"]


class WorksheetConvNet(BasicConvNet):
    """The CNN as it stands in the worksheet: ReLU before pooling, on four times as many values."""

    def forward(self, x: Tensor) -> Tensor:
        """Return one score per class (logits), N×n_classes, for images N×3×32×32."""
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        x = F.relu(self.fc1(x.flatten(start_dim=1)))
        return self.logits(x)


@dataclass(frozen=True)
class Task:
    """A network and how it is trained.

    Args:
        name: short, as in the file of results.
        title: as readers see it.
        n_epochs: of the worksheet's programme.
        network: makes the network of the workbook.
        worksheet_network: makes it as it stands in the worksheet; the numbers in it are the same.
        new_optimizer: from parameters.
        loss: mean over a batch, from the network's output, the images and the labels.
        is_classifier: whether there is an accuracy to count.
    """

    name: str
    title: str
    n_epochs: int
    network: Callable[[], nn.Module]
    worksheet_network: Callable[[], nn.Module]
    new_optimizer: Callable[[Iterable], Optimizer]
    loss: Callable[[Tensor, Tensor, Tensor], Tensor]
    is_classifier: bool = True

    def new_network(self, seed: int, as_in_worksheet: bool = False) -> nn.Module:
        """A network with the initial weights that belong to a seed."""
        torch.manual_seed(seed)
        return (self.worksheet_network if as_in_worksheet else self.network)()


def sgd(parameters: Iterable) -> Optimizer:
    """The optimizer of the classifiers."""
    return torch.optim.SGD(parameters, lr=1e-2, momentum=0.9)


def adam(parameters: Iterable) -> Optimizer:
    """The optimizer of the autoencoder."""
    return torch.optim.Adam(parameters, lr=1e-3)


def cross_entropy(logits: Tensor, _images: Tensor, labels: Tensor) -> Tensor:
    """The loss of the classifiers."""
    return F.cross_entropy(logits, labels)


def squared_error(reconstruction: Tensor, images: Tensor, _labels: Tensor) -> Tensor:
    """The loss of the autoencoder: its target is the image itself."""
    return F.mse_loss(reconstruction, images, reduction="sum") / len(images)


def new_mlp() -> nn.Module:
    """The perceptron of notebook 1."""
    return MultilayerPerceptronModel(n_features=3 * 32 * 32, n_classes=10)


def new_cnn() -> nn.Module:
    """The convolutional network of notebook 2."""
    return BasicConvNet(out_c1=8, out_c2=16, dense_units=256)


def new_worksheet_cnn() -> nn.Module:
    """The same network in the worksheet's order."""
    return WorksheetConvNet(8, 16, 256)


def new_autoencoder() -> nn.Module:
    """Encoder and decoder of notebook 3, one after the other."""
    return nn.Sequential(ConvEncoder(8, 16, 32), ConvDecoder(8, 16, 32))


MLP = Task("mlp", "MLP", FULL.classifier_epochs, new_mlp, new_mlp, sgd, cross_entropy)
CNN = Task("cnn", "CNN", FULL.classifier_epochs, new_cnn, new_worksheet_cnn, sgd, cross_entropy)
AUTOENCODER = Task(
    "autoencoder",
    "autoencoder",
    FULL.autoencoder_epochs,
    new_autoencoder,
    new_autoencoder,
    adam,
    squared_error,
    is_classifier=False,
)
TASKS = (MLP, CNN, AUTOENCODER)


@dataclass(frozen=True)
class Images:
    """The data set, in each form that a way of training wants it; made before any clock runs.

    Args:
        data: as `load_data` gives it.
    """

    data: ImageData

    @property
    def device(self) -> torch.device:
        """Where the networks are trained."""
        return self.data.train_images.device

    @cached_property
    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """Training and test images as torchvision's CIFAR10 holds them: uint8, N×32×32×3."""
        both = (self.data.train_images, self.data.test_images)
        return tuple(np.ascontiguousarray(channels_at_the_end(images)) for images in both)

    @cached_property
    def decimals(self) -> tuple[Tensor, Tensor]:
        """Training and test images as decimal numbers, N×3×32×32, in PyTorch's usual order."""
        both = (self.data.train_images, self.data.test_images)
        return tuple(images.contiguous().float() / 255 for images in both)


def channels_at_the_end(images: Tensor) -> np.ndarray:
    """The images as N×32×32×3; the memory is not copied."""
    return images.cpu().permute(0, 2, 3, 1).numpy()
