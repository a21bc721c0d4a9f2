"""Images that are changed on their way to a network: flipped and moved at random, or shuffled."""

import torch
import torch.nn.functional as F
from torch import Tensor


def augment(images: Tensor, generator: torch.Generator, reach: int) -> Tensor:
    """Flip each image from left to right in half of all cases, and move it by some pixels.

    Args:
        images: N×C×H×W, values in [0, 1].
        generator: draws what happens to each image.
        reach: by how many pixels at most, up or down and to the left or right. What comes in at the
            edge is the image in the mirror.

    Returns:
        Images of the same shape.

    Source: Krizhevsky et al. (2012), section 4.1; on CIFAR-10: He et al. (2016), section 4.2.
    """
    n, _channels, height, width = images.shape
    is_flipped = torch.rand(n, 1, 1, 1, generator=generator) < 0.5
    top, left = torch.randint(2 * reach + 1, (2, n, 1), generator=generator)
    rows = (top + torch.arange(height))[:, :, None].to(images.device)  # N×H×1
    columns = (left + torch.arange(width))[:, None, :].to(images.device)  # N×1×W
    images = torch.where(is_flipped.to(images.device), images.flip(3), images)
    larger = F.pad(images, [reach] * 4, mode="reflect")  # N×C×(H+2·reach)×(W+2·reach)
    which = torch.arange(n, device=images.device)[:, None, None]  # N×1×1
    return larger.permute(0, 2, 3, 1)[which, rows, columns].permute(0, 3, 1, 2)


def shuffle_pixels(images: Tensor, order: Tensor) -> Tensor:
    """Put the pixels of every image into another order, the same for all; colours stay together.

    Args:
        images: N×C×H×W, of any type.
        order: the H·W places, from 0, as `torch.randperm` mixes them.

    Returns:
        Images of the same shape.
    """
    places = images.flatten(start_dim=2)  # N×C×(H·W)
    return places[:, :, order.to(images.device)].reshape(images.shape)
