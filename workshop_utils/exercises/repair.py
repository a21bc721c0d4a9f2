"""Exercises 7.2 and 7.3: a program that runs and trains, only badly."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from workshop_utils.exercises.answers import random_tensor
from workshop_utils.exercises.engine import exercises, table
from workshop_utils.exercises.functions import Case, FunctionExercise, Run, copied, in_short
from workshop_utils.exercises.result import CheckResult
from workshop_utils.exercises.running import judge

# What was planted: a cause in words -> the function that holds it, and its name as a mistake.
PLANTED = {
    "validation images in training": ("split", "validation-in-training"),
    "images and labels shuffled apart": ("shuffled", "apart"),
    "the optimizer holds another network": ("prepare", "another-network"),
    "softmax before a loss that has its own": ("training_step", "softmax-before-loss"),
    "gradients added up": ("training_step", "not-zeroed"),
    "dropout on in evaluation": ("evaluate", "training-mode"),
    "the last batch counted as a whole one": ("evaluate", "last-batch-as-whole"),
    "softmax over the wrong dimension": ("probabilities", "over-images"),
}


def check_repair(**functions: Callable) -> CheckResult:
    """Say of each function which planted bugs are still in it, and which new ones are.

    Args:
        functions: the student's functions by their names, such as split=split.

    Returns:
        What was found; it has been shown already.

    Raises:
        ValueError: a function is no part of the program.
    """
    parts = list(dict.fromkeys(part for part, _ in PLANTED.values()))
    if not functions or not functions.keys() <= set(parts):
        raise ValueError(f"Hand over functions of the program by name: {', '.join(parts)}.")
    causes = {bug: cause for cause, bug in PLANTED.items() if bug[0] in functions}
    still, new, said, unclear = [], [], [], []
    for name, function in functions.items():
        exercise: Any = exercises()[name]
        result = judge(
            lambda e=exercise, f=function: e.look(f, list(e.cases())),  # type: ignore[misc]
            exercise.todo,
            name,
            exercise.reference,
        )
        found = [(name, one) for one in (result.mistake or "").split(" and ") if not result.passed]
        still += [bug for bug in found if bug in causes]
        if any(bug not in causes for bug in found):
            new += found
            said.append(f"New in {name}: {result.message}")
            known = {mistake.name for mistake in exercise.mistakes}
            unclear += [bug for bug in causes if bug[0] == name and result.mistake not in known]
    n_mended = len(causes) - len(set(still) | set(unclear))
    if still:
        said.insert(0, f"Still there: {'; '.join(f'{causes[one]} ({one[0]})' for one in still)}.")
    message = " ".join([f"{n_mended} of {len(causes)} planted bugs are mended.", *said])
    mistake = ", ".join(f"{part}: {bug}" for part, bug in dict.fromkeys(still + new)) or None
    result = CheckResult(not said, f"Right: {message}" if not said else message, "repair", mistake)
    result.show()
    return result


# --- the parts that are no exercises of their own ---


def split(
    images: Tensor, labels: Tensor, n_validation: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Training images and labels, then validation images and labels: the first n_validation."""
    return (
        images[n_validation:],
        labels[n_validation:],
        images[:n_validation],
        labels[:n_validation],
    )


def shuffled(images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """The same images and labels in another order."""
    order = torch.randperm(len(images))
    return images[order], labels[order]


def prepare(
    make_network: Callable[[], nn.Module], learning_rate: float
) -> tuple[nn.Module, torch.optim.Optimizer]:
    """A new network, and an optimizer for it: SGD with momentum 0.9."""
    model = make_network()
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=0.9)
    return model, optimizer


def probabilities(model: nn.Module, images: Tensor) -> Tensor:
    """For each image the probability of each class, N×n_classes."""
    with torch.no_grad():
        return model(images).softmax(dim=1)


def _of_split() -> Iterator[Case]:
    for n, n_validation in ((8, 3), (10, 1), (9, 6)):
        images, labels = random_tensor(n, 1, 2, 2, seed=n), torch.arange(n)
        yield {"images": images, "labels": labels, "n_validation": n_validation}


NOT_APART = "Validation images are also learnt from, so validation says nothing about new images: "
SPLIT = FunctionExercise(
    name="split",
    reference=split,
    cases=_of_split,
    todo="Return training images and labels, then validation images and labels.",
    right="Right: no image is in both parts.",
    mistakes=table(
        {
            "validation-in-training": (
                f"{NOT_APART}leave the first n_validation out of training.",
                lambda x, y, n: (x, y, x[:n], y[:n]),
            ),
            "training-in-validation": (
                "All images are in validation: it is to have the first n_validation only.",
                lambda x, y, n: (x[n:], y[n:], x, y),
            ),
            "everything-in-both": (
                f"{NOT_APART}all images are in both parts.",
                lambda x, y, n: (x, y, x, y),
            ),
            "exchanged": (
                "The parts are exchanged: training comes first, validation last.",
                lambda x, y, n: (x[:n], y[:n], x[n:], y[n:]),
            ),
            "last-kept-back": (
                "The last n_validation images are kept back, not the first.",
                lambda x, y, n: (x[:-n], y[:-n], x[-n:], y[-n:]),
            ),
            "validation-in-training-last-lost": (
                f"{NOT_APART}training leaves out the last n_validation, but validation has the "
                "first.",
                lambda x, y, n: (x[:-n], y[:-n], x[:n], y[:n]),
            ),
            "one-lost": (
                "One image is in neither part: images[n:] begins with the one after images[:n].",
                lambda x, y, n: (x[n + 1 :], y[n + 1 :], x[:n], y[:n]),
            ),
            "one-in-both": (
                f"{NOT_APART}one image is in both parts.",
                lambda x, y, n: (x[n - 1 :], y[n - 1 :], x[:n], y[:n]),
            ),
            "labels-of-all": (
                "The images are apart, but training still has the labels of all images: cut both.",
                lambda x, y, n: (x[n:], y, x[:n], y[:n]),
            ),
            "images-of-all": (
                f"{NOT_APART}the labels are apart, but training still has all images.",
                lambda x, y, n: (x, y[n:], x[:n], y[:n]),
            ),
            "in-pairs": (
                "Return four tensors, not two pairs.",
                lambda x, y, n: ((x[n:], y[n:]), (x[:n], y[:n])),
            ),
        }
    ),
)


@dataclass(frozen=True, kw_only=True)
class _Shuffling(FunctionExercise):
    """Another order at each call, in which image and label stay together."""

    def observe(self, run: Run, case: Case) -> Iterator[tuple[str, Any]]:
        torch.manual_seed(0)
        results = [run(copied(case)) for _ in range(2)]
        yield "result", in_short(results[0])
        yield "result of the next call", in_short(results[1])
        (images, labels), (again, _) = results
        order, order_again = (x.flatten(1)[:, 0].long() for x in (images, again))
        whole = case["images"][order.clamp(0, len(case["images"]) - 1)]
        facts = {
            "labels beside their images": order.shape == labels.shape
            and (2 * order == labels).all(),
            "every image once": sorted(order.tolist()) == list(range(len(case["images"]))),
            "images unchanged": whole.shape == images.shape and (whole == images).all(),
            "images in a new order": (order != order.sort().values).any(),
            "labels in a new order": (labels != labels.sort().values).any(),
            "another order the next time": (order != order_again).any(),
        }
        yield "outcome", "; ".join(f"{what}: {'yes' if so else 'no'}" for what, so in facts.items())


def _of_shuffling() -> Iterator[Case]:
    for n in (40, 25):
        numbers = torch.arange(n)
        images = (numbers.reshape(-1, 1, 1, 1) + torch.arange(4).reshape(2, 2) / 8).float()
        yield {"images": images, "labels": 2 * numbers}


def _apart(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    return x[torch.randperm(len(x))], y[torch.randperm(len(y))]


def _drawn(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    order = torch.randint(len(x), (len(x),))
    return x[order], y[order]


def _always_the_same(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    return x[order], y[order]


SHUFFLED = _Shuffling(
    name="shuffled",
    reference=shuffled,
    cases=_of_shuffling,
    todo="Draw one order, and take images and labels in that order.",
    right="Right: a new order at each call, and every image keeps its label.",
    mistakes=table(
        {
            "apart": (
                "Images and labels are shuffled apart, so the labels are no longer those of the "
                "images: draw one order, and use it for both.",
                _apart,
            ),
            "images-only": (
                "Only the images are shuffled: take the labels in the same order.",
                lambda x, y: (x[torch.randperm(len(x))], y),
            ),
            "labels-only": (
                "Only the labels are shuffled: take the images in the same order.",
                lambda x, y: (x, y[torch.randperm(len(y))]),
            ),
            "not-shuffled": (
                "Nothing is shuffled: the order is the old one.",
                lambda x, y: (x, y),
            ),
            "with-repetitions": (
                "Some images come twice and others not at all: torch.randperm draws an order.",
                _drawn,
            ),
            "always-the-same": (
                "The order is the same at each call: draw it with torch.randperm, and set no seed.",
                _always_the_same,
            ),
        }
    ),
)


@dataclass(frozen=True, kw_only=True)
class _Preparation(FunctionExercise):
    """What the optimizer holds, and how it was made."""

    def observe(self, run: Run, case: Case) -> Iterator[tuple[str, Any]]:
        result = run(case)
        yield "result", in_short(result)
        model, optimizer = result
        held = {id(w): w.numel() for group in optimizer.param_groups for w in group["params"]}
        own = {id(weight): weight.numel() for weight in model.parameters()}
        yield "number of the network's weights", sum(own.values())
        yield "number of them that the optimizer holds", sum(own[w] for w in own.keys() & held)
        yield "number of others that it holds", sum(held[w] for w in held.keys() - own.keys())
        yield "learning rate", optimizer.param_groups[0]["lr"]
        yield "momentum", optimizer.param_groups[0].get("momentum")
        yield "weight decay", optimizer.param_groups[0].get("weight_decay")


def _of_preparation() -> Iterator[Case]:
    for learning_rate in (0.01, 0.3):
        yield {
            "make_network": lambda: nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 2)),
            "learning_rate": learning_rate,
        }


def _prepared(
    weights: Callable[[nn.Module, Callable[[], nn.Module]], Any] = lambda model, make: (
        model.parameters()
    ),
    rate: Callable[[float], float] = lambda rate: rate,
    momentum: float = 0.9,
    decay: float = 0.0,
    optimizer: Callable[..., torch.optim.Optimizer] = torch.optim.SGD,
) -> Callable:
    def prepare(make: Callable[[], nn.Module], learning_rate: float) -> tuple:
        model = make()
        choices = {"momentum": momentum, "weight_decay": decay}
        choices = choices if optimizer is torch.optim.SGD else {}
        return model, optimizer(weights(model, make), lr=rate(learning_rate), **choices)

    return prepare


PREPARE = _Preparation(
    name="prepare",
    reference=prepare,
    cases=_of_preparation,
    todo="Make one network, and an optimizer that holds its parameters; return both.",
    right="Right: the optimizer holds the network's own parameters.",
    mistakes=table(
        {
            "another-network": (
                "The optimizer holds the parameters of another network: call make_network once, "
                "and hand it the parameters of the network that you return.",
                _prepared(lambda model, make: make().parameters()),
            ),
            "both-networks": (
                "The optimizer holds the parameters of a second network, too: call make_network "
                "once.",
                _prepared(lambda model, make: [*model.parameters(), *make().parameters()]),
            ),
            "last-layer-only": (
                "The optimizer holds the last layer only: model.parameters() are all.",
                _prepared(lambda model, make: model[-1].parameters()),  # type: ignore[index]
            ),
            "first-layer-only": (
                "The optimizer holds the first layer only: model.parameters() are all.",
                _prepared(lambda model, make: model[0].parameters()),  # type: ignore[index]
            ),
            "no-momentum": (
                "The momentum is missing: it was 0.9, and no bug.",
                _prepared(momentum=0.0),
            ),
            "fixed-rate": (
                "The learning rate is 0.01, whatever learning_rate is: hand it on.",
                _prepared(rate=lambda rate: 0.01),
            ),
            "adam": (
                "SGD was no bug: leave the optimizer as it was.",
                _prepared(optimizer=torch.optim.Adam),
            ),
            "numbers-exchanged": (
                "Learning rate and momentum are exchanged: name them, lr= and momentum=.",
                lambda make, rate: _prepared(rate=lambda _: 0.9, momentum=rate)(make, rate),
            ),
            "weight-decay": (
                "A weight decay is new: leave the optimizer as it was.",
                _prepared(decay=0.01),
            ),
            "exchanged": (
                "Network and optimizer are exchanged: return the network first.",
                lambda make, rate: _prepared()(make, rate)[::-1],
            ),
        }
    ),
)


def _of_probabilities() -> Iterator[Case]:
    """Networks without dropout, so that their mode does not matter."""
    for n, n_classes in ((4, 3), (3, 5), (6, 4)):
        model = nn.Sequential(nn.Flatten(), nn.Linear(12, n_classes))
        with torch.no_grad():
            for seed, weight in enumerate(model.parameters()):
                weight.copy_(4 * random_tensor(*weight.shape, seed=seed) - 2)
        yield {"model": model, "images": random_tensor(n, 3, 2, 2, seed=n)}


def _scores(change: Callable[[Tensor], Tensor]) -> Callable[[nn.Module, Tensor], Tensor]:
    return lambda model, images: change(model(images).detach())


PROBABILITIES = FunctionExercise(
    name="probabilities",
    reference=probabilities,
    cases=_of_probabilities,
    todo="Send the images through the model, and the scores through softmax.",
    right="Right: the probabilities of each image add up to 1.",
    mistakes=table(
        {
            "over-images": (
                "softmax runs over the images, so that each class adds up to 1: an image's own "
                "scores lie along dim=1.",
                _scores(lambda scores: scores.softmax(dim=0)),
            ),
            "over-everything": (
                "All images together add up to 1: an image's own scores lie along dim=1.",
                _scores(lambda scores: scores.flatten().softmax(dim=0).reshape(scores.shape)),
            ),
            "logits": (
                "These are scores, not probabilities: softmax is missing.",
                _scores(lambda scores: scores),
            ),
            "logarithms": (
                "These are logarithms of probabilities: softmax in place of log_softmax.",
                _scores(lambda scores: scores.log_softmax(dim=1)),
            ),
            "sigmoid": (
                "sigmoid looks at each score alone, so an image's probabilities do not add up to "
                "1: softmax.",
                _scores(torch.sigmoid),
            ),
            "softmax-twice": (
                "softmax is applied twice, which makes all probabilities alike.",
                _scores(lambda scores: scores.softmax(dim=1).softmax(dim=1)),
            ),
            "divided-by-the-sum": (
                "The scores are divided by their sum, but may be negative: softmax.",
                _scores(lambda scores: scores / scores.sum(dim=1, keepdim=True)),
            ),
            "exponentials": (
                "These are exponentials that do not add up to 1: divide by their sum, or softmax.",
                _scores(torch.exp),
            ),
            "best-only": (
                "That is the probability of the best class alone: return those of all classes.",
                _scores(lambda scores: scores.softmax(dim=1).amax(dim=1)),
            ),
            "one-hot": (
                "That is 1 for the best class and 0 for the others: leave the probabilities as "
                "softmax gives them.",
                _scores(lambda s: nn.functional.one_hot(s.argmax(1), s.shape[1]).float()),
            ),
            "classes": (
                "That is the class with the highest score: leave out argmax.",
                _scores(lambda scores: scores.argmax(dim=1)),
            ),
        }
    ),
)
