"""Small data sets, and loaders that stop; also for processes without fixtures."""

import hashlib
import pickle
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from workshop_utils.images import cifar10
from workshop_utils.images.dataset import STANDIN, ImageData


def noise() -> ImageData:
    """200 training, 90 validation and 70 test images; three bright rows tell the class."""
    generator = torch.Generator().manual_seed(0)

    def draw(n: int) -> tuple[torch.Tensor, torch.Tensor]:
        labels = torch.arange(n) % 10
        noise = torch.randint(0, 100, (n, 3, 32, 32), generator=generator)
        bright = torch.arange(32) // 3 == labels[:, None]  # N×32
        return (noise + 150 * bright[:, None, :, None]).to(torch.uint8), labels

    return ImageData(STANDIN, "", *draw(200), *draw(90), *draw(70))


def make_official(folder: Path, replace: Callable) -> tuple[Path, Path]:
    """Write a small official folder and archive, and put their sums in place of the real ones."""
    unpacked = folder / cifar10.OFFICIAL_FOLDER
    unpacked.mkdir(parents=True)
    rng = np.random.RandomState(0)
    for attribute, name, n in (
        ("TRAIN_FILES", "data_batch_1", 20),
        ("TEST_FILES", "test_batch", 10),
    ):
        pixels = rng.randint(0, 256, (n, 3072)).astype(np.uint8)
        packed = pickle.dumps({"data": pixels, "labels": [i % 10 for i in range(n)]})
        (unpacked / name).write_bytes(packed)
        replace(cifar10, attribute, {name: hashlib.md5(packed).hexdigest()})
    archive = folder / cifar10.ARCHIVE
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(unpacked, cifar10.OFFICIAL_FOLDER)
    accept(archive, replace)
    return unpacked, archive


def accept(archive: Path, replace: Callable) -> None:
    """Take an archive for the official one."""
    replace(cifar10, "ARCHIVE_SIZE", archive.stat().st_size)
    replace(cifar10, "ARCHIVE_SHA256", cifar10.sha256_of(archive))


class Interrupted:
    """A loader in which somebody presses Ctrl-C before a batch."""

    def __init__(self, loader, epoch, batch):
        self.loader, self.generator = loader, loader.generator
        self.epoch, self.batch = epoch, batch
        self.n_epochs = 0

    def __len__(self):
        return len(self.loader)

    def __iter__(self):
        self.n_epochs += 1
        for number, batch in enumerate(self.loader, start=1):
            if (self.n_epochs, number) == (self.epoch, self.batch):
                raise KeyboardInterrupt
            yield batch
