"""Walking in a straight line from one image to another, in pixels or in codes."""

import torch
from torch import Tensor, nn

from workshop_utils.networks.evaluation import evaluating, reconstruct, squared_error


def interpolate(start: Tensor, end: Tensor, n_steps: int = 8) -> Tensor:
    """Points on the straight line from `start` to `end`: (1 - α)·start + α·end.

    Args:
        start: one image (3×32×32) or one code (32×4×4): any shape.
        end: another of the same shape.
        n_steps: how many points, both ends included.

    Returns:
        n_steps×(shape of start), with α going evenly from 0 to 1.

    Raises:
        ValueError: different shapes, or fewer than two points.

    Source: worksheet 8, "Extension: Interpolations".
    """
    if start.shape != end.shape:
        raise ValueError(
            f"A line needs two ends of the same shape, but they are {tuple(start.shape)} "
            f"and {tuple(end.shape)}."
        )
    if n_steps < 2:
        raise ValueError(f"n_steps is {n_steps}, but a line has at least its two ends.")
    alpha = torch.linspace(0, 1, n_steps, device=start.device)
    alpha = alpha.reshape(-1, *[1] * start.dim())  # one α for each point
    return (1 - alpha) * start + alpha * end


def latent_line(
    encoder: nn.Module, decoder: nn.Module, x: Tensor, x_prime: Tensor, n_steps: int = 8
) -> Tensor:
    """Images on the straight line between the codes of two images.

    Args:
        encoder: images to codes.
        decoder: codes to images.
        x: the image where the line starts, 3×32×32.
        x_prime: the image where it ends, 3×32×32.
        n_steps: how many points, both ends included.

    Returns:
        n_steps×3×32×32: the first is the reconstruction of x, the last that of x_prime.

    Source: worksheet 8, "Extension: Interpolations".
    """
    with evaluating(encoder, decoder):
        code, code_prime = encoder(torch.stack([x, x_prime]))  # 2×3×32×32 -> two codes
        return decoder(interpolate(code, code_prime, n_steps))  # n_steps×code -> n_steps×3×32×32


def midpoint_gap(
    encoder: nn.Module, decoder: nn.Module, first: Tensor, second: Tensor
) -> tuple[float, float]:
    """How far the middle of the latent line lies from a mere cross-fade.

    For a linear decoder, the middle of two codes decodes to the mean of the two reconstructions:
    the gap is 0. The larger it is, the less the latent line is a blend of pixels.

    Args:
        encoder: images to codes.
        decoder: codes to images.
        first: images N×3×32×32, where the lines start.
        second: images N×3×32×32, where they end.

    Returns:
        Squared error per image between the decoded middle of the codes and the mean of the
        two reconstructions; and, to compare with, the squared distance between that mean and
        the reconstructions themselves.
    """
    with evaluating(encoder, decoder):
        middle = decoder((encoder(first) + encoder(second)) / 2)
    ends = reconstruct(encoder, decoder, first), reconstruct(encoder, decoder, second)
    cross_fade = (ends[0] + ends[1]) / 2
    gap, distance = squared_error(middle, cross_fade), squared_error(ends[0], cross_fade)
    return gap.mean().item(), distance.mean().item()
