"""Whether a student's functions draw codes at random, and measure how far they are from normal."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from workshop_utils.checks.answers import random_tensor, same, shape_of
from workshop_utils.checks.functions import check_function, run_function
from workshop_utils.checks.result import CheckResult
from workshop_utils.checks.running import Mistake, judge
from workshop_utils.networks.layers import format_shape
from workshop_utils.networks.variational import kl_divergence

SAMPLE_TODO = (
    "Draw noise of the shape of mean with torch.randn_like, multiply it by the standard deviation, "
    "and add mean."
)
DIVERGENCE_TODO = (
    "Write down (mean² + variance - log_variance - 1) / 2 for every number, and add up all numbers "
    "of each image."
)
SHAPE = (300, 4, 4, 4)
LOG_VARIANCES = (-2.0, 0.5, 1.0)  # of a hundred images each
CLOSE = 0.04  # relative; the spread of 6,400 random numbers is right to 0.01


def check_sample_codes(fn: Callable[[Tensor, Tensor], Tensor]) -> CheckResult:
    """Look at many codes that a function draws: their mean, their spread, and the gradients.

    Args:
        fn: the student's function, called with mean and log_variance in this order.

    Returns:
        What was found; it has been shown already.
    """
    return judge(lambda: _check_samples(fn), SAMPLE_TODO)


def check_kl_divergence(fn: Callable[[Tensor, Tensor], Tensor]) -> CheckResult:
    """Compare a function with the divergence of normal distributions from the standard one.

    Args:
        fn: the student's function, called with mean and log_variance in this order.

    Returns:
        What was found; it has been shown already.
    """
    return judge(lambda: _check_divergence(fn), DIVERGENCE_TODO)


def _check_samples(fn: Callable) -> str:
    check_function(fn, "check_sample_codes", "sample_codes", "mean", "log_variance")
    mean = 6 * random_tensor(*SHAPE, seed=1) - 3  # not the seed that the noise is drawn with
    log_variance = torch.tensor(LOG_VARIANCES).repeat_interleave(100).reshape(-1, 1, 1, 1)
    log_variance = log_variance.expand(SHAPE).clone()
    mean.requires_grad_()
    log_variance.requires_grad_()
    codes, again = _run(fn, mean, log_variance), _run(fn, mean, log_variance)
    if codes.shape != mean.shape:
        raise Mistake(
            f"The result has shape {shape_of(codes)}, but must have that of mean, "
            f"{format_shape(SHAPE)}: one number for each mean."
        )
    noise = (codes - mean).detach()
    if same(codes, again):
        raise Mistake(_explain_fixed(noise))
    _check_noise(noise, mean.detach())
    gradients = _gradients(codes, mean, log_variance)
    for name, gradient in zip(("mean", "log_variance"), gradients, strict=True):
        if gradient is None or not gradient.any():
            raise Mistake(
                f"The codes are right, but no gradient reaches {name}, so the encoder could not "
                "learn. Draw noise that depends on nothing, then multiply and add: no "
                "torch.normal(mean, ...), .sample(), .detach() or no_grad."
            )
    return "Right: codes around mean, as far apart as log_variance says, and gradients pass."


def _explain_fixed(noise: Tensor) -> str:
    if not noise.any():
        return "That is mean itself. Add noise, as far as log_variance says."
    return (
        "Nothing is random: the codes are the same each time. Draw new noise at every call, with "
        "torch.randn_like(mean), and set no seed."
    )


def _check_noise(noise: Tensor, mean: Tensor) -> None:
    """What was added to mean must be normal noise, other for each number, and as large as said."""
    groups = noise.chunk(len(LOG_VARIANCES))
    if (groups[0].std(dim=0) < 1e-4).all():
        raise Mistake("All images get the same noise. Draw it with torch.randn_like(mean).")
    if (noise.flatten(start_dim=1).std(dim=1) < 1e-4).all():
        raise Mistake(
            "All numbers of a code get the same noise. Draw it with torch.randn_like(mean)."
        )
    slope = ((noise * mean).mean() / (mean**2).mean()).item()  # 0 if all of mean is in the codes
    if abs(slope + 1) < CLOSE:
        raise Mistake("That is the noise alone. Add mean to it.")
    if abs(slope) > CLOSE:
        raise Mistake("The codes do not lie around mean: add the noise to mean itself.")
    if noise.min() >= 0:
        raise Mistake("The noise is never negative. randn draws normal noise, rand does not.")
    spreads = [group.std().item() for group in groups]
    right = [(torch.tensor(value) / 2).exp().item() for value in LOG_VARIANCES]
    if all(map(_close, spreads, right)):
        return
    for sentence, candidate in _spreads():
        if all(map(_close, spreads, candidate)):
            raise Mistake(sentence)
    found, wanted = ([f"{value:.2f}" for value in values] for values in (spreads, right))
    raise Mistake(
        f"For log-variances of {', '.join(map(str, LOG_VARIANCES))}, the standard deviation of the "
        f"codes is {', '.join(found)}, but should be {', '.join(wanted)}."
    )


def _spreads() -> Iterator[tuple[str, list[float]]]:
    """Pairs of a mistake in words and the standard deviations that it gives."""
    value = torch.tensor(LOG_VARIANCES)
    yield (
        (
            "The noise is multiplied by the variance. The standard deviation is its square root: "
            "halve log_variance before exp."
        ),
        value.exp().tolist(),
    )
    yield (
        "The noise is multiplied by log_variance itself. exp undoes the logarithm.",
        value.abs().tolist(),
    )
    yield (
        "The noise is multiplied by log_variance / 2. exp undoes the logarithm.",
        (value / 2).abs().tolist(),
    )
    yield "log_variance is not used: the noise is always as large.", [1.0] * len(value)
    yield (
        "The noise gets smaller where it should get larger: there is a minus too many.",
        (-value / 2).exp().tolist(),
    )
    yield "log_variance is doubled where it should be halved.", (2 * value).exp().tolist()


def _check_divergence(fn: Callable) -> str:
    check_function(fn, "check_kl_divergence", "kl_divergence", "mean", "log_variance")
    for shape in ((5, 3, 4, 4), (4, 4, 4, 4), (1, 32, 4, 4)):
        mean, log_variance = 3 * random_tensor(*shape) - 1, 2 * random_tensor(*shape, seed=1) - 1.5
        value, right = _run(fn, mean, log_variance), kl_divergence(mean, log_variance)
        if same(value, right):
            continue
        for sentence, candidate in _divergences(mean, log_variance):
            if same(value, candidate):
                raise Mistake(sentence)
        title = f"For mean and log_variance of shape {format_shape(shape)}, "
        if value.shape != right.shape:
            raise Mistake(
                f"{title}the result has shape {shape_of(value)}, but must hold {len(mean)} "
                "numbers: one for each image."
            )
        raise Mistake(
            f"{title}the first number is {value[0].item():.2f}, but should be "
            f"{right[0].item():.2f}. Write down the formula term by term, and compare."
        )
    return "Right: one divergence for each image, and none for the standard normal distribution."


def _divergences(mean: Tensor, log_variance: Tensor) -> Iterator[tuple[str, Tensor]]:
    """Pairs of a mistake in words and what it gives."""
    variance = log_variance.exp()
    each = (mean**2 + variance - log_variance - 1) / 2

    def of_images(each: Tensor) -> Tensor:
        return each.flatten(start_dim=1).sum(dim=1)

    per_image = of_images(each)
    yield "These are the numbers one by one. Add up all numbers of an image.", each
    yield (
        "The numbers of an image are added up, but dimensions of size 1 are left: no keepdim.",
        per_image.reshape(-1, 1, 1, 1),
    )
    total = "That is {} over all images. One number for each image is needed: sum over {}."
    others = "the dimensions 1, 2 and 3"
    yield total.format("the sum", others), per_image.sum()
    yield total.format("the mean", others), per_image.mean()
    yield total.format("the mean of all numbers", others), each.mean()
    yield (
        f"Summed over the images. Their dimension, the first, must stay: sum over {others}.",
        each.sum(dim=0),
    )
    yield (
        "The mean over the numbers of an image is taken, but their sum is needed.",
        each.flatten(start_dim=1).mean(dim=1),
    )
    yield "Only the channels are added up: height and width as well.", each.sum(dim=1)
    yield "The factor 1/2 is missing.", 2 * per_image
    yield "The sign is wrong: a divergence is never negative.", -per_image
    yield "The sign is wrong, and the factor 1/2 is missing.", -2 * per_image
    yield (
        "The 1 is missing: it makes the divergence zero for the standard normal.",
        of_images((mean**2 + variance - log_variance) / 2),
    )
    yield "mean is not squared.", of_images((mean + variance - log_variance - 1) / 2)
    yield "log_variance has the wrong sign.", of_images((mean**2 + variance + log_variance - 1) / 2)
    yield (
        "The variance is missing, or taken for log_variance: it is log_variance.exp().",
        of_images((mean**2 - 1) / 2),
    )
    yield (
        "The variance is missing: it is log_variance.exp().",
        of_images((mean**2 - log_variance - 1) / 2),
    )
    yield (
        "exp of half of log_variance is the standard deviation; the variance is needed.",
        of_images((mean**2 + (log_variance / 2).exp() - log_variance - 1) / 2),
    )
    yield (
        "The variance is squared. log_variance.exp() is the variance already.",
        of_images((mean**2 + variance**2 - log_variance - 1) / 2),
    )
    yield (
        "The logarithm is doubled. log_variance is that of the variance already.",
        of_images((mean**2 + variance - 2 * log_variance - 1) / 2),
    )
    yield (
        "log_variance is the logarithm of the variance σ², not of σ: exp gives σ² at once.",
        of_images((mean**2 + variance**2 - 2 * log_variance - 1) / 2),
    )
    yield "log_variance is missing from the sum.", of_images((mean**2 + variance - 1) / 2)
    yield "mean² is missing from the sum.", of_images((variance - log_variance - 1) / 2)


def _run(fn: Callable, mean: Tensor, log_variance: Tensor) -> Tensor:
    doing = f"Calling your function with two tensors of shape {shape_of(mean)}"
    return run_function(doing, fn, {"mean": mean, "log_variance": log_variance})


def _gradients(codes: Tensor, *inputs: Tensor) -> tuple[Tensor | None, ...]:
    if not codes.requires_grad:
        return (None,) * len(inputs)
    return torch.autograd.grad(codes.pow(2).sum(), inputs, allow_unused=True)


def _close(found: float, wanted: float) -> bool:
    return abs(found - wanted) <= CLOSE * max(abs(wanted), 0.1)
