"""What it costs to start: importing, loading the images, the first figure; and peak memory."""

import contextlib
import dataclasses
import io
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

import workshop_utils as wu
from tools.measuring.benchmarks.measuring import spread, timed
from tools.measuring.benchmarks.ways import OURS, WORKSHEET
from tools.notebooks.execute import new_client
from tools.places import ROOT, SOLUTIONS
from workshop_utils.images import cifar10
from workshop_utils.images.dataset import CIFAR10

PEAK = Path(__file__).with_name("peak.py")
PATIENCE = 600  # seconds for a process that measures
IMPORTING = """
import json, time, torch
started = time.perf_counter()
import workshop_utils
alone = time.perf_counter()
from workshop_utils import BasicConvNet, ConvDecoder, MultilayerPerceptronModel
from workshop_utils import Settings, load_data, test, train, train_autoencoder
named = time.perf_counter()
print(json.dumps([alone - started, named - started]))
"""


def measure_import(n_rounds: int) -> dict:
    """Seconds to import the package in a fresh process, PyTorch's own not counted.

    Returns:
        "package" alone, and "names": with everything that the notebooks import from it.
    """
    times = [json.loads(output_of([sys.executable, "-c", IMPORTING])) for _ in range(n_rounds)]
    package, names = zip(*times, strict=True)
    return {"package": spread(list(package)), "names": spread(list(names))}


def measure_memory(n_images: int) -> dict[str, float]:
    """Most memory in MB of a fresh process that trains the CNN for an epoch, in two ways."""
    return {
        way: float(output_of([sys.executable, str(PEAK), way, str(n_images)]))
        for way in (WORKSHEET, OURS)
    }


def measure_loading(settings: wu.Settings, dataset: str, n_rounds: int) -> dict:
    """Seconds to load the images: the first time, from the cache, and torchvision's way.

    Whether the computer has the files in its memory already is not controlled. Torchvision's turn
    is the later one, to its advantage.

    Args:
        settings: where the images are; the cache must be there.
        dataset: "CIFAR-10" or "stand-in".
        n_rounds: how often to load from the cache; the others are measured once.

    Returns:
        "place": what is read the first time; "first" and "torchvision" in seconds, None if it
        could not be measured; "cached": a spread.
    """
    cached = [timed(lambda: _load(settings))[0] for _ in range(n_rounds)]
    loading = {"cached": spread(cached), "first": None, "torchvision": None}
    if dataset != CIFAR10:
        return {**loading, "place": "the drawn stand-in", "first": _first(settings, None)}
    found = cifar10.find(settings.data_dir)
    if found is None:
        return {**loading, "place": "files that are not there any more"}
    loading["place"] = cifar10.PLACES[found.name]
    loading["first"] = _first(settings, found)
    loading["torchvision"] = _with_torchvision(found)
    return loading


def _load(settings: wu.Settings) -> None:
    """Load, and look at every image: those from the cache stay on the disk until then."""
    with contextlib.redirect_stdout(io.StringIO()):
        data = wu.load_data(settings)
    for images in (data.train_images, data.test_images):
        images.max()


def _first(settings: wu.Settings, found: Path | None) -> float | None:
    """Load with an empty cache; None where folders cannot be linked (Windows, without a right)."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        dataset = "standin"
        if found:
            dataset = "cifar10"
            try:
                (Path(folder) / found.name).symlink_to(found, found.is_dir())
            except OSError:
                return None
        elsewhere = dataclasses.replace(settings, data_dir=Path(folder), dataset=dataset)
        return timed(lambda: _load(elsewhere))[0]


def _with_torchvision(found: Path) -> float | None:
    """Read the same files with torchvision; None for an archive, which it would unpack there."""
    import torch
    from torchvision import datasets
    from torchvision.transforms import PILToTensor

    def read_folder(folder: Path) -> torch.Tensor:
        return torch.stack([image for image, _ in datasets.ImageFolder(folder, PILToTensor())])

    def read() -> list:
        if found.name == cifar10.IMAGE_FOLDER:
            return [read_folder(found / part) for part in ("train", "test")]
        return [datasets.CIFAR10(str(found.parent), train=part) for part in (True, False)]

    return None if found.name == cifar10.ARCHIVE else timed(read)[0]


def measure_first_figure(n_rounds: int) -> dict[str, float]:
    """Seconds from starting a kernel to the first figure of notebook 1, with cached images."""
    return spread([_first_figure(SOLUTIONS / "01_mlp.ipynb") for _ in range(n_rounds)])


def _first_figure(file: Path) -> float:
    notebook = nbformat.read(file, as_version=4)
    client = new_client(notebook, file.parent)
    started = time.perf_counter()
    with client.setup_kernel():
        for index, cell in enumerate(notebook.cells):
            client.execute_cell(cell, index)
            if any("image/png" in output.get("data", {}) for output in cell.get("outputs", [])):
                return time.perf_counter() - started
    raise RuntimeError(f"{file.name} showed no figure.")


def output_of(command: list[str]) -> str:
    """What a process of its own printed.

    Raises:
        RuntimeError: it failed; with what it said about that.
    """
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, cwd=ROOT)
    if done.returncode:
        raise RuntimeError(f"A process that measures failed:\n{done.stderr}")
    return done.stdout
