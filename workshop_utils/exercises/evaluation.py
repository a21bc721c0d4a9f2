"""Exercise 6.2: mean loss and accuracy over a data set."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from workshop_utils.exercises.answers import random_tensor
from workshop_utils.exercises.engine import table, together
from workshop_utils.exercises.functions import Case, FunctionExercise, Run
from workshop_utils.exercises.result import CheckResult
from workshop_utils.exercises.training_step import as_number
from workshop_utils.training.loops import evaluate

Evaluation = Callable[[nn.Module, nn.Module, Iterable], Any]


def check_evaluation(fn: Evaluation) -> CheckResult:
    """Compare a function's mean loss and accuracy with `evaluate`, and look at what it leaves.

    Args:
        fn: the student's function, called with model, criterion and loader in this order.

    Returns:
        What was found; it has been shown already.
    """
    return EVALUATE.judge(fn)


class _Probe(nn.Module):
    """A small network that notes how it is run."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Dropout(dropout), nn.Linear(4, 3))
        with torch.no_grad():
            for weight in self.parameters():
                weight.copy_(6 * random_tensor(*weight.shape, seed=2) - 3)
        self.in_training, self.with_gradients = False, False

    def forward(self, x: Tensor) -> Tensor:
        self.in_training |= any(module.training for module in self.modules())
        self.with_gradients |= torch.is_grad_enabled()
        return self.layers(x)


@dataclass(frozen=True, kw_only=True)
class _Evaluation(FunctionExercise):
    """The two numbers; how the model was run; and how it was left."""

    def observe(self, run: Run, case: Case) -> Iterator[tuple[str, Any]]:
        model = case["model"]
        was_training, has_dropout = model.training, model.layers[0].p > 0
        model.in_training = model.with_gradients = False
        returned = run(case)
        modes = {"training" if module.training else "evaluation" for module in model.modules()}
        model.train(was_training)
        if has_dropout:
            yield "mode", "training" if model.in_training else "evaluation"
        yield "result", _two_numbers(returned)
        if has_dropout:
            yield "mode afterwards", " and ".join(sorted(modes))
            yield "use of gradients", "on" if model.with_gradients else "off"


def _two_numbers(returned: Any) -> Any:  # noqa: ANN401 - a student's
    if isinstance(returned, (tuple, list)):
        return tuple(map(as_number, returned))
    return as_number(returned)


def _cases() -> Iterator[Case]:
    """Batches of different sizes without dropout, two losses; dropout, and batches of one size."""
    for dropout, training, n in ((0.0, True, 7), (0.0, True, 11), (0.5, True, 8), (0.5, False, 8)):
        criterion = nn.CrossEntropyLoss(label_smoothing=0.2 if n == 11 else 0.0)
        x = 2 * random_tensor(n, 4, seed=n) - 1
        labels = torch.arange(n) * 2 % 3
        loader: DataLoader = DataLoader(TensorDataset(x, labels), batch_size=4)
        yield {"model": _Probe(dropout).train(training), "criterion": criterion, "loader": loader}


# --- wrong solutions ---


def evaluation(
    mode: str = "eval restore",
    weigh: Callable[[int, int], int] = lambda n, n_first: n,
    scores: Callable[[Tensor], Tensor] = lambda logits: logits,
    dim: int = 1,
    gradients: bool = False,
    finish: Callable[[float, float, int, int], Any] = lambda loss, right, n, n_batches: (
        loss / n,
        right / n,
    ),
    batches: slice = slice(None),
) -> Evaluation:
    """An evaluation with one of its parts replaced."""

    def evaluate(model: nn.Module, criterion: nn.Module, loader: Iterable) -> object:
        total_loss, n_correct, n_images, n_batches, n_first = 0.0, 0.0, 0, 0, 0
        was_training = model.training
        if "eval" in mode:
            model.eval()
        with torch.set_grad_enabled(gradients):
            for x, labels in list(loader)[batches]:
                n_first = n_first or len(x)
                logits = scores(model(x))
                total_loss += criterion(logits, labels).item() * weigh(len(x), n_first)
                hits = logits.argmax(dim=dim)[: len(x)]
                n_correct += (hits == labels[: len(hits)]).sum().item()
                n_images += len(x)
                n_batches += 1
        if "restore" in mode:
            model.train(was_training)
        if "train" in mode:
            model.train()
        return finish(total_loss, n_correct, n_images, n_batches)

    return evaluate


def _batch_means(model: nn.Module, criterion: nn.Module, loader: Iterable) -> tuple:
    """Loss and accuracy of each batch, averaged over the batches."""
    each = [evaluate(model, criterion, [batch]) for batch in loader]
    return tuple(sum(values) / len(values) for values in zip(*each, strict=True))


def _accuracy_of_batches(model: nn.Module, criterion: nn.Module, loader: Iterable) -> tuple:
    return evaluate(model, criterion, loader)[0], _batch_means(model, criterion, loader)[1]


def _outside_only(model: nn.Module, criterion: nn.Module, loader: Iterable) -> object:
    was_training = model.training
    result = evaluation(mode="eval")(model, criterion, loader)
    model.training = was_training
    return result


def _divided_by_places(model: nn.Module, criterion: nn.Module, loader: Iterable) -> tuple:
    batches = list(loader)
    n_images, n_places = sum(len(x) for x, _ in batches), len(batches) * len(batches[0][0])
    return tuple(value * n_images / n_places for value in evaluate(model, criterion, batches))


def _without_small_ones(model: nn.Module, criterion: nn.Module, loader: Iterable) -> tuple:
    batches = list(loader)
    return evaluate(model, criterion, [one for one in batches if len(one[0]) == len(batches[0][0])])


def _first_as_whole(n: int, n_first: int) -> int:
    return n_first


LEFT = "model.train(was_training), with was_training = model.training noted before"
# What the mistakes that are often made together replace.
COMMON: dict[str, dict[str, Any]] = {
    "training-mode": {"mode": ""},
    "left-in-evaluation": {"mode": "eval"},
    "gradients-on": {"gradients": True},
    "last-batch-as-whole": {"weigh": _first_as_whole},
    "loss-mean-of-batches": {
        "weigh": lambda n, n_first: 1,
        "finish": lambda loss, right, n, n_batches: (loss / n_batches, right / n),
    },
}
# Short name -> sentence, solution.
MISTAKES: dict[str, tuple[str, Evaluation]] = {
    "training-mode": (
        "Dropout is on while the model is measured: call model.eval() before the loop, and put the "
        "mode back afterwards.",
        evaluation(**COMMON["training-mode"]),
    ),
    "last-batch-as-whole": (
        "The last batch is counted as if it were a whole one: multiply its loss by the images that "
        "it really has, len(x).",
        evaluation(**COMMON["last-batch-as-whole"]),
    ),
    "left-in-evaluation": (
        f"The model is left in evaluation mode, so the next epoch learns without dropout: {LEFT}.",
        evaluation(**COMMON["left-in-evaluation"]),
    ),
    "left-in-training": (
        f"The model is always left in training mode, even if it was not before: {LEFT}.",
        evaluation(mode="eval train"),
    ),
    "mean-of-batches": (
        "Each batch counts the same, but the last is smaller. Weigh its loss and its accuracy by "
        "its images: add up sums, and divide once, at the end.",
        _batch_means,
    ),
    "loss-mean-of-batches": (
        "The accuracy is right; for the loss, each batch counts the same, but the last is smaller. "
        "Multiply the loss of a batch by len(x), and divide once, by the number of images.",
        evaluation(**COMMON["loss-mean-of-batches"]),
    ),
    "accuracy-mean-of-batches": (
        "The loss is right; for the accuracy, each batch counts the same, but the last is smaller.",
        _accuracy_of_batches,
    ),
    "losses-not-weighted": (
        "The losses of the batches are added up and divided by the number of images. A batch's "
        "loss is a mean already: multiply it by len(x) first.",
        evaluation(weigh=lambda n, n_first: 1),
    ),
    "loss-not-divided": (
        "The loss is the sum over all images: divide it by their number.",
        evaluation(finish=lambda loss, right, n, n_batches: (loss, right / n)),
    ),
    "loss-divided-by-batches": (
        "The sum of all losses is divided by the number of batches: divide it by the number of "
        "images.",
        evaluation(finish=lambda loss, right, n, n_batches: (loss / n_batches, right / n)),
    ),
    "accuracy-not-divided": (
        "The accuracy is the number of right answers: divide it by the number of images.",
        evaluation(finish=lambda loss, right, n, n_batches: (loss / n, right)),
    ),
    "accuracy-divided-by-batches": (
        "The number of right answers is divided by the number of batches: divide it by the number "
        "of images.",
        evaluation(finish=lambda loss, right, n, n_batches: (loss / n, right / n_batches)),
    ),
    "nothing-divided": (
        "Both are sums over all images: divide them by the number of images.",
        evaluation(finish=lambda loss, right, n, n_batches: (loss, right)),
    ),
    "percent": (
        "The accuracy is in percent: return a fraction between 0 and 1.",
        evaluation(finish=lambda loss, right, n, n_batches: (loss / n, 100 * right / n)),
    ),
    "error-rate": (
        "That is the fraction of wrong answers: count where argmax and label are equal.",
        evaluation(finish=lambda loss, right, n, n_batches: (loss / n, 1 - right / n)),
    ),
    "exchanged": (
        "Loss and accuracy are exchanged: return the loss first.",
        evaluation(finish=lambda loss, right, n, n_batches: (right / n, loss / n)),
    ),
    "loss-only": (
        "That is the loss alone: return two numbers, the loss and the accuracy.",
        evaluation(finish=lambda loss, right, n, n_batches: loss / n),
    ),
    "accuracy-only": (
        "That is the accuracy alone: return two numbers, the loss and the accuracy.",
        evaluation(finish=lambda loss, right, n, n_batches: right / n),
    ),
    "nothing-returned": (
        "The function returns None: return the loss and the accuracy.",
        evaluation(finish=lambda loss, right, n, n_batches: None),
    ),
    "first-batch-only": (
        "That is the first batch alone. Is return inside the loop?",
        evaluation(batches=slice(0, 1)),
    ),
    "last-batch-only": (
        "That is the last batch alone: add up over all batches, with +=.",
        evaluation(batches=slice(-1, None)),
    ),
    "mode-of-the-outside-only": (
        "Only model.training is put back, so the layers inside, dropout too, stay in evaluation "
        "mode: model.train(was_training).",
        _outside_only,
    ),
    "all-batches-as-whole": (
        "Both are divided by batches times batch size, but the last batch is smaller: count the "
        "images that came.",
        _divided_by_places,
    ),
    "loss-of-last-batch": (
        "The accuracy is right, but the loss is that of the last batch: add up, with +=.",
        lambda model, criterion, loader: (
            evaluate(model, criterion, list(loader)[-1:])[0],
            evaluate(model, criterion, loader)[1],
        ),
    ),
    "accuracy-zero": (
        "The accuracy is 0 throughout: compare the label with the class of the highest score "
        "(argmax), not with the score, and divide with / in place of //.",
        evaluation(finish=lambda loss, right, n, n_batches: (loss / n, 0.0)),
    ),
    "last-batch-left-out": (
        "The last batch is left out, since it is smaller: its images count, too.",
        _without_small_ones,
    ),
    "own-criterion": (
        "The loss is F.cross_entropy's, whatever criterion is: use the one that is handed in.",
        lambda model, _criterion, loader: evaluate(model, nn.CrossEntropyLoss(), loader),
    ),
    "gradients-on": (
        "The numbers are right, but gradients are prepared that nobody needs, which costs memory "
        "and time: with torch.no_grad(): around the loop.",
        evaluation(**COMMON["gradients-on"]),
    ),
    "softmax-before-loss": (
        "The scores go through softmax before the loss, which applies a softmax of its own. Hand "
        "the logits to criterion as they are.",
        evaluation(scores=lambda logits: logits.softmax(dim=1)),
    ),
    "argmax-over-images": (
        "argmax looks along the images (dim=0): the scores of one image lie along dim=1.",
        evaluation(dim=0),
    ),
}
MISTAKES |= together(MISTAKES, COMMON, evaluation)
EVALUATE = _Evaluation(
    name="evaluate",
    reference=evaluate,
    cases=_cases,
    todo=(
        "Evaluation mode, no gradients; add up loss times images, right answers and images of all "
        "batches; the mode as it was; return mean loss and accuracy."
    ),
    right="Right: every image counts once, and the model is left as it was.",
    may_change=("model",),
    mistakes=table(MISTAKES),
)
