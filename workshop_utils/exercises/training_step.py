"""Exercise 6.1: one step of gradient descent, judged by what it does to a network."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from workshop_utils.exercises.answers import random_tensor
from workshop_utils.exercises.engine import table
from workshop_utils.exercises.functions import Case, FunctionExercise, Run
from workshop_utils.exercises.result import CheckResult

Optimizer = torch.optim.Optimizer
Step = Callable[[nn.Module, nn.Module, Optimizer, Tensor, Tensor], Any]
N_STEPS = 3
ARGUMENTS = ("model", "criterion", "optimizer", "x", "labels")


def training_step(
    model: nn.Module, criterion: nn.Module, optimizer: Optimizer, x: Tensor, labels: Tensor
) -> Tensor:
    """Learn from one batch.

    Args:
        model: turns x into scores N×n_classes.
        criterion: turns scores and labels into the mean loss of the batch.
        optimizer: holds the model's parameters.
        x: a batch of images.
        labels: N whole numbers.

    Returns:
        The loss of the batch, before the step.
    """
    logits = model(x)
    loss = criterion(logits, labels)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss


def check_training_step(fn: Step) -> CheckResult:
    """Let a function train small networks for a few steps, and compare where they get to.

    Args:
        fn: the student's function, called with model, criterion, optimizer, x and labels in this
            order.

    Returns:
        What was found; it has been shown already.
    """
    return TRAINING_STEP.judge(fn)


@dataclass(frozen=True, kw_only=True)
class _Trajectory(FunctionExercise):
    """What is compared is how a network fares, step by step."""

    def observe(self, run: Run, case: Case) -> Iterator[tuple[str, Any]]:
        model, optimizer = copy.deepcopy((case["model"], case["optimizer"]))
        stands_still = optimizer.defaults["lr"] == 0  # then only gradients are looked at
        sizes = []
        for number in range(N_STEPS):
            seen = _Seen(model, optimizer)
            torch.manual_seed(number)  # the same dropout for every answer
            x, labels = case["x"], case["labels"]
            if not stands_still:
                x, labels = x + number, labels.roll(number)
            values = model, case["criterion"], optimizer, x, labels
            with seen:
                returned = run(dict(zip(ARGUMENTS, values, strict=True)))
            after = f" of step {number + 1}"
            yield f"order{after}", _Order(tuple(seen.happened))
            sizes.append(seen.gradient.norm().item())
            if not stands_still:
                yield f"mode{after}", "training" if model.training else "evaluation"
                yield f"loss{after}", as_number(returned)
                yield f"gradient{after}", seen.gradient
                weights = nn.utils.parameters_to_vector(model.parameters()).detach()
                yield f"network after step {number + 1}", weights
        if stands_still:
            yield "growth of the gradient", sizes[-1] / sizes[0] if sizes[0] else 0.0


@dataclass(frozen=True)
class _Order:
    """What happened in one call."""

    events: tuple[str, ...]

    def __str__(self) -> str:
        counts = {event: self.events.count(event) for event in ("backward", "step")}
        found = " and ".join(f"{event} {n} times" for event, n in counts.items())
        return f"One call is one step: backward once, then step once. Here it is {found}."


class _Seen:
    """Notes backward passes and steps as they come, and the gradient that a step is made with."""

    def __init__(self, model: nn.Module, optimizer: Optimizer) -> None:
        self.happened: list[str] = []
        self.gradient = torch.zeros(())
        self._weights = list(model.parameters())
        self._optimizer = optimizer

    def __enter__(self) -> None:
        last = self._weights[-1]
        self._hooks = [
            last.register_hook(lambda gradient: self.happened.append("backward")),
            self._optimizer.register_step_post_hook(self._note_step),
        ]

    def __exit__(self, *_: object) -> None:
        for hook in self._hooks:
            hook.remove()

    def _note_step(self, *_: object) -> None:
        self.happened.append("step")
        gradients = [torch.zeros_like(w) if w.grad is None else w.grad for w in self._weights]
        self.gradient = nn.utils.parameters_to_vector(gradients).clone()


def as_number(value: Any) -> Any:  # noqa: ANN401 - a student's
    """A number, also where it came as a tensor or of NumPy; anything else as it is."""
    if isinstance(value, Tensor) and value.numel() == 1 and not value.is_meta:
        return value.item()
    return value.item() if type(value).__module__ == "numpy" and value.ndim == 0 else value


def _cases() -> Iterator[Case]:
    """One that stands still; a linear one; dropout and momentum; Adam, and another loss."""
    smoothed = nn.CrossEntropyLoss(label_smoothing=0.2)
    for seed, (layers, make, criterion) in enumerate(
        (
            ([], lambda weights: torch.optim.SGD(weights, lr=0.0), nn.CrossEntropyLoss()),
            ([], lambda weights: torch.optim.SGD(weights, lr=0.5), nn.CrossEntropyLoss()),
            (
                [nn.Linear(4, 4), nn.ReLU(), nn.Dropout(0.5)],
                lambda weights: torch.optim.SGD(weights, lr=0.2, momentum=0.9),
                nn.CrossEntropyLoss(),
            ),
            (
                [nn.Linear(4, 4), nn.Tanh()],
                lambda weights: torch.optim.Adam(weights, lr=0.05),
                smoothed,
            ),
        )
    ):
        model = nn.Sequential(*layers, nn.Linear(4, 3))
        with torch.no_grad():
            for number, weight in enumerate(model.parameters()):
                weight.copy_(2 * random_tensor(*weight.shape, seed=10 * seed + number) - 1)
        x = 3 * random_tensor(6, 4, seed=seed) - 1
        labels = torch.tensor([0, 1, 2, 2, 1, 0])
        yield dict(
            zip(ARGUMENTS, (model, criterion, make(model.parameters()), x, labels), strict=True)
        )


# --- wrong solutions ---


def step(
    scores: Callable[[Tensor], Tensor] = lambda logits: logits,
    to_descend: Callable[[Tensor], Tensor] = lambda loss: loss,
    to_return: Callable[[Tensor], Any] = lambda loss: loss,
    before: Callable[[nn.Module], Any] = lambda model: None,
    order: str = "backward step zero",
) -> Step:
    """A training step with one of its parts replaced, or in another order."""

    def training_step(
        model: nn.Module, criterion: nn.Module, optimizer: Optimizer, x: Tensor, labels: Tensor
    ) -> object:
        before(model)
        loss = criterion(scores(model(x)), labels)
        for part in order.split():
            if part == "backward":
                to_descend(loss).backward(retain_graph=True)
            elif part == "step":
                optimizer.step()
            elif part == "zero":
                optimizer.zero_grad()
        return to_return(loss)

    return training_step


def _softmax(logits: Tensor) -> Tensor:
    return logits.softmax(dim=1)


def _without_gradients(
    model: nn.Module, criterion: nn.Module, _optimizer: Optimizer, x: Tensor, labels: Tensor
) -> None:
    with torch.no_grad():
        loss = criterion(model(x), labels)
    loss.backward()


def _loss_afterwards(
    model: nn.Module, criterion: nn.Module, optimizer: Optimizer, x: Tensor, labels: Tensor
) -> Tensor:
    training_step(model, criterion, optimizer, x, labels)
    return criterion(model(x), labels)


def _clipped(
    model: nn.Module, criterion: nn.Module, optimizer: Optimizer, x: Tensor, labels: Tensor
) -> Tensor:
    loss = criterion(model(x), labels)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    return loss


def _own_criterion(
    model: nn.Module, _criterion: nn.Module, optimizer: Optimizer, x: Tensor, labels: Tensor
) -> Tensor:
    return training_step(model, nn.CrossEntropyLoss(), optimizer, x, labels)


SOFTMAX = (
    "The scores go through softmax before the loss, which applies a softmax of its own: learning "
    "slows down. Hand the logits to criterion as they are."
)
NOT_ZEROED = (
    "The gradients are never set to zero, so those of all earlier batches are added to the new "
    "ones: call optimizer.zero_grad() once a step, after step or before backward."
)
# What the mistakes replace that are often made beside "not-zeroed".
COMMON: dict[str, dict[str, Any]] = {
    "softmax-before-loss": {"scores": _softmax},
    "sum-of-losses": {"to_descend": lambda loss: 6 * loss},
    "climbs": {"to_descend": lambda loss: -loss},
    "nothing-returned": {"to_return": lambda loss: None},
    "evaluation-mode": {"before": lambda model: model.eval()},
}
# Short name -> sentence, solution.
MISTAKES: dict[str, tuple[str, Step]] = {
    "not-zeroed": (NOT_ZEROED, step(order="backward step")),
    "softmax-before-loss": (SOFTMAX, step(**COMMON["softmax-before-loss"])),
    "no-backward": (
        "The backward pass is missing, so there are no gradients to go by: loss.backward().",
        step(order="step zero"),
    ),
    "no-step": (
        "optimizer.step() is never called, on the optimizer that is handed in: it knows the rate, "
        "the momentum, and what was before.",
        step(order="backward zero"),
    ),
    "forward-only": (
        "Nothing is learnt yet: loss.backward() and optimizer.step() are missing.",
        step(order="zero"),
    ),
    "zeroed-too-early": (
        "The gradients are set to zero between backward and step, so the step has nothing to go "
        "by. Call zero_grad after step, or before backward.",
        step(order="backward zero step"),
    ),
    "step-first": (
        "step comes before backward, so it has no gradients of this batch to go by.",
        step(order="step zero backward"),
    ),
    "softmax-over-images": (
        "The scores go through softmax over the images of the batch (dim=0). Hand the logits to "
        "criterion as they are.",
        step(scores=lambda logits: logits.softmax(dim=0)),
    ),
    "argmax-before-loss": (
        "The loss needs all the scores, not the class with the highest: leave out argmax.",
        step(scores=lambda logits: logits.argmax(dim=1)),
    ),
    "climbs": (
        "The loss rises: it is the gradient of -loss that is followed. Leave out the minus.",
        step(**COMMON["climbs"]),
    ),
    "sum-of-losses": (
        "The loss is multiplied by the number of images before backward. criterion has the mean "
        "already, and the learning rate is made for it.",
        step(**COMMON["sum-of-losses"]),
    ),
    "mean-again": (
        "The loss is divided by the number of images before backward. criterion has the mean "
        "already.",
        step(to_descend=lambda loss: loss / 6),
    ),
    "backward-twice": (
        "backward is called twice, so each gradient is counted twice.",
        step(order="backward backward step zero"),
    ),
    "step-twice": (
        "step is called twice with the same gradient.",
        step(order="backward step step zero"),
    ),
    "evaluation-mode": (
        "The model is put into evaluation mode: dropout must be on while it learns. Leave out "
        "model.eval().",
        step(**COMMON["evaluation-mode"]),
    ),
    "without-gradients": (
        "The loss is computed under torch.no_grad(), so backward finds no way back. Leave it out.",
        _without_gradients,
    ),
    "item-before-backward": (
        "loss.item() is only a number, and knows no way back: call backward on the tensor, and "
        "item() afterwards, if at all.",
        step(to_descend=lambda loss: loss.item()),  # type: ignore[arg-type,return-value]
    ),
    "loss-afterwards": (
        "The loss is computed once more after the step. Return that of the batch before it.",
        _loss_afterwards,
    ),
    "sum-returned": (
        "The loss is returned multiplied by the number of images: return it as criterion gives it.",
        step(to_return=lambda loss: 6 * loss),
    ),
    "nothing-returned": (
        "The step is right, but returns None: return the loss.",
        step(**COMMON["nothing-returned"]),
    ),
    "clipped": (
        "The gradient is clipped to a certain length: leave that out.",
        _clipped,
    ),
    "criterion-turned-round": (
        "Scores and labels are the wrong way round: criterion(logits, labels).",
        lambda model, criterion, optimizer, x, labels: criterion(labels, model(x)),
    ),
    "seeded": (
        "A seed is set in the step, so dropout leaves out the same units each time: leave it out.",
        step(before=lambda model: torch.manual_seed(0)),
    ),
    "own-criterion": (
        "The loss is F.cross_entropy's, whatever criterion is: use the one that is handed in.",
        _own_criterion,
    ),
}
MISTAKES |= {
    f"{name} and not-zeroed": (
        f"Two things. {MISTAKES[name][0]} {NOT_ZEROED}",
        step(**changes, order="backward step"),
    )
    for name, changes in COMMON.items()
}
TRAINING_STEP = _Trajectory(
    name="training_step",
    reference=training_step,
    cases=_cases,
    todo=("Forward pass, loss, backward pass, step, gradients to zero; then return the loss."),
    right=f"Right: with it, three networks learn the same in {N_STEPS} steps as with ours.",
    may_change=("model", "optimizer"),
    mistakes=table(MISTAKES),
)
