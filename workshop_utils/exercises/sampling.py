"""Exercise F.1: random codes, compared with the reference by how they are distributed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from workshop_utils.exercises.answers import check_tensor, in_words, random_tensor, same
from workshop_utils.exercises.engine import table
from workshop_utils.exercises.functions import Case, FunctionExercise, Run, copied, gradients
from workshop_utils.exercises.result import CheckResult
from workshop_utils.networks.variational import sample_codes

SMALL, LARGE = ((1, 32, 4, 4), (3, 2, 5, 7)), (16, 4, 3, 5)
N_DRAWS = 64  # of a large batch
DIMENSIONS = ("images", "channels", "height", "width")

NO_GRADIENT = (
    "The codes are right, but no gradient reaches {}, so the encoder could not learn. Draw noise "
    "that depends on nothing, then multiply and add: no torch.normal(mean, ...), .sample(), "
    ".detach() or no_grad."
)
FIXED = (
    "Nothing is random: the codes are the same each time. Draw new noise at every call, with "
    "torch.randn_like(mean), and set no seed."
)
SAME_NOISE = "{} get the same noise. Draw it with torch.randn_like(mean)."


def check_sample_codes(fn: Callable[[Tensor, Tensor], Tensor]) -> CheckResult:
    """Look at many codes that a function draws: their distribution, and the gradients.

    Args:
        fn: the student's function, called with mean and log_variance in this order.

    Returns:
        What was found; it has been shown already.
    """
    return SAMPLE_CODES.judge(fn)


@dataclass(frozen=True, eq=False)
class Finding:
    """Something measured in many draws.

    Args:
        value: one number or more.
        chance: how far two right answers may differ in it: about six standard deviations.
        sentence: what to say where it is not as it should be.
    """

    value: Tensor
    chance: Tensor
    sentence: str

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Finding):
            return NotImplemented
        return bool(((self.value - other.value).abs() <= self.chance).all())

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True, kw_only=True)
class _RandomCodes(FunctionExercise):
    """What is compared is how the codes are distributed, and which gradients pass."""

    def observe(self, run: Run, case: Case) -> Iterator[tuple[str, Any]]:
        inputs = copied(case, requires_grad=True)
        codes = run(inputs)
        if not isinstance(codes, Tensor) or codes.shape != case["mean"].shape:
            yield "result", codes
            return
        check_tensor(codes, "The function returns")
        yield "result", torch.zeros_like(codes)  # the shape alone
        if codes.shape == LARGE:
            yield from _distribution(run, case, True)
            yield from _gradients(codes, inputs)
            yield from _distribution(run, case, False)


def _cases() -> Iterator[Case]:
    for shape in (*SMALL, LARGE):
        log_variance = 2 * random_tensor(*shape, seed=2) - 1.2
        log_variance += torch.linspace(-1, 1, shape[0]).reshape(-1, 1, 1, 1)
        log_variance += torch.linspace(-0.5, 0.5, shape[1]).reshape(-1, 1, 1)
        yield {"mean": 6 * random_tensor(*shape, seed=1) - 3, "log_variance": log_variance}


def _distribution(run: Run, case: Case, with_gradients: bool) -> Iterator[tuple[str, Finding]]:
    torch.manual_seed(0)
    with torch.set_grad_enabled(with_gradients):
        draws = [run(copied(case, with_gradients)).detach() for _ in range(N_DRAWS)]
    when, where = "", ""
    if not with_gradients:
        when, where = " without gradients", "Where gradients are off (torch.no_grad): "
    for what, value, chance, sentence in _measured(torch.stack(draws), **case):
        yield what + when, Finding(value, torch.tensor(chance), where + sentence)


def _measured(
    codes: Tensor, mean: Tensor, log_variance: Tensor
) -> Iterator[tuple[str, Tensor, list[float], str]]:
    """What was measured, its values, how far chance may change them, and what to say.

    The codes are draws×images×channels×height×width.
    """
    spread = (log_variance / 2).exp()
    noise = (codes - mean) / spread  # standard normal, if all is right
    changing = noise - noise.mean(0)
    randomness = torch.stack([changing.std(), noise.abs().mean()]) > 1e-4
    yield "randomness", randomness.float(), [0.5], FIXED

    numbers = changing.flatten(2).flatten(0, 1).T
    sharing = [_sharing(changing, d) for d in range(1, 5)]
    copies = [_copies(changing.transpose(0, 1).flatten(1)), _copies(numbers)]
    along = [name for name, value in zip(DIMENSIONS, sharing, strict=True) if value > 0.5]
    yield (
        "independence",
        torch.stack([*copies, *sharing]),
        [0.5, 0.5, 1, 0.3, 0.3, 0.3],
        SAME_NOISE.format(
            f"Numbers along {in_words(along)}"
            if along
            else f"Some {'images' if copies[0] else 'numbers of a code'}"
        ),
    )

    # In twelve groups: quarters by log-variance, each in thirds by mean.
    quarters = log_variance.flatten().argsort().chunk(4)
    thirds = [quarter[mean.flatten()[quarter].argsort()].chunk(3) for quarter in quarters]
    groups = [noise.flatten(1)[:, third] for quarter in thirds for third in quarter]
    offset = (codes - mean).mean()
    yield (
        "centre",
        torch.stack([noise.mean(), *(group.mean() for group in groups)]),
        [0.025] + 12 * [0.1],
        f"The codes do not lie around mean: on average they lie {offset:+.2f} from it"
        f"{' (more for some, less for others)' * bool(offset.abs() < 0.1)}. Add the noise to mean "
        "itself, and nothing else.",
    )
    yield (
        "draws",
        torch.stack([_copies(noise.flatten(1)), _sharing(noise, 0)]),
        [0.5],
        "The noise of one call depends on that of another. Draw new noise at every call.",
    )

    spreads = torch.stack([group.std() for group in groups]).log2()
    z = torch.cat([((group - group.mean()) / group.std()).flatten() for group in groups])
    distance = torch.special.ndtr(z.sort().values) - torch.linspace(0, 1, len(z))
    shape = torch.stack([z.pow(3).mean(), z.pow(4).mean() - 3, distance.abs().max()])
    sentence = (
        "The noise is as large as it should be, but not normal. randn draws normal noise, rand "
        "does not; leave out clamp and rounding."
    )
    if (spreads.abs() > 0.1).any():
        found = [(codes - mean).flatten(1)[:, quarter].std() for quarter in quarters]
        right = [spread.flatten()[quarter].square().mean().sqrt() for quarter in quarters]
        sentence = (
            f"The standard deviation of the noise is {found[0]:.2f} where log_variance is small, "
            f"but should be {right[0]:.2f}, and {found[-1]:.2f} where it is large, but should be "
            f"{right[-1]:.2f}."
        )
    yield "noise", torch.cat([spreads, shape]), 12 * [0.1] + [0.06, 0.12, 0.01], sentence
    yield (
        "spread along each dimension",
        torch.cat([noise.transpose(0, d).flatten(1).std(1) for d in range(1, 5)]).log2(),
        [0.3],
        "The noise is not as large everywhere as log_variance says: some images, channels, rows or "
        "columns get too much or too little.",
    )


def _copies(rows: Tensor) -> Tensor:
    """1 if some two rows of noise are the same, but for a factor; 0 if not."""
    correlations = rows.corrcoef().nan_to_num().fill_diagonal_(0)
    return (correlations.abs().max() > 0.6).float()


def _sharing(noise: Tensor, dimension: int) -> Tensor:
    """0 if noise is independent along a dimension; the logarithm of its size if it is shared."""
    n = noise.shape[dimension]
    return (n * noise.mean(dimension).square().mean() / noise.square().mean()).log2()


def _gradients(codes: Tensor, inputs: Case) -> Iterator[tuple[str, Finding]]:
    """2 for a gradient that is right, 1 for another, 0 for none."""
    noise = (codes - inputs["mean"]).detach()
    weights = torch.linspace(1, 2, noise.numel()).reshape(noise.shape)
    wanted = {"mean": weights, "log_variance": weights * noise / 2}
    found = gradients(codes, inputs).values()
    for gradient, (name, right) in zip(found, wanted.items(), strict=True):
        value = 0 if gradient is None else 1 + same(gradient, right)
        sentence = NO_GRADIENT.format(name)
        yield f"gradient for {name}", Finding(torch.tensor(value), torch.tensor(0), sentence)


# --- wrong solutions ---


def _with_noise(noise: Callable[[Tensor], Tensor]) -> Callable:
    """The right codes, but of another noise."""
    return lambda mean, log_variance: mean + (log_variance / 2).exp() * noise(mean)


def _with_spread(spread: Callable[[Tensor], Tensor]) -> Callable:
    """The right codes, but with another spread."""
    return lambda mean, log_variance: mean + spread(log_variance) * torch.randn_like(mean)


def _seeded(mean: Tensor) -> Tensor:
    return torch.randn(mean.shape, generator=torch.Generator().manual_seed(0))


# Short name -> sentence, solution.
MISTAKES: dict[str, tuple[str, Callable[[Tensor, Tensor], Tensor]]] = {
    "only-mean": (
        "That is mean itself. Add noise, as far as log_variance says.",
        lambda mean, log_variance: mean,
    ),
    "not-random": (FIXED, _with_noise(_seeded)),
    "noise-of-one-image": (
        SAME_NOISE.format("All images"),
        _with_noise(lambda mean: torch.randn(mean.shape[1:])),
    ),
    "noise-of-one-number": (
        SAME_NOISE.format("All numbers of a code"),
        _with_noise(lambda mean: torch.randn(len(mean), 1, 1, 1)),
    ),
    "noise-alone": (
        "That is the noise alone. Add mean to it.",
        lambda mean, log_variance: (log_variance / 2).exp() * torch.randn_like(mean),
    ),
    "uniform": (
        "The noise is never negative. randn draws normal noise, rand does not.",
        _with_noise(torch.rand_like),
    ),
    "uniform-centred": (
        "The noise is uniform, from -1 to 1. randn draws normal noise, rand does not.",
        _with_noise(lambda mean: 2 * torch.rand_like(mean) - 1),
    ),
    "noise-only-in-training": (
        "Without gradients (torch.no_grad), as in tests, the codes are mean itself. Add the noise "
        "always.",
        _with_noise(lambda mean: torch.randn_like(mean) * torch.is_grad_enabled()),
    ),
    "variance": (
        "The noise is multiplied by the variance. The standard deviation is its square root: halve "
        "log_variance before exp.",
        _with_spread(torch.exp),
    ),
    "logarithm": (
        "The noise is multiplied by log_variance itself. exp undoes the logarithm.",
        _with_spread(lambda log: log),
    ),
    "half-logarithm": (
        "The noise is multiplied by log_variance / 2. exp undoes the logarithm.",
        _with_spread(lambda log: log / 2),
    ),
    "no-variance": (
        "log_variance is not used: the noise is always as large.",
        _with_spread(torch.ones_like),
    ),
    "minus": (
        "The noise gets smaller where it should get larger: there is a minus too many.",
        _with_spread(lambda log: (-log / 2).exp()),
    ),
    "doubled": (
        "log_variance is doubled where it should be halved.",
        _with_spread(lambda log: (2 * log).exp()),
    ),
    "spread-of-one-image": (
        "All numbers of a code get the same spread, but each has a log_variance of its own.",
        _with_spread(lambda log: (log.mean((1, 2, 3), keepdim=True) / 2).exp()),
    ),
    "spread-detached": (
        NO_GRADIENT.format("log_variance"),
        _with_spread(lambda log: (log.detach() / 2).exp()),
    ),
    "detached": (
        NO_GRADIENT.format("mean"),
        lambda mean, log_variance: sample_codes(mean, log_variance).detach(),
    ),
}
SAMPLE_CODES = _RandomCodes(
    name="sample_codes",
    reference=sample_codes,
    cases=_cases,
    todo=(
        "Draw noise of the shape of mean with torch.randn_like, multiply it by the standard "
        "deviation, and add mean."
    ),
    right="Right: codes around mean, as far apart as log_variance says, and gradients pass.",
    mistakes=table(MISTAKES),
)
