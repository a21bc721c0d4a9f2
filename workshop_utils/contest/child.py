"""Runs an entry: a process of its own, which `judge.py` starts.

It is told what to do by a line of JSON on stdin. It trains the entry and writes its weights; or
makes the network without training it, gives it weights, and writes which classes it predicts.
"""

import dataclasses
import json
import os
import runpy
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import psutil
import torch
from torch import Tensor, nn

from workshop_utils.contest.budget import CORES, Budget, seconds_of
from workshop_utils.files import read_tensors, write_tensors
from workshop_utils.images.dataset import ImageData, Loader
from workshop_utils.networks.evaluation import predict
from workshop_utils.networks.layers import count_parameters
from workshop_utils.settings import Settings

PARTS = ("train_images", "train_labels", "validation_images", "validation_labels")
TOO_LONG = 3  # exit code
GRACE = 1.1  # the budget is overrun when this many times as much was used


def main() -> None:
    """Do what stdin says."""
    asked = json.loads(sys.stdin.readline())
    settings = Settings.from_environment()
    threads = min(settings.threads, CORES)
    settings = dataclasses.replace(settings, seed=asked["seed"], threads=threads)
    torch.set_num_threads(threads)
    data = read_data(Path(asked["data"]), settings.seed)
    try:
        if "images" in asked:
            labels = predicted(data, settings, asked)
            write_tensors(Path(asked["to"]), {"labels": labels}, {})
        else:
            weights, about = trained(data, settings, asked)
            write_tensors(Path(asked["to"]), weights, about)
    except Exception as error:
        own = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == asked["code"]]
        where = f"Line {own[-1].lineno}, {own[-1].line!r}: " if own else ""
        in_a_line = " ".join(str(error).split())
        sys.exit(f"{where}{type(error).__name__}: {in_a_line}")  # to stderr


def read_data(file: Path, seed: int) -> ImageData:
    """The images that the referee hands out; those of the test set are not among them."""
    parts, about = read_tensors(file)
    return ImageData(
        about["name"],
        about["variant"],
        parts["train_images"],
        parts["train_labels"],
        parts["validation_images"],
        parts["validation_labels"],
        test_images=torch.empty(0, 3, 32, 32, dtype=torch.uint8),
        test_labels=torch.empty(0, dtype=torch.long),
        seed=seed,
    )


def entry_of(asked: dict) -> Callable:
    """The function of an entry."""
    names = runpy.run_path(asked["code"], run_name="entry")
    if "entry" not in names:
        sys.exit("There is no function `entry(data, settings, budget)` in it.")
    return names["entry"]


def trained(data: ImageData, settings: Settings, asked: dict) -> tuple[dict[str, Tensor], dict]:
    """The weights of a trained entry, and what it used; the clock runs for all of its code."""
    shorter = asked["seconds_of_a_minute"] / 60  # in the quick profile
    # For the ladder, the seconds are given: it is what others' seconds are scaled by.
    given = asked.get("seconds")
    seconds = given or seconds_of(asked["minutes"] * shorter, measured_for=shorter)
    end_at(GRACE * seconds)
    budget = Budget(asked["minutes"], seconds)
    started = time.perf_counter()
    entry = entry_of(asked)
    untrained(entry, data, settings, asked)  # what goes wrong there, does so before the training
    torch.manual_seed(settings.seed)
    model = checked(entry(data, settings, budget, **asked["choices"]))
    about = {
        "n_parameters": count_parameters(model),
        "budget": round(seconds, 1),
        "seconds": round(time.perf_counter() - started, 1),
        "threads": settings.threads,
    }
    return {name: value.clone() for name, value in model.state_dict().items()}, about


def predicted(data: ImageData, settings: Settings, asked: dict) -> Tensor:
    """Which class the entry's network sees in each image, with the weights of a file."""
    weights, _about = read_tensors(Path(asked["weights"]))
    images = read_tensors(Path(asked["images"]))[0]["images"]
    end_at(asked["seconds_to_score"])
    model = untrained(entry_of(asked), data, settings, asked)
    model.load_state_dict(weights)
    loader = Loader(images, torch.zeros(len(images), dtype=torch.long), batch_size=500)
    scores = predict(model, loader)[0]
    if scores.shape != (len(images), 10):
        raise ValueError(f"the scores are {tuple(scores.shape)}, not {len(images)} × 10.")
    return scores.argmax(dim=1)


def untrained(entry: Callable, data: ImageData, settings: Settings, asked: dict) -> nn.Module:
    """The network that the entry returns without any budget."""
    return checked(entry(data, settings, Budget(asked["minutes"], 0), **asked["choices"]))


def checked(model: object) -> nn.Module:
    """What an entry returned."""
    if not isinstance(model, nn.Module):
        kind = type(model).__name__
        raise TypeError(f"entry returned no network but a {kind}: its last line is `return model`.")
    return model


def end_at(seconds: float) -> None:
    """End this process once it and all that it started have used so much more processor time."""
    this = psutil.Process()

    def spent() -> float:
        family = [this, *this.children(recursive=True)]
        times = []
        for process in family:
            try:
                times.append(process.cpu_times())
            except psutil.NoSuchProcess:
                continue
        ended = times[0].children_user + times[0].children_system  # 0 on Windows
        return ended + sum(t.user + t.system for t in times)

    started = spent()

    def watch() -> None:
        while spent() - started < seconds:
            time.sleep(0.2)
        try:
            for process in this.children(recursive=True):
                process.kill()
        finally:  # even if one of them has ended by itself
            os._exit(TOO_LONG)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    main()
