"""Going on with a training that was interrupted, as if it had never been.

What a training depends on, apart from its images, is its state: weights, what the optimizer
remembers, the history, and where the random numbers stand (of dropout and of the loader's mixing).
"""

import copy
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import torch
from filelock import FileLock, Timeout
from torch import Tensor, nn

from workshop_utils.files import DamagedError, read_tensors, write_tensors
from workshop_utils.images.dataset import ImageData
from workshop_utils.settings import Settings
from workshop_utils.training.history import History

WEIGHTS, OPTIMIZER, RANDOM = "weights", "optimizer", "random"


class ResumeError(RuntimeError):
    """A training cannot go on from where it was; the text says why, and what to do."""


@dataclass(frozen=True)
class State:
    """A training at the end of an epoch.

    Args:
        tensors: weights, the optimizer's memory and random states by name.
        about: the rest: numbers of the optimizer, its defaults, and the history.
    """

    tensors: dict[str, Tensor]
    about: dict


class Training:
    """The parts of a training that change while it runs.

    Args:
        models: the networks by name.
        optimizer: holds their parameters.
        train_loader: with a `generator` if it mixes the images, as `Loader` has.
        history: what was reported so far.
    """

    def __init__(
        self,
        models: dict[str, nn.Module],
        optimizer: torch.optim.Optimizer,
        train_loader: Iterable,
        history: History,
    ) -> None:
        self.models = models
        self.optimizer = optimizer
        self.history = history
        self._loader_generator = getattr(train_loader, "generator", None)

    def state(self) -> State:
        """A copy of everything that the next epoch depends on."""
        tensors = {
            f"{WEIGHTS}.{name}.{key}": value
            for name, model in self.models.items()
            for key, value in model.state_dict().items()
        }
        optimizer = self.optimizer.state_dict()
        numbers: dict[str, dict] = {}
        for index, memory in optimizer["state"].items():
            for key, value in memory.items():
                if isinstance(value, Tensor):
                    tensors[f"{OPTIMIZER}.{index}.{key}"] = value
                else:
                    numbers.setdefault(str(index), {})[key] = value
        tensors |= {f"{RANDOM}.{name}": value for name, value in self._random_states().items()}
        about = {
            "optimizer": {"numbers": numbers, "groups": optimizer["param_groups"]},
            "made_with": self._made_with(),
            "history": asdict(self.history),
        }
        copies = {name: value.detach().clone() for name, value in tensors.items()}
        return State(copies, copy.deepcopy(about))

    def go_back_to(self, state: State) -> None:
        """Make everything as it was.

        Raises:
            ResumeError: the state is of other networks or of another optimizer.
        """
        self._check(state)
        for name, model in self.models.items():
            model.load_state_dict(_named(state.tensors, f"{WEIGHTS}.{name}"))
        self.optimizer.load_state_dict(_optimizer_state(state))
        self.optimizer.zero_grad()
        for field in fields(History):
            setattr(self.history, field.name, list(state.about["history"][field.name]))
        random = _named(state.tensors, RANDOM)
        torch.set_rng_state(random["cpu"].cpu())
        if "cuda" in random:
            torch.cuda.set_rng_state(random["cuda"].cpu())
        if self._loader_generator is not None:
            self._loader_generator.set_state(random["loader"].cpu())

    def _random_states(self) -> dict[str, Tensor]:
        states = {"cpu": torch.get_rng_state()}
        if torch.cuda.is_available():
            states["cuda"] = torch.cuda.get_rng_state()
        if self._loader_generator is not None:
            states["loader"] = self._loader_generator.get_state()
        return states

    def _made_with(self) -> dict:
        """What must be the same when a training goes on, as JSON gives it back."""
        return {
            "optimizer": type(self.optimizer).__name__,
            "learning rate": self.optimizer.defaults.get("lr"),
            "momentum": self.optimizer.defaults.get("momentum"),
        }

    def _check(self, state: State) -> None:
        there, here = state.about["made_with"], self._made_with()
        for what, value in here.items():
            if there.get(what) != value:
                raise ResumeError(
                    f"The saved training was made with {what} {there.get(what)}, this one with "
                    f"{value}. Use the same, or start anew without resume=True."
                )
        for name, model in self.models.items():
            saved = _shapes(_named(state.tensors, f"{WEIGHTS}.{name}"))
            for key, shape in _shapes(model.state_dict()).items():
                if saved.get(key) != shape:
                    raise ResumeError(
                        f"The saved training is of another network: {name}.{key} has shape "
                        f"{saved.get(key, 'none')} there and {shape} here. Use the same network, "
                        "or start anew without resume=True."
                    )


class Checkpoint:
    """Keeps a training's state in a file after every epoch, so that it can go on later.

    Args:
        name: what is trained, such as "mlp" or "autoencoder".
        data: the data set that it is trained on.
        settings: profile, seed, and the folder to write to.
    """

    def __init__(self, name: str, data: ImageData, settings: Settings) -> None:
        stem = f"{name}-{data.name.lower()}-{settings.profile.name}-seed{settings.seed}"
        self.name = name
        self.file: Path = settings.runs_dir / "unfinished" / f"{stem}.safetensors"
        self._made_on = {"data": repr(data)}
        self._lock = FileLock(self.file.with_suffix(".lock"), blocking=False)

    def take(self) -> bool:
        """Keep other notebooks from writing to the same file.

        Returns:
            Whether this training can be kept.
        """
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        except Timeout:
            print(
                f"Another notebook is training {self.name!r} now: its epochs are kept, those of "
                "this training are not."
            )
        except (OSError, NotImplementedError) as error:
            print(f"The epochs of this training cannot be kept ({error}).")
        return self._lock.is_locked

    def release(self) -> None:
        """Let other notebooks write."""
        self._lock.release()

    def write(self, state: State, n_epochs: int) -> None:
        """Replace what is kept; a failure is told, and the training goes on.

        Args:
            state: the training after an epoch.
            n_epochs: after how many it is finished.
        """
        about = state.about | self._made_on | {"n_epochs": n_epochs}
        try:
            write_tensors(self.file, state.tensors, about)
        except OSError as error:
            print(f"This epoch could not be kept ({error}).")

    def announce(self) -> None:
        """Say if a training is kept that was not finished: the next one will replace it."""
        try:
            about = self.read().about
        except ResumeError:
            return
        n_finished = len(about["history"]["test_loss"])
        if n_finished < about["n_epochs"]:
            print(
                f"Epoch {n_finished} of {about['n_epochs']} of an earlier training is kept. To go "
                "on with that one instead, interrupt, add resume=True to the call and run it again."
            )

    def read(self) -> State:
        """What was kept last.

        Raises:
            ResumeError: there is nothing, it is damaged, or it was made on other images.
        """
        anew = "Start anew without resume=True."
        try:
            tensors, about = read_tensors(self.file)
        except FileNotFoundError as error:
            raise ResumeError(
                f"No epoch of {self.name!r} was kept in {self.file.parent} with this data set, "
                f"profile and seed. {anew}"
            ) from error
        except DamagedError as error:
            raise ResumeError(f"{error} {anew}") from error
        if about["data"] != self._made_on["data"]:
            raise ResumeError(
                f"The saved training saw {about['data']}; here are {self._made_on['data']}. {anew}"
            )
        return State(tensors, about)


def _optimizer_state(state: State) -> dict:
    """The optimizer's state_dict from its tensors and numbers."""
    memory: dict[int, dict] = {}
    for index, numbers in state.about["optimizer"]["numbers"].items():
        memory[int(index)] = dict(numbers)
    for name, value in _named(state.tensors, OPTIMIZER).items():
        index, key = name.split(".", 1)
        memory.setdefault(int(index), {})[key] = value.clone()
    return {"state": memory, "param_groups": copy.deepcopy(state.about["optimizer"]["groups"])}


def _named(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    start = f"{prefix}."
    return {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}


def _shapes(tensors: dict[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(value.shape) for name, value in tensors.items()}
