"""How fast a computer trains, and from that how long the notebooks will take on it."""

import statistics
import time

import torch
import torch.nn.functional as F
from torch import nn

from workshop_utils.experiments.reference import Recording
from workshop_utils.networks.autoencoders import ConvDecoder, ConvEncoder
from workshop_utils.networks.classifiers import BasicConvNet

BATCH_SIZE = 128
# What stands for the work of each notebook of a lab.
PROBED_BY = {
    "01_mlp": "classifier",
    "02_cnn": "classifier",
    "03_autoencoder": "autoencoder",
    "04_interpolation": "autoencoder",
}


def images_per_second(device: torch.device, seconds: float = 2.0) -> dict[str, float]:
    """Train a classifier and an autoencoder on noise for a moment, batch by batch in turn.

    Images per second are those of the fastest batch: other programs hold up many batches, but
    seldom all. The first batches take longer and do not count: memory is set aside, fast ways are
    looked for.
    """
    with torch.random.fork_rng(devices=[]):  # nobody else's random numbers change
        classifier = BasicConvNet(8, 16, 256).to(device)
        autoencoder = nn.Sequential(ConvEncoder(8, 16, 32), ConvDecoder(8, 16, 32)).to(device)
        images = torch.rand(BATCH_SIZE, 3, 32, 32).to(device)
    images = images.contiguous(memory_format=torch.channels_last)  # as the loaders give them
    labels = (torch.arange(BATCH_SIZE) % 10).to(device)

    training = {
        name: (network, loss, target, torch.optim.SGD(network.parameters(), lr=1e-2, momentum=0.9))
        for name, network, loss, target in (
            ("classifier", classifier, F.cross_entropy, labels),
            ("autoencoder", autoencoder, F.mse_loss, images),
        )
    }

    def seconds_of_batch(name: str) -> float:
        network, criterion, target, optimizer = training[name]
        started = time.perf_counter()
        loss = criterion(network(images), target)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        loss.item()  # waits for the device, as the training loops do
        return time.perf_counter() - started

    for name in training:
        seconds_of_batch(name)
    fastest = {name: seconds_of_batch(name) for name in training}
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        fastest = {name: min(fastest[name], seconds_of_batch(name)) for name in training}
    return {name: BATCH_SIZE / fastest[name] for name in training}


def expected_seconds(recording: Recording, here: dict[str, float]) -> dict[str, float]:
    """Notebook -> how long it will take: the recorded time, longer on a slower computer."""
    there = recording.images_per_second
    return {
        notebook: statistics.median(recording.seconds[notebook]) * there[probe] / here[probe]
        for notebook, probe in PROBED_BY.items()
    }
