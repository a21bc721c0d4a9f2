import io
import itertools
import os
import subprocess
import sys
from unittest.mock import MagicMock

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

import workshop_utils as wu
from workshop_utils.analysis.lines import Line
from workshop_utils.experiments.experiments import Trial
from workshop_utils.experiments.sweeps import Sweep


@pytest.fixture
def shown(monkeypatch):
    """What a notebook would show, as (figure, alternative text)."""
    figures = []

    def display(figure, metadata):
        figure.canvas.draw()
        figures.append((figure, metadata["image/png"]["alt"]))

    monkeypatch.setattr("IPython.display.display", display)
    monkeypatch.setattr("IPython.get_ipython", MagicMock)
    return figures


def history(n_epochs=6, falling_from=2.0):
    losses = np.linspace(falling_from, 1, n_epochs * 10).tolist()
    accuracies = np.linspace(0.1, 0.5, n_epochs * 10).tolist()
    epochs = {"train_loss": losses[9::10], "validation_loss": losses[9::10]}
    epochs["train_accuracy"] = epochs["validation_accuracy"] = accuracies[9::10]
    return wu.History(batch_loss=losses, batch_accuracy=accuracies, **epochs)


def some_experiments():
    experiments = wu.Experiments(lambda out_c1: (wu.History(validation_loss=[1.0]), 100 * out_c1))
    for out_c1 in (8, 16):
        experiments.run(out_c1=out_c1)
    experiments.trials[1].history.validation_loss[-1] = 0.9
    return experiments


def some_sweep(find, **choices):
    """Two values of each choice, two seeds each; `find` makes a history of what was chosen."""
    names = [*choices, "seed"]
    trials = []
    for values in itertools.product(*choices.values(), (0, 1)):
        chosen = dict(zip(names, values, strict=True))
        n_parameters = 1000 * (1 + values[0]) if isinstance(values[0], (int, float)) else 1000
        trials.append(Trial(chosen, find(**chosen), n_parameters, 60.0))
    return Sweep("stand-in", trials)


def classified(width, seed, learning_rate=0.1):
    """Better by 10 % for a wider network, a larger learning rate, another seed."""
    accuracy = 0.4 + width / 10 + seed / 10 + learning_rate - 0.1
    return wu.History(
        train_accuracy=[0.4, 0.7], validation_accuracy=[0.4, accuracy], seconds=[30.0] * 2
    )


def arranged(network, pixels, seed):
    """Only a CNN whose pixels are in order is good."""
    good = (network, pixels) == ("CNN", "in order")
    return wu.History(validation_accuracy=[0.6 if good else 0.4 + seed / 10])


def varied(variant, seed):
    """Without ReLU, the error is half as large."""
    error = 10.0 if variant == "as above" else 5.0
    return wu.History(validation_loss=[50.0, 20.0, error + seed])


def rebuilt(embedding_dim, seed):
    """A code of 32 channels has errors 32 and 33."""
    return wu.History(validation_loss=[50.0, embedding_dim + seed])


def balanced(beta, seed):
    """The divergence is a hundred times beta."""
    return wu.History(validation_loss=[50.0, beta + seed], divergence=[3.0, 100 * beta])


def labelled(features, seed):
    """The CNN begins lower, and ends higher."""
    accuracies = [0.2, 0.5] if features == "CNN" else [0.25, 0.35]
    return wu.History(validation_accuracy=[accuracy + seed / 100 for accuracy in accuracies])


PROBABILITIES = torch.rand(8, 10, generator=torch.Generator().manual_seed(0)).softmax(dim=1)
CLASSES = tuple("abcdefghij")
IMAGES = torch.rand(8, 3, 32, 32)
CONFUSED = 3 * torch.eye(10) + torch.eye(10).roll(1, dims=1)  # 3 of 4 are right
CONFUSED[1, 2], CONFUSED[2, 3] = 0, 3  # all right, and half of them
LINE = Line([0.0, 0.5, 1.0], nearest=[9.0, 4.0, 9.0], ends=[0.5, 0.4, 0.5])
OTHER_LINE = Line([0.0, 0.5, 1.0], nearest=[9.0, 4.0, 9.0], ends=[0.5, 0.3, 0.5])
POINTS = torch.tensor([[10.0 * pair + k] * 2 for pair in range(10) for k in (0, 1)])  # 20×2

FIGURES = {
    "one image": lambda _: wu.imshow(IMAGES[0], "A title"),
    "rows": lambda _: wu.show_image_rows({"one": IMAGES, "two": IMAGES}, "A title"),
    "samples": lambda data: wu.show_samples(data),
    "mistakes": lambda _: wu.show_mistakes(
        IMAGES, torch.arange(8), PROBABILITIES, CLASSES, "A title"
    ),
    "confusion": lambda _: wu.plot_confusion(CONFUSED, CLASSES, "A title"),
    "batch curves": lambda _: wu.plot_batch_curves({"A": history(), "B": history()}, "A title"),
    "pixels": lambda _: wu.plot_pixels(
        some_sweep(arranged, network=("MLP", "CNN"), pixels=("in order", "shuffled")), "A title"
    ),
    "variants": lambda _: wu.plot_variants(
        some_sweep(varied, variant=("as above", "without ReLU")),
        {"PCA": 2.0, "PCA on patches": 3.0},
        "A title",
        longer=varied("as above", 0),
        yours=varied("without ReLU", 0),
    ),
    "code size sweep": lambda _: wu.plot_code_size_sweep(
        some_sweep(rebuilt, embedding_dim=(2, 8)), {"PCA": {32: 30.0, 128: 10.0}}, "A title"
    ),
    "balance": lambda _: wu.plot_balance(
        some_sweep(balanced, beta=(0.1, 1)), some_sweep(rebuilt, embedding_dim=(32,)), "A title"
    ),
    "sweep": lambda _: wu.plot_sweep(
        some_sweep(classified, width=(1, 2), learning_rate=(0.1,)), "A title"
    ),
    "labels": lambda _: wu.plot_labels(some_sweep(labelled, features=("pixels", "CNN")), "A title"),
    "experiments": lambda _: wu.plot_experiments(some_experiments(), "A title", "out_c1"),
    "lines": lambda _: wu.plot_lines(
        {"same": {"pixels": LINE, "codes": OTHER_LINE}, "different": {"pixels": LINE}}, "A title"
    ),
    "planes": lambda _: wu.plot_planes(
        {"A": POINTS, "B": POINTS.roll(1, dims=0)},
        torch.arange(20) // 2,
        CLASSES,
        "A title",
    ),
    "shifts": lambda _: wu.plot_shifts({"A": {0: 0.6, 8: 0.3}, "B": {0: 0.5, 8: 0.2}}, "A title"),
    "network": lambda _: wu.draw_network(wu.BasicConvNet(8, 16, 256), "A title"),
    "autoencoder": lambda _: wu.draw_autoencoder(
        wu.ConvEncoder(8, 16, 32), wu.ConvDecoder(8, 16, 32), "A title"
    ),
    "interpolation": lambda _: wu.draw_interpolation("A title"),
    "convolution": lambda _: wu.draw_convolution(),
    "transposed convolution": lambda _: wu.draw_transposed_convolution(),
}


FINDINGS = {
    "confusion": "Classified correctly most often: b (100%); least often: c (50%).",
    "batch curves": "Last epoch: A 50% on training images, 50% on validation images; "
    "B 50% on training images, 50% on validation images.",
    "pixels": "Means of seeds, bars from lowest to highest; dotted: chance.",
    "variants": "At the end: as above 10.5; without ReLU 5.5.",
    "code size sweep": "With 128 numbers per code: PCA 10.0; autoencoder 8.5.",
    "balance": "Divergence and error. β = 0.1: 10 nats, 0.6; β = 1: 100 nats, 1.5. "
    "Plain autoencoder: error 32.5.",
    "sweep": "A point for each seed, a stroke for their mean. The seeds of one setting differ by "
    "up to 10.0 points.",
    "labels": "Most accurate on average: with 100 labels pixels 25.5%; with 500 labels CNN 50.5%. "
    "Bars from lowest to highest seed.",
    "experiments": "The lowest validation loss: 0.90, by run 2.",
    "lines": "Probability of the ends' classes in the middle, same: pixels 40%, codes 30%; "
    "different: pixels 40%.",
    "planes": "Of the same class as the nearest point: A 100%; B 0%.",
    "shifts": "Not moved, then moved furthest: A 60%, then 30%; B 50%, then 20%.",
}


WITHOUT_AXES = {
    "planes",
    "lines",
    "pixels",
    "sweep",
}  # not every field of theirs has a label of its own


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_says_what_it_shows_and_fits_a_laptop(name, data, shown):
    FIGURES[name](data)
    [(figure, alt)] = shown
    title = figure.get_suptitle() or figure.axes[0].get_title()
    assert title == "A title" or name in ("samples", "convolution", "transposed convolution")
    assert title in alt
    assert len(alt) > len(title) or name == "one image"
    assert figure.get_size_inches()[0] <= 11.6
    if name in FINDINGS:  # below the plot, and in its words
        assert figure.get_supxlabel().replace("\n", " ") == FINDINGS[name]
        assert FINDINGS[name] in alt
    for axes in figure.axes if name in FINDINGS.keys() - WITHOUT_AXES else []:
        assert axes.get_ylabel()
        assert axes.get_xlabel() or axes.get_label() == "<colorbar>"


# What a reader may have set, in a file of Matplotlib's or in a cell.
SETTINGS = {
    "image.origin": "lower",
    "image.interpolation": "bicubic",
    "image.cmap": "jet",
    "image.aspect": "auto",
    "axes.grid": False,
    "axes.facecolor": "black",
    "axes.xmargin": 0.4,
    "axes.formatter.use_locale": True,
    "axes.prop_cycle": plt.cycler(color=["yellow"]),
    "axes.spines.left": False,
    "lines.linestyle": "none",
    "lines.marker": "x",
    "font.size": 30,
    "figure.facecolor": "black",
    "figure.constrained_layout.use": False,
    "figure.autolayout": True,
    "text.usetex": True,
    "text.color": "white",
    "savefig.transparent": True,
    "legend.loc": "lower left",
    "xtick.labelsize": 2,
    "ytick.left": False,
    "patch.force_edgecolor": True,
    "path.sketch": (5, 100, 2),
}


@pytest.mark.parametrize("name", ["rows", "confusion", "variants", "network", "convolution"])
def test_settings_of_the_readers_change_no_pixel(name, data, monkeypatch):
    drawn = []

    def display(figure, metadata):
        file = io.BytesIO()
        figure.savefig(file, format="png")
        file.seek(0)
        drawn.append(plt.imread(file))

    monkeypatch.setattr("IPython.display.display", display)
    monkeypatch.setattr("IPython.get_ipython", MagicMock)
    FIGURES[name](data)
    with plt.rc_context(SETTINGS):
        FIGURES[name](data)
    with plt.style.context("dark_background"):
        FIGURES[name](data)
    usual, *others = drawn
    for other in others:
        assert np.array_equal(usual, other)
    assert (usual[0, 0] == 1).all()  # white and opaque, in a dark theme, too


@pytest.mark.parametrize("backend", ["nonsense", "module://nonsense.backend"])
def test_a_backend_that_is_not_there_is_left_aside_in_a_sentence(backend):
    code = "import workshop_utils.figures, matplotlib.pyplot as plt; print(plt.figure().number)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "MPLBACKEND": backend},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == f"MPLBACKEND is {backend!r}, which is not there: it is left aside.\n1\n"


def bars(figure):
    """The bars of a sweep's plot, as (x, lowest, highest)."""
    return [
        (round(float(x), 4), round(float(low), 4), round(float(high), 4))
        for axes in figure.axes
        for container in axes.containers
        for (x, low), (_x, high) in container.lines[2][0].get_segments()
    ]


def test_bars_of_features_stand_side_by_side(data, shown):
    FIGURES["labels"](data)
    assert [found[1:] for found in bars(shown[0][0])] == [(25, 26), (35, 36), (20, 21), (50, 51)]
    assert [x for x, _low, _high in bars(shown[0][0])] == [100, 500, 100, 500]
    ranges = [container.lines[2][0] for container in shown[0][0].axes[0].containers]
    on_paper = [x.get_transform().transform(np.concatenate(x.get_segments())) for x in ranges]
    assert 1 < on_paper[1][0, 0] - on_paper[0][0, 0] < 100
    assert all(shown[0][0].axes[0].bbox.contains(x, y) for ends in on_paper for x, y in ends)


def test_bars_of_errors_keep_their_unit(data, shown):
    FIGURES["code size sweep"](data)
    assert bars(shown[0][0]) == [(32, 2, 3), (128, 8, 9)]


@pytest.mark.parametrize(
    ("draw", "n_lines"),
    [
        (
            lambda: wu.plot_balance(
                some_sweep(balanced, beta=(0.1, 0.2, 0.3, 0.4, 0.5)),
                some_sweep(rebuilt, embedding_dim=(32,)),
                "A title",
            ),
            6,
        ),
        (lambda: wu.plot_shifts({name: {0: 0.5, 8: 0.3} for name in "ABCDE"}, "A title"), 5),
    ],
)
def test_more_lines_than_colours_are_all_drawn(draw, n_lines, shown):
    draw()
    assert len(shown[0][0].axes[0].get_legend().get_texts()) == n_lines


def test_code_sizes_that_do_not_meet_leave_the_autoencoder_alone(shown):
    sweep = some_sweep(rebuilt, embedding_dim=(1, 4))
    wu.plot_code_size_sweep(sweep, {"PCA": {32: 30.0, 128: 10.0}}, "A title")
    assert "With 64 numbers per code: autoencoder 4.5." in shown[0][1]


def test_the_words_about_the_network_name_every_shape(data, shown):
    FIGURES["network"](data)
    for shape in ("3×32×32", "8×28×28", "8×14×14", "16×10×10", "16×5×5", "400", "256", "10"):
        assert shape in shown[0][1]


def test_outside_a_notebook_a_figure_is_shown_in_a_window(monkeypatch):
    calls = []
    monkeypatch.setattr(plt, "show", lambda: calls.append(len(plt.get_fignums())))
    wu.imshow(IMAGES[0])
    assert calls == [1]
    assert not plt.get_fignums()


def test_smoothing_keeps_a_cubic_curve_and_quiets_noise():
    x = np.linspace(-1, 1, 200)
    cubic = x**3 - x + 2
    noise = np.random.RandomState(0).normal(size=200)
    assert np.allclose(wu.smooth(cubic.tolist()), cubic)
    assert np.std(wu.smooth(noise.tolist())) < 0.6 * np.std(noise)


def test_a_short_curve_is_smoothed_with_a_shorter_window():
    assert len(wu.smooth([1.0, 2, 3, 4, 5, 6])) == 6
    with pytest.raises(ValueError, match="4 values is too short"):
        wu.smooth([1.0, 2, 3, 4])


def test_a_batch_is_not_one_image():
    with pytest.raises(ValueError, match=r"images\[0\]"):
        wu.imshow(IMAGES)


def test_rows_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match=r"\[7, 8\]"):
        wu.show_image_rows({"one": IMAGES, "two": IMAGES[:7]}, "A title")
