"""The first losses of every training in the notebooks: the code is theirs, the images are few.

    PYTHONPATH=. python tests/first_losses.py

writes first_losses.json anew, after a change that is meant to change them. Rounding grows with
every step, so computers agree in the first steps only; a wrong loop does not even do that.
"""

import contextlib
import dataclasses
import io
import json
import os
import tempfile
from pathlib import Path
from unittest import mock

import nbformat
import torch
from torch import Tensor

from tools import places
from workshop_utils import settings

KEPT = Path(__file__).parent / "first_losses.json"
TRAINED = {  # notebook -> name of the history in it
    "01_mlp": "history",
    "02_cnn": "cnn_history",
    "03_autoencoder": "history",
    "f_variational": "history",
}
FEW = dataclasses.replace(  # 30 batches and a small one; one epoch
    settings.PROFILES["quick"],
    n_train=4_270,
    n_test=10,
    classifier_epochs=1,
    experiment_epochs=1,
    sweep_epochs=1,
)


def first_losses(stem: str) -> dict[str, list[float]]:
    """Run a notebook's code down to its first training; batch losses, and what the epoch gave."""
    [file] = [file for file in places.solutions() if file.stem == stem]
    cells = nbformat.read(file, as_version=4).cells
    code = (cell.source for cell in cells if cell.cell_type == "code")
    known: dict = {}
    quietly, alike = io.StringIO(), mock.patch("torch.nn.functional.dropout", dropout)
    with contextlib.redirect_stdout(quietly), alike:
        while TRAINED[stem] not in known:
            exec(next(code), known)
    history = known[TRAINED[stem]]
    return {
        "batches": history.batch_loss,
        "epoch": [*history.train_loss, *history.validation_loss, *history.divergence],
        "accuracies": [*history.train_accuracy, *history.validation_accuracy],
    }


def dropout(x: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """PyTorch's, but for its random numbers, which are others in other versions; `rand` is not."""
    return x * (torch.rand(x.shape) >= p) / (1 - p) if training else x


if __name__ == "__main__":
    settings.PROFILES["quick"] = FEW
    with tempfile.TemporaryDirectory() as runs:
        os.environ |= {"WORKSHOP_PROFILE": "quick", "WORKSHOP_DATASET": "standin"}
        os.environ |= {"WORKSHOP_RUNS": runs, "WORKSHOP_PROGRESS": "0", "MPLBACKEND": "agg"}
        found = {stem: first_losses(stem) for stem in TRAINED}
    KEPT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
