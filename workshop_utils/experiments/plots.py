"""Figures of sweeps: what many runs say together."""

from collections.abc import Sequence
from itertools import cycle
from statistics import fmean
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axis import Axis
from matplotlib.ticker import LogLocator, MaxNLocator
from matplotlib.transforms import ScaledTranslation

from workshop_utils.experiments.experiments import Experiments, Trial
from workshop_utils.experiments.labels import by_labels
from workshop_utils.experiments.sweeps import Sweep
from workshop_utils.figures.style import (
    BLUE,
    GREEN,
    GREY,
    LINES,
    ORANGE,
    PURPLE,
    show_plot,
    styled,
)
from workshop_utils.training.history import History

LOOKS_OF_FEATURES: dict[str, dict[str, Any]] = {
    "pixels": {"color": GREY, "linestyle": "-", "marker": "s"},
    "PCA": {"color": GREY, "linestyle": ":", "marker": "D"},
    "untrained": {"color": "black", "linestyle": "--", "marker": "x"},
    "autoencoder": {"color": ORANGE, "linestyle": "-", "marker": "o"},
    "denoising": {"color": BLUE, "linestyle": "--", "marker": "v"},
    "variational": {"color": PURPLE, "linestyle": "-.", "marker": "^"},
    "CNN": {"color": GREEN, "linestyle": "-", "marker": "*"},
}


@styled
def plot_sweep(sweep: Sweep, title: str) -> None:
    """Plot the result of every run of a sweep: a row for each setting, a point for each seed.

    Args:
        sweep: the runs.
        title: what to write above the figure.
    """
    groups: dict[str, list[Trial]] = {}
    for trial in sweep.trials:
        chosen = ((name, value) for name, value in trial.choices.items() if name != "seed")
        groups.setdefault(", ".join(f"{name} {value}" for name, value in chosen), []).append(trial)
    is_accuracy = bool(sweep.trials[0].history.validation_accuracy)
    scale, unit = (100, " points") if is_accuracy else (1, "")
    figure, axes = plt.subplots(figsize=(9, 1.4 + 0.5 * len(groups)))
    widest = 0.0
    for row, trials in enumerate(groups.values()):
        results = [scale * trial.result for trial in trials]
        widest = max(widest, max(results) - min(results))
        rows = [row] * len(results)
        axes.plot(results, rows, "o", color=BLUE, alpha=0.7, markersize=8, label="_seeds")
        mean = fmean(results)
        axes.plot(mean, row, "|k", markersize=20, markeredgewidth=2, label="_mean")
    axes.set_yticks(range(len(groups)), list(groups))
    axes.set_ylim(len(groups) - 0.5, -0.5)
    axes.margins(x=0.1)
    axes.grid(visible=False, axis="y")
    axes.set(title=title, xlabel=sweep.trials[0].unit + (", %" if is_accuracy else ""))
    digits = 1 if is_accuracy else 2
    show_plot(
        figure,
        title,
        f"A point for each seed, a stroke for their mean. The seeds of one setting differ by up to "
        f"{widest:.{digits}f}{unit}.",
        "; ".join(f"{name}: {ts[0].format(_mean(ts))}" for name, ts in groups.items()) + ".",
    )


@styled
def plot_pixels(sweep: Sweep, title: str) -> None:
    """Plot how good networks are on pixels in order and on shuffled pixels, a bar for each.

    Args:
        sweep: runs of `try_pixels`.
        title: what to write above the figure.
    """
    figure, axes = plt.subplots(figsize=(8, 4.2))
    orders, networks = sweep.values_of("pixels"), sweep.values_of("network")
    found = []
    for shift, order, colour in zip((-0.2, 0.2), orders, (BLUE, ORANGE), strict=True):
        for place, network in enumerate(networks):
            results = [100 * t.result for t in sweep.where(network=network, pixels=order)]
            mean = fmean(results)
            label = f"pixels {order}" if place == 0 else f"_pixels {order}"
            hatch = "//" if order == "shuffled" else None
            axes.bar(
                place + shift, mean, 0.38, color=colour, hatch=hatch, edgecolor="white", label=label
            )
            reach = np.abs([[mean - min(results)], [max(results) - mean]])
            axes.errorbar(
                place + shift, mean, reach, color="black", capsize=4, label=f"_pixels {order}"
            )
            axes.annotate(
                f"{mean:.1f}",
                (place + shift, max(results)),
                xytext=(0, 4),
                textcoords="offset points",
                ha="center",
            )
            found.append(f"{network}, pixels {order}: {mean:.1f}%")
    axes.axhline(10, color=GREY, linestyle=":", linewidth=1, label="_chance")
    axes.set_xticks(range(len(networks)), networks)
    axes.grid(visible=False, axis="x")
    axes.set_axisbelow(True)
    axes.set(title=title, ylabel="validation accuracy, %", ylim=(0, None))
    axes.margins(y=0.15)
    figure.legend(loc="outside right upper")
    show_plot(
        figure,
        title,
        "Means of seeds, bars from lowest to highest; dotted: chance.",
        "; ".join(found),
    )


@styled
def plot_variants(
    sweep: Sweep,
    linear: dict[str, float],
    title: str,
    longer: History,
    yours: History,
    before: int = 0,
) -> None:
    """Plot the error of the autoencoder's variants after every epoch, beside linear methods.

    Args:
        sweep: runs of `try_variant`.
        linear: name of the linear method -> squared error per image.
        title: what to write above the figure.
        longer: a longer training of the autoencoder itself.
        yours: a training of the reader's own.
        before: epochs that the longer training had before those of its history.
    """
    figure, axes = plt.subplots(figsize=(9.5, 5))
    looks = zip(
        cycle((ORANGE, BLUE, GREEN, PURPLE, "black")), cycle(("-", "--", "-.", ":")), strict=False
    )
    found = []
    for variant, (colour, line) in zip(sweep.values_of("variant"), looks, strict=False):
        trials = sweep.where(variant=variant)
        each = list(zip(*(trial.history.validation_loss for trial in trials), strict=True))
        epochs = range(1, len(each) + 1)
        low, high = list(map(min, each)), list(map(max, each))
        axes.fill_between(epochs, low, high, color=colour, alpha=0.2, label=f"_{variant}")
        axes.plot(epochs, list(map(fmean, each)), line, color=colour, label=variant)
        found.append(f"{variant} {_mean(trials):.1f}")
    last = before + len(longer.validation_loss)
    epochs = range(before + 1, last + 1)
    axes.plot(epochs, longer.validation_loss, color=ORANGE, linewidth=1, label="as above, longer")
    epochs = range(1, len(yours.validation_loss) + 1)
    axes.plot(epochs, yours.validation_loss, "o", color=GREY, label="yours")
    for (name, error), line in zip(linear.items(), ("-", "--"), strict=False):
        axes.axhline(error, color=GREY, linestyle=line, linewidth=1, label=name)
    axes.set(xscale="log", yscale="log", title=title, xlabel="epoch")
    axes.set_ylabel("squared error per validation image")
    ticks = [*(tick for tick in (1, 2, 5, 10, 20) if tick < last), last]
    axes.set_xticks(ticks, list(map(str, ticks)))
    _label_1_2_5(axes.yaxis)
    axes.minorticks_off()
    figure.legend(loc="outside right upper")
    show_plot(figure, title, f"At the end: {'; '.join(found)}.")


@styled
def plot_code_size_sweep(sweep: Sweep, linear: dict[str, dict[float, float]], title: str) -> None:
    """Plot the error of autoencoders against the size of their codes, with linear ones beside them.

    Args:
        sweep: runs that chose embedding_dim, for codes of 4×4 places.
        linear: name of the linear method -> numbers per code -> squared error per validation image.
        title: what to write above the figure.
    """
    figure, axes = plt.subplots(figsize=(8, 4.4))
    described = []
    for (name, losses), (colour, line) in zip(linear.items(), cycle(LINES), strict=False):
        axes.plot(list(losses), list(losses.values()), line, marker="s", color=colour, label=name)
        described.append(name + ": " + ", ".join(f"{e:.1f} with {n}" for n, e in losses.items()))
    found = {
        16 * size: sweep.where(embedding_dim=size) for size in sweep.values_of("embedding_dim")
    }
    _with_range(
        axes, list(found), list(found.values()), color=GREEN, linestyle="-", label="autoencoder"
    )
    means = [f"{_mean(trials):.1f} with {n}" for n, trials in found.items()]
    described.append(f"autoencoder: {', '.join(means)}")
    size = max(set(found).intersection(*linear.values()) or found)  # the largest in all lines
    at_size = [f"{name} {losses[size]:.1f}" for name, losses in linear.items() if size in losses]
    at_size.append(f"autoencoder {_mean(found[size]):.1f}")
    axes.set(xscale="log", yscale="log", title=title, xlabel="numbers per code")
    axes.set_ylabel("squared error per validation image")
    axes.set_xticks(list(found), list(map(str, found)))
    _label_1_2_5(axes.yaxis)
    axes.minorticks_off()
    axes.legend()
    found_at_size = f"With {size} numbers per code: {'; '.join(at_size)}."
    show_plot(figure, title, found_at_size, f"{'; '.join(described)}.")


@styled
def plot_balance(balances: Sweep, plain: Sweep, title: str) -> None:
    """Plot the squared error of variational autoencoders against the divergence, a point per run.

    Args:
        balances: runs that chose beta.
        plain: runs of autoencoders with codes of the same size.
        title: what to write above the figure.
    """
    figure, axes = plt.subplots(figsize=(8, 4.4))
    described = []
    error = _mean(plain.trials)
    axes.axhline(error, color=GREY, linestyle=":", label="plain autoencoder")
    for beta, (colour, _), marker in zip(
        balances.values_of("beta"), cycle(LINES), cycle("os^Dv"), strict=False
    ):
        trials = balances.where(beta=beta)
        divergences = [trial.history.divergence[-1] for trial in trials]
        errors = [trial.result for trial in trials]
        axes.plot(divergences, errors, marker, color=colour, label=f"β = {beta:g}")
        described.append(f"β = {beta:g}: {fmean(divergences):.0f} nats, {_mean(trials):.1f}")
    axes.set(title=title, xlabel="divergence, nats per validation image", xscale="log")
    axes.set(ylabel="squared error per validation image", ylim=(0, None))
    _label_1_2_5(axes.xaxis)
    axes.minorticks_off()
    axes.legend()
    found = f"Divergence and error. {'; '.join(described)}. Plain autoencoder: error {error:.1f}."
    show_plot(figure, title, found)


@styled
def plot_labels(sweep: Sweep, title: str) -> None:
    """Plot accuracy against the number of labels, a line for each kind of features.

    Args:
        sweep: runs of `try_labels`.
        title: what to write above the figure.
    """
    figure, axes = plt.subplots(figsize=(9.5, 5.2))
    accuracies = by_labels(sweep)
    described = []
    for place, (features, found) in enumerate(accuracies.items()):
        percent = np.array([[100 * accuracy for accuracy in each] for each in found.values()])
        means = percent.mean(axis=1)
        reach = means - percent.min(axis=1), percent.max(axis=1) - means
        beside = ScaledTranslation((place - 3) / 30, 0, figure.dpi_scale_trans)  # inches
        looks = LOOKS_OF_FEATURES[features] | {"transform": axes.transData + beside}
        axes.errorbar(list(found), means, yerr=reach, capsize=3, label=features, **looks)
        for ends in (percent.min(axis=1), percent.max(axis=1)):
            axes.update_datalim(np.column_stack([list(found), ends]))  # moved, they do not count
        described.append(f"{features} {', '.join(f'{mean:.1f}%' for mean in means)}")
    axes.set(xscale="log", title=title, xlabel="labelled images", ylabel="accuracy, %")
    axes.set_xticks(list(found), [f"{n:,}" for n in found])
    axes.minorticks_off()
    figure.legend(loc="outside right upper")
    best = []
    for n_labels in found:
        means = {features: 100 * fmean(each[n_labels]) for features, each in accuracies.items()}
        features = max(means, key=means.__getitem__)
        best.append(f"with {n_labels:,} labels {features} {means[features]:.1f}%")
    finding = f"Most accurate on average: {'; '.join(best)}. Bars from lowest to highest seed."
    show_plot(figure, title, finding, f"From few labels to many: {'; '.join(described)}.")


def _mean(trials: list[Trial]) -> float:
    """What trials that differ in their seeds found on average."""
    return fmean(trial.result for trial in trials)


def _label_1_2_5(axis: Axis) -> None:
    """Label 1, 2, 5, 10, 20, ... on a logarithmic axis."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter("{x:g}")


def _with_range(
    axes: plt.Axes,
    x: Sequence[float],
    groups: list[list[Trial]],
    **looks: Any,  # noqa: ANN401 - as Matplotlib takes them
) -> None:
    """Draw means over the seeds, accuracies in per cent, with bars from lowest to highest."""
    results = [[trial.result for trial in trials] for trials in groups]
    if groups[0][0].history.validation_accuracy:
        results = [[100 * result for result in found] for found in results]
    means = [fmean(found) for found in results]
    below = [mean - min(found) for mean, found in zip(means, results, strict=True)]
    above = [max(found) - mean for mean, found in zip(means, results, strict=True)]
    axes.errorbar(x, means, yerr=(below, above), marker="o", capsize=4, **looks)


@styled
def plot_experiments(experiments: Experiments, title: str, against: str = "parameters") -> None:
    """Plot the result of every run, each point labelled with its number in the table.

    Args:
        experiments: the runs so far.
        title: what to write above the figure.
        against: the horizontal axis: "parameters", or the name of a choice.

    Raises:
        ValueError: nothing was run yet, or a run has no such choice.
    """
    experiments.check_not_empty()
    trials = experiments.trials
    if against != "parameters" and not all(against in trial.choices for trial in trials):
        raise ValueError(
            f"Not every run chose {against!r}, so it cannot be the horizontal axis. "
            'Take a name that all of them have, or "parameters".'
        )
    figure, axes = plt.subplots(figsize=(8, 4.2))
    described = []
    for number, trial in enumerate(trials, start=1):
        x = trial.n_parameters if against == "parameters" else trial.choices[against]
        choices = ", ".join(f"{name} {value:g}" for name, value in trial.choices.items())
        axes.plot(x, trial.result, "o", color=BLUE, markersize=9)
        axes.annotate(f"run {number}", (x, trial.result), xytext=(9, 5), textcoords="offset points")
        described.append(f"Run {number}, {choices}: {trial.unit} {trial.format(trial.result)}")
    axes.set(title=title, xlabel=against, ylabel=trials[0].unit)
    axes.margins(x=0.2, y=0.25)  # room for the labels
    axes.set_xlim(left=max(0, axes.get_xlim()[0]))
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter("{x:,g}")
    if trials[0].unit == "validation accuracy":
        axes.yaxis.set_major_formatter("{x:.0%}")
        word, best = "highest", max(trials, key=lambda trial: trial.result)
    else:
        word, best = "lowest", min(trials, key=lambda trial: trial.result)
    found = f"{best.format(best.result)}, by run {trials.index(best) + 1}"
    show_plot(figure, title, f"The {word} {best.unit}: {found}.", f"{'; '.join(described)}.")
