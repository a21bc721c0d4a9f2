"""Ways to train the same network on the same images: what tutorials do, frameworks, and ours.

A way is a function. It prepares everything that is done once, and returns two functions: one
trains for an epoch, one evaluates; each returns the mean loss per image. All ways start from the
same weights and count the same: the loss, and for classifiers the accuracy, of every batch.
"""

import contextlib
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.data import DataLoader, Dataset, TensorDataset

import workshop_utils as wu
from benchmarks.frameworks import with_lightning, with_skorch
from benchmarks.tasks import BATCH_SIZE, Images, Task

Measured = tuple[Callable[[], float], Callable[[], float]]


class PictureSet(Dataset):
    """Pictures that are transformed one by one, as torchvision's CIFAR10 does.

    Args:
        arrays: uint8, N×32×32×3.
        labels: N whole numbers.
    """

    def __init__(self, arrays: np.ndarray, labels: Tensor) -> None:
        from torchvision.transforms import ToTensor

        self.arrays = arrays
        self.labels = labels.tolist()
        self.transform = ToTensor()

    def __len__(self) -> int:
        return len(self.arrays)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.transform(Image.fromarray(self.arrays[index])), self.labels[index]


def train_plainly(
    task: Task, network: nn.Module, optimizer: Optimizer, batches: Iterable, device: torch.device
) -> float:
    """Train for an epoch with the usual loop.

    Returns:
        Mean loss per image.
    """
    network.train()
    total, n_right, n_images = 0.0, 0, 0
    for x, labels in batches:
        x, labels = x.to(device), labels.to(device)
        output = network(x)
        loss = task.loss(output, x, labels)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        total += loss.item() * len(x)
        if task.is_classifier:
            n_right += (output.argmax(dim=1) == labels).sum().item()
        n_images += len(x)
    return total / n_images


def evaluate_plainly(
    task: Task, network: nn.Module, batches: Iterable, device: torch.device
) -> float:
    """Evaluate with the usual loop.

    Returns:
        Mean loss per image.
    """
    network.eval()
    total, n_right, n_images = 0.0, 0, 0
    with torch.no_grad():
        for x, labels in batches:
            x, labels = x.to(device), labels.to(device)
            output = network(x)
            total += task.loss(output, x, labels).item() * len(x)
            if task.is_classifier:
                n_right += (output.argmax(dim=1) == labels).sum().item()
            n_images += len(x)
    return total / n_images


def in_a_plain_loop(
    task: Task, network: nn.Module, batches: tuple[Iterable, Iterable], device: torch.device
) -> Measured:
    """Train and evaluate with the usual loops, on batches of any origin."""
    network.to(device)
    optimizer = task.new_optimizer(network.parameters())
    train_batches, test_batches = batches
    return (
        lambda: train_plainly(task, network, optimizer, train_batches, device),
        lambda: evaluate_plainly(task, network, test_batches, device),
    )


def picture_loaders(
    arrays: tuple[np.ndarray, np.ndarray], data: wu.ImageData, n_workers: int = 0
) -> tuple[DataLoader, DataLoader]:
    """Loaders as in most tutorials: every picture is transformed every time anew."""
    train_set = PictureSet(arrays[0], data.train_labels)
    test_set = PictureSet(arrays[1], data.test_labels)
    return (
        DataLoader(train_set, BATCH_SIZE, shuffle=True, num_workers=n_workers),
        DataLoader(test_set, BATCH_SIZE, num_workers=n_workers),
    )


def as_in_the_worksheet(task: Task, images: Images, seed: int) -> Measured:
    """Pictures one by one, and the network as it stands in the worksheet."""
    network = task.new_network(seed, as_in_worksheet=True)
    return in_a_plain_loop(
        task, network, picture_loaders(images.arrays, images.data), images.device
    )


def with_pictures(task: Task, images: Images, seed: int) -> Measured:
    """Pictures one by one, and the workbook's network."""
    loaders = picture_loaders(images.arrays, images.data)
    return in_a_plain_loop(task, task.new_network(seed), loaders, images.device)


def with_workers(task: Task, images: Images, seed: int) -> Measured:
    """Pictures one by one, prepared by two other processes."""
    loaders = picture_loaders(images.arrays, images.data, n_workers=2)
    return in_a_plain_loop(task, task.new_network(seed), loaders, images.device)


def tensor_loaders(images: Images) -> tuple[DataLoader, DataLoader]:
    """PyTorch's loaders of images that are decimal numbers already."""
    train_set = TensorDataset(images.decimals[0], images.data.train_labels)
    test_set = TensorDataset(images.decimals[1], images.data.test_labels)
    return DataLoader(train_set, BATCH_SIZE, shuffle=True), DataLoader(test_set, BATCH_SIZE)


def with_tensors(task: Task, images: Images, seed: int) -> Measured:
    """Decimal numbers in memory, PyTorch's own loader."""
    return in_a_plain_loop(task, task.new_network(seed), tensor_loaders(images), images.device)


def lightning(task: Task, images: Images, seed: int) -> Measured:
    """Lightning's Trainer, without logger, checkpoints or progress bar."""
    return with_lightning(task, task.new_network(seed), tensor_loaders(images), images.device)


def skorch(task: Task, images: Images, seed: int) -> Measured:
    """skorch's net, without anything printed."""
    train_loader, test_loader = tensor_loaders(images)
    sets = train_loader.dataset, test_loader.dataset
    return with_skorch(task, task.new_network(seed), sets, images.device)


def ours(task: Task, images: Images, seed: int) -> Measured:
    """The workbook's loader and training loops."""
    network = task.new_network(seed).to(images.device)
    optimizer = task.new_optimizer(network.parameters())
    train_loader, test_loader = images.data.loaders(BATCH_SIZE)
    train_loader.generator.manual_seed(seed)
    # The workbook's functions evaluate at the end of each epoch. That is measured by itself, so
    # while training there is one batch to evaluate on. Its time counts.
    one_batch = wu.Loader(test_loader.images[:BATCH_SIZE], test_loader.labels[:BATCH_SIZE])

    def train() -> float:
        with contextlib.redirect_stdout(io.StringIO()):  # a line for the epoch
            if task.is_classifier:
                history = wu.train(network, train_loader, one_batch, optimizer, n_epochs=1)
            else:
                history = wu.train_autoencoder(
                    *network, train_loader, one_batch, optimizer, n_epochs=1
                )
        return history.train_loss[0]

    def evaluate() -> float:
        if task.is_classifier:
            return wu.test(network, nn.CrossEntropyLoss(), test_loader)[0]
        return wu.test_autoencoder(*network, test_loader)

    return train, evaluate


def floor(task: Task, images: Images, seed: int) -> Measured:
    """The steps alone: one batch that is in memory already, over and over."""
    batches = []
    for loader in images.data.loaders(BATCH_SIZE):
        x, labels = next(iter(loader))
        n_full, rest = divmod(len(loader.images), BATCH_SIZE)
        batches.append([(x, labels)] * n_full + [(x[:rest], labels[:rest])] * (rest > 0))
    return in_a_plain_loop(task, task.new_network(seed), batches, images.device)


@dataclass(frozen=True)
class Way:
    """A way of training, for tables.

    Args:
        title: what it is called there.
        prepare: the function.
        package: what must be installed for it; "" for nothing more than the workbook needs.
    """

    title: str
    prepare: Callable[[Task, Images, int], Measured]
    package: str = ""

    @property
    def is_installed(self) -> bool:
        """Whether it can be measured here."""
        return not self.package or find_spec(self.package) is not None


WORKSHEET, OURS, FLOOR = "worksheet", "ours", "floor"
WAYS = {
    WORKSHEET: Way("the worksheet's way", as_in_the_worksheet),
    "pictures": Way("the same, with our network", with_pictures),
    "workers": Way("pictures, 2 workers", with_workers),
    "tensors": Way("TensorDataset", with_tensors),
    "lightning": Way("Lightning", lightning, "lightning"),
    "skorch": Way("skorch", skorch, "skorch"),
    OURS: Way("this workbook", ours),
    FLOOR: Way("floor: one batch, no loading", floor),
}


def ways_of(task: Task) -> dict[str, Way]:
    """The ways that differ for a task."""
    same_network = task.network is task.worksheet_network
    return {name: way for name, way in WAYS.items() if not (name == "pictures" and same_network)}
