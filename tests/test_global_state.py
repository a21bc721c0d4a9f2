"""Nothing that the package offers changes what other code in the same kernel depends on."""

import contextlib
import dataclasses
import inspect
import io
import random
import warnings
from itertools import chain
from unittest.mock import MagicMock

import matplotlib.pyplot as plt
import numpy as np
import pytest
import scipy.signal  # noqa: F401 - adds a filter of warnings when it is first imported
import seaborn  # noqa: F401 - the same
import torch
from test_figures import FIGURES, some_experiments
from torch import nn

import workshop_utils as wu
from workshop_utils.networks.classifiers import BasicConvNet

IMAGES = torch.rand(8, 3, 32, 32, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(8)
PROBABILITIES = torch.rand(8, 10, generator=torch.Generator().manual_seed(0)).softmax(dim=1)


class Things:
    """What a notebook has made before it calls a function."""

    def __init__(self, data, settings):
        self.data, self.settings = data, settings
        self.loaders = data.loaders(batch_size=64)
        # Without dropout, which is there to take random numbers.
        self.model = BasicConvNet(2, 3, 4)
        self.encoder, self.decoder = wu.ConvEncoder(8, 16, 32), wu.ConvDecoder(8, 16, 32)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=1e-2)
        both = chain(self.encoder.parameters(), self.decoder.parameters())
        self.adam = torch.optim.Adam(both, lr=1e-3)
        self.variational = wu.VariationalEncoder(8, 16, 32)
        both = chain(self.variational.parameters(), self.decoder.parameters())
        self.variational_adam = torch.optim.Adam(both, lr=1e-3)
        self.checkpoint = wu.Checkpoint("cnn", data, settings)
        self.networks = [self.model, self.encoder, self.decoder, self.variational]
        for network in self.networks:
            network.eval()


def interrupted_training(t):
    class Loader(wu.Loader):
        def __iter__(self):
            yield from list(super().__iter__())[:1]
            raise KeyboardInterrupt

    loader = Loader(t.data.train_images, t.data.train_labels, batch_size=64)
    wu.train(t.model, loader, t.loaders[1], t.optimizer, 2, t.checkpoint)


def while_drawing(call):
    """Random codes take random numbers: that is what they are for. Nothing else may change."""
    with torch.random.fork_rng(devices=[]):
        call()


def run_sweep(t, try_out, **choices):
    one_at_a_time = dataclasses.replace(t.settings, threads=1)
    return wu.sweep(try_out, t.data, one_at_a_time, **choices)


CALLS = {
    "add_noise": lambda t: wu.add_noise(IMAGES, 0.1),
    "augment": lambda t: wu.augment(IMAGES, torch.Generator().manual_seed(0)),
    "AugmentedLoader": lambda t: list(wu.AugmentedLoader(t.loaders[0])),
    "errors_with_noise": lambda t: wu.errors_with_noise(t.encoder, t.decoder, IMAGES, [0.1]),
    "check_kl_divergence": lambda t: wu.check_kl_divergence(wu.kl_divergence),
    "check_sample_codes": lambda t: wu.check_sample_codes(wu.sample_codes),
    "kl_divergence": lambda t: wu.kl_divergence(IMAGES, IMAGES),
    "mean_divergence": lambda t: wu.mean_divergence(t.variational, t.loaders[1]),
    "plot_balance": lambda t: FIGURES["balance"](t.data),
    "sample_codes": lambda t: while_drawing(lambda: wu.sample_codes(IMAGES, IMAGES)),
    "train_variational": lambda t: while_drawing(
        lambda: wu.train_variational(t.variational, t.decoder, *t.loaders, t.variational_adam, 1)
    ),
    "try_variational": lambda t: run_sweep(t, wu.try_variational, beta=(0.1,)),
    "plot_accuracy_by_time": lambda t: FIGURES["accuracy by time"](t.data),
    "plot_code_size_sweep": lambda t: FIGURES["code size sweep"](t.data),
    "plot_widths": lambda t: FIGURES["widths"](t.data),
    "sweep": lambda t: run_sweep(t, wu.try_width, width=(1,), learning_rate=(0.01,)).show(),
    "try_code_size": lambda t: run_sweep(t, wu.try_code_size, embedding_dim=(1,)),
    "try_deeper": lambda t: run_sweep(t, wu.try_deeper),
    "try_patch_autoencoder": lambda t: run_sweep(t, wu.try_patch_autoencoder),
    "try_width": lambda t: run_sweep(t, wu.try_width, width=(1,), learning_rate=(0.01,)),
    "Checkpoint": interrupted_training,
    "Experiments": lambda t: some_experiments().show(),
    "History": lambda t: repr(wu.History()),
    "ImageData": lambda t: repr(t.data),
    "Loader": lambda t: list(t.loaders[0]),
    "Settings": lambda t: str(wu.Settings.from_environment({})),
    "accuracy": lambda t: wu.accuracy(PROBABILITIES, LABELS),
    "accuracy_when_shifted": lambda t: wu.accuracy_when_shifted(t.model, t.loaders[1], (0, 1)),
    "check_encoder": lambda t: wu.check_encoder(wu.ConvEncoder),
    "check_experiments": lambda t: wu.check_experiments(some_experiments(), at_least=2),
    "check_interpolation": lambda t: wu.check_interpolation(wu.interpolate),
    "check_latent_line": lambda t: wu.check_latent_line(
        wu.latent_line, t.encoder, t.decoder, IMAGES[0], IMAGES[1]
    ),
    "check_parameter_counts": lambda t: wu.check_parameter_counts({}, t.model),
    "check_prediction": lambda t: wu.check_prediction("a", ("a", "b")),
    "check_shapes": lambda t: wu.check_shapes({}, t.model),
    "choose_pairs": lambda t: wu.choose_pairs(LABELS, same_class=False, n_pairs=4),
    "confusion_matrix": lambda t: wu.confusion_matrix(PROBABILITIES, LABELS),
    "count_parameters": lambda t: wu.count_parameters(t.model),
    "cut_into_patches": lambda t: wu.cut_into_patches(IMAGES, 8),
    "draw_autoencoder": lambda t: wu.draw_autoencoder(t.encoder, t.decoder, "A title"),
    "draw_interpolation": lambda t: FIGURES["interpolation"](t.data),
    "draw_network": lambda t: wu.draw_network(t.model, "A title"),
    "explore_lines": lambda t: wu.explore_lines(t.encoder, t.decoder, IMAGES, list("abcdefgh")),
    "find_run": lambda t: wu.find_run("cnn", t.data, t.settings),
    "imshow": lambda t: FIGURES["one image"](t.data),
    "interpolate": lambda t: wu.interpolate(IMAGES[0], IMAGES[1]),
    "latent_line": lambda t: wu.latent_line(t.encoder, t.decoder, IMAGES[0], IMAGES[1]),
    "layer_outputs": lambda t: wu.layer_outputs(t.model, IMAGES),
    "linear_autoencoder": lambda t: wu.linear_autoencoder(torch.zeros(12), torch.eye(12), 3),
    "load_data": lambda t: wu.load_data(t.settings),
    "maps_as_images": lambda t: wu.maps_as_images(IMAGES[0]),
    "masked": lambda t: wu.masked(IMAGES, torch.ones(8)),
    "measure_lines": lambda t: wu.measure_lines(
        t.encoder, t.decoder, t.model, (IMAGES[:4], IMAGES[4:]), (LABELS[:4], LABELS[4:]), IMAGES
    ),
    "midpoint_gap": lambda t: wu.midpoint_gap(t.encoder, t.decoder, IMAGES[:4], IMAGES[4:]),
    "most_confused": lambda t: wu.most_confused(torch.eye(10), t.data.classes),
    "nearest_neighbours": lambda t: wu.nearest_neighbours(PROBABILITIES),
    "neighbours_agree": lambda t: wu.neighbours_agree(PROBABILITIES, LABELS),
    "plot_batch_curves": lambda t: FIGURES["batch curves"](t.data),
    "plot_code_sizes": lambda t: FIGURES["code sizes"](t.data),
    "plot_confusion": lambda t: FIGURES["confusion"](t.data),
    "plot_epoch_losses": lambda t: FIGURES["epoch losses"](t.data),
    "plot_experiments": lambda t: FIGURES["experiments"](t.data),
    "plot_lines": lambda t: FIGURES["lines"](t.data),
    "plot_planes": lambda t: FIGURES["planes"](t.data),
    "plot_shifts": lambda t: FIGURES["shifts"](t.data),
    "predict": lambda t: wu.predict(t.model, t.loaders[1]),
    "principal_directions": lambda t: wu.principal_directions(t.data.train_images[:, :1, :4, :4]),
    "random_codes": lambda t: wu.random_codes(IMAGES, together=True),
    "reconstruct": lambda t: wu.reconstruct(t.encoder, t.decoder, IMAGES),
    "relative_change": lambda t: wu.relative_change(IMAGES, IMAGES),
    "report_result": lambda t: wu.report_result("mlp_test_accuracy", 0.4, t.data, t.settings),
    "save_run": lambda t: wu.save_run("cnn", wu.History(), t.data, t.settings, model=t.model),
    "shift": lambda t: wu.shift(IMAGES, down=1),
    "show_image_rows": lambda t: FIGURES["rows"](t.data),
    "show_layers": lambda t: wu.show_layers(t.model),
    "show_mistakes": lambda t: FIGURES["mistakes"](t.data),
    "show_result": lambda t: wu.show_result("mlp_test_accuracy", 0.4, t.data, t.settings),
    "show_samples": lambda t: FIGURES["samples"](t.data),
    "show_source": lambda t: wu.show_source(wu.train),
    "smooth": lambda t: wu.smooth([1.0, 2.0, 3.0, 2.0, 1.0]),
    "strongest_patches": lambda t: wu.strongest_patches(IMAGES[:, :2], IMAGES, 4, 1, 2),
    "test": lambda t: wu.test(t.model, nn.CrossEntropyLoss(), t.loaders[1]),
    "test_autoencoder": lambda t: wu.test_autoencoder(t.encoder, t.decoder, t.loaders[1]),
    "to_plane": lambda t: [
        wu.to_plane(IMAGES[0].flatten(1).T, method) for method in ("PCA", "t-SNE")
    ],
    "trace_layers": lambda t: wu.trace_layers(t.model),
    "train": lambda t: wu.train(t.model, *t.loaders, t.optimizer, 1),
    "train_autoencoder": lambda t: wu.train_autoencoder(
        t.encoder, t.decoder, *t.loaders, t.adam, 1
    ),
    "unusual_images": lambda t: wu.unusual_images(IMAGES[0]),
    "use_solution": lambda t: wu.use_solution("cnn_shapes")(),
    "weights_as_images": lambda t: wu.weights_as_images(t.model.conv1.weight),
    "worst_mistakes": lambda t: wu.worst_mistakes(PROBABILITIES, LABELS, 2),
}
# Made by a student, networks take random numbers for their first weights, as all layers do.
NETWORKS = {
    "AddNoise",
    "BasicConvNet",
    "ConvDecoder",
    "ConvEncoder",
    "DeeperConvNet",
    "Refinement",
    "VariationalEncoder",
    "patch_autoencoder",
    "MultilayerPerceptronModel",
}
# Only holds what a check found.
NO_CALL = {"CheckResult"}


def state(things):
    return {
        "torch's random numbers": torch.get_rng_state().tolist(),
        "Python's random numbers": random.getstate(),
        "NumPy's random numbers": str(np.random.get_state()),
        "default dtype": torch.get_default_dtype(),
        "gradients": torch.is_grad_enabled(),
        "threads": torch.get_num_threads(),
        "matplotlib's settings": dict(plt.rcParams),
        "open figures": plt.get_fignums(),
        "filters of warnings": warnings.filters[:],
        "dropout": [module.training for net in things.networks for module in net.modules()],
        "frozen weights": [w.requires_grad for net in things.networks for w in net.parameters()],
    }


@pytest.mark.parametrize("name", CALLS)
def test_a_call_leaves_global_state_as_it_was(name, data, settings, monkeypatch):
    monkeypatch.setattr("IPython.display.display", lambda *_, **__: None)
    monkeypatch.setattr("IPython.get_ipython", MagicMock)
    things = Things(data, settings)
    before = state(things)
    with contextlib.redirect_stdout(io.StringIO()):
        CALLS[name](things)
    after = state(things)
    assert {what for what in before if before[what] != after[what]} == set()


def test_nothing_that_is_offered_was_forgotten_here():
    assert sorted(CALLS.keys() | NETWORKS | NO_CALL) == sorted(wu.__all__)
    assert all(
        inspect.isclass(getattr(wu, name)) for name in NETWORKS - {"patch_autoencoder"} | NO_CALL
    )
