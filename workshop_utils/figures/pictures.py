"""Pictures: images shown one by one, in rows, or with what they were taken for."""

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from torch import Tensor

from workshop_utils.figures.style import show_figure, styled
from workshop_utils.images.dataset import ImageData

PER_CLASS = 8  # sample images, in a row


@styled
def imshow(img: Tensor, title: str | None = None) -> None:
    """Show one image, or a grid of images made by `torchvision.utils.make_grid`.

    Args:
        img: 3×H×W, values in [0, 1]; values a little outside are cut off.
        title: what to write above it.

    Raises:
        ValueError: img is not one colour image.
    """
    if img.dim() != 3 or img.shape[0] != 3:
        raise ValueError(
            f"imshow needs one image of shape 3×H×W, but got {tuple(img.shape)}. For a batch, "
            "choose one image (images[0]) or make a grid with torchvision.utils.make_grid(images)."
        )
    height, width = img.shape[1:]
    figure, axes = plt.subplots(figsize=(min(10, 2 + width / 30), min(8, 1.2 + height / 30)))
    _draw_image(axes, img)
    if title:
        axes.set_title(title)
    show_figure(figure, title or f"An image of {height} by {width} pixels.")


@styled
def show_image_rows(
    rows: dict[str, Tensor], title: str, columns: list[str] | None = None, alt: str | None = None
) -> None:
    """Show rows of images below each other, each row with its name.

    Args:
        rows: name of the row -> images, N×3×H×W; every row of the same length.
        title: what to write above the figure.
        columns: what to write above each column.
        alt: description in words; the title and the names of the rows if None.

    Raises:
        ValueError: rows of different lengths.
    """
    lengths = {len(images) for images in rows.values()}
    if len(lengths) != 1:
        raise ValueError(f"All rows must hold the same number of images, not {sorted(lengths)}.")
    n_columns = lengths.pop()
    figure, grid = plt.subplots(
        len(rows),
        n_columns,
        figsize=(1.7 + n_columns * 1.02, 0.75 + len(rows) * 1.02),
        squeeze=False,
    )
    for axes_row, (name, images) in zip(grid, rows.items(), strict=True):
        for axes, image in zip(axes_row, images, strict=True):
            _draw_image(axes, image)
        # The axes are switched off, so the name is a text beside the first image.
        axes_row[0].text(-0.12, 0.5, name, transform=axes_row[0].transAxes, ha="right", va="center")
    for axes, column in zip(grid[0], columns or [], strict=False):
        axes.set_title(column, fontsize=11)
    figure.suptitle(title)
    show_figure(figure, alt or f"{title}. Rows: {', '.join(rows)}.")


def show_samples(data: ImageData) -> None:
    """Show the first eight training images of each class, a row per class.

    Args:
        data: the data set.
    """
    rows = {}
    for label, name in enumerate(data.classes):
        chosen = (data.train_labels == label).nonzero().flatten()[:PER_CLASS]
        rows[name] = data.train_images[chosen] / 255
    show_image_rows(rows, f"{data.title}: training images of each class")


@styled
def show_mistakes(
    images: Tensor, labels: Tensor, probabilities: Tensor, classes: tuple[str, ...], title: str
) -> None:
    """Show images with their class, and what they were taken for.

    Args:
        images: N×3×H×W, values in [0, 1].
        labels: right classes, N whole numbers.
        probabilities: N×n_classes, from `predict`.
        classes: names of the classes.
        title: what to write above the figure.
    """
    n_columns = 4
    n_rows = -(-len(images) // n_columns)
    figure, grid = plt.subplots(n_rows, n_columns, figsize=(9.2, 0.6 + 2.5 * n_rows), squeeze=False)
    described = []
    for axes in grid.flat:
        axes.axis("off")
    for axes, image, label, row in zip(grid.flat, images, labels, probabilities, strict=False):
        _draw_image(axes, image)
        taken_for, sure = classes[int(row.argmax())], row.max().item()
        axes.set_title(f"{classes[int(label)]}\ntaken for {taken_for} ({sure:.0%})", fontsize=11)
        described.append(f"{classes[int(label)]} taken for {taken_for}")
    figure.suptitle(title)
    show_figure(figure, f"{title}: {'; '.join(described)}.")


def _draw_image(axes: Axes, image: Tensor) -> None:
    """Draw 3×H×W in [0, 1], each pixel a sharp square."""
    pixels = image.detach().cpu().to(torch.float32).clamp(0, 1).permute(1, 2, 0)  # H×W×3
    axes.imshow(pixels.numpy(), interpolation="nearest")
    axes.axis("off")
