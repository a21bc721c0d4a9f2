"""Asking a check about an answer, and seeing that nothing else happens."""

import contextlib
import io
import random
import sys
import time

import numpy as np
import torch

from workshop_utils.exercises.result import CheckResult
from workshop_utils.exercises.running import SECONDS as LONGEST


def state():
    """What a check must leave as it was, beside what the fixture nothing_leaks watches."""
    return (
        torch.get_rng_state().tolist(),
        random.getstate(),
        str(np.random.get_state()),
        torch.get_default_dtype(),
        torch.is_grad_enabled(),
        id(sys.stdout),
        id(sys.stderr),
    )


def ask(check, *given):
    """The check's answer, which must come in time, be shown once, and leave no trace."""
    before = state()
    shown = io.StringIO()
    began = time.monotonic()
    with contextlib.redirect_stdout(shown):
        result = check(*given)
    # On a busy computer nothing is quick, but no check goes on after its last moment.
    assert time.monotonic() - began < LONGEST + 1
    assert state() == before
    assert isinstance(result, CheckResult)
    assert shown.getvalue() == f"{result}\n"
    return result
