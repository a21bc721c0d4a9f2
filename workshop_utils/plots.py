"""Figures of images, training curves and results."""

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from workshop_utils.data import ImageData
from workshop_utils.progress import History
from workshop_utils.style import BLUE, GREEN, GREY, ORANGE, PURPLE, show_figure, styled

EDGE = 10  # values at either end of a curve, where smoothing lacks neighbours on one side
LINES = ((ORANGE, "--"), (BLUE, "-"), (GREEN, "-."), (PURPLE, ":"))  # also told apart in grey


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


def show_samples(data: ImageData, per_class: int = 8) -> None:
    """Show the first training images of each class, a row per class.

    Args:
        data: the data set.
        per_class: images per row.
    """
    rows = {}
    for label, name in enumerate(data.classes):
        chosen = (data.train_labels == label).nonzero().flatten()[:per_class]
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


@styled
def plot_confusion(matrix: Tensor, classes: tuple[str, ...], title: str) -> None:
    """Show how often each class is taken for each other one, in per cent of its images.

    Args:
        matrix: counts from `confusion_matrix`, row = right class, column = predicted class.
        classes: names of the classes.
        title: what to write above the figure.
    """
    import seaborn as sns

    percent = 100 * matrix / matrix.sum(dim=1, keepdim=True).clamp(min=1)
    figure, axes = plt.subplots(figsize=(8.4, 6.6))
    sns.heatmap(
        percent.numpy(),
        annot=True,
        fmt=".0f",
        cmap="Blues",
        vmin=0,
        vmax=100,
        square=True,
        linewidths=0.5,
        xticklabels=classes,
        yticklabels=classes,
        annot_kws={"fontsize": 11},
        cbar_kws={"label": "per cent of the images of the class", "shrink": 0.8},
        ax=axes,
    )
    axes.grid(False)
    axes.set(title=title, xlabel="predicted class", ylabel="right class")
    axes.tick_params(axis="x", rotation=45)
    best = int(percent.diagonal().argmax())
    worst = int(percent.diagonal().argmin())
    show_figure(
        figure,
        f"{title}. Classified correctly most often: {classes[best]} "
        f"({percent[best, best]:.0f} %); least often: {classes[worst]} "
        f"({percent[worst, worst]:.0f} %).",
    )


def smooth(values: list[float], window: int = 21) -> np.ndarray:
    """Smooth a spiky curve with a Savitzky–Golay filter of order 3.

    Args:
        values: one value per batch.
        window: how many neighbours count; fewer if the curve is shorter.

    Raises:
        ValueError: fewer than 5 values.

    Source: Savitzky and Golay (1964).
    """
    from scipy.signal import savgol_filter

    if len(values) < 5:
        raise ValueError(f"A curve of {len(values)} values is too short to smooth: 5 are needed.")
    window = min(window, (len(values) - 1) // 2 * 2 + 1)  # the filter needs an odd number
    return savgol_filter(values, window, polyorder=3)


@styled
def plot_batch_curves(histories: dict[str, History], title: str) -> None:
    """Plot training loss and accuracy of several classifiers, batch by batch, on common axes.

    Strong lines are smoothed, faint ones are the values themselves.

    Args:
        histories: name of the model -> its history.
        title: what to write above the figure.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 4.2))
    ends = []
    for (name, history), (colour, line) in zip(histories.items(), LINES, strict=False):
        loss, accuracy = history
        percent = [100 * value for value in accuracy]
        for axes, values in ((left, loss), (right, percent)):
            axes.plot(values, color=colour, alpha=0.15, linewidth=0.8)
            inner = np.arange(len(values))[EDGE:-EDGE]
            axes.plot(inner, smooth(values)[inner], line, color=colour, label=name, linewidth=1.6)
        last_loss, last_accuracy = history.train_loss[-1], history.train_accuracy[-1]
        ends.append(f"{name} ends its last epoch at loss {last_loss:.2f}, {last_accuracy:.0%}")
    left.set(xlabel="batches seen", ylabel="cross-entropy loss (training)")
    right.set(xlabel="batches seen", ylabel="accuracy (training), %")
    left.legend()
    figure.suptitle(title)
    show_figure(figure, f"{title}. {'; '.join(ends)}.")


@styled
def plot_epoch_losses(history: History, title: str, unit: str) -> None:
    """Plot training and test loss per epoch.

    Args:
        history: what training returned.
        title: what to write above the figure.
        unit: what one unit of the loss is, for the axis.
    """
    epochs = range(1, len(history.test_loss) + 1)
    figure, axes = plt.subplots(figsize=(8, 4.2))
    axes.plot(epochs, history.train_loss, "--", color=ORANGE, label="training images")
    axes.plot(epochs, history.test_loss, "-", color=BLUE, label="test images")
    axes.set(title=title, xlabel="epoch", ylabel=unit)
    axes.set_ylim(bottom=0)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend()
    show_figure(
        figure,
        f"{title}. The test loss falls from {history.test_loss[0]:.1f} to "
        f"{history.test_loss[-1]:.1f}, the training loss to {history.train_loss[-1]:.1f}.",
    )


@styled
def plot_code_sizes(
    linear: dict[int, float], code_size: int, autoencoder_loss: float, title: str
) -> None:
    """Plot the error of PCA against the size of its code, with the autoencoder as a point.

    Args:
        linear: numbers per code -> squared error per test image.
        code_size: numbers per code of the autoencoder.
        autoencoder_loss: its squared error per test image.
        title: what to write above the figure.
    """
    figure, axes = plt.subplots(figsize=(8, 4.2))
    axes.plot(linear.keys(), linear.values(), "o-", color=GREY, label="PCA (linear)")
    axes.plot(code_size, autoencoder_loss, "s", color=BLUE, markersize=10, label="autoencoder")
    for size, loss in linear.items():
        axes.annotate(f"{loss:.1f}", (size, loss), xytext=(6, 6), textcoords="offset points")
    axes.annotate(
        f"{autoencoder_loss:.1f}",
        (code_size, autoencoder_loss),
        xytext=(9, 4),
        textcoords="offset points",
        color=BLUE,
    )
    axes.set_xscale("log", base=2)
    axes.set_xticks(list(linear), [str(size) for size in linear])
    axes.set_ylim(bottom=0)
    axes.set(title=title, xlabel="numbers per code", ylabel="squared error per test image")
    axes.legend()
    table = ", ".join(f"{loss:.1f} with {size}" for size, loss in linear.items())
    show_figure(figure, f"{title}. PCA: {table}; autoencoder: {autoencoder_loss:.1f}.")


def _draw_image(axes: Axes, image: Tensor) -> None:
    """Draw 3×H×W in [0, 1], each pixel a sharp square."""
    pixels = image.detach().cpu().to(torch.float32).clamp(0, 1).permute(1, 2, 0)  # H×W×3
    axes.imshow(pixels.numpy(), interpolation="nearest")
    axes.axis("off")
