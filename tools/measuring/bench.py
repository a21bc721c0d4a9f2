"""Measure how quickly the workbook trains, side by side with other ways to train the same.

    python -m tools.measuring.bench
    python -m tools.measuring.bench --limit 2000 --rounds 1

Takes some minutes on a computer with nothing else to do, and writes the tables in docs/speed.md.
With --limit (images) or fewer than five --rounds it is a try, which only prints them.
"""

import argparse
import contextlib
import dataclasses
import gc
import io
import logging
import os
import platform
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import nbformat
import torch
import torch.nn.functional as F
from nbclient import NotebookClient
from PIL import Image
from playwright.sync_api import Page, sync_playwright
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, RandomSampler, TensorDataset
from torchvision.transforms import ToTensor

import workshop_utils as wu
from tools.browser import find_chromium
from tools.places import ROOT, SOLUTIONS, between_marks
from workshop_utils.files import written_whole
from workshop_utils.images.dataset import CIFAR10, ImageData
from workshop_utils.inside.examples import examples_for
from workshop_utils.inside.page import Subject, to_page
from workshop_utils.settings import PROFILES

SPEED = ROOT / "docs" / "speed.md"
ROUNDS = 5
BATCH_SIZE = 128
# All ways see the images in the same order, so that losses differ by rounding and dropout alone:
# by less than 0.3 per cent. A tenth of the learning rate, or no momentum, makes 2.4 per cent or
# more on 20,000 images.
LOSS_TOLERANCE = 0.02


# --- what is trained ---


@dataclass(frozen=True)
class Task:
    """A network, how it is trained, and for how many epochs in the worksheet's programme."""

    title: str
    n_epochs: int
    network: Callable[[], nn.Module]
    worksheet_network: Callable[[], nn.Module]
    is_classifier: bool = True

    def optimizer(self, parameters: Iterable) -> torch.optim.Optimizer:
        """The one of the notebooks."""
        if self.is_classifier:
            return torch.optim.SGD(parameters, lr=1e-2, momentum=0.9)
        return torch.optim.Adam(parameters, lr=1e-3)

    def count(self, output: Tensor, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Mean loss of a batch, and for a classifier how many it gets right."""
        if self.is_classifier:
            return F.cross_entropy(output, labels), (output.argmax(dim=1) == labels).sum()
        return F.mse_loss(output, x, reduction="sum") / len(x), torch.tensor(0)


class WorksheetConvNet(wu.BasicConvNet):
    """The CNN as it stands in the worksheet: ReLU before pooling, on four times as many values."""

    def forward(self, x: Tensor) -> Tensor:
        """Return one score per class (logits), N×n_classes, for images N×3×32×32."""
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        return self.logits(F.relu(self.fc1(x.flatten(start_dim=1))))


def mlp() -> nn.Module:
    """The perceptron of notebook 1."""
    return wu.MultilayerPerceptronModel(n_features=3 * 32 * 32, n_classes=10)


def autoencoder() -> nn.Module:
    """Encoder and decoder of notebook 3, one after the other."""
    return nn.Sequential(wu.ConvEncoder(8, 16, 32), wu.ConvDecoder(8, 16, 32))


MLP = Task("MLP", PROFILES["full"].classifier_epochs, mlp, mlp)
CNN = Task(
    "CNN",
    PROFILES["full"].classifier_epochs,
    lambda: wu.BasicConvNet(8, 16, 256),
    lambda: WorksheetConvNet(8, 16, 256),
)
AUTOENCODER = Task(
    "autoencoder", PROFILES["full"].autoencoder_epochs, autoencoder, autoencoder, False
)
TASKS = (MLP, CNN, AUTOENCODER)


# --- ways to train it ---
#
# A way prepares everything that is done once, and returns a function that trains for an epoch and
# evaluates after it; it returns the mean loss of the training. All ways start from the same
# weights, see the same batches in the same order, and count loss and accuracy.

Epoch = Callable[[], float]
Batches = Iterable[tuple[Tensor, Tensor]]


class Pictures(Dataset):
    """Pictures that are transformed one by one, as torchvision's CIFAR10 does."""

    def __init__(self, images: Tensor, labels: Tensor) -> None:
        self.arrays = images.cpu().permute(0, 2, 3, 1).contiguous().numpy()
        self.labels = labels.tolist()
        self.transform = ToTensor()

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.transform(Image.fromarray(self.arrays[index])), self.labels[index]


def decimals(images: Tensor, labels: Tensor) -> TensorDataset:
    """Images that are decimal numbers already, in PyTorch's usual order."""
    return TensorDataset(images.contiguous().float() / 255, labels)


def loaders(kind: Callable[[Tensor, Tensor], Any], data: ImageData, seed: int) -> tuple:
    """PyTorch's loaders; they mix as `shuffle=True` does, and in the workbook's order."""
    train_set = kind(data.train_images, data.train_labels)
    mixed = RandomSampler(train_set, generator=torch.Generator().manual_seed(seed))
    others = kind(data.validation_images, data.validation_labels)
    return DataLoader(train_set, BATCH_SIZE, sampler=mixed), DataLoader(others, BATCH_SIZE)


def in_a_plain_loop(
    task: Task, network: nn.Module, batches: Sequence[Batches], data: ImageData
) -> Epoch:
    """Train and evaluate with the usual loops, on batches of any origin."""
    device = data.train_images.device
    network.to(device)
    optimizer = task.optimizer(network.parameters())

    def once_through(batches: Batches, learns: bool) -> float:
        network.train(learns)
        total, n_right, n_images = 0.0, 0.0, 0
        with torch.set_grad_enabled(learns):
            for x, labels in batches:
                x, labels = x.to(device), labels.to(device)
                loss, right = task.count(network(x), x, labels)
                if learns:
                    loss.backward()
                    optimizer.step()
                    optimizer.zero_grad()
                total += loss.item() * len(x)
                n_right += right.item()
                n_images += len(x)
        return total / n_images

    def epoch() -> float:
        loss = once_through(batches[0], learns=True)
        once_through(batches[1], learns=False)
        return loss

    return epoch


def worksheet(task: Task, data: ImageData, seed: int) -> Epoch:
    """Pictures one by one, and the network as it stands in the worksheet."""
    return in_a_plain_loop(task, task.worksheet_network(), loaders(Pictures, data, seed), data)


def tensors(task: Task, data: ImageData, seed: int) -> Epoch:
    """Decimal numbers in memory, and PyTorch's own loader."""
    return in_a_plain_loop(task, task.network(), loaders(decimals, data, seed), data)


def lightning(task: Task, data: ImageData, seed: int) -> Epoch:
    """Lightning's Trainer, without logger, checkpoints or progress bar."""
    import lightning

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)  # it tells of the computer

    class Module(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.network = task.network()

        def training_step(self, batch: list[Tensor], _index: int, part: str = "") -> Tensor:
            x, labels = batch
            loss, right = task.count(self.network(x), x, labels)
            counted = {f"{part}loss": loss, f"{part}accuracy": right / len(x)}
            self.log_dict(counted, on_step=False, on_epoch=True, batch_size=len(x))
            return loss

        def validation_step(self, batch: list[Tensor], index: int) -> None:
            self.training_step(batch, index, "test ")

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return task.optimizer(self.parameters())

    module = Module()
    trainer = lightning.Trainer(
        max_epochs=1,
        accelerator=data.train_images.device.type,
        devices=1,
        logger=False,
        num_sanity_val_steps=0,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )

    def epoch() -> float:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it wants more workers and other settings
            trainer.fit(module, *loaders(decimals, data, seed))
        return trainer.callback_metrics["loss"].item()

    return epoch


def ours(task: Task, data: ImageData, seed: int) -> Epoch:
    """The workbook's loader and training loops."""
    network = task.network().to(data.train_images.device)
    optimizer = task.optimizer(network.parameters())
    train_loader, validation_loader = data.loaders(BATCH_SIZE)
    train_loader.generator.manual_seed(seed)
    train = wu.train if task.is_classifier else wu.train_autoencoder
    models = [network] if task.is_classifier else list(network.children())

    def epoch() -> float:
        with contextlib.redirect_stdout(io.StringIO()):  # a line for the epoch
            history = train(*models, train_loader, validation_loader, optimizer, n_epochs=1)
        return history.train_loss[0]

    return epoch


def floor(task: Task, data: ImageData, seed: int) -> Epoch:
    """The steps alone: one batch that is in memory already, over and over."""
    batches = []
    for loader in data.loaders(BATCH_SIZE):
        x, labels = next(iter(loader))
        n_full, rest = divmod(len(loader.images), BATCH_SIZE)
        batches.append([(x, labels)] * n_full + [(x[:rest], labels[:rest])] * (rest > 0))
    return in_a_plain_loop(task, task.network(), batches, data)


WORKSHEET, OURS, FLOOR = "the worksheet's way", "this workbook", "floor: one batch, no loading"
WAYS: dict[str, Callable[[Task, ImageData, int], Epoch]] = {
    WORKSHEET: worksheet,
    "TensorDataset": tensors,
    **({"Lightning": lightning} if find_spec("lightning") else {}),
    OURS: ours,
    FLOOR: floor,
}


# --- clocks ---


def timed(action: Callable) -> tuple[float, Any]:
    """Seconds that a function takes, and what it returns."""
    gc.collect()
    gc.disable()  # as timeit does: what others left behind is not cleared away on this clock
    try:
        started = time.perf_counter()
        result = action()
        return time.perf_counter() - started, result
    finally:
        gc.enable()


def in_turn(names: Iterable[str], n_rounds: int) -> list[tuple[int, str]]:
    """Rounds in which everybody's turn comes once; each round begins with another one."""
    names = list(names)
    starts = [number % len(names) for number in range(n_rounds)]
    return [(n, name) for n, at in enumerate(starts) for name in names[at:] + names[:at]]


def measure(task: Task, data: ImageData, n_rounds: int) -> dict[str, list[float]]:
    """Seconds of an epoch in each way, in turn; every round has its own initial weights.

    A way that does not reach the loss of most ways in the middle of its rounds trained something
    else: its seconds do not count, and are NaN. The floor sees one batch only, and always counts.
    """

    def prepare(name: str, data: ImageData, seed: int) -> Epoch:
        torch.manual_seed(seed)
        return WAYS[name](task, data, seed)

    for name in WAYS:  # what happens once happens before: imports, choices of algorithms
        prepare(name, few_of(data, 4 * BATCH_SIZE), 0)()
    seconds: dict[str, list[float]] = {name: [] for name in WAYS}
    losses: dict[str, list[float]] = {name: [] for name in WAYS}
    for number, name in in_turn(WAYS, n_rounds):
        took, loss = timed(prepare(name, data, number))
        seconds[name].append(took)
        losses[name].append(loss)
        print(f"{task.title}, round {number + 1}, {name}: {took:.2f} s, loss {loss:.3f}")
    comparable = [values for name, values in losses.items() if name != FLOOR]
    usual = [statistics.median(values) for values in zip(*comparable, strict=True)]
    for name in WAYS:
        ratio = statistics.median(ratios(losses[name], usual))
        if name != FLOOR and abs(ratio - 1) > LOSS_TOLERANCE:
            seconds[name] = [float("nan")] * n_rounds
    return seconds


def few_of(data: ImageData, n: int | None) -> ImageData:
    """The first images of a set."""
    parts = ("train_images", "train_labels", "validation_images", "validation_labels")
    return dataclasses.replace(data, **{part: getattr(data, part)[:n] for part in parts})


def ratios(above: list[float], below: list[float]) -> list[float]:
    """Ratios of values of the same round: what slows a computer down for a while slows both."""
    return [one / other for one, other in zip(above, below, strict=True)]


IMPORTING = """
import time, torch
started = time.perf_counter()
from workshop_utils import BasicConvNet, ConvDecoder, MultilayerPerceptronModel
from workshop_utils import Settings, load_data, evaluate, train, train_autoencoder
print(time.perf_counter() - started)
"""


def seconds_to_import() -> float:
    """Seconds to import what the notebooks need in a fresh process, PyTorch not counted."""
    command = [sys.executable, "-c", IMPORTING]
    return float(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)


def seconds_to_first_figure() -> float:
    """Seconds from starting a kernel to the first figure of notebook 1, with cached images."""
    notebook = nbformat.read(SOLUTIONS / "01_mlp.ipynb", as_version=4)
    client = NotebookClient(notebook, resources={"metadata": {"path": str(SOLUTIONS)}})
    started = time.perf_counter()
    with client.setup_kernel(stderr=subprocess.DEVNULL):
        for index, cell in enumerate(notebook.cells):
            client.execute_cell(cell, index)
            if any("image/png" in output.get("data", {}) for output in cell.get("outputs", [])):
                return time.perf_counter() - started
    raise RuntimeError("Notebook 1 showed no figure.")


REDRAW = """(view) => {
  const times = [];
  for (let i = 0; i < 41; i++) {
    if (view === "network") inside.network.picture.choose(i % 30);
    else inside.autoencoder.alpha = i / 40;
    const started = performance.now();
    inside[view].draw();
    document.body.getBoundingClientRect(); // laid out, too
    times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b)[20] / 1000;
}"""
REDRAWN = {
    "network": "the page to look inside: all maps of the CNN anew",
    "autoencoder": "the page to look inside: all maps of the autoencoder anew",
}


def seconds_to_redraw(page: Page, n_rounds: int) -> dict[str, list[float]]:
    """Seconds to compute and show everything anew in the browser, for another image or point.

    Args:
        page: an empty page of a browser.
        n_rounds: how often; each time is the middle one of 41.
    """
    examples = examples_for(CIFAR10)
    classifier = Subject((CNN.network(),), examples)
    page.set_content(to_page(classifier, Subject((*autoencoder().children(),), examples)))
    page.wait_for_function("window.inside")
    return {
        title: [page.evaluate(REDRAW, view) for _ in range(n_rounds)]
        for view, title in REDRAWN.items()
    }


def redraws(n_rounds: int) -> dict[str, list[float]]:
    """The same in the system's Chromium; nothing where there is none."""
    chromium = find_chromium()
    if chromium is None:
        print("No Chromium or Chrome was found: the page to look inside is not measured.")
        return {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        return seconds_to_redraw(browser.new_page(), n_rounds)


# --- the tables ---


def in_numbers(values: list[float], unit: str = "") -> str:
    """The middle value to three digits and, if there are several, the smallest and the largest."""
    middle, least, most = (
        f"{value:.0f}" if value >= 100 else f"{value:#.3g}"
        for value in (statistics.median(values), min(values), max(values))
    )
    if middle == "nan":
        return "another loss"
    return middle + unit + (f" ({least} to {most})" if len(values) > 1 else "")


def tables(found: dict[str, dict[str, list[float]]], starting: dict[str, list[float]]) -> str:
    """What was measured, in Markdown: task -> way -> seconds, and what it takes to start."""
    programme = {  # reckoned from single epochs, for each round
        name: [
            sum(task.n_epochs * s for task, s in zip(TASKS, seconds, strict=True))
            for seconds in zip(*(ways[name] for ways in found.values()), strict=True)
        ]
        for name in WAYS
    }
    columns = [*found.values(), programme]
    n_epochs = sum(task.n_epochs for task in TASKS)
    lines = [
        ["seconds for one epoch, middle (quickest to slowest)", *found, f"all {n_epochs} epochs"],
        ["---"] * (1 + len(columns)),
        *([name, *(in_numbers(ways[name]) for ways in columns)] for name in WAYS),
        [
            "times as fast as the worksheet's way",
            *(in_numbers(ratios(ways[WORKSHEET], ways[OURS])) for ways in columns),
        ],
        [
            "compared with the floor",
            *(in_numbers(ratios(ways[OURS], ways[FLOOR])) for ways in columns),
        ],
        [],
        ["", "measured"],
        ["---"] * 2,
        *([title, in_numbers(values, " s")] for title, values in starting.items()),
    ]
    return "\n".join(f"| {' | '.join(line)} |" if line else "" for line in lines)


def measured_on(data: ImageData, n_rounds: int) -> str:
    """On what, and how often."""
    packages = [name for name in ("torch", "torchvision", "lightning") if find_spec(name)]
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return (
        f"Measured in {n_rounds} rounds, one way after the other in each, on {data}, with "
        f"{torch.get_num_threads()} threads of {platform.system()} {platform.machine()} "
        f"(Python {platform.python_version()}, {versions})."
    )


def main() -> None:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--limit", type=int, help="so many images of each part; for a try")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of every measurement")
    wanted = parser.parse_args()
    # For this process and those that it starts: all images, and no bars that cost time.
    os.environ.update({"WORKSHOP_PROFILE": "full", "WORKSHOP_PROGRESS": "0"})
    settings = wu.Settings.from_environment()
    data = few_of(wu.load_data(settings), wanted.limit)
    rounds = range(wanted.rounds)
    found = {task.title: measure(task, data, wanted.rounds) for task in TASKS}
    starting = {
        "import, PyTorch not counted": [seconds_to_import() for _ in rounds],
        "loading from the cache": [
            timed(lambda: wu.load_data(settings).train_images.max())[0] for _ in rounds
        ],
        "kernel's start to first figure": [seconds_to_first_figure() for _ in rounds],
        **redraws(wanted.rounds),
    }
    text = f"{tables(found, starting)}\n\n{measured_on(data, wanted.rounds)}"
    print(f"\n{text}")
    if not wanted.limit and wanted.rounds >= ROUNDS:
        written = between_marks(SPEED.read_text(encoding="utf-8"), "benchmarks", text)
        with written_whole(SPEED) as part:
            part.write_text(written, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
