"""What a wrong loop, network, loader or optimizer changes at once, on every computer."""

import json
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
import torch
from first_losses import FEW, KEPT, TRAINED, first_losses

from workshop_utils import settings as package_settings

TOLERANCE = 2e-5  # two threads in place of one change them by 2e-7


@pytest.fixture
def few_images(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(package_settings.PROFILES, "quick", FEW)
    monkeypatch.setenv("WORKSHOP_RUNS", str(tmp_path))
    monkeypatch.setattr(plt, "show", lambda: None)


@pytest.mark.parametrize("stem", TRAINED)
def test_the_first_losses_of_a_notebook_are_the_recorded_ones(stem, few_images):
    state = torch.get_rng_state()
    found, recorded = first_losses(stem), json.loads(KEPT.read_text(encoding="utf-8"))[stem]
    torch.set_rng_state(state)
    assert found["batches"] == pytest.approx(recorded["batches"], rel=TOLERANCE)
    assert found["epoch"] == pytest.approx(recorded["epoch"], rel=TOLERANCE)
    assert found["accuracies"] == pytest.approx(recorded["accuracies"], abs=0.005)  # two images
