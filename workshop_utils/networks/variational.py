"""A variational autoencoder: its codes are distributions, and its loss has two terms."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from workshop_utils.networks.autoencoders import ConvEncoder
from workshop_utils.networks.evaluation import evaluating


class VariationalEncoder(nn.Module):
    """Gives each image a normal distribution of codes rather than a single code.

    Called like any other encoder, it hands on the mean of the distribution.

    Args:
        out_c1: filters of the first convolution.
        out_c2: filters of the second convolution.
        embedding_dim: channels of the code.

    Source: Kingma and Welling (2014).
    """

    def __init__(self, out_c1: int, out_c2: int, embedding_dim: int) -> None:
        super().__init__()
        self.convolutions = ConvEncoder(out_c1, out_c2, 2 * embedding_dim)

    def distribution(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log-variance of every number of the codes, for images N×3×32×32."""
        both = self.convolutions(x)  # N×3×32×32 -> N×2·embedding_dim×4×4
        mean, log_variance = both.chunk(2, dim=1)  # -> twice N×embedding_dim×4×4
        return mean, log_variance

    def forward(self, x: Tensor) -> Tensor:
        """Return the mean codes, N×embedding_dim×4×4, of images N×3×32×32."""
        mean, _log_variance = self.distribution(x)
        return mean


def sample_codes(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Draw a code from each distribution, in a way that gradients can pass through.

    Args:
        mean: of every number of the codes, N×embedding_dim×4×4.
        log_variance: natural logarithm of its variance, of the same shape.

    Returns:
        Codes of the same shape, others at each call.

    Source: Kingma and Welling (2014), reparameterisation.
    """
    noise = torch.randn_like(mean)  # all that is random, and it depends on no weight
    spread = (log_variance / 2).exp()  # standard deviation: the square root of the variance
    return mean + spread * noise


def kl_divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """How far each image's distribution is from the standard normal one, in nats.

    Args:
        mean: of every number of the codes, N×embedding_dim×4×4.
        log_variance: natural logarithm of its variance, of the same shape.

    Returns:
        N numbers, none of them negative: the divergences of all numbers of a code, added up.

    Source: Kingma and Welling (2014), appendix B.
    """
    each = (mean**2 + log_variance.exp() - log_variance - 1) / 2  # N×embedding_dim×4×4
    return each.flatten(start_dim=1).sum(dim=1)  # -> N


def mean_divergence(encoder: VariationalEncoder, loader: Iterable) -> float:
    """Divergence from the standard normal distribution, in nats, on average over all images.

    Args:
        encoder: turns images N×C×H×W into distributions of codes.
        loader: batches of images; the labels are not used.
    """
    with evaluating(encoder):
        divergences = [kl_divergence(*encoder.distribution(x)) for x, _labels in loader]
    return torch.cat(divergences).mean().item()
