"""How the time of an epoch grows: with the images, and with the CNN's filters."""

import dataclasses

import torch
from torch.utils.flop_counter import FlopCounterMode

from tools.measuring.benchmarks.epochs import few_of
from tools.measuring.benchmarks.measuring import in_turn, spread, timed
from tools.measuring.benchmarks.tasks import CNN, Images
from tools.measuring.benchmarks.ways import ours
from workshop_utils import BasicConvNet

FACTORS = (1, 2, 4)  # times the 8 and 16 filters of the notebook
PARTS = 5  # so many sizes of the training set


def measure_growth(images: Images, n_rounds: int) -> dict:
    """Train the CNN in our way for an epoch: on more and more images, and with more filters.

    Returns:
        "images": number -> spread of seconds; "filters": factor -> "seconds", a spread on the
        smallest of these sets, and "multiplications" of one image's way through the network.
    """
    step = len(images.data.train_images) // PARTS
    sizes = {str(step * part): few_of(images, step * part, 128) for part in range(1, PARTS + 1)}
    smallest = sizes[str(step)]
    tasks = {
        str(factor): dataclasses.replace(
            CNN, network=lambda factor=factor: BasicConvNet(8 * factor, 16 * factor, 256)
        )
        for factor in FACTORS
    }
    seconds = {name: [] for name in [*sizes, *tasks]}
    for number, name in in_turn(list(seconds), n_rounds):
        train, _ = ours(tasks.get(name, CNN), sizes.get(name, smallest), number)
        seconds[name].append(timed(train)[0])
        print(f"growth, {name}: {seconds[name][-1]:.2f} s", flush=True)
    return {
        "images": {size: spread(seconds[size]) for size in sizes},
        "filters": {
            factor: {
                "seconds": spread(seconds[factor]),
                "multiplications": multiplications(task.new_network(0)),
            }
            for factor, task in tasks.items()
        },
    }


def multiplications(network: torch.nn.Module) -> int:
    """Multiplications (each with an addition) on the way of one image through the network."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.zeros(1, 3, 32, 32))
    return counter.get_total_flops() // 2
