"""What no test leaves changed, nor any call of the package: whatever others share."""

import contextlib
import functools
import inspect
import os
import random
import signal
import sys
import warnings
from collections.abc import Callable, Iterator

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn

import workshop_utils as wu

# Handed on as answers or as trials, they have to be themselves. What they draw is for whoever asks.
GIVEN = {"interpolate", "kl_divergence", "latent_line", "sample_codes"}
GIVEN |= {"try_code_size", "try_dropout", "try_labels", "try_pixels", "try_variant"}
GIVEN |= {"try_variational"}
# They take random numbers for weights and dropout, and leave networks as the last epoch did.
TRAINING = {"make_autoencoder", "train", "trained", "train_autoencoder", "train_variational"}


def random_state() -> tuple:
    """Where the random numbers of all who share them have come to."""
    return torch.get_rng_state().tolist(), random.getstate(), str(np.random.get_state())


def watched(function: Callable) -> Callable:
    """The function; a call fails if it takes random numbers or changes a network's mode."""

    @functools.wraps(function)
    def call(*args: object, **choices: object) -> object:
        networks = [
            each for each in (*args, *choices.values()) if issubclass(type(each), nn.Module)
        ]

        def state() -> tuple:
            return (
                random_state(),
                [module.training for network in networks for module in network.modules()],
                [weight.requires_grad for network in networks for weight in network.parameters()],
            )

        before = state()
        try:
            return function(*args, **choices)
        finally:
            assert state() == before, f"{function.__name__} changed what it only had to use"

    return call


def watch_all_calls() -> None:
    """From now on, every call that a test makes as a notebook does, `wu.…`, is watched."""
    for name in set(wu.__all__) - GIVEN - TRAINING:
        if inspect.isfunction(getattr(wu, name)):
            setattr(wu, name, watched(getattr(wu, name)))


# Variables and filters of warnings that other packages set when they are first imported, and what
# pytest says of its own.
NOT_OURS = ("KMP_", "TORCHINDUCTOR_", "sympy.", "scipy.", "the matrix subclass", "PYTEST_")
NOT_OURS += ("IPython.", "pkg_resources.", "PYTORCH_NVML", "lightning", "FSDP")


def shared_state() -> dict:
    """What other code in the same process depends on."""
    return {
        "default dtype": torch.get_default_dtype(),
        "gradients": torch.is_grad_enabled(),
        "deterministic algorithms": torch.are_deterministic_algorithms_enabled(),
        "threads": torch.get_num_threads(),
        "random numbers of Python and NumPy": random_state()[1:],
        "open figures": plt.get_fignums(),
        "folder": os.getcwd(),
        "where modules are looked for": sys.path[:],
        "what Ctrl-C does": signal.getsignal(signal.SIGINT),
        **{f"filter of warnings {each}": "there" for each in warnings.filters},
        **{f"variable {name}": value for name, value in os.environ.items()},
        **{f"matplotlib's {name}": value for name, value in plt.rcParams.items()},
    }


@contextlib.contextmanager
def nothing_changes() -> Iterator[None]:
    """Fail if what is shared is not as before."""
    before = shared_state()
    yield
    after = shared_state()
    changed = {
        what: (before.get(what), after.get(what))
        for what in before.keys() | after.keys()
        if before.get(what) != after.get(what) and not any(name in what for name in NOT_OURS)
    }
    assert not changed, changed
