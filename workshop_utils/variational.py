"""A variational autoencoder: its codes are distributions, and its loss has two terms."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from workshop_utils.evaluation import evaluating
from workshop_utils.history import History
from workshop_utils.models import ConvEncoder
from workshop_utils.progress import Progress
from workshop_utils.training import test_autoencoder
from workshop_utils.validation import check_autoencoder


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


def train_variational(
    encoder: VariationalEncoder,
    decoder: nn.Module,
    train_loader: Iterable,
    test_loader: Iterable,
    optimizer: torch.optim.Optimizer,
    n_epochs: int = 10,
    beta: float = 0.1,
) -> History:
    """Train encoder and decoder to give back their input from a code that is drawn at random.

    Args:
        encoder: turns images N×C×H×W into distributions of codes.
        decoder: turns codes into images N×C×H×W.
        train_loader: batches of images to learn from; the labels are not used.
        test_loader: batches of images to evaluate on.
        optimizer: holds the parameters of both.
        n_epochs: how many times to go through the training images.
        beta: weight of the divergence against the squared error.

    Returns:
        The history. Training losses are both terms together; test losses are squared errors per
        image, of reconstructions from the mean codes, as those of `train_autoencoder`.

    Raises:
        ValueError: networks, optimizer and data do not fit together.
        FloatingPointError: the loss became infinite or not a number.

    Source: Kingma and Welling (2014); beta: Higgins et al. (2017).
    """
    check_autoencoder(encoder, decoder, train_loader, test_loader, optimizer)
    criterion = nn.MSELoss(reduction="sum")
    models = {"encoder": encoder, "decoder": decoder}

    with Progress(models, optimizer, train_loader, n_epochs) as progress:
        for _ in progress.epochs():
            encoder.train()
            decoder.train()
            for x, _labels in progress.batches(train_loader):
                mean, log_variance = encoder.distribution(x)  # twice N×32×4×4
                code = sample_codes(mean, log_variance)  # N×32×4×4, other codes every time
                reconstruction = decoder(code)  # N×3×32×32
                error = criterion(reconstruction, x) / len(x)
                divergence = kl_divergence(mean, log_variance).mean()
                loss = error + beta * divergence

                loss.backward()
                optimizer.step()
                optimizer.zero_grad()

                progress.after_batch(loss, len(x))
            test_loss = test_autoencoder(encoder, decoder, test_loader)
            progress.after_epoch(test_loss, divergence=mean_divergence(encoder, test_loader))

    return progress.history


def mean_divergence(encoder: VariationalEncoder, loader: Iterable) -> float:
    """Divergence from the standard normal distribution, in nats, on average over all images.

    Args:
        encoder: turns images N×C×H×W into distributions of codes.
        loader: batches of images; the labels are not used.
    """
    with evaluating(encoder):
        divergences = [kl_divergence(*encoder.distribution(x)) for x, _labels in loader]
    return torch.cat(divergences).mean().item()
