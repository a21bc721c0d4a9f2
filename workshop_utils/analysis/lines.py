"""Lines between many pairs of images, in pixels and in codes: measured, not looked at."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from workshop_utils.networks.evaluation import evaluating

PIXELS, CODES, ARC = "pixels", "codes", "codes on an arc"
N_STEPS = 5  # points on each line, both ends included


@dataclass(frozen=True)
class Line:
    """What was measured at each point of a kind of line, on average over all pairs."""

    alphas: list[float]  # where the points lie, from 0 to 1
    nearest: list[float]  # squared distance of each point to the nearest real image
    ends: list[float]  # probability that a classifier gives to the classes of both ends together


def choose_pairs(labels: Tensor, same_class: bool, n_pairs: int) -> tuple[Tensor, Tensor]:
    """Draw pairs of different images, the same ones every time; a pair may come twice.

    Args:
        labels: class of each image, N whole numbers.
        same_class: whether the two images of a pair shall have the same class, or different ones.
        n_pairs: how many at most; fewer where most images are of one class, or of different ones.

    Returns:
        Numbers of the first images and of the second images.
    """
    generator = torch.Generator().manual_seed(0)
    first = torch.randint(len(labels), (40 * n_pairs,), generator=generator)
    second = torch.randint(len(labels), (40 * n_pairs,), generator=generator)
    is_same = (labels[first] == labels[second]).cpu()
    kept = (is_same == same_class) & (first != second)
    return first[kept][:n_pairs], second[kept][:n_pairs]


def spherical_blend(start: Tensor, end: Tensor, alpha: float) -> Tensor:
    """The point of an arc rather than a straight line: the length of a code hardly shrinks on it.

    Source: Shoemake (1985); for codes, White (2016).
    """
    across = tuple(range(1, start.dim()))
    length, length_of_end = (
        torch.linalg.vector_norm(code, dim=across, keepdim=True) for code in (start, end)
    )
    cosine = (start * end).sum(dim=across, keepdim=True) / (length * length_of_end)
    angle = cosine.clamp(-0.9999, 0.9999).arccos()  # N×1×1×1
    weights = ((1 - alpha) * angle).sin() / angle.sin(), (alpha * angle).sin() / angle.sin()
    return weights[0] * start + weights[1] * end


def measure_lines(
    encoder: nn.Module,
    decoder: nn.Module,
    classifier: nn.Module,
    ends: tuple[Tensor, Tensor],
    labels: tuple[Tensor, Tensor],
    real: Tensor,
) -> dict[str, Line]:
    """Walk from image to image on three kinds of line, and measure at every point.

    Args:
        encoder: images to codes.
        decoder: codes to images.
        classifier: images to scores N×n_classes.
        ends: images N×3×32×32 where the lines start, and others where they end.
        labels: their classes, N whole numbers each.
        real: images M×3×32×32 to look for the nearest one among.

    Returns:
        Kind of line ("pixels", "codes", "codes on an arc") -> what was measured.
    """
    alphas = torch.linspace(0, 1, N_STEPS).tolist()
    with evaluating(encoder, decoder, classifier):
        codes = encoder(ends[0]), encoder(ends[1])
        walks = {
            PIXELS: [torch.lerp(*ends, alpha) for alpha in alphas],
            CODES: [decoder(torch.lerp(*codes, alpha)) for alpha in alphas],
            ARC: [decoder(spherical_blend(*codes, alpha)) for alpha in alphas],
        }
        lines = {}
        for name, walk in walks.items():
            nearest = [distance_to_nearest(images, real) for images in walk]
            chances = [classifier(images).softmax(dim=1) for images in walk]
            ends_seen = [_chance_of_ends(each, *labels) for each in chances]
            lines[name] = Line(alphas, nearest, ends_seen)
    return lines


def distance_to_nearest(images: Tensor, real: Tensor) -> float:
    """Squared distance to the nearest real image, summed over the values, mean over the images."""
    distances = torch.cdist(images.flatten(start_dim=1), real.flatten(start_dim=1))  # N×M
    return (distances.amin(dim=1) ** 2).mean().item()


def _chance_of_ends(chances: Tensor, first: Tensor, second: Tensor) -> float:
    """Mean probability of the two classes together; a class counts once if both ends have it."""
    rows = torch.arange(len(chances))
    of_second = chances[rows, second] * (first != second)
    return (chances[rows, first] + of_second).mean().item()
