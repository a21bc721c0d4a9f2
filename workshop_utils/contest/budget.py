"""Processor time to train with: as much work on every computer."""

import json
import time
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F

from workshop_utils.networks.classifiers import DeeperConvNet

MINUTES = (1, 5, 10)  # what a contest may give
CORES = 2  # of which a minute is meant, and which the referee uses at most
BATCH_SIZE = 128
RECORDED = Path(__file__).parent.parent / "recorded" / "ladder.json"


class Budget:
    """What an entry may use up: processor time, of all cores together.

    Args:
        minutes: 1, 5 or 10.
        seconds: how many processor seconds that is on this computer.
    """

    def __init__(self, minutes: int, seconds: float) -> None:
        self.minutes = minutes
        self.seconds = seconds
        self._started = time.process_time()

    @property
    def used(self) -> float:
        """Which part of the budget is used up: 0 at the beginning, 1 at the end or after it."""
        spent = time.process_time() - self._started
        return min(spent / self.seconds, 1.0) if self.seconds else 1.0

    def batches(self, loader: Iterable) -> Iterator[Any]:
        """The batches of a loader, epoch after epoch, until the budget is used up.

        Args:
            loader: batches of images and labels.

        Raises:
            ValueError: it has no batches, or none in its second epoch.
        """
        while self.used < 1:
            batch = None
            for batch in loader:
                if self.used >= 1:
                    return
                yield batch
            if batch is None:
                raise ValueError(
                    "budget.batches found no batch. Give it something that can be gone through "
                    "again and again: a loader, not a generator, which has one epoch only."
                )


@cache
def recorded_ladder() -> dict[str, Any]:
    """What the workbook's own entry reached, and how fast the computer was that it ran on."""
    return json.loads(RECORDED.read_text(encoding="utf-8"))


def trials_of(minutes: int, without: str = "", threads: int = CORES) -> list[dict[str, Any]]:
    """The recorded trainings of the ladder, whole or without a trick; by seed."""
    which = {"minutes": minutes, "without": without, "threads": threads}
    found = [trial for trial in recorded_ladder()["trials"] if which.items() <= trial.items()]
    return sorted(found, key=lambda trial: trial["seed"])


def seconds_of(minutes: float, measured_for: float = 1.0) -> float:
    """Processor seconds in which this computer does what that of the ladder did in some minutes.

    It is measured for a moment with a network of the usual kind, on as many threads as PyTorch has
    now, since a processor second need not achieve as much on two as on one.

    Args:
        minutes: of two cores.
        measured_for: processor seconds of a round of the measurement.
    """
    return 60 * CORES * minutes * seconds_of_a_step(measured_for) / recorded_ladder()["step"]


def seconds_of_a_step(seconds: float) -> float:
    """Processor seconds that a step of training takes here, in the quickest of three rounds."""
    with torch.random.fork_rng(devices=[]):  # nobody else's random numbers change
        network = DeeperConvNet()
        x = torch.rand(BATCH_SIZE, 3, 32, 32).contiguous(memory_format=torch.channels_last)
    labels = torch.arange(BATCH_SIZE) % 10
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-2, momentum=0.9)

    def steps_for(seconds: float) -> float:
        n, started = 0, time.process_time()
        while (spent := time.process_time() - started) < seconds:
            F.cross_entropy(network(x), labels).backward()
            optimizer.step()
            optimizer.zero_grad()
            n += 1
        return spent / n

    steps_for(seconds / 2)  # the first take longer: memory is set aside, fast ways are looked for
    return min(steps_for(seconds) for _ in range(3))
