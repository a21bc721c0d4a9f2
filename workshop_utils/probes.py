"""Images made on purpose, to find out what a squared error or an autoencoder makes of them."""

import torch
from torch import Tensor


def masked(images: Tensor, errors: Tensor) -> Tensor:
    """Cover a square in the middle of each image with grey: the smallest that reaches an error.

    Args:
        images: N×3×32×32, values in [0, 1].
        errors: squared error, summed over the values, that the grey square shall make; N numbers.

    Returns:
        Images of the same shape. Where no square reaches the error, all of the image is grey.
    """
    covered = images.clone()
    for image, original, error in zip(covered, images, errors, strict=True):
        whole = image.shape[-1]  # images are square
        for side in range(2, whole + 1, 2):
            inner = slice((whole - side) // 2, (whole + side) // 2)
            image[:, inner, inner] = 0.5
            if ((image - original) ** 2).sum() >= error:
                break
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


def _circle(height: int, width: int) -> Tensor:
    """A thin white circle on black."""
    y, x = torch.arange(height)[:, None] - height / 2, torch.arange(width)[None, :] - width / 2
    distance = (y**2 + x**2).sqrt()
    return ((distance - height / 3).abs() < 1).expand(3, -1, -1).float()
