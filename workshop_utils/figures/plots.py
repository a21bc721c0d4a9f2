"""Figures of training curves and results."""

from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
from torch import Tensor

from workshop_utils.analysis.features import neighbours_agree
from workshop_utils.analysis.lines import Line
from workshop_utils.figures.style import BLUE, GREY, LINES, ORANGE, show_plot, styled
from workshop_utils.training.history import History

WINDOW = 21  # neighbours that count in smoothing
EDGE = 10  # values at either end of a curve, where smoothing lacks neighbours on one side
MARKERS = "osD^v<>pP*"  # one for each class, since ten colours are many


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
    show_plot(
        figure,
        title,
        f"Classified correctly most often: {classes[best]} ({percent[best, best]:.0f}%); "
        f"least often: {classes[worst]} ({percent[worst, worst]:.0f}%).",
    )


def smooth(values: list[float]) -> np.ndarray:
    """Smooth a spiky curve with a Savitzky–Golay filter of order 3.

    Args:
        values: one value per batch.

    Raises:
        ValueError: fewer than 5 values.

    Source: Savitzky and Golay (1964).
    """
    from scipy.signal import savgol_filter

    if len(values) < 5:
        raise ValueError(f"A curve of {len(values)} values is too short to smooth: 5 are needed.")
    window = min(WINDOW, (len(values) - 1) // 2 * 2 + 1)  # the filter needs an odd number
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
    for (name, history), (colour, line) in zip(histories.items(), cycle(LINES), strict=False):
        loss, accuracy = history
        percent = [100 * value for value in accuracy]
        for axes, values in ((left, loss), (right, percent)):
            axes.plot(values, color=colour, alpha=0.15, linewidth=0.8)
            inner = np.arange(len(values))[EDGE:-EDGE]
            axes.plot(inner, smooth(values)[inner], line, color=colour, label=name, linewidth=1.6)
        last_loss, last_accuracy = history.train_loss[-1], history.train_accuracy[-1]
        ends.append(f"{name}: loss {last_loss:.2f}, accuracy {last_accuracy:.0%}")
    left.set(xlabel="batches seen", ylabel="cross-entropy loss (training)")
    right.set(xlabel="batches seen", ylabel="accuracy (training), %")
    left.legend()
    figure.suptitle(title)
    show_plot(figure, title, f"Last epoch, on training images: {'; '.join(ends)}.")


@styled
def plot_epoch_losses(history: History, title: str, unit: str) -> None:
    """Plot training and validation loss per epoch.

    Args:
        history: what training returned.
        title: what to write above the figure.
        unit: what one unit of the loss is, for the axis.
    """
    epochs = range(1, len(history.validation_loss) + 1)
    figure, axes = plt.subplots(figsize=(8, 4.2))
    axes.plot(epochs, history.train_loss, "--", color=ORANGE, label="training images")
    axes.plot(epochs, history.validation_loss, "-", color=BLUE, label="validation images")
    axes.set(title=title, xlabel="epoch", ylabel=unit)
    axes.set_ylim(bottom=0)
    axes.locator_params(axis="x", integer=True)
    axes.legend()
    show_plot(
        figure,
        title,
        f"Validation loss: {history.validation_loss[0]:.1f} after the first epoch, "
        f"{history.validation_loss[-1]:.1f} after the last; training loss then: "
        f"{history.train_loss[-1]:.1f}.",
    )


@styled
def plot_code_sizes(
    linear: dict[int, float], code_size: int, autoencoder_loss: float, title: str
) -> None:
    """Plot the error of PCA against the size of its code, with the autoencoder as a point.

    Args:
        linear: numbers per code -> squared error per validation image.
        code_size: numbers per code of the autoencoder.
        autoencoder_loss: its squared error per validation image.
        title: what to write above the figure.
    """
    figure, axes = plt.subplots(figsize=(8, 4.2))
    axes.plot(list(linear), list(linear.values()), "o-", color=GREY, label="PCA (linear)")
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
    axes.set(title=title, xlabel="numbers per code", ylabel="squared error per validation image")
    axes.legend()
    table = ", ".join(f"{loss:.1f} with {size}" for size, loss in linear.items())
    show_plot(
        figure,
        title,
        f"With {code_size} numbers per code: PCA {linear[code_size]:.1f}, "
        f"autoencoder {autoencoder_loss:.1f}.",
        f"PCA: {table}.",
    )


@styled
def plot_lines(lines: dict[str, dict[str, Line]], title: str) -> None:
    """Plot what was measured along the lines between images, a column for each group of pairs.

    Args:
        lines: group of pairs -> kind of line -> what was measured, from `measure_lines`.
        title: what to write above the figure.
    """
    figure, grid = plt.subplots(2, len(lines), figsize=(10.5, 7), sharey="row", squeeze=False)
    found, described = [], []
    for column, (group, kinds) in zip(grid.T, lines.items(), strict=True):
        for (kind, line), (colour, dashes) in zip(kinds.items(), cycle(LINES), strict=False):
            looks = {"color": colour, "linestyle": dashes, "marker": "o", "label": kind}
            column[0].plot(line.alphas, line.nearest, **looks)
            column[1].plot(line.alphas, [100 * chance for chance in line.ends], **looks)
            middle = len(line.alphas) // 2
            described.append(f"{group}, {kind}: {line.nearest[middle]:.0f}")
        chances = ", ".join(f"{kind} {line.ends[middle]:.0%}" for kind, line in kinds.items())
        found.append(f"{group}: {chances}")
        column[0].set(title=group, xlabel="α", ylabel="squared distance to nearest image")
        column[1].set(xlabel="α", ylabel="probability of the ends' classes, %")
    for row in grid:
        row[0].set_ylim(bottom=0)  # for the whole row, now that everything is drawn
    grid[0, 0].legend()
    figure.suptitle(title)
    show_plot(
        figure,
        title,
        f"Probability of the ends' classes in the middle, {'; '.join(found)}.",
        f"Squared distance to the nearest image in the middle. {'; '.join(described)}.",
    )


@styled
def plot_planes(
    planes: dict[str, Tensor], labels: Tensor, classes: tuple[str, ...], title: str
) -> None:
    """Plot images as points in the plane, coloured by class, one field for each description.

    Args:
        planes: what the points show -> N×2, from `to_plane`.
        labels: class of each image, N whole numbers.
        classes: names of the classes.
        title: what to write above the figure.
    """
    import seaborn as sns

    n_rows = -(-len(planes) // 2)
    figure, grid = plt.subplots(n_rows, 2, figsize=(10.5, 0.6 + 4.2 * n_rows), squeeze=False)
    colours = sns.color_palette("colorblind", len(classes))
    for axes, (name, points) in zip(grid.flat, planes.items(), strict=False):
        for label, (colour, marker) in enumerate(zip(colours, MARKERS, strict=False)):
            x, y = points[(labels == label).cpu()].T
            axes.scatter(x, y, s=18, color=colour, marker=marker, label=classes[label], alpha=0.8)
        axes.set(title=name, xticks=[], yticks=[])
    handles, names = grid.flat[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside right center")
    figure.suptitle(title)
    agree = [f"{name} {neighbours_agree(points, labels):.0%}" for name, points in planes.items()]
    show_plot(
        figure,
        title,
        f"Of the same class as the nearest point: {'; '.join(agree)}.",
        "Each point is an image, its colour the class.",
    )


@styled
def plot_shifts(accuracies: dict[str, dict[int, float]], title: str) -> None:
    """Plot how the accuracy of several classifiers falls as images are moved.

    Args:
        accuracies: name of the model -> pixels -> fraction classified correctly.
        title: what to write above the figure.
    """
    figure, axes = plt.subplots(figsize=(8, 4.2))
    described = []
    for (name, found), (colour, line) in zip(accuracies.items(), cycle(LINES), strict=False):
        percent = [100 * accuracy for accuracy in found.values()]
        axes.plot(list(found), percent, line, marker="o", color=colour, label=name)
        described.append(f"{name} {percent[0]:.0f}%, then {percent[-1]:.0f}%")
    axes.axhline(10, color=GREY, linewidth=1, linestyle=":")
    axes.annotate("chance", (0, 10), xytext=(0, 4), textcoords="offset points", color=GREY)
    axes.set(title=title, xlabel="validation images moved by, in pixels", ylabel="accuracy, %")
    axes.set_ylim(bottom=0)
    axes.legend()
    show_plot(figure, title, f"Not moved, then moved furthest: {'; '.join(described)}.")
