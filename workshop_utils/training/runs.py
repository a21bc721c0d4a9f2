"""Trained weights and their histories on disk: your own, or those that come with the workbook.

A run is one file: weights, with the history and a label of what made them.
"""

import platform
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from workshop_utils.files import DamagedError, read_tensors, write_tensors
from workshop_utils.images.dataset import ImageData
from workshop_utils.settings import Settings
from workshop_utils.training.history import History

SHIPPED = Path(__file__).parent.parent / "recorded" / "runs"
FORMAT = 2


class RunError(RuntimeError):
    """A saved run is damaged or does not fit; the text says what to do."""


@dataclass(frozen=True)
class Run:
    """Weights and history of one training, with a label of what made them.

    Args:
        about: data set, variant, profile, seed and versions.
        history: losses and accuracies.
        weights: tensors by name, such as "encoder.conv1.weight".
        is_shipped: True for a run that came with the workbook.
    """

    about: dict
    history: History
    weights: dict[str, Tensor]
    is_shipped: bool

    def load_into(self, **models: nn.Module) -> None:
        """Copy the weights into models of the same architecture.

        The layers may have other names, as in an encoder that a student wrote.

        Args:
            models: by the names they were saved under, such as encoder=..., decoder=...

        Raises:
            RunError: a model has other layers or sizes than the saved one.
        """
        for name, model in models.items():
            saved = _renamed(_part(self.weights, name), model)
            here = {key: tuple(value.shape) for key, value in model.state_dict().items()}
            there = {key: tuple(value.shape) for key, value in saved.items()}
            different = [key for key in here | there if here.get(key) != there.get(key)]
            if different:
                key = different[0]
                raise RunError(
                    f"The saved {self.about['name']!r} run was made for another architecture: "
                    f"{name}.{key} has shape {there.get(key, 'none')} in the file and "
                    f"{here.get(key, 'none')} in this {type(model).__name__}. Use the same "
                    "numbers of channels and units, or train it again."
                )
            model.load_state_dict(saved)

    def __repr__(self) -> str:
        about = self.about
        whose = "the run that came with the workbook" if self.is_shipped else "your own run"
        title = about["dataset"] + (f" ({about['variant']})" if about["variant"] else "")
        n_epochs = len(self.history.test_loss)
        return f"{about['name']}: {whose}, {n_epochs} epochs on {title}, seed {about['seed']}"


def save_run(
    name: str, history: History, data: ImageData, settings: Settings, **models: nn.Module
) -> None:
    """Keep trained models and their history for the other notebooks.

    Args:
        name: what was trained, such as "mlp" or "autoencoder".
        history: what training returned.
        data: the data set it was trained on.
        settings: profile, seed, and the folder to write to.
        models: the trained models by name, such as model=mlp.
    """
    weights = {
        f"{part}.{key}": value.clone()  # two layers may share their weights; the file cannot
        for part, model in models.items()
        for key, value in model.state_dict().items()
    }
    label = {
        "format": FORMAT,
        "name": name,
        "dataset": data.name,
        "variant": data.variant,
        "profile": settings.profile.name,
        "seed": settings.seed,
        "versions": {"python": platform.python_version(), "torch": torch.__version__.split("+")[0]},
        "history": asdict(history),
    }
    write_tensors(_file(settings.runs_dir, name, data, settings), weights, label)
    print(f"Saved {name} for the other notebooks.")


def find_run(name: str, data: ImageData, settings: Settings) -> Run | None:
    """Your own run of this data set and profile, else the shipped one, else None.

    Args:
        name: what was trained, such as "mlp" or "autoencoder".
        data: the data set it must have been trained on.
        settings: profile, and the folder of your own runs.

    Raises:
        RunError: the run is there but damaged, or made on another data set.
    """
    for folder, is_shipped in ((settings.runs_dir, False), (SHIPPED, True)):
        file = _file(folder, name, data, settings)
        if file.exists():
            return _read_run(file, data, is_shipped)
    return None


def _read_run(file: Path, data: ImageData, is_shipped: bool) -> Run:
    try:
        weights, label = read_tensors(file)
        history = History(**label.pop("history"))
    except (DamagedError, KeyError, TypeError) as error:
        raise RunError(
            f"The saved run {file.name} is damaged. Remove it from {file.parent}, and train again."
        ) from error
    if label["dataset"] != data.name:
        raise RunError(
            f"The saved run {file.name} was trained on {label['dataset']}, but this notebook "
            f"works on {data.name}. Train it again on this data set."
        )
    return Run(label, history, weights, is_shipped)


def _file(folder: Path, name: str, data: ImageData, settings: Settings) -> Path:
    return folder / f"{name}-{data.name.lower()}-{settings.profile.name}.safetensors"


def _part(weights: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    prefix = f"{name}."
    return {k.removeprefix(prefix): v for k, v in weights.items() if k.startswith(prefix)}


def _renamed(saved: dict[str, Tensor], model: nn.Module) -> dict[str, Tensor]:
    """Give saved weights the model's names, if each shape says which is which."""
    names = {tuple(value.shape): key for key, value in model.state_dict().items()}
    shapes = {key: tuple(value.shape) for key, value in saved.items()}
    if len(set(shapes.values())) < len(shapes) or set(shapes.values()) != set(names):
        return saved
    return {names[shapes[key]]: value for key, value in saved.items()}
