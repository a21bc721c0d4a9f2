"""What the next epoch of a training depends on: copied, and put back.

Apart from the images that is: weights, what the optimizer remembers, the history, and where the
random numbers stand (of dropout and of the loader's mixing).
"""

import copy
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields

import torch
from torch import Tensor, nn

from workshop_utils.training.history import History

WEIGHTS, OPTIMIZER, RANDOM = "weights", "optimizer", "random"


class StateError(RuntimeError):
    """A state does not fit the training that it is put into; the text says why."""


@dataclass(frozen=True)
class State:
    """A training at the end of an epoch: tensors by name, and the rest as JSON can hold it."""

    tensors: dict[str, Tensor]
    about: dict


class Training:
    """The parts of a training that change while it runs."""

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
        self._loader_generator = getattr(train_loader, "generator", None)  # as `Loader` has

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
            StateError: it is of other networks or of another optimizer; nothing was changed.
        """
        self._check(state)
        for name, model in self.models.items():
            model.load_state_dict(named(state.tensors, f"{WEIGHTS}.{name}"))
        self.optimizer.load_state_dict(_optimizer_state(state))
        self.optimizer.zero_grad()
        for field in fields(History):
            setattr(self.history, field.name, list(state.about["history"][field.name]))
        random = named(state.tensors, RANDOM)
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
        """What must be the same when a training goes on."""
        return {
            "optimizer": type(self.optimizer).__name__,
            "learning rate": self.optimizer.defaults.get("lr"),
            "momentum": self.optimizer.defaults.get("momentum"),
        }

    def _check(self, state: State) -> None:
        there = state.about["made_with"]
        for what, value in self._made_with().items():
            if there[what] != value:
                raise StateError(f"it was made with {what} {there[what]}, this one with {value}")
        for name, model in self.models.items():
            saved = shapes_of(named(state.tensors, f"{WEIGHTS}.{name}"))
            here = shapes_of(model.state_dict())
            for key in here | saved:
                if saved.get(key) != here.get(key):
                    raise StateError(
                        f"it is of another network ({name}.{key} has shape "
                        f"{saved.get(key, 'none')} there and {here.get(key, 'none')} here)"
                    )


def named(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Those tensors whose names begin with a prefix and a point, without both."""
    start = f"{prefix}."
    return {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}


def shapes_of(tensors: dict[str, Tensor]) -> dict[str, tuple[int, ...]]:
    """Shapes of tensors by name."""
    return {name: tuple(value.shape) for name, value in tensors.items()}


def _optimizer_state(state: State) -> dict:
    """The optimizer's state_dict from its tensors and numbers."""
    memory: dict[int, dict] = {}
    for index, numbers in state.about["optimizer"]["numbers"].items():
        memory[int(index)] = dict(numbers)
    for name, value in named(state.tensors, OPTIMIZER).items():
        index, key = name.split(".", 1)
        memory.setdefault(int(index), {})[key] = value.clone()
    return {"state": memory, "param_groups": copy.deepcopy(state.about["optimizer"]["groups"])}
