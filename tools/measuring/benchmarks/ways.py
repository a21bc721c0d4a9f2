"""Ways to train the same network on the same images: what tutorials do, frameworks, and ours.

A way is a function. It prepares everything that is done once, and returns two functions: one
trains for an epoch, one evaluates; each returns the mean loss per image. All ways start from the
same weights, see the images in the same order, and count the same: the loss, and for classifiers
the accuracy, of every batch.
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
from torch.utils.data import DataLoader, Dataset, RandomSampler, TensorDataset

import workshop_utils as wu
from tools.measuring.benchmarks.frameworks import with_lightning, with_skorch
from tools.measuring.benchmarks.tasks import BATCH_SIZE, Images, Task

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


def pytorch_loaders(
    train_set: Dataset, test_set: Dataset, seed: int, n_workers: int = 0
) -> tuple[DataLoader, DataLoader]:
    """PyTorch's loaders of training and test set.

    Args:
        train_set: mixed as `shuffle=True` does, but in the order of the workbook's own loader.
        test_set: in its order.
        seed: of the mixing.
        n_workers: processes that prepare the batches.
    """
    sampler = mixing(train_set, seed)
    return (
        DataLoader(train_set, BATCH_SIZE, sampler=sampler, num_workers=n_workers),
        DataLoader(test_set, BATCH_SIZE, num_workers=n_workers),
    )


def mixing(train_set: Dataset, seed: int) -> RandomSampler:
    """What `shuffle=True` makes, from a seed."""
    return RandomSampler(train_set, generator=torch.Generator().manual_seed(seed))


def pictures(arrays: tuple[np.ndarray, np.ndarray], data: wu.ImageData) -> tuple[Dataset, Dataset]:
    """Training and test set as in most tutorials: pictures are transformed every time anew."""
    return PictureSet(arrays[0], data.train_labels), PictureSet(arrays[1], data.test_labels)


def tensors(images: Images) -> tuple[Dataset, Dataset]:
    """Training and test set of images that are decimal numbers already."""
    data = images.data
    return (
        TensorDataset(images.decimals[0], data.train_labels),
        TensorDataset(images.decimals[1], data.test_labels),
    )


def as_in_the_worksheet(task: Task, images: Images, seed: int) -> Measured:
    """Pictures one by one, and the network as it stands in the worksheet."""
    network = task.new_network(seed, as_in_worksheet=True)
    loaders = pytorch_loaders(*pictures(images.arrays, images.data), seed)
    return in_a_plain_loop(task, network, loaders, images.device)


def with_pictures(task: Task, images: Images, seed: int, n_workers: int = 0) -> Measured:
    """Pictures one by one, and the workbook's network."""
    loaders = pytorch_loaders(*pictures(images.arrays, images.data), seed, n_workers)
    return in_a_plain_loop(task, task.new_network(seed), loaders, images.device)


def with_workers(task: Task, images: Images, seed: int) -> Measured:
    """Pictures one by one, prepared by two other processes."""
    return with_pictures(task, images, seed, n_workers=2)


def with_tensors(task: Task, images: Images, seed: int) -> Measured:
    """Decimal numbers in memory, PyTorch's own loader."""
    loaders = pytorch_loaders(*tensors(images), seed)
    return in_a_plain_loop(task, task.new_network(seed), loaders, images.device)


def lightning(task: Task, images: Images, seed: int) -> Measured:
    """Lightning's Trainer, without logger, checkpoints or progress bar."""
    loaders = pytorch_loaders(*tensors(images), seed)
    return with_lightning(task, task.new_network(seed), loaders, images.device)


def skorch(task: Task, images: Images, seed: int) -> Measured:
    """skorch's net, without anything printed."""
    sets = tensors(images)
    sampler = mixing(sets[0], seed)
    return with_skorch(task, task.new_network(seed), sets, sampler, images.device)


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
