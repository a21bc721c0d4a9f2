"""What was tried to make the steps themselves quicker: one batch in memory, nothing else."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

import workshop_utils as wu
from tools.measuring.benchmarks.measuring import in_turn, paired, spread, timed
from tools.measuring.benchmarks.tasks import (
    AUTOENCODER,
    BATCH_SIZE,
    CNN,
    Images,
    Task,
    new_autoencoder,
    new_cnn,
    new_worksheet_cnn,
)
from tools.measuring.benchmarks.ways import train_plainly

STEPS = 100
SIDE_BY_SIDE, USUAL = torch.channels_last, torch.contiguous_format  # the order of the images


def in_place_autoencoder() -> nn.Module:
    """The same layers, with ReLUs that overwrite what they are given."""
    encoder, decoder = new_autoencoder()
    return nn.Sequential(
        encoder.conv1,
        nn.ReLU(inplace=True),
        encoder.conv2,
        nn.ReLU(inplace=True),
        encoder.conv3,
        decoder.deconv1,
        nn.ReLU(inplace=True),
        decoder.deconv2,
        nn.ReLU(inplace=True),
        decoder.deconv3,
        nn.Sigmoid(),
    )


# The network, how images lie in memory, and whether the optimizer is PyTorch's fused one.
Choice = tuple[Callable[[], nn.Module], torch.memory_format, bool]
CNN_CHOICES: dict[str, Choice] = {
    "as in the worksheet": (new_worksheet_cnn, USUAL, False),
    "pooling before ReLU": (new_cnn, USUAL, False),
    "colours side by side": (new_worksheet_cnn, SIDE_BY_SIDE, False),
    "both (ours)": (new_cnn, SIDE_BY_SIDE, False),
    "both, fused SGD": (new_cnn, SIDE_BY_SIDE, True),
}
AUTOENCODER_CHOICES: dict[str, Choice] = {
    "as in the worksheet": (new_autoencoder, USUAL, False),
    "colours side by side (ours)": (new_autoencoder, SIDE_BY_SIDE, False),
    "fused Adam": (new_autoencoder, USUAL, True),
    "both": (new_autoencoder, SIDE_BY_SIDE, True),
    "ReLU in place": (in_place_autoencoder, USUAL, False),
}
EVALUATION_SIZES = (128, 512, 1000)


def measure_choices(images: Images, n_rounds: int, n_steps: int = STEPS) -> dict:
    """Train `n_steps` steps with each choice, in turn; evaluate with batches of several sizes.

    Args:
        images: of which the first batch is used, and the test images.
        n_rounds: how often.
        n_steps: of one measurement.

    Returns:
        Task -> choice -> spread of the milliseconds of a step, and of the ratio to the first
        choice. Under "evaluation" the milliseconds are those of the whole test set.
    """
    batch = next(iter(images.data.loaders(BATCH_SIZE)[0]))
    return {
        CNN.name: _measure_steps(CNN, CNN_CHOICES, batch, n_rounds, n_steps),
        AUTOENCODER.name: _measure_steps(
            AUTOENCODER, AUTOENCODER_CHOICES, batch, n_rounds, n_steps
        ),
        "evaluation": _measure_evaluation(images, n_rounds),
    }


def _measure_steps(
    task: Task,
    choices: dict[str, Choice],
    batch: tuple[Tensor, Tensor],
    n_rounds: int,
    n_steps: int,
) -> dict:
    x, labels = batch
    device = x.device
    actions = {}
    for name, (new_network, order, is_fused) in choices.items():
        batch = (x.contiguous(memory_format=order), labels)
        torch.manual_seed(0)
        network = new_network().to(device)
        usual = task.new_optimizer(network.parameters())
        settings = {**usual.defaults, "fused": is_fused}
        optimizer = type(usual)(network.parameters(), **settings)
        actions[name] = (task, network, optimizer, [batch] * n_steps, device)
        train_plainly(task, network, optimizer, [batch] * 5, device)  # the first take longer
    milliseconds = {name: [] for name in choices}
    for _, name in in_turn(list(choices), n_rounds):
        seconds, _loss = timed(lambda name=name: train_plainly(*actions[name]))
        milliseconds[name].append(1000 * seconds / n_steps)
    return _compared(milliseconds)


def _measure_evaluation(images: Images, n_rounds: int) -> dict:
    network = new_cnn().to(images.device)
    criterion = nn.CrossEntropyLoss()
    loaders = {f"batches of {n}": images.data.loaders(n)[1] for n in EVALUATION_SIZES}
    for loader in loaders.values():
        wu.test(network, criterion, loader)
    milliseconds = {name: [] for name in loaders}
    for _, name in in_turn(list(loaders), n_rounds):
        seconds, _result = timed(lambda name=name: wu.test(network, criterion, loaders[name]))
        milliseconds[name].append(1000 * seconds)
    return _compared(milliseconds)


def _compared(milliseconds: dict[str, list[float]]) -> dict:
    first = next(iter(milliseconds.values()))
    for name, values in milliseconds.items():
        print(f"  {name}: {spread(values)['median']:.2f} ms", flush=True)
    return {
        name: {"milliseconds": spread(values), "ratio": paired(values, first)}
        for name, values in milliseconds.items()
    }
