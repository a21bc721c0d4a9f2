"""What watches every test notices a leak, and loaders and loops that no test watches have none."""

import random
import warnings
from itertools import chain

import matplotlib.pyplot as plt
import pytest
import torch
from leaks import nothing_changes, watched
from torch import nn

import workshop_utils as wu
from workshop_utils.networks.classifiers import BasicConvNet

LEAKS = {
    "matplotlib's image.origin": lambda patch: patch.setitem(plt.rcParams, "image.origin", "lower"),
    "variable WORKSHOP_SEED": lambda patch: patch.setenv("WORKSHOP_SEED", "7"),
    "folder": lambda patch: patch.chdir("/"),
    "filter of warnings": lambda patch: patch.setattr(
        warnings, "filters", [("ignore", None, UserWarning, None, 0), *warnings.filters]
    ),
    "random numbers of Python": lambda patch: patch.setattr(random, "getstate", lambda: "drawn"),
    "open figures": lambda patch: patch.setattr(plt, "get_fignums", lambda: [1]),
}


@pytest.mark.parametrize("what", LEAKS)
def test_what_is_left_changed_is_noticed(what, monkeypatch):
    with monkeypatch.context() as patch, pytest.raises(AssertionError, match=what):  # noqa: SIM117
        with nothing_changes():
            LEAKS[what](patch)


def test_a_call_that_draws_or_changes_a_network_is_noticed():
    for call in (
        lambda network: torch.rand(1),
        lambda network: network.eval(),
        lambda network: network.weight.requires_grad_(False),
    ):
        with pytest.raises(AssertionError, match="changed what it only had to use"):
            watched(call)(nn.Linear(1, 1))


def test_loaders_take_their_random_numbers_from_their_own_source(loaders):
    watched(list)(loaders[0])


def test_training_takes_no_random_numbers_where_no_network_does(loaders):
    model = BasicConvNet(2, 3, 4).eval()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-2)
    watched(wu.train)(model, *loaders, optimizer, 1)
    encoder, decoder = wu.ConvEncoder(8, 16, 32).eval(), wu.ConvDecoder(8, 16, 32).eval()
    optimizer = torch.optim.Adam(chain(encoder.parameters(), decoder.parameters()), lr=1e-3)
    watched(wu.train_autoencoder)(encoder, decoder, *loaders, optimizer, 1)
