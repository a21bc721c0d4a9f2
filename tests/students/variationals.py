"""Functions that should draw codes, or measure divergences: right ones, and wrong ones."""

import numpy as np
import torch
from students.table import Table

import workshop_utils as wu

RIGHT_SAMPLES, WRONG_SAMPLES = Table(), Table()
RIGHT_DIVERGENCES, WRONG_DIVERGENCES = Table(), Table()

# --- right: codes ---

RIGHT_SAMPLES.add("the reference", wu.sample_codes)


@RIGHT_SAMPLES()
def with_randn(mean, log_variance):
    return mean + torch.exp(0.5 * log_variance) * torch.randn(mean.shape)


@RIGHT_SAMPLES()
def with_root(mu, logvar):
    std = logvar.exp().sqrt()
    eps = torch.randn_like(std)
    print(eps.shape)
    return eps * std + mu


@RIGHT_SAMPLES()
def with_a_minus(mean, log_variance):
    return mean - torch.randn_like(mean) * (log_variance / 2).exp()  # the noise is symmetric


@RIGHT_SAMPLES()
def with_rsample(mean, log_variance):
    return torch.distributions.Normal(mean, (log_variance / 2).exp()).rsample()


@RIGHT_SAMPLES()
def with_normal_(mean, log_variance):
    return torch.empty_like(mean).normal_().mul((log_variance / 2).exp()).add(mean)


# --- wrong: codes ---

WRONG_SAMPLES.add("None", None, "Not written yet", "randn_like")
WRONG_SAMPLES.add("its result", torch.zeros(4, 32, 4, 4), "what the function returned")


@WRONG_SAMPLES("two values", "def sample_codes(mean, log_variance):")
def one_argument(mean):
    return mean


@WRONG_SAMPLES("The function returns None", "return statement")
def no_return(mean, log_variance):
    wu.sample_codes(mean, log_variance)


@WRONG_SAMPLES("a tuple, but a tensor is needed", "only one of the two")
def two_tensors(mean, log_variance):
    return mean, log_variance


@WRONG_SAMPLES("shape 1×512, expected 1×32×4×4")
def flattened(mean, log_variance):
    return wu.sample_codes(mean, log_variance).flatten(1)


@WRONG_SAMPLES("NumPy array")
def with_numpy(mean, log_variance):
    spread = np.exp(log_variance.detach().numpy() / 2)
    return mean.detach().numpy() + spread * np.random.randn(*mean.shape)


@WRONG_SAMPLES("infinite or not a number")
def root_of_logarithm(mean, log_variance):
    return mean + log_variance.sqrt() * torch.randn_like(mean)


def with_noise(make_noise):
    """Codes as they should be, but of other noise."""
    return lambda mean, log_variance: mean + (log_variance / 2).exp() * make_noise(mean)


def normal(*shape):
    return torch.randn(shape)


def in_pairs(mean):
    half = torch.randn_like(mean[::2]).repeat_interleave(2, 0)
    return half[: len(mean)]


def mirrored(mean):
    return torch.cat([half := torch.randn_like(mean[::2]), -half])[: len(mean)]


def rows_in_pairs(mean):
    noise = torch.randn_like(mean)
    noise[..., -1] = noise[..., 0]
    return noise


def partly_shared(mean):
    return (torch.randn_like(mean) + torch.randn_like(mean[:1])) / 2**0.5


KEPT = {}


def kept_for_two_calls(mean):
    if mean.shape in KEPT:
        return KEPT.pop(mean.shape)
    KEPT[mean.shape] = torch.randn_like(mean)
    return KEPT[mean.shape]


def laplacian(mean):
    return torch.distributions.Laplace(0, 0.5**0.5).sample(mean.shape)


def little_in_one_image(mean):
    noise = torch.randn_like(mean)
    noise[len(mean) // 2] /= 2
    return noise


for name, make_noise, *words in [
    ("moved by 1", lambda m: torch.randn_like(m) + 1, "they lie +0.99 from it"),
    ("moved a little", lambda m: torch.randn_like(m) + 0.05, "do not lie around mean"),
    ("one for all", lambda m: normal(1), "get the same noise"),
    ("one for a channel", lambda m: normal(*m.shape[:2], 1, 1), "along height and width"),
    ("one for a position", lambda m: normal(len(m), 1, *m.shape[2:]), "along channels"),
    ("one for a row", lambda m: normal(*m.shape[:3], 1), "along width get the same noise"),
    ("partly shared", partly_shared, "along images get the same noise"),
    ("images in pairs", in_pairs, "along images get the same noise"),
    ("images mirrored", mirrored, "Some images get the same noise"),
    ("numbers in pairs", rows_in_pairs, "Some numbers of a code get the same noise"),
    ("kept for two calls", kept_for_two_calls, "one call depends on that of another"),
    ("of two values", lambda m: torch.randn_like(m).sign(), "not normal"),
    ("uniform and as large", lambda m: 12**0.5 * (torch.rand_like(m) - 0.5), "not normal"),
    ("Laplacian", laplacian, "not normal"),
    ("clamped", lambda m: 1.04 * torch.randn_like(m).clamp(-2, 2), "not normal"),
    ("too small", lambda m: 0.3 * torch.randn_like(m), "is 0.15 where log_variance is small"),
    ("uneven", little_in_one_image, "some images, channels, rows"),
    ("none without gradients", lambda m: torch.randn_like(m) * m.requires_grad, "mean itself"),
    (
        "half without gradients",
        lambda m: torch.randn_like(m) * (1 + torch.is_grad_enabled()) / 2,
        "Where gradients are off",
        "standard deviation",
    ),
]:
    WRONG_SAMPLES.add(name, with_noise(make_noise), *words)


@WRONG_SAMPLES("standard deviation of the noise is", "where it is large")
def one_spread(mean, log_variance):
    return mean + (log_variance.mean() / 2).exp() * torch.randn_like(mean)


@WRONG_SAMPLES("do not lie around mean", "more for some")
def mean_twice(mean, log_variance):
    return 2 * mean + (log_variance / 2).exp() * torch.randn_like(mean)


@WRONG_SAMPLES("Nothing is random", "set no seed")
def seeded(mean, log_variance):
    torch.manual_seed(0)
    return wu.sample_codes(mean, log_variance)


@WRONG_SAMPLES("no gradient reaches mean", "torch.normal")
def with_torch_normal(mean, log_variance):
    return torch.normal(mean, (log_variance / 2).exp())


# --- right: divergences ---

RIGHT_DIVERGENCES.add("the reference", wu.kl_divergence)


@RIGHT_DIVERGENCES()
def as_in_the_paper(mean, log_variance):
    return -0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp(), dim=(1, 2, 3))


@RIGHT_DIVERGENCES()
def with_distributions(mean, log_variance):
    ours = torch.distributions.Normal(mean, (log_variance / 2).exp())
    standard = torch.distributions.Normal(0.0, 1.0)
    return torch.distributions.kl_divergence(ours, standard).sum((1, 2, 3))


@RIGHT_DIVERGENCES()
def image_by_image(mean, log_variance):
    variance = torch.exp(log_variance)
    each = 0.5 * (mean * mean + variance - log_variance - 1)
    return torch.stack([image.sum() for image in each])


# --- wrong: divergences ---

WRONG_DIVERGENCES.add("None", None, "Not written yet", "(mean² + variance")
WRONG_DIVERGENCES.add("a text", "kl", "Your function is needed, but this is a string")
WRONG_DIVERGENCES.add("written in C", torch.add, "shape 5×3×4×4, expected 5.")


@WRONG_DIVERGENCES("the result is 89.05 at [0], but should be")
def another_formula(mean, log_variance):
    return (mean.abs() + log_variance.exp()).sum((1, 2, 3))


@WRONG_DIVERGENCES("shape 5×3, expected 5.")
def over_the_last_two(mean, log_variance):
    return (mean.abs() + log_variance.exp()).sum((2, 3))


@WRONG_DIVERGENCES("no gradient for mean passes")
def detached(mean, log_variance):
    return wu.kl_divergence(mean, log_variance).detach()


@WRONG_DIVERGENCES("no gradient for log_variance passes")
def half_detached(mean, log_variance):
    return wu.kl_divergence(mean, log_variance.detach())


@WRONG_DIVERGENCES("changed in place")
def in_place(mean, log_variance):
    mean.pow_(2)
    return (mean + log_variance.exp() - log_variance - 1).sum((1, 2, 3)) / 2
