"""How fast a computer trains, and from that how long the notebooks will take on it."""

import statistics
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from workshop_utils.experiments.reference import Recording
from workshop_utils.networks.autoencoders import ConvDecoder, ConvEncoder
from workshop_utils.networks.classifiers import BasicConvNet

BATCH_SIZE = 128
# What stands for the work of each notebook of a lab; the fifth is optional.
PROBED_BY = {
    "01_mlp": "classifier",
    "02_cnn": "classifier",
    "03_autoencoder": "autoencoder",
    "04_interpolation": "autoencoder",
}


def images_per_second(device: torch.device, seconds: float = 2.0) -> dict[str, float]:
    """Train on noise for a moment: a classifier and an autoencoder, batch by batch in turn.

    Args:
        device: where to train.
        seconds: how long in all, not counting the first batches.

    Returns:
        Images per second for "classifier" and "autoencoder", in the fastest batch: other programs
        hold up many batches, but seldom all.
    """
    with torch.random.fork_rng(devices=[]):  # nobody else's random numbers change
        classifier = BasicConvNet(8, 16, 256).to(device)
        autoencoder = nn.Sequential(ConvEncoder(8, 16, 32), ConvDecoder(8, 16, 32)).to(device)
        images = torch.rand(BATCH_SIZE, 3, 32, 32).to(device)
    images = images.contiguous(memory_format=torch.channels_last)  # as the loaders give them
    labels = (torch.arange(BATCH_SIZE) % 10).to(device)
    steps = {
        "classifier": _training(classifier, images, labels, F.cross_entropy),
        "autoencoder": _training(autoencoder, images, images, F.mse_loss),
    }
    for step in steps.values():
        step()  # the first takes longer: memory is set aside, fast ways are looked for
    fastest = {name: step() for name, step in steps.items()}
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        fastest = {name: min(fastest[name], step()) for name, step in steps.items()}
    return {name: BATCH_SIZE / fastest[name] for name in steps}


def expected_seconds(recording: Recording, here: dict[str, float]) -> dict[str, float]:
    """How long each notebook will take: the recorded times, longer on a slower computer.

    Args:
        recording: what was recorded for the data set and profile, with the speed of the computer
            that it was recorded on.
        here: this computer's `images_per_second`.

    Returns:
        Notebook -> seconds.
    """
    there = recording.images_per_second
    return {
        notebook: statistics.median(recording.seconds[notebook]) * there[probe] / here[probe]
        for notebook, probe in PROBED_BY.items()
    }


def _training(
    network: nn.Module, images: Tensor, target: Tensor, criterion: Callable
) -> Callable[[], float]:
    """A function that trains the network on one batch and returns the seconds that it took."""
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-2, momentum=0.9)

    def step() -> float:
        started = time.perf_counter()
        loss = criterion(network(images), target)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        loss.item()  # waits for the device, as the training loops do
        return time.perf_counter() - started

    return step
