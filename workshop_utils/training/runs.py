"""Trainings on disk: your own, finished or not, and those that came with the workbook.

A training is one file. While it goes on, the file holds all that its next epoch depends on; once it
is finished, the weights and the history, with a label of what made them.
"""

import platform
from dataclasses import asdict, dataclass
from itertools import permutations
from pathlib import Path

import torch
from filelock import FileLock, Timeout
from torch import Tensor, nn

from workshop_utils.files import DamagedError, read_tensors, write_tensors
from workshop_utils.images.dataset import ImageData
from workshop_utils.networks.evaluation import check_is_made, evaluating
from workshop_utils.say import say
from workshop_utils.settings import Settings
from workshop_utils.training.history import History
from workshop_utils.training.state import State, StateError, Training, named, shapes_of

SHIPPED_RUNS = Path(__file__).parent.parent / "recorded" / "runs"
FORMAT = 3  # of the label; 1 and 2 knew no validation set
N_TESTS = "test set opened"  # in the label
N_EXAMPLES = 2  # images that a run keeps, with what its first network makes of them


class RunError(RuntimeError):
    """A saved run is damaged or does not fit; the text says what to do."""


class Keep:
    """Keeps a training in a file: every finished epoch, and at the end the trained networks.

    Hand it to a training loop. After an interruption or a crash, the same call goes on after the
    last finished epoch, bit for bit as if nothing had happened. Once the training is finished,
    `find_run` finds it, and the same call trains anew.

    Args:
        name: what is trained, such as "mlp" or "autoencoder".
        data: the data set that it is trained on.
        settings: profile, seed, and the folder to write to.
    """

    def __init__(self, name: str, data: ImageData, settings: Settings) -> None:
        check_is_made(data, ImageData, "the data")
        check_is_made(settings, Settings, "the settings")
        stem = f"{name}-{data.name.lower()}-{settings.profile.name}-seed{settings.seed}"
        self.name = name
        self.unfinished: Path = settings.runs_dir / "unfinished" / f"{stem}.safetensors"
        self.finished = _file(settings.runs_dir, name, data, settings)
        self.data = data
        self._settings = settings
        self.n_kept = 0  # epochs of an unfinished training on disk, as far as is known
        self._told = ""  # why an epoch could not be kept; said once
        self._lock = FileLock(self.unfinished.with_suffix(".lock"), blocking=False)

    def forget(self) -> None:
        """Begin anew the next time: the epochs of an unfinished training are removed."""
        try:
            if self.unfinished.exists():
                self.unfinished.unlink()
        except OSError as error:
            say(f"The unfinished training of {self.name!r} cannot be removed ({error}).")

    def take(self) -> bool:
        """Keep other notebooks from writing to the file; False if nothing can be kept."""
        self.n_kept, self._told = 0, ""
        try:
            self.unfinished.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        except Timeout:
            say(
                f"Another notebook is training {self.name!r} now: its epochs are kept, those of "
                "this training are not."
            )
        except Exception as error:  # of the disk, or of a file system that knows no locks
            say(f"The epochs of this training cannot be kept ({error}).")
        return self._lock.is_locked

    def release(self) -> None:
        """Let other notebooks write."""
        self._lock.release()

    def go_on(self, training: Training, n_epochs: int) -> None:
        """Put an unfinished training back to where it was, if there is one that fits."""
        try:
            state = self._read()
            if state is None:
                return
            n_finished = len(state.about["history"]["validation_loss"])
            if n_finished >= n_epochs:
                raise StateError(f"it has {n_finished} epochs already")
            training.go_on_from(state)
        except Exception as error:  # whatever it is, one can train anew
            why = error
            if isinstance(error, KeyError):
                why = StateError("it was kept by another version of the workbook")
            say(f"The unfinished training of {self.name!r} is not gone on with: {why}.")
            return
        self.n_kept = n_finished
        say(f"Going on after epoch {n_finished} of {n_epochs}; keep.forget() would begin anew.")

    def _read(self) -> State | None:
        if not self.unfinished.exists():
            return None
        tensors, about = read_tensors(self.unfinished)
        if about["data"] != repr(self.data):
            raise StateError(f"it saw {about['data']}; here are {self.data!r}")
        return State(tensors, about)

    def write(self, training: Training, state: State, n_epochs: int) -> None:
        """Keep the epoch that `state` was taken after; a failure is told, and training goes on."""
        n_finished = len(training.history.validation_loss)
        if n_finished == n_epochs:
            history = training.history
            if _save(self.name, history, self.data, self._settings, training.models):
                self.forget()
            return
        try:
            if training.has_schedule:
                raise StateError("its learning rate follows a schedule, which cannot be kept")
            about = state.about | {"data": repr(self.data), "n_epochs": n_epochs}
            write_tensors(self.unfinished, state.tensors, about)
            self.n_kept = n_finished
        except Exception as error:  # whatever it is, the training is worth more
            if str(error) != self._told:
                self._told = str(error)
                say(f"This epoch could not be kept ({error}).")


@dataclass(frozen=True)
class Run:
    """Weights and history of one finished training, with a label of what made them.

    Args:
        about: data set, variant, profile, seed and versions.
        history: losses and accuracies.
        tensors: weights by name, such as "encoder.conv1.weight", and the example.
        is_shipped: True for a run that came with the workbook.
    """

    about: dict
    history: History
    tensors: dict[str, Tensor]
    is_shipped: bool

    def load_into(self, **models: nn.Module) -> None:
        """Copy the weights into models that compute the same.

        The layers may have other names and keep their weights in another order, as in an encoder
        that a student wrote.

        Args:
            models: by the names they were trained under, such as encoder=..., decoder=...

        Raises:
            RunError: a model has other layers or sizes than the saved one.
        """
        for name, model in models.items():
            check_is_made(model, nn.Module, f"the {name}")
            saved = named(self.tensors, name)
            here, there = shapes_of(model.state_dict()), shapes_of(saved)
            if here == there:
                model.load_state_dict(saved)
            elif not _load_rearranged(saved, model, named(self.tensors, f"example of {name}")):
                key = next(key for key in here | there if here.get(key) != there.get(key))
                raise RunError(
                    f"The saved {self.about['name']!r} run was made for another architecture: "
                    f"{name}.{key} has shape {there.get(key, 'none')} in the file and "
                    f"{here.get(key, 'none')} in this {type(model).__name__}. Use the same "
                    "numbers of channels and units, or train it again."
                )

    def __repr__(self) -> str:
        about = self.about
        whose = "the run that came with the workbook" if self.is_shipped else "your own run"
        title = about["dataset"] + (f" ({about['variant']})" if about["variant"] else "")
        n_epochs = len(self.history.validation_loss)
        return f"{about['name']}: {whose}, {n_epochs} epochs on {title}, seed {about['seed']}"


def save_run(
    name: str, history: History, data: ImageData, settings: Settings, **models: nn.Module
) -> None:
    """Save trained models and their history for the other notebooks, as `Keep` does at the end.

    Where that fails, as on a full disk, one line says why, and the notebook goes on.

    Args:
        name: what was trained, such as "mlp" or "autoencoder".
        history: what training returned.
        data: the data set it was trained on.
        settings: profile, seed, and the folder to write to.
        models: the trained models by name, such as model=mlp; the first of them takes images.
    """
    _save(name, history, data, settings, models)


def _save(
    name: str,
    history: History,
    data: ImageData,
    settings: Settings,
    models: dict[str, nn.Module],
) -> bool:
    """Save a run; False, and a line, if that fails."""
    try:
        _write_run(name, history, data, settings, models)
    except Exception as error:  # whatever it is, the networks are there to work with
        say(f"{name} could not be saved for the other notebooks ({error}).")
        return False
    say(f"Saved {name} for the other notebooks.")
    return True


def _write_run(
    name: str,
    history: History,
    data: ImageData,
    settings: Settings,
    models: dict[str, nn.Module],
) -> None:
    if not models:
        raise ValueError("no network was given: write model=mlp or the like")
    first, model = next(iter(models.items()))
    images = data.validation_images[:N_EXAMPLES].float() / 255
    with evaluating(*models.values()):
        images = images.to(next(model.parameters(), images))
        tensors = {
            f"example of {first}.images": images,
            f"example of {first}.output": model(images),
        }
    tensors |= {
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
    file = _file(settings.runs_dir, name, data, settings)
    label[N_TESTS] = times_tested(file)  # it is one test set, however often one trains
    write_tensors(file, tensors, label)


def times_tested(file: Path) -> int:
    """How often the test set was opened for a run of yours and those that stood in its place."""
    try:
        return read_tensors(file)[1].get(N_TESTS, 0)
    except (OSError, DamagedError):
        return 0


def count_test(file: Path) -> int:
    """Note in a run of yours that the test set was opened once more; how often that was now.

    Raises:
        OSError: there is no such run, or it cannot be written.
        DamagedError: it is damaged.
    """
    tensors, label = read_tensors(file)
    label[N_TESTS] = label.get(N_TESTS, 0) + 1
    write_tensors(file, tensors, label)
    return label[N_TESTS]


def find_run(name: str, data: ImageData, settings: Settings) -> Run | None:
    """Your own finished run of this data set and profile, else the shipped one, else None.

    Args:
        name: what was trained, such as "mlp" or "autoencoder".
        data: the data set it must have been trained on.
        settings: profile, and the folder of your own runs.

    Raises:
        RunError: the run is there but damaged, or made on another data set.
    """
    folders = [(settings.runs_dir, False)]
    if settings.shipped:
        folders.append((SHIPPED_RUNS, True))
    for folder, is_shipped in folders:
        file = _file(folder, name, data, settings)
        try:
            if file.exists():
                return _read_run(file, data, is_shipped)
        except OSError as error:
            say(f"Your own run of {name!r} cannot be read ({error}).")
    return None


def _read_run(file: Path, data: ImageData, is_shipped: bool) -> Run:
    try:
        tensors, label = read_tensors(file)
        if label["format"] != FORMAT:
            raise RunError(
                f"The saved run {file.name} was made by another version of the workbook, which "
                f"learnt from other images. Remove it from {file.parent}, and train again."
            )
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
    return Run(label, history, tensors, is_shipped)


def _file(folder: Path, name: str, data: ImageData, settings: Settings) -> Path:
    return folder / f"{name}-{data.name.lower()}-{settings.profile.name}.safetensors"


def _load_rearranged(
    saved: dict[str, Tensor], model: nn.Module, example: dict[str, Tensor]
) -> bool:
    """Load weights whose names or layout are others; the number of entries tells which is which.

    Whether an order of dimensions is the right one, the example decides: what the saved network
    made of images. Runs without one are taken if every weight has the shape that is needed.
    """
    before = {key: value.clone() for key, value in model.state_dict().items()}
    by_size = {value.numel(): value for value in saved.values()}
    sizes = [value.numel() for value in before.values()]
    if len(set(sizes)) < len(sizes) or not by_size.keys() >= set(sizes):
        return False
    for order in permutations(range(4)):
        weights = {key: by_size[value.numel()] for key, value in before.items()}
        if not example and shapes_of(weights) != shapes_of(before):
            return False
        model.load_state_dict(
            {
                key: value.permute([i for i in order if i < value.dim()]).reshape(before[key].shape)
                for key, value in weights.items()
            }
        )
        if not example or _gives_example(model, example):
            return True
    model.load_state_dict(before)
    return False


def _gives_example(model: nn.Module, example: dict[str, Tensor]) -> bool:
    weight = next(model.parameters())
    with evaluating(model):
        output = model(example["images"].to(weight)).cpu()
    return torch.allclose(output, example["output"].to(output.dtype), rtol=1e-3, atol=1e-4)
