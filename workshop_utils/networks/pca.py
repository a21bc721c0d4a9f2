"""Principal component analysis (PCA), written as what it is: a linear autoencoder."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn


def principal_directions(images: Tensor) -> tuple[Tensor, Tensor]:
    """Mean image, and the directions in which images vary, the widest first.

    Args:
        images: uint8, N×3×32×32, or smaller ones such as patches.

    Returns:
        The mean (3·32·32 = 3072 numbers in [0, 1]) and the directions, 3072×3072, one per column.

    Raises:
        ValueError: there are fewer than two images, or they are not whole numbers.
    """
    if images.dtype != torch.uint8:
        raise ValueError(
            "PCA takes images as whole numbers from 0 to 255, such as data.train_images, and "
            f"divides by 255 itself; these are {images.dtype}."
        )
    if len(images) < 2:
        raise ValueError(f"PCA looks at how images differ and needs at least 2, not {len(images)}.")
    # In parts of 5000×3072, which saves memory.
    return widest_first(part.flatten(start_dim=1).float() / 255 for part in images.split(5_000))


def widest_first(parts: Iterable[Tensor]) -> tuple[Tensor, Tensor]:
    """Mean and directions of rows of D numbers, which come in parts N×D."""
    n_rows = 0
    total: Any = 0  # D numbers from the first part on
    products: Any = 0  # D×D
    for x in parts:
        n_rows += len(x)
        total += x.sum(dim=0)
        products += x.T @ x
    mean = total / n_rows
    covariance = products / n_rows - mean.outer(mean)
    # On the CPU and in double precision: not every device can do it, and PyTorch 2.6 fails on so
    # large a matrix in single precision. The narrowest direction comes first.
    _variances, directions = torch.linalg.eigh(covariance.cpu().double())
    return mean, directions.flip(1).float().to(mean.device)


def cut_into_patches(images: Tensor, side: int) -> Tensor:
    """Cut images into squares without overlap.

    Args:
        images: N×C×H×W; H and W are multiples of `side`.
        side: of a square, in pixels.

    Returns:
        (N·H/side·W/side)×C×side×side: the patches of the first image, row by row, then
        those of the second, and so on.

    Raises:
        ValueError: the images cannot be cut into whole squares of this size.
    """
    n, channels, height, width = images.shape
    if side < 1 or height % side or width % side:
        raise ValueError(
            f"Images of {height}×{width} pixels cannot be cut into squares of {side}×{side}: "
            "both numbers must be multiples of the side."
        )
    rows, columns = height // side, width // side
    squares = images.reshape(n, channels, rows, side, columns, side)
    return squares.permute(0, 2, 4, 1, 3, 5).reshape(-1, channels, side, side)


def linear_autoencoder(
    mean: Tensor, directions: Tensor, code_size: int, image_shape: tuple[int, ...] = (3, 32, 32)
) -> tuple[nn.Module, nn.Module]:
    """The best linear encoder and decoder for codes of a given size.

    Args:
        mean: mean image, 3072 numbers, from `principal_directions`.
        directions: 3072×3072, from `principal_directions`.
        code_size: numbers per code; the first so many directions are kept.
        image_shape: shape of one image.

    Returns:
        An encoder (images N×3×32×32 to codes N×code_size) and a decoder (back again).

    Raises:
        ValueError: more numbers are asked for than there are directions.

    Source: Bourlard and Kamp (1988): no linear autoencoder has a smaller squared error.
    """
    n_features, n_directions = directions.shape
    if not 1 <= code_size <= n_directions:
        raise ValueError(f"code_size is {code_size}, but it must lie between 1 and {n_directions}.")
    kept = directions[:, :code_size]  # 3072×code_size
    with torch.random.fork_rng(devices=[]):  # random first weights, overwritten below
        encode = nn.Linear(n_features, code_size).to(mean.device)
        decode = nn.Linear(code_size, n_features).to(mean.device)
    with torch.no_grad():
        encode.weight.copy_(kept.T)  # z = keptᵀ (x - mean)
        encode.bias.copy_(-kept.T @ mean)
        decode.weight.copy_(kept)  # x̂ = kept z + mean
        decode.bias.copy_(mean)
    return nn.Sequential(nn.Flatten(), encode), nn.Sequential(decode, nn.Unflatten(1, image_shape))


class Scale(nn.Module):
    """Multiplies each number of a code by a factor of its own.

    Args:
        factors: as many as a code has numbers.
    """

    factors: Tensor

    def __init__(self, factors: Tensor) -> None:
        super().__init__()
        self.register_buffer("factors", factors)  # moves along with .to(device), and learns nothing

    def forward(self, codes: Tensor) -> Tensor:
        """Return codes of the same shape, N×(numbers of a code)."""
        return codes * self.factors
