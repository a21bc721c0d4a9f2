"""What the next epoch of a training depends on: copied, and put back.

Apart from the images that is: weights, what the optimizer remembers, the history, and where the
random numbers stand (of dropout and of the loader's mixing).
"""

import hashlib
import json
import re
from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import Tensor, nn

from workshop_utils.files import as_json, bytes_of
from workshop_utils.training.history import History

WEIGHTS, OPTIMIZER, RANDOM = "weights", "optimizer", "random"
TENSOR = "tensor"  # stands for one in the optimizer's numbers, with its name

# What may differ between a training and the one that is to go on, where its values say little.
DIFFERENT = {
    "weights": "its optimizer held other weights, or held them in another order",
    "layers": "its network had other layers",
    "images": "it saw other images",
}


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
        train_loader: Any,  # noqa: ANN401 - batches, and a length
        history: History,
    ) -> None:
        self.models = models
        self.optimizer = optimizer
        self.history = history
        self._loader_generator = getattr(train_loader, "generator", None)  # as `Loader` has
        self._made_with = self._described() | _of_batches(train_loader)
        self._began_with = _options(optimizer.state_dict())

    @property
    def has_schedule(self) -> bool:
        """Whether a scheduler of PyTorch's changes the learning rate; it cannot be found here."""
        return any("initial_lr" in group for group in self.optimizer.param_groups)

    def state(self) -> State:
        """A copy of everything that the next epoch depends on."""
        tensors: dict[str, Tensor] = {}
        for name, model in self.models.items():
            _parted(model.state_dict(), f"{WEIGHTS}.{name}", tensors)
        _parted(self._random_states(), RANDOM, tensors)
        optimizer = self.optimizer.state_dict()
        memory = list(optimizer["state"].items())
        about = {
            "optimizer": _parted({**optimizer, "state": memory}, OPTIMIZER, tensors),
            "made_with": self._made_with,
            "began_with": self._began_with,
            "history": {field.name: list(getattr(self.history, field.name)) for field in FIELDS},
        }
        return State(tensors, about)

    def go_on_from(self, state: State) -> None:
        """Make everything as it was in another training, if it is the same one.

        Raises:
            StateError: it is not; nothing was changed.
        """
        self._check(state)
        before = self.state()
        try:
            self.go_back_to(state)
        except Exception as error:  # such as PyTorch's, of numbers that another version has kept
            self.go_back_to(before)
            raise StateError(f"it cannot be put back ({error})") from error

    def go_back_to(self, state: State) -> None:
        """Make everything as it was earlier in this training."""
        optimizer = _joined(state.about["optimizer"], state.tensors)
        self.optimizer.load_state_dict({**optimizer, "state": dict(optimizer["state"])})
        self.optimizer.zero_grad()
        for name, model in self.models.items():
            model.load_state_dict(named(state.tensors, f"{WEIGHTS}.{name}"))
        for field in FIELDS:
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

    def _described(self) -> dict:
        """Networks and optimizer, as far as they must be the same when a training goes on."""
        names = {
            id(weight): f"{part}.{name}{'' if weight.requires_grad else ' (frozen)'}"
            for part, model in self.models.items()
            for name, weight in model.named_parameters()
        }
        groups = self.optimizer.param_groups
        return {
            "optimizer": type(self.optimizer).__name__,
            "parameter groups": len(groups),
            "weights": [[names.get(id(weight), "?") for weight in g["params"]] for g in groups],
            "layers": [re.sub(" at 0x[0-9a-f]+", "", str(each)) for each in self.models.values()],
        }

    def _check(self, state: State) -> None:
        """Compare everything before anything is changed."""
        for name, model in self.models.items():
            saved = shapes_of(named(state.tensors, f"{WEIGHTS}.{name}"))
            here = shapes_of(model.state_dict())
            for key in here | saved:
                if saved.get(key) != here.get(key):
                    raise StateError(
                        f"it is of another network ({name}.{key} has shape "
                        f"{saved.get(key, 'none')} there and {here.get(key, 'none')} here)"
                    )
        _compare(state.about["made_with"], self._made_with)
        # Whoever trains on with the same optimizer finds it as it was left.
        left = _options(_joined(state.about["optimizer"], state.tensors))
        if _kept(self._began_with) != _kept(left):
            _compare(state.about["began_with"], self._began_with)


FIELDS = fields(History)


def _of_batches(train_loader: Any) -> dict:  # noqa: ANN401 - batches, and a length
    """The batches that a training learns from, as far as the loader tells of them."""
    generator = getattr(train_loader, "generator", None)
    inner = train_loader
    while hasattr(inner, "loader"):  # it holds another one
        inner = inner.loader
    held = [getattr(inner, name, None) for name in ("images", "labels")]
    tensors = [each for each in held if isinstance(each, Tensor)]
    return {
        "batch size": getattr(inner, "batch_size", None),
        "number of batches": len(train_loader),
        "seed of the mixing": generator.initial_seed() if generator else None,
        "images": _fingerprint(*tensors) if tensors else None,
    }


def _fingerprint(*tensors: Tensor) -> str:
    """What tells images and labels from others: a few hundred of them."""
    total = hashlib.sha256()
    for tensor in tensors:
        some = tensor[:: 1 + len(tensor) // 500].cpu()
        total.update(f"{some.dtype} {tuple(tensor.shape)}".encode())
        total.update(bytes_of(some))
    return total.hexdigest()


def _options(optimizer: dict) -> dict[str, object]:
    """Learning rate, momentum and the like from an optimizer's state_dict; one entry for each."""
    found = {}
    for number, group in enumerate(optimizer["param_groups"], start=1):
        where = f" of group {number}" if len(optimizer["param_groups"]) > 1 else ""
        for key, value in group.items():
            if key != "params":
                name = "learning rate" if key == "lr" else key
                found[name + where] = value.detach().clone() if isinstance(value, Tensor) else value
    return found


def _compare(there: dict, here: dict) -> None:
    here = _kept(here)
    for what in here | there:
        old, new = there.get(what), here.get(what)
        if old != new and None not in (old, new):
            raise StateError(
                DIFFERENT.get(what, f"it was made with {what} {old}, this one with {new}")
            )


def _kept(value: Any) -> Any:  # noqa: ANN401 - as JSON holds it
    """A value as it comes back from a file."""
    return json.loads(as_json(value))


def _parted(value: Any, name: str, tensors: dict[str, Tensor]) -> Any:  # noqa: ANN401
    """A copy in which names stand for the tensors, whose copies are put into `tensors`."""
    if isinstance(value, Tensor):
        tensors[name] = value.detach().clone()
        return {TENSOR: name}
    if isinstance(value, dict):
        return {key: _parted(one, f"{name}.{key}", tensors) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_parted(one, f"{name}.{i}", tensors) for i, one in enumerate(value)]
    return value


def _joined(value: Any, tensors: dict[str, Tensor]) -> Any:  # noqa: ANN401
    """What `_parted` has taken apart."""
    if isinstance(value, dict):
        if value.keys() == {TENSOR}:
            return tensors[value[TENSOR]].clone()
        return {key: _joined(one, tensors) for key, one in value.items()}
    return [_joined(one, tensors) for one in value] if isinstance(value, list) else value


def named(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Those tensors whose names begin with a prefix and a point, without both."""
    start = f"{prefix}."
    return {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}


def shapes_of(tensors: dict[str, Tensor]) -> dict[str, tuple[int, ...]]:
    """Shapes of tensors by name."""
    return {name: tuple(value.shape) for name, value in tensors.items()}
