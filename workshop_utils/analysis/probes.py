"""Images and codes made on purpose: what do a squared error and an autoencoder make of them?"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from workshop_utils.networks.evaluation import reconstruct, squared_error

N_RANDOM = 8  # codes, a row of images


def masked(images: Tensor, errors: Tensor) -> Tensor:
    """Cover a square in the middle of each image with grey: the smallest that reaches an error.

    Args:
        images: N×3×32×32, values in [0, 1].
        errors: squared error, summed over the values, that the grey square shall make; N numbers.

    Returns:
        Images of the same shape. Where no square reaches the error, all of the image is grey.
    """
    covered = images.clone()
    whole = images.shape[-1]  # images are square
    for side in range(2, whole + 1, 2):
        inner = slice((whole - side) // 2, (whole + side) // 2)
        covered[squared_error(covered, images) < errors, :, inner, inner] = 0.5
    return covered


def unusual_images(photograph: Tensor) -> dict[str, Tensor]:
    """Images of a kind that no training image is of.

    Args:
        photograph: 3×32×32, values in [0, 1]: turned over, and inverted.

    Returns:
        Name -> 3×H×W, of the photograph's shape.
    """
    height, width = photograph.shape[1:]
    rows, columns = torch.arange(height)[:, None], torch.arange(width)[None, :]
    noise = torch.rand(photograph.shape, generator=torch.Generator().manual_seed(0))
    patterns = {
        "noise": noise,
        "fine grid": ((rows + columns) % 2).expand(3, -1, -1).float(),
        "coarse grid": ((rows // 4 + columns // 4) % 2).expand(3, -1, -1).float(),
        "a circle": _circle(height, width),
    }
    patterns = {name: pattern.to(photograph.device) for name, pattern in patterns.items()}
    return {**patterns, "upside down": photograph.flip(1), "inverted": 1 - photograph}


def add_noise(images: Tensor, spread: float) -> Tensor:
    """Add the same noise every time it is called.

    Args:
        images: N×C×H×W.
        spread: standard deviation of the noise, for values in [0, 1].

    Returns:
        Images of the same shape; values may lie outside of [0, 1].
    """
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(images.shape, generator=generator)
    return images + spread * noise.to(images.device)


def errors_with_noise(
    encoder: nn.Module, decoder: nn.Module, images: Tensor, spreads: Iterable[float]
) -> list[float]:
    """How far the reconstructions of noisy images are from the images without noise.

    Args:
        encoder: turns images N×C×H×W into codes.
        decoder: turns codes into images N×C×H×W.
        images: N×C×H×W, values in [0, 1], without noise.
        spreads: standard deviations of the noise.

    Returns:
        For each of them: squared error per image, summed over its values.
    """
    found = (reconstruct(encoder, decoder, add_noise(images, spread)) for spread in spreads)
    return [squared_error(images, cleaned).mean().item() for cleaned in found]


def random_codes(codes: Tensor, together: bool) -> Tensor:
    """Draw codes in which each number has the mean and the standard deviation that it really has.

    Args:
        codes: of images, N×C×H×W.
        together: True also keeps how the numbers are correlated; False draws each of them alone.

    Returns:
        N_RANDOM×C×H×W, the same ones every time.
    """
    generator = torch.Generator().manual_seed(0)
    mean = codes.mean(dim=0)  # C×H×W
    if together:  # a sum of real codes with random weights varies as they do, in all directions
        weights = torch.randn(N_RANDOM, len(codes), generator=generator) / len(codes) ** 0.5
        return mean + torch.tensordot(weights.to(codes), codes - mean, dims=1)
    noise = torch.randn(N_RANDOM, *mean.shape, generator=generator)
    return mean + codes.std(dim=0) * noise.to(codes)


def _circle(height: int, width: int) -> Tensor:
    """A thin white circle on black."""
    y, x = torch.arange(height)[:, None] - height / 2, torch.arange(width)[None, :] - width / 2
    distance = (y**2 + x**2).sqrt()
    return ((distance - height / 3).abs() < 1).expand(3, -1, -1).float()
