"""Pictures drawn by code that stand in for CIFAR-10 where it cannot be had.

They have its ten classes, its size and its lesson: a thing is known by its parts and how these
lie to each other, not by the colour of single pixels.

The same seed gives the same bytes everywhere. Three rules make sure of that, here and in
`standin_shapes`:
- Chance comes from `RandomState.random_sample` alone, whose numbers will never change.
- Only + - * / and square roots are taken, element by element. These are exactly defined, while
  sine, exponential, matrix product or sum may differ in the last bit between processors.
- Fractions are rounded to whole numbers from 0 to 255 at the very end, once.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from workshop_utils.images import standin_shapes as shapes
from workshop_utils.images.standin_shapes import SIZE, Painter

Colour = tuple[float, float, float]  # red, green, blue between 0 and 1

TYPICAL = 0.75  # share of the pictures whose background is one of the class's own
CHUNK = 50  # pictures drawn at once: few enough for the processor's cache


class Scene(NamedTuple):
    """A kind of background; each picture takes its own mixture of the two colours named."""

    above: tuple[Colour, Colour]  # above the horizon
    below: tuple[Colour, Colour]  # below the horizon
    horizon: tuple[float, float]  # its height, 0 is the upper edge and 1 the lower one
    mottling: float  # strength of clouds, leaves or waves


SCENES = {
    "sky": Scene(
        above=((0.35, 0.55, 0.82), (0.75, 0.82, 0.88)),
        below=((0.62, 0.76, 0.90), (0.85, 0.87, 0.88)),
        horizon=(0.3, 1.0),
        mottling=0.10,
    ),
    "sea": Scene(
        above=((0.55, 0.70, 0.85), (0.82, 0.85, 0.87)),
        below=((0.15, 0.33, 0.48), (0.35, 0.52, 0.58)),
        horizon=(0.35, 0.62),
        mottling=0.08,
    ),
    "road": Scene(
        above=((0.45, 0.55, 0.50), (0.78, 0.80, 0.82)),
        below=((0.42, 0.42, 0.43), (0.60, 0.58, 0.55)),
        horizon=(0.35, 0.65),
        mottling=0.10,
    ),
    "field": Scene(
        above=((0.40, 0.52, 0.42), (0.75, 0.82, 0.85)),
        below=((0.38, 0.52, 0.22), (0.66, 0.62, 0.36)),
        horizon=(0.15, 0.6),
        mottling=0.16,
    ),
    "forest": Scene(
        above=((0.15, 0.25, 0.12), (0.42, 0.50, 0.28)),
        below=((0.25, 0.32, 0.15), (0.50, 0.44, 0.28)),
        horizon=(0.4, 0.8),
        mottling=0.22,
    ),
    "room": Scene(
        above=((0.72, 0.66, 0.58), (0.86, 0.84, 0.80)),
        below=((0.50, 0.36, 0.25), (0.75, 0.68, 0.62)),
        horizon=(0.5, 0.85),
        mottling=0.07,
    ),
    "pond": Scene(
        above=((0.28, 0.38, 0.22), (0.52, 0.55, 0.40)),
        below=((0.30, 0.32, 0.24), (0.58, 0.54, 0.44)),
        horizon=(0.1, 0.6),
        mottling=0.20,
    ),
}


class Kind(NamedTuple):
    """A class of pictures: how to draw its thing, and where such a thing is found."""

    draw: Callable[[Painter], None]
    tilt: float  # largest slope
    places: tuple[str, ...]  # backgrounds of its own, equally frequent


KINDS = (  # the index is the label
    Kind(shapes.draw_airplane, 0.40, ("sky", "sky", "sky", "road")),
    Kind(shapes.draw_automobile, 0.12, ("road", "road", "road", "field")),
    Kind(shapes.draw_bird, 0.30, ("sky", "forest", "field", "pond")),
    Kind(shapes.draw_cat, 0.15, ("room", "room", "room", "field")),
    Kind(shapes.draw_deer, 0.15, ("forest", "forest", "field", "field")),
    Kind(shapes.draw_dog, 0.15, ("room", "room", "field", "field")),
    Kind(shapes.draw_frog, 0.20, ("pond", "pond", "forest", "field")),
    Kind(shapes.draw_horse, 0.15, ("field", "field", "field", "forest")),
    Kind(shapes.draw_ship, 0.12, ("sea",)),
    Kind(shapes.draw_truck, 0.12, ("road", "road", "road", "field")),
)


def draw_standin(
    n_train: int = 12_000, n_test: int = 2_000, seed: int = 8
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Draw training and test pictures of the ten classes.

    Args:
        n_train: number of training pictures; every class has a tenth of them.
        n_test: number of test pictures, drawn independently of the training pictures.
        seed: starting point of chance, 0 or more; other seeds give other pictures.

    Returns:
        Training images, training labels, test images, test labels. Images are uint8,
        N×3×32×32; labels are int64 from 0 to 9.
    """
    train_images, train_labels = _draw_set(np.random.RandomState([seed, 0]), n_train)
    test_images, test_labels = _draw_set(np.random.RandomState([seed, 1]), n_test)
    return train_images, train_labels, test_images, test_labels


def _draw_set(rng: np.random.RandomState, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw `count` pictures in mixed order."""
    labels = np.arange(count, dtype=np.int64) % len(KINDS)
    labels = labels[np.argsort(rng.random_sample(count), kind="stable")]
    images = np.empty((count, 3, SIZE, SIZE), dtype=np.uint8)
    for label, kind in enumerate(KINDS):
        of_class = np.flatnonzero(labels == label)
        for start in range(0, len(of_class), CHUNK):
            chosen = of_class[start : start + CHUNK]
            pictures = _backgrounds(rng, kind, len(chosen))
            kind.draw(Painter(pictures, rng, kind.tilt))
            images[chosen] = _photograph(rng, pictures)
    return images, labels


def _uniform(rng: np.random.RandomState, low: float, high: float, *shape: int) -> np.ndarray:
    """Return random numbers between low and high."""
    return (low + (high - low) * rng.random_sample(shape)).astype(np.float32)


def _backgrounds(rng: np.random.RandomState, kind: Kind, count: int) -> np.ndarray:
    """Return empty scenes, mostly such as go with the class, N×3×32×32."""
    scenes = []
    for _ in range(count):
        places = kind.places if rng.random_sample() < TYPICAL else tuple(SCENES)
        scenes.append(SCENES[places[int(rng.random_sample() * len(places))]])

    above = _mixture(rng, [scene.above for scene in scenes])
    below = _mixture(rng, [scene.below for scene in scenes])
    highest, lowest = np.array([scene.horizon for scene in scenes], dtype=np.float32).T
    height = highest + (lowest - highest) * _uniform(rng, 0, 1, count)
    rows = np.arange(SIZE, dtype=np.float32)[:, None]
    blur = _uniform(rng, 0.5, 3, count, 1, 1, 1)  # of the horizon, in pixels
    ground = np.clip((rows - SIZE * height[:, None, None, None]) / blur + 0.5, 0, 1)

    strength = np.array([scene.mottling for scene in scenes], dtype=np.float32)
    patches = _patches(rng, count, 4) + 0.7 * _patches(rng, count, 8)
    return above + ground * (below - above) + strength[:, None, None, None] * patches


def _mixture(rng: np.random.RandomState, pairs: list[tuple[Colour, Colour]]) -> np.ndarray:
    """Return a colour between the two of each pair, N×3×1×1."""
    colours = np.array(pairs, dtype=np.float32)
    first, second = colours[:, 0], colours[:, 1]
    mixed = first + (second - first) * _uniform(rng, 0, 1, len(pairs), 1)
    return (mixed + _uniform(rng, -0.04, 0.04, len(pairs), 3))[:, :, None, None]


def _patches(rng: np.random.RandomState, count: int, cells: int) -> np.ndarray:
    """Return soft light and dark patches, N×1×32×32: a coarse random grid, interpolated."""
    grid = _uniform(rng, -1, 1, count, 1, cells + 1, cells + 1)
    place = (np.arange(SIZE, dtype=np.float32) + 0.5) * cells / SIZE
    cell = place.astype(np.int64)
    part = place - cell.astype(np.float32)  # of the way to the next grid point
    wide = grid[..., cell] * (1 - part) + grid[..., cell + 1] * part
    part = part[:, None]
    return wide[:, :, cell] * (1 - part) + wide[:, :, cell + 1] * part


def _photograph(rng: np.random.RandomState, pictures: np.ndarray) -> np.ndarray:
    """Return the pictures under varying light and with the grain of a camera, as uint8."""
    count = len(pictures)
    exposure = _uniform(rng, 0.75, 1.15, count, 1, 1, 1)
    tint = _uniform(rng, 0.96, 1.04, count, 3, 1, 1)
    across = (np.arange(SIZE, dtype=np.float32) + 0.5) / (SIZE / 2) - 1  # from -1 to 1
    light = exposure * tint * (1 + _uniform(rng, -0.15, 0.15, count, 1, 1, 1) * across)
    # The sum of two uniform numbers is near zero more often than far from it.
    grain = _uniform(rng, -0.03, 0.03, *pictures.shape)
    grain += _uniform(rng, -0.03, 0.03, *pictures.shape)
    return np.rint(np.clip(pictures * light + grain, 0, 1) * 255).astype(np.uint8)
