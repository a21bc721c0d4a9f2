"""Exercise F.2: how far the distribution of each image's code is from the standard normal."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from workshop_utils.exercises.answers import random_tensor
from workshop_utils.exercises.engine import table
from workshop_utils.exercises.functions import Case, FunctionExercise, Run, copied, gradients
from workshop_utils.exercises.result import CheckResult
from workshop_utils.networks.variational import kl_divergence

SHAPES = ((5, 3, 4, 4), (4, 4, 4, 4), (2, 3, 5, 7), (3, 1, 1, 1), (1, 32, 4, 4))


def check_kl_divergence(fn: Callable[[Tensor, Tensor], Tensor]) -> CheckResult:
    """Compare a function with the divergence of normal distributions from the standard one.

    Args:
        fn: the student's function, called with mean and log_variance in this order.

    Returns:
        What was found; it has been shown already.
    """
    return KL_DIVERGENCE.judge(fn)


@dataclass(frozen=True, kw_only=True)
class _WithGradients(FunctionExercise):
    """A term of a loss: its gradients count as well."""

    def observe(self, run: Run, case: Case) -> Iterator[tuple[str, Any]]:
        inputs = copied(case, requires_grad=True)
        result = run(inputs)
        yield "result", result
        yield from gradients(result, inputs).items()


def _cases() -> Iterator[Case]:
    for shape in SHAPES:
        yield {
            "mean": 4 * random_tensor(*shape, seed=1) - 1.5,
            "log_variance": 4 * random_tensor(*shape, seed=2) - 2.5,
        }


# --- wrong solutions ---


def _each(mean: Tensor, log_variance: Tensor) -> Tensor:
    return (mean**2 + log_variance.exp() - log_variance - 1) / 2


def _collected(collect: Callable[[Tensor], Tensor]) -> Callable:
    """The right divergence of every number, added up in another way."""
    return lambda mean, log_variance: collect(_each(mean, log_variance))


def _with_formula(formula: Callable[[Tensor, Tensor], Tensor]) -> Callable:
    """Another divergence of every number, added up in the right way."""
    return lambda mean, log_variance: formula(mean, log_variance).sum((1, 2, 3)) / 2


EACH = "One number for each image is needed: sum over the dimensions 1, 2 and 3."
# Short name -> sentence, how the right numbers are collected.
COLLECTED: dict[str, tuple[str, Callable[[Tensor], Tensor]]] = {
    "not-added": (f"These are the numbers one by one. {EACH}", lambda each: each),
    "keepdim": (
        "The numbers of an image are added up, but dimensions of size 1 are left: no keepdim.",
        lambda each: each.sum((1, 2, 3), keepdim=True),
    ),
    "sum-of-all": (f"That is the sum over all images. {EACH}", lambda each: each.sum()),
    "mean-of-images": (
        f"That is the mean over all images. {EACH}",
        lambda each: each.sum((1, 2, 3)).mean(),
    ),
    "mean-of-all": (f"That is the mean of all numbers. {EACH}", lambda each: each.mean()),
    "over-the-images": (f"Summed over the images. {EACH}", lambda each: each.sum(0)),
    "mean-of-numbers": (
        "The mean over the numbers of an image is taken, but their sum is needed.",
        lambda each: each.mean((1, 2, 3)),
    ),
    "channels-only": (
        "Only the channels are added up: height and width as well.",
        lambda each: each.sum(1),
    ),
    "no-half": ("The factor 1/2 is missing.", lambda each: 2 * each.sum((1, 2, 3))),
    "negative": (
        "The sign is wrong: a divergence is never negative.",
        lambda each: -each.sum((1, 2, 3)),
    ),
    "negative-no-half": (
        "The sign is wrong, and the factor 1/2 is missing.",
        lambda each: -2 * each.sum((1, 2, 3)),
    ),
}
# Short name -> sentence, twice the divergence of each number.
FORMULAS: dict[str, tuple[str, Callable[[Tensor, Tensor], Tensor]]] = {
    "no-one": (
        "The 1 is missing: it makes the divergence zero for the standard normal.",
        lambda mean, log: mean**2 + log.exp() - log,
    ),
    "mean-not-squared": (
        "mean is not squared.",
        lambda mean, log: mean + log.exp() - log - 1,
    ),
    "logarithm-added": (
        "log_variance has the wrong sign.",
        lambda mean, log: mean**2 + log.exp() + log - 1,
    ),
    "no-variance": (
        "The variance is missing: it is log_variance.exp().",
        lambda mean, log: mean**2 - log - 1,
    ),
    "spread-for-variance": (
        "exp of half of log_variance is the standard deviation; the variance is needed.",
        lambda mean, log: mean**2 + (log / 2).exp() - log - 1,
    ),
    "variance-squared": (
        "The variance is squared. log_variance.exp() is the variance already.",
        lambda mean, log: mean**2 + log.exp() ** 2 - log - 1,
    ),
    "logarithm-doubled": (
        "The logarithm is doubled. log_variance is that of the variance already.",
        lambda mean, log: mean**2 + log.exp() - 2 * log - 1,
    ),
    "logarithm-of-spread": (
        "log_variance is the logarithm of the variance σ², not of σ: exp gives σ² at once.",
        lambda mean, log: mean**2 + (2 * log).exp() - 2 * log - 1,
    ),
    "no-logarithm": (
        "log_variance is missing from the sum.",
        lambda mean, log: mean**2 + log.exp() - 1,
    ),
    "no-mean": ("mean² is missing from the sum.", lambda mean, log: log.exp() - log - 1),
}
KL_DIVERGENCE = _WithGradients(
    name="kl_divergence",
    reference=kl_divergence,
    cases=_cases,
    todo=(
        "Write down (mean² + variance - log_variance - 1) / 2 for every number, and add up all "
        "numbers of each image."
    ),
    right="Right: one divergence for each image, and none for the standard normal distribution.",
    mistakes=table(
        {name: (sentence, _collected(how)) for name, (sentence, how) in COLLECTED.items()}
        | {name: (sentence, _with_formula(how)) for name, (sentence, how) in FORMULAS.items()}
    ),
)
