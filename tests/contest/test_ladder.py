"""The workbook's own entry: each trick does something, and what it reached is recorded."""

import inspect
import itertools

import pytest
import torch
from torch import nn

from workshop_utils.contest import ladder
from workshop_utils.contest.budget import CORES, MINUTES, Budget, recorded_ladder
from workshop_utils.settings import PROFILES


class Steps:
    """A budget of some steps of training."""

    minutes = 1

    def __init__(self, n):
        self.n = n
        self.used = 0.0

    def batches(self, loader):
        epochs = itertools.chain.from_iterable(itertools.repeat(loader))
        for step, batch in zip(range(self.n), epochs, strict=False):
            self.used = step / self.n
            yield batch


def after(n_steps, data, settings, **choices):
    torch.manual_seed(0)
    model = ladder.entry(data, settings, Steps(n_steps), **choices).eval()
    with torch.no_grad():
        return model(data.validation_images[:20] / 255)


@pytest.mark.parametrize("trick", ladder.TRICKS)
def test_a_trick_that_is_left_out_makes_a_difference(trick, data, settings):
    whole, without = after(3, data, settings), after(3, data, settings, without=trick)
    assert not torch.allclose(whole, without, atol=1e-4)


def test_the_same_entry_with_the_same_seed_gives_the_same_network(data, settings):
    assert torch.equal(after(3, data, settings), after(3, data, settings))


def test_a_trick_that_there_is_not_cannot_be_left_out(data, settings):
    with pytest.raises(KeyError, match="smoth labels"):
        after(1, data, settings, without="smoth labels")


@pytest.mark.parametrize("minutes", MINUTES)
def test_without_any_time_there_is_a_network_that_weights_fit_into(minutes, data, settings):
    one, other = (ladder.entry(data, settings, Budget(minutes, 0)) for _ in range(2))
    other.load_state_dict(one.state_dict())
    x = data.validation_images[:4] / 255
    assert torch.equal(one.eval()(x), other.eval()(x))


def test_whitened_values_of_patches_are_uncorrelated_and_of_variance_one():
    images = torch.rand(500, 3, 8, 8)
    images[:, 1] = 0.8 * images[:, 0] + 0.2 * images[:, 1]  # colours go together
    layer = nn.Conv2d(3, 24, kernel_size=2)
    ladder.whiten(layer, images)
    values = layer((images - 0.5) / 0.25).detach()[:, :12].transpose(0, 1).flatten(1)
    assert torch.allclose(values @ values.T / values.shape[1], torch.eye(12), atol=0.02)


def test_a_network_gives_the_image_in_the_mirror_the_same_scores(data):
    x = data.validation_images[:4] / 255
    model = ladder.LadderNet((4, 4, 4), is_mirrored=True).eval()
    assert torch.allclose(model(x), model(x.flip(3)), atol=1e-5)
    assert not torch.allclose(model.scores(x), model.scores(x.flip(3)), atol=1e-5)


def test_the_code_fits_on_a_few_pages():
    assert len(inspect.getsource(ladder).splitlines()) < 150


def test_every_budget_is_recorded_and_a_minute_without_each_trick_with_every_seed():
    trials = recorded_ladder()["trials"]
    found = {(trial["minutes"], trial["without"], trial["seed"]) for trial in trials}
    tricks = ("", *ladder.TRICKS)
    wanted = {(1, trick, seed) for trick in tricks for seed in PROFILES["full"].sweep_seeds}
    assert found == wanted | {(minutes, "", 0) for minutes in MINUTES}  # the longer with one seed
    assert len(found) == len(trials)


def test_recorded_trainings_had_two_cores_and_only_whole_ones_opened_the_test_set():
    for trial in recorded_ladder()["trials"]:
        assert (trial["threads"], trial["budget"]) == (CORES, 60 * CORES * trial["minutes"])
        assert (trial["test_accuracy"] is None) == bool(trial["without"])
