"""Put the entries that a class has handed in on one board, and trust no number in them.

    python -m tools.grading.contest FOLDER
    python -m tools.grading.contest FOLDER --retrain 3

FOLDER holds what was handed in: files that end in .safetensors, in folders of any name, one for
each student if you like. The network of each is made by the entry's own code, gets the weights of
the file, and is scored again; a number that was edited does not agree with it. The images are those
that this computer finds. Beside the files are written board.csv and board.png.

This does not find weights that are true but not earned: trained on test images, trained elsewhere
and fetched, or trained with more processes or a longer time than the budget allows, by a changed
referee. --retrain 3 trains the best three of each budget again, from their code and within the
budget, and shows what comes out. Code that fetches images or weights by itself passes that, too:
read the code of whoever wins.

Code of students is run, with your account: do it where you grade, too.
"""

import argparse
import csv
import hashlib
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import torch
from torch import Tensor

from workshop_utils.contest.board import Row, draw_board
from workshop_utils.contest.budget import MINUTES
from workshop_utils.contest.judge import ContestError, predicted, read, right, trained
from workshop_utils.figures.style import styled
from workshop_utils.files import bytes_of, written_whole
from workshop_utils.images.dataset import ImageData
from workshop_utils.images.load import load_data
from workshop_utils.settings import Settings
from workshop_utils.table import print_table
from workshop_utils.training.runs import N_TESTS

# Part of the images by which a score may differ on another processor.
TOLERANCE = 0.002
FIELDS = {"name": str, "code": str, "minutes": int, "seed": int, "choices": dict}
SCORES = {"validation_accuracy": "validation", "test_accuracy": "test"}


@dataclass
class Judged:
    """An entry that was handed in: what it says of itself, what is true, and what to say of it."""

    where: str
    about: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    n_numbers: int = 0
    sha256: str = ""  # of all weights
    again: float | None = None  # test accuracy of another training


def judged(file: Path, folder: Path, data: ImageData, settings: Settings) -> Judged:
    """Score the weights of a file again."""
    found = Judged(str(file.relative_to(folder)))
    try:
        weights, about = read(file)
    except ContestError as error:
        found.remarks.append(str(error))
        return found
    if any(not isinstance(about.get(name), kind) for name, kind in FIELDS.items()):
        found.remarks.append("This is no file of the contest.")
        return found
    found.about = about
    in_order = [bytes_of(weights[name]) for name in sorted(weights)]
    found.sha256 = hashlib.sha256(b"".join(in_order)).hexdigest()
    found.n_numbers = sum(tensor.numel() for tensor in weights.values())
    try:
        found.scores = scores(about, weights, data, settings)
    except ContestError as error:
        found.remarks.append(str(error))
        return found
    same_images = about.get("data") == repr(data)
    if not same_images:
        found.remarks.append(f"Its images were {about.get('data')}; here are {data!r}.")
    for name, true in found.scores.items():
        said = about.get(name)
        if said is None:
            found.remarks.append(f"The {SCORES[name]} accuracy was not measured: not handed in.")
        elif same_images and (not isinstance(said, float) or abs(said - true) > TOLERANCE):
            found.remarks.append(f"EDITED: it says {said} ({SCORES[name]}), and is {true:.4f}.")
    a_minute = settings.profile.contest_seconds
    if about["minutes"] not in MINUTES or about.get("seconds_of_a_minute") != a_minute:
        found.remarks.append("It had another budget.")
    if about.get(N_TESTS) != (1 if "test_accuracy" in about else 0):
        found.remarks.append(f"The test set was opened {about.get(N_TESTS)} times.")
    return found


def scores(
    about: dict, weights: dict[str, Tensor], data: ImageData, settings: Settings
) -> dict[str, float]:
    """What a network gets right with these weights."""
    images = torch.cat([data.validation_images, data.test_images])
    labels = predicted(about, weights, images, data, settings)
    n = len(data.validation_labels)
    return {
        "validation_accuracy": right(labels[:n], data.validation_labels),
        "test_accuracy": right(labels[n:], data.test_labels),
    }


def note_copies(found: list[Judged]) -> None:
    """Say of each entry which others have the same weights."""
    same = defaultdict(list)
    for one in found:
        if one.sha256:
            same[one.sha256].append(one)
    for copies in same.values():
        for one in copies:
            others = ", ".join(other.where for other in copies if other is not one)
            if others:
                one.remarks.append(f"The same weights as {others}.")


def train_again(one: Judged, data: ImageData, settings: Settings) -> None:
    """Train an entry from its code, within its budget, and score what comes out."""
    print(f"{one.where} is trained again: {one.about['minutes']} minutes of two cores.", flush=True)
    about = {name: one.about[name] for name in FIELDS}  # no seconds that a file may give itself
    about["seconds_of_a_minute"] = settings.profile.contest_seconds
    try:
        weights, _used = trained(about, data, settings)
        one.again = scores(one.about, weights, data, settings)["test_accuracy"]
    except ContestError as error:
        one.remarks.append(f"Trained again: {error}")


def best_first(found: list[Judged]) -> list[Judged]:
    """Short budgets first, and of each the highest test accuracy; what has no score, last."""
    return sorted(
        found,
        key=lambda one: (
            not one.scores,
            one.about.get("minutes", 0),
            -one.scores.get("test_accuracy", 0),
        ),
    )


def show(found: list[Judged], folder: Path) -> None:
    """Print the board and the remarks; write both, and a plot, into the folder."""
    rows = [("minutes", "entry", "file", "numbers", "validation", "test", "trained again")]
    for one in found:
        scores = [one.scores.get(name) for name in SCORES] + [one.again]
        told = ["" if score is None else f"{score:.1%}" for score in scores]
        about = one.about.get("minutes", ""), one.about.get("name", "")
        rows.append((*about, one.where, f"{one.n_numbers:,}", *told))
    print_table(rows)
    for one in found:
        for remark in one.remarks:
            print(f"{one.where}: {remark}")
    remarks = ["remarks", *(" ".join(one.remarks) for one in found)]
    table = [[*row, remark] for row, remark in zip(rows, remarks, strict=True)]
    with (
        written_whole(folder / "board.csv") as part,
        part.open("w", newline="", encoding="utf-8") as file,
    ):
        csv.writer(file).writerows(table)
    save_plot([_row(one) for one in found if one.scores], folder / "board.png")


@styled
def save_plot(rows: list[Row], file: Path) -> None:
    """Write the plot of a board."""
    figure = draw_board(rows, "The contest")
    with written_whole(file) as part:
        figure.savefig(part, format="png")
    plt.close(figure)


def _row(one: Judged) -> Row:
    validation, test = one.scores.values()
    about = one.about
    return Row(about["name"], about["minutes"], one.n_numbers, about["seed"], validation, test)


def main(arguments: list[str] | None = None) -> int:
    """Judge a folder; 1 if a number was edited."""
    parser = argparse.ArgumentParser(prog="python -m tools.grading.contest", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("folder", type=Path, help="what was handed in")
    parser.add_argument(
        "--retrain", type=int, default=0, metavar="N", help="the best N of a budget"
    )
    wanted = parser.parse_args(arguments)
    files = sorted(wanted.folder.rglob("*.safetensors"))
    if not files:
        print(f"There is no .safetensors file in {wanted.folder}.", file=sys.stderr)
        return 2
    settings = Settings.from_environment()
    data = load_data(settings)
    found = best_first([judged(file, wanted.folder, data, settings) for file in files])
    note_copies(found)
    for minutes in MINUTES:
        of_budget = [one for one in found if one.scores and one.about["minutes"] == minutes]
        for one in of_budget[: wanted.retrain]:
            train_again(one, data, settings)
    show(found, wanted.folder)
    return int(any("EDITED" in remark for one in found for remark in one.remarks))


if __name__ == "__main__":
    sys.exit(main())
