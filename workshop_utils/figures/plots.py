"""Figures of training curves and results."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Ellipse
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


def smooth(values: Sequence[float] | np.ndarray) -> np.ndarray:
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
    """Plot loss and accuracy of several classifiers in training, on common axes.

    Lines are training batches, smoothed; points are the validation images after each epoch.

    Args:
        histories: name of the model -> its history.
        title: what to write above the figure.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 4.2))
    ends = []
    for (name, history), (colour, line) in zip(histories.items(), cycle(LINES), strict=False):
        loss, accuracy = history
        n_epochs = len(history.validation_loss)
        epochs_end = np.arange(1, n_epochs + 1) * len(loss) / n_epochs
        for axes, batches, epochs, scale in (
            (left, loss, history.validation_loss, 1),
            (right, accuracy, history.validation_accuracy, 100),
        ):
            values = scale * np.array(batches)
            inner = np.arange(len(values))[EDGE:-EDGE]
            axes.plot(inner, smooth(values)[inner], line, color=colour, label=name, linewidth=1.4)
            points = {"color": colour, "label": f"_{name}, validation images"}
            axes.plot(epochs_end, scale * np.array(epochs), "o", markersize=5, **points)
        last = 100 * history.train_accuracy[-1], 100 * history.validation_accuracy[-1]
        ends.append(
            f"{name} {last[0]:.0f}% on training images, {last[1]:.0f}% on validation images"
        )
    left.set(xlabel="batches seen", ylabel="cross-entropy loss", ylim=(0, None))
    right.set(xlabel="batches seen", ylabel="accuracy, %", ylim=(0, None))
    left.legend()
    figure.suptitle(title)
    show_plot(figure, title, f"Last epoch: {'; '.join(ends)}.")


@styled
def plot_lines(lines: dict[str, dict[str, Line]], title: str) -> None:
    """Plot what was measured along the lines between images, a column for each group of pairs.

    Args:
        lines: group of pairs -> kind of line -> what was measured, from `measure_lines`.
        title: what to write above the figure.
    """
    figure, grid = plt.subplots(
        2, len(lines), figsize=(10.5, 6.4), sharex=True, sharey="row", squeeze=False
    )
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
        column[0].set(title=group)
        column[1].set(xlabel="α")
    grid[0, 0].set(ylabel="squared distance\nto the nearest image")
    grid[1, 0].set(ylabel="probability of\nthe ends' classes, %")
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside right center")
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
    axes.axhline(10, color=GREY, linewidth=1, linestyle=":", label="_chance")
    axes.annotate("chance", (0, 10), xytext=(0, 4), textcoords="offset points", color=GREY)
    axes.set(title=title, xlabel="validation images moved by, in pixels", ylabel="accuracy, %")
    axes.set_ylim(bottom=0)
    axes.legend()
    show_plot(figure, title, f"Not moved, then moved furthest: {'; '.join(described)}.")


@styled
def plot_posteriors(mean: Tensor, log_variance: Tensor, title: str) -> None:
    """Plot the distributions of codes in two of their numbers: ellipses, beside the prior's circle.

    On the left are the two numbers that say most about an image, on the right the first of them and
    the one that says least.

    Args:
        mean: of each number of each image's code, N×C×H×W; a few images are enough.
        log_variance: logarithms of the variances, of the same shape.
        title: what to write above the figure.
    """
    mean, spread = mean.flatten(1).cpu(), (log_variance / 2).exp().flatten(1).cpu()
    divergence = ((mean**2 + spread**2) / 2 - spread.log() - 0.5).mean(dim=0)
    most, second, *_, least = divergence.argsort(descending=True).tolist()
    figure, panels = plt.subplots(1, 2, figsize=(10.5, 5.2), sharex=True, sharey=True)
    for axes, other in zip(panels, (second, least), strict=True):
        for x, y, width, height in zip(
            *mean[:, [most, other]].T, *2 * spread[:, [most, other]].T, strict=True
        ):
            axes.add_patch(Ellipse((x, y), width, height, fill=False, color=BLUE, linewidth=1))
        prior = Ellipse((0, 0), 2, 2, fill=False, color=ORANGE, linestyle="--", linewidth=2)
        prior.set_label("prior")
        axes.add_patch(prior)
        axes.set(
            xlabel=f"number {most}: {divergence[most]:.2f} nats",
            ylabel=f"number {other}: {divergence[other]:.2f} nats",
            aspect="equal",
        )
        axes.autoscale_view()
    figure.suptitle(title)
    n = len(mean)
    show_plot(
        figure,
        title,
        f"Ellipses (one standard deviation) of {n} images; dashed: the prior. Typical standard "
        f"deviations: {spread[:, most].median():.2f} of number {most}, "
        f"{spread[:, least].median():.2f} of number {least}.",
    )


@dataclass(frozen=True)
class Symptom:
    """What a bug does, beside the same without it.

    Args:
        along: what the values are counted by, such as "epoch".
        what: what they are, such as "loss".
        places: along the axis.
        seen: with the bug; of losses, on validation images.
        usual: without it.
        training: losses on training images with the bug; empty if none were measured.
    """

    along: str
    what: str
    places: tuple[int, ...]
    seen: list[float]
    usual: list[float]
    training: list[float] = field(default_factory=list)


@styled
def plot_symptoms(symptoms: dict[str, Symptom], title: str) -> None:
    """Plot what bugs do, a panel for each; grey is what the program does without bugs.

    Args:
        symptoms: letter -> what was seen.
        title: what to write above the figure.
    """
    figure, grid = plt.subplots(2, 4, figsize=(13, 6.4))
    described = []
    for axes, (letter, symptom) in zip(grid.flat, symptoms.items(), strict=True):
        line = "-" if symptom.training else ""
        axes.plot(symptom.places, symptom.usual, line or "s", color=GREY, label="without bugs")
        if symptom.training:
            axes.plot(symptom.places, symptom.training, "--", color=ORANGE, label="training")
        seen = {"color": BLUE, "label": "validation" if line else "with a bug"}
        axes.plot(symptom.places, symptom.seen, line + "o", markersize=4, **seen)
        ends = f": {symptom.seen[0]:.4f} … {symptom.seen[-1]:.4f}" if symptom.training else ""
        axes.set_title(f"{letter}{ends}", fontsize=11)
        axes.set_xlabel(symptom.along, fontsize=10)
        axes.set_ylabel(symptom.what, fontsize=10)
        axes.legend(fontsize=8)
        values = ", ".join(f"{value:.3f}" for value in symptom.seen)
        usual = f"without bugs from {symptom.usual[0]:.3f} to {symptom.usual[-1]:.3f}"
        described.append(f"{letter}: {symptom.what} by {symptom.along} is {values}; {usual}.")
    figure.suptitle(title)
    finding = "Above the curves: the first and the last validation loss."
    show_plot(figure, title, finding, " ".join(described))
