"""The referee of the contest: trains an entry, stops it in time, scores it, and keeps it."""

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from workshop_utils.contest.budget import MINUTES
from workshop_utils.contest.child import GRACE, PARTS, TOO_LONG
from workshop_utils.files import DamagedError, as_json, read_tensors, write_tensors
from workshop_utils.images.dataset import ImageData
from workshop_utils.say import say
from workshop_utils.settings import ROOT, Settings
from workshop_utils.training.runs import N_TESTS, times_tested

SECONDS_TO_SCORE = 600  # of a processor, at most
SUFFIX = ".entry.safetensors"  # weights, code and results of an entry, in one file


class ContestError(RuntimeError):
    """An entry cannot be trained or scored; the text says what to do."""


@dataclass(frozen=True)
class Entry:
    """An entry that was trained.

    Args:
        file: where it is kept, with its weights.
        about: its name and code, minutes, seed, data set, what it used, and its accuracies, as
            fractions.
    """

    file: Path
    about: dict[str, Any]


def referee(
    code: str | Path, minutes: int, data: ImageData, settings: Settings, **choices: object
) -> Entry:
    """Train an entry with a budget, and score it on the validation images.

    The entry is a file of Python code. It has a function `entry(data, settings, budget)`, which
    makes a network, trains it on `data` with `budget.batches(loader)`, and returns it. What the
    function needs is defined in that file, or imported from what is installed. It is run in a
    process of its own, on two cores, and without any budget as well: the network that it then
    returns gets the trained weights, and is scored.

    Args:
        code: the file, such as "my_entry.py".
        minutes: 1, 5 or 10: of the two cores of the computer that the ladder was recorded on.
        data: the images; those of the test set are not shown to the entry.
        settings: data set, profile, seed, and the folder of your own runs.
        choices: handed to `entry` as well, for comparisons.

    Returns:
        The entry, as it is kept for the board and for `hand_in`.

    Raises:
        ContestError: the code does not run, or does not stop when the budget is used up.
    """
    if minutes not in MINUTES:
        raise ValueError(f"minutes is {minutes!r}, but a contest gives 1, 5 or 10.")
    code = Path(code)
    try:
        text = code.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ContestError(f"{code} cannot be read ({error}).") from error
    a_minute = settings.profile.contest_seconds
    about = {
        "name": code.stem,
        "code": text,
        "minutes": minutes,
        "seconds_of_a_minute": a_minute,
        "seed": settings.seed,
        "choices": choices,
    }
    say(f"{code.stem}: {minutes} × {a_minute:g} seconds of two cores, seed {settings.seed}.")
    weights, used = trained(about, data, settings)
    file = _file(about, data, settings)
    labels = data.validation_labels
    accuracy = right(predicted(about, weights, data.validation_images, data, settings), labels)
    about |= used | {
        "data": repr(data),
        "validation_accuracy": accuracy,
        N_TESTS: times_tested(file),
    }
    entry = Entry(file, about)
    write_tensors(file, weights, about)
    say(
        f"Validation accuracy {accuracy:.1%} ± {_error(accuracy, labels):.1%}, "
        f"{entry.about['n_parameters']:,} parameters, {entry.about['seconds']:.0f} s."
    )
    return entry


def hand_in(entry: Entry, data: ImageData, settings: Settings) -> None:
    """Score a trained entry on the test images, which counts, and say which file to hand in.

    Args:
        entry: what `referee` returned.
        data: as for `referee`.
        settings: as for `referee`.

    Raises:
        ContestError: the file of the entry is missing, damaged, or that of a newer one, or its code
            does not run.
    """
    weights, about = read(entry.file)
    if about["code"] != entry.about["code"]:
        raise ContestError(
            f"{about['name']} was trained again with other code: hand in what `referee` returned "
            "then, or train this one again under a name of its own."
        )
    accuracy = right(predicted(about, weights, data.test_images, data, settings), data.test_labels)
    n = about[N_TESTS] + 1
    entry.about.update(about | {"test_accuracy": accuracy, N_TESTS: n})
    write_tensors(entry.file, weights, entry.about)
    opened = "for the first time" if n == 1 else f"{n} times by now, as its file says"
    say(f"Test set: {accuracy:.1%} ± {_error(accuracy, data.test_labels):.1%} (standard error).")
    say(f"It was opened for {about['name']!r} {opened}. Hand in this file:\n{entry.file}")


def trained(
    about: dict, data: ImageData, settings: Settings
) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The weights of an entry after training, by name, and what it used.

    Args:
        about: its name and code, minutes, seed and choices.
        data: the images to learn from.
        settings: profile and threads.

    Raises:
        ContestError: the code does not run, or does not stop when the budget is used up.
    """
    with tempfile.TemporaryDirectory() as folder:
        to = Path(folder) / "trained.safetensors"
        _run(about, data, settings, to=to)
        return read_tensors(to)


def predicted(
    about: dict, weights: dict[str, Tensor], images: Tensor, data: ImageData, settings: Settings
) -> Tensor:
    """Which class an entry's network sees in each image, N whole numbers.

    The entry's code sees the images in a process of its own, and none of their labels.

    Args:
        about: its name and code, minutes, seed and choices.
        weights: by name.
        images: uint8, N×3×32×32.
        data: the images that it may look at while it makes the network.
        settings: profile and threads.

    Raises:
        ContestError: the code does not run, or the weights are those of another network.
    """
    with tempfile.TemporaryDirectory() as folder:
        files = {key: Path(folder) / f"{key}.safetensors" for key in ("weights", "images", "to")}
        write_tensors(files["weights"], weights, {})
        write_tensors(files["images"], {"images": images}, {})
        _run(about, data, settings, **files)
        return read_tensors(files["to"])[0]["labels"]


def right(predicted: Tensor, labels: Tensor) -> float:
    """Fraction of labels that were predicted."""
    return (predicted == labels.cpu()).float().mean().item()


def read(file: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Weights of an entry, and what is said about it.

    Raises:
        ContestError: there is no such file, or it is damaged.
    """
    try:
        return read_tensors(file)
    except (OSError, DamagedError) as error:
        raise ContestError(f"{file} cannot be read ({error}): train the entry again.") from error


def folder_of(settings: Settings) -> Path:
    """Where entries are kept."""
    return settings.runs_dir / "contest"


def _file(about: dict, data: ImageData, settings: Settings) -> Path:
    chosen = "".join(f"-{name}-{value}" for name, value in sorted(about["choices"].items()))
    budget = f"{about['minutes']}x{about['seconds_of_a_minute']:g}s"
    stem = f"{about['name']}{chosen}-{data.name.lower()}-{budget}-seed{about['seed']}"
    return folder_of(settings) / f"{stem}{SUFFIX}"


def _error(accuracy: float, labels: Tensor) -> float:
    return (accuracy * (1 - accuracy) / len(labels)) ** 0.5


def _run(about: dict, data: ImageData, settings: Settings, **files: Path) -> None:
    """Run an entry's code in a process of its own; what it prints is shown."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",  # what it prints is seen at once
        "WORKSHOP_DEVICE": "cpu",
        "CUDA_VISIBLE_DEVICES": "",
        "WORKSHOP_PROFILE": settings.profile.name,
        "WORKSHOP_THREADS": str(settings.threads),
    }
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "errors").open("w+b") as errors:
        code = Path(folder) / "entry.py"  # whatever name it has elsewhere
        code.write_text(about["code"], encoding="utf-8")
        images = Path(folder) / "data.safetensors"
        parts = {name: getattr(data, name) for name in PARTS}
        write_tensors(images, parts, {"name": data.name, "variant": data.variant})
        paths = {**files, "code": code, "data": images}
        asked = about | {name: str(path) for name, path in paths.items()}
        asked["seconds_to_score"] = SECONDS_TO_SCORE
        with subprocess.Popen(
            [sys.executable, "-m", "workshop_utils.contest.child"],
            env=environment,
            cwd=folder,  # a file beside the code would be missing at the tutor's
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            encoding="utf-8",
            errors="replace",
        ) as process:
            try:
                told, heard = process.stdin, process.stdout
                assert told and heard  # both are pipes
                told.write(as_json(asked) + "\n")
                told.close()
                for line in heard:
                    say(line.rstrip())
                ended = process.wait()
            finally:
                process.kill()
        errors.seek(0)
        last = errors.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
    if ended == TOO_LONG and "images" in files:
        raise ContestError(
            f"{about['name']} was ended: scoring it took more than {SECONDS_TO_SCORE} processor "
            "seconds. Without any budget `entry` should return its network at once."
        )
    if ended == TOO_LONG:
        raise ContestError(
            f"{about['name']} used more than {GRACE:g} times its budget and was ended, without a "
            "score. Take all batches from `budget.batches(loader)`: they stop in time. What other "
            "processes use counts as well: give a loader num_workers=0."
        )
    if ended or not files["to"].exists():
        raise ContestError(f"{about['name']} ended with an error (exit code {ended}). {last}")
