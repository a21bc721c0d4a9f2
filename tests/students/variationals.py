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
WRONG_SAMPLES.add("a number", 3, "needs your function", "check_sample_codes(sample_codes)")
WRONG_SAMPLES.add("its result", torch.zeros(4, 32, 4, 4), "what the function returned")


@WRONG_SAMPLES("two values", "def sample_codes(mean, log_variance):")
def one_argument(mean):
    return mean


@WRONG_SAMPLES("The function returns None", "return statement")
def no_return(mean, log_variance):
    wu.sample_codes(mean, log_variance)


@WRONG_SAMPLES("a tuple, but a tensor is needed")
def two_tensors(mean, log_variance):
    return mean, log_variance


@WRONG_SAMPLES("That is mean itself")
def only_the_mean(mean, log_variance):
    return mean.clone()


@WRONG_SAMPLES("Nothing is random")
def spread_without_noise(mean, log_variance):
    return mean + (log_variance / 2).exp()


@WRONG_SAMPLES("Nothing is random", "set no seed")
def seeded(mean, log_variance):
    torch.manual_seed(0)
    return wu.sample_codes(mean, log_variance)


@WRONG_SAMPLES("All images get the same noise")
def noise_of_one_image(mean, log_variance):
    return mean + (log_variance / 2).exp() * torch.randn(mean.shape[1:])


@WRONG_SAMPLES("All numbers of a code get the same noise")
def noise_of_one_number(mean, log_variance):
    return mean + (log_variance / 2).exp() * torch.randn(len(mean), 1, 1, 1)


@WRONG_SAMPLES("never negative", "rand does not")
def uniform(mean, log_variance):
    return mean + (log_variance / 2).exp() * torch.rand_like(mean)


@WRONG_SAMPLES("the noise alone")
def without_mean(mean, log_variance):
    return (log_variance / 2).exp() * torch.randn_like(mean)


@WRONG_SAMPLES("do not lie around mean")
def mean_times_noise(mean, log_variance):
    return 2 * mean + (log_variance / 2).exp() * torch.randn_like(mean)


@WRONG_SAMPLES("multiplied by the variance", "halve log_variance")
def variance_for_spread(mean, log_variance):
    return mean + log_variance.exp() * torch.randn_like(mean)


@WRONG_SAMPLES("multiplied by log_variance itself")
def logarithm_for_spread(mean, log_variance):
    return mean + log_variance * torch.randn_like(mean)


@WRONG_SAMPLES("multiplied by log_variance / 2")
def half_logarithm_for_spread(mean, log_variance):
    return mean + log_variance / 2 * torch.randn_like(mean)


@WRONG_SAMPLES("log_variance is not used")
def noise_as_it_is(mean, log_variance):
    return mean + torch.randn_like(mean)


@WRONG_SAMPLES("a minus too many")
def minus(mean, log_variance):
    return mean + (-log_variance / 2).exp() * torch.randn_like(mean)


@WRONG_SAMPLES("log_variance is doubled")
def doubled(mean, log_variance):
    return mean + (2 * log_variance).exp() * torch.randn_like(mean)


@WRONG_SAMPLES("the standard deviation of the codes is 0.1")
def too_small(mean, log_variance):
    return mean + 0.3 * (log_variance / 2).exp() * torch.randn_like(mean)


@WRONG_SAMPLES("no gradient reaches mean")
def without_gradient(mean, log_variance):
    with torch.no_grad():
        return wu.sample_codes(mean, log_variance)


@WRONG_SAMPLES("no gradient reaches mean", "torch.normal")
def with_torch_normal(mean, log_variance):
    return torch.normal(mean, (log_variance / 2).exp())


@WRONG_SAMPLES("no gradient reaches log_variance")
def spread_detached(mean, log_variance):
    return mean + (log_variance.detach() / 2).exp() * torch.randn_like(mean)


@WRONG_SAMPLES("must have that of mean")
def flattened(mean, log_variance):
    return wu.sample_codes(mean, log_variance).flatten(1)


@WRONG_SAMPLES("NumPy array")
def with_numpy(mean, log_variance):
    spread = np.exp(log_variance.detach().numpy() / 2)
    return mean.detach().numpy() + spread * np.random.randn(*mean.shape)


@WRONG_SAMPLES("infinite or not a number")
def root_of_logarithm(mean, log_variance):
    return mean + log_variance.sqrt() * torch.randn_like(mean)


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
WRONG_DIVERGENCES.add("a text", "kl", "needs your function", "check_kl_divergence(kl_divergence)")


def each_number(mean, log_variance):
    return (mean**2 + log_variance.exp() - log_variance - 1) / 2


WRONG_DIVERGENCES.add("each number", each_number, "the numbers one by one")


@WRONG_DIVERGENCES("dimensions of size 1 are left")
def kept(mean, log_variance):
    return each_number(mean, log_variance).sum((1, 2, 3), keepdim=True)


@WRONG_DIVERGENCES("the sum over all images")
def summed(mean, log_variance):
    return each_number(mean, log_variance).sum()


@WRONG_DIVERGENCES("the mean over all images")
def averaged(mean, log_variance):
    return each_number(mean, log_variance).sum((1, 2, 3)).mean()


@WRONG_DIVERGENCES("the mean of all numbers")
def averaged_all(mean, log_variance):
    return each_number(mean, log_variance).mean()


@WRONG_DIVERGENCES("Summed over the images")
def over_images(mean, log_variance):
    return each_number(mean, log_variance).sum(0)


@WRONG_DIVERGENCES("The mean over the numbers")
def mean_of_numbers(mean, log_variance):
    return each_number(mean, log_variance).mean((1, 2, 3))


@WRONG_DIVERGENCES("Only the channels")
def over_channels(mean, log_variance):
    return each_number(mean, log_variance).sum(1)


@WRONG_DIVERGENCES("The factor 1/2 is missing")
def without_half(mean, log_variance):
    return 2 * each_number(mean, log_variance).sum((1, 2, 3))


@WRONG_DIVERGENCES("never negative")
def negative(mean, log_variance):
    return -each_number(mean, log_variance).sum((1, 2, 3))


@WRONG_DIVERGENCES("wrong, and the factor")
def negative_without_half(mean, log_variance):
    return torch.sum(1 + log_variance - mean**2 - log_variance.exp(), dim=(1, 2, 3))


@WRONG_DIVERGENCES("The 1 is missing")
def without_one(mean, log_variance):
    return (mean**2 + log_variance.exp() - log_variance).sum((1, 2, 3)) / 2


@WRONG_DIVERGENCES("mean is not squared")
def mean_not_squared(mean, log_variance):
    return (mean + log_variance.exp() - log_variance - 1).sum((1, 2, 3)) / 2


@WRONG_DIVERGENCES("log_variance has the wrong sign")
def logarithm_added(mean, log_variance):
    return (mean**2 + log_variance.exp() + log_variance - 1).sum((1, 2, 3)) / 2


@WRONG_DIVERGENCES("taken for log_variance")
def variance_taken_for_logarithm(mean, log_variance):
    return (mean**2 + log_variance - log_variance - 1).sum((1, 2, 3)) / 2


@WRONG_DIVERGENCES("The variance is missing: it")
def without_variance(mean, log_variance):
    return (mean**2 - log_variance - 1).sum((1, 2, 3)) / 2


@WRONG_DIVERGENCES("is the standard deviation; the variance")
def spread_for_variance(mean, log_variance):
    return (mean**2 + (log_variance / 2).exp() - log_variance - 1).sum((1, 2, 3)) / 2


@WRONG_DIVERGENCES("The variance is squared")
def variance_squared(mean, log_variance):
    return (mean**2 + log_variance.exp() ** 2 - log_variance - 1).sum((1, 2, 3)) / 2


@WRONG_DIVERGENCES("The logarithm is doubled")
def logarithm_doubled(mean, log_variance):
    return (mean**2 + log_variance.exp() - 2 * log_variance - 1).sum((1, 2, 3)) / 2


@WRONG_DIVERGENCES("not of σ")
def logarithm_of_the_spread(mean, log_variance):
    spread = log_variance.exp()
    return (mean**2 + spread**2 - 2 * log_variance - 1).sum((1, 2, 3)) / 2


@WRONG_DIVERGENCES("log_variance is missing from")
def without_logarithm(mean, log_variance):
    return (mean**2 + log_variance.exp() - 1).sum((1, 2, 3)) / 2


@WRONG_DIVERGENCES("mean² is missing")
def without_mean_squared(mean, log_variance):
    return (log_variance.exp() - log_variance - 1).sum((1, 2, 3)) / 2


@WRONG_DIVERGENCES("the first number is", "term by term")
def another_formula(mean, log_variance):
    return (mean.abs() + log_variance.exp()).sum((1, 2, 3))


@WRONG_DIVERGENCES("one for each image", "4×4")
def over_the_last_two(mean, log_variance):
    return (mean.abs() + log_variance.exp()).sum((2, 3))


@WRONG_DIVERGENCES("changes mean itself")
def in_place(mean, log_variance):
    mean.pow_(2)
    return (mean + log_variance.exp() - log_variance - 1).sum((1, 2, 3)) / 2
