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


def test_all_tricks_can_be_left_out_at_once(data, settings):
    torch.manual_seed(0)
    model = ladder.entry(data, settings, Steps(3), without="all tricks").eval()
    assert all(weights.requires_grad for weights in model.parameters())  # none is whitened
    x = data.validation_images[:4] / 255
    assert torch.equal(model(x), model.scores(x))  # nor looked at twice


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
    values = layer((images - 0.5) / 0.25)[:, :12].transpose(0, 1).flatten(1)
    assert torch.allclose(values @ values.T / values.shape[1], torch.eye(12), atol=0.02)


def test_two_looks_differ_from_one_where_a_pixel_more_or_less_matters(data):
    even = torch.full((2, 3, 32, 32), 0.3)
    x = data.validation_images[:4] / 255
    torch.manual_seed(0)
    model = ladder.LadderNet((16, 16, 16), looks_twice=True)
    assert torch.equal(model(x), model.scores(x))  # in training
    model.eval()
    assert torch.allclose(model(even), 2 * model.scores(even), atol=1e-5)
    assert not torch.allclose(model(x), 2 * model.scores(x), atol=1e-4)


def test_the_code_fits_on_a_few_pages():
    assert len(inspect.getsource(ladder).splitlines()) < 150


def test_an_epoch_has_the_images_that_were_hardest_and_at_first_all_are_seen(data):
    epochs = ladder.Hardest(data.train_images, 0.5)
    n = len(data.train_images)
    seen = []
    for _ in range(2):
        for x, numbers in epochs:
            assert torch.equal(x, data.train_images[numbers] / 255)
            epochs.losses[numbers] = numbers / n
            seen.extend(numbers.tolist())
    assert sorted(seen) == [*range(n)]
    assert sorted(torch.cat([numbers for _x, numbers in epochs]).tolist()) == [*range(n // 2, n)]


def test_every_budget_one_core_and_a_minute_without_each_trick_are_recorded_with_every_seed():
    trials = recorded_ladder()["trials"]
    found = [(t["minutes"], t["without"], t["threads"], t["seed"]) for t in trials]
    of_a_minute = [(1, trick, CORES) for trick in (*ladder.TRICKS, "all tricks")]
    wanted = [*of_a_minute, *((m, "", CORES) for m in MINUTES), (1, "", 1)]
    seeds = PROFILES["full"].sweep_seeds
    assert sorted(found) == sorted((*which, seed) for which in wanted for seed in seeds)


def test_a_recorded_training_had_its_minutes_and_only_a_whole_one_opened_the_test_set():
    for trial in recorded_ladder()["trials"]:
        if trial["threads"] == CORES:
            assert trial["budget"] == 60 * CORES * trial["minutes"]
        assert (trial["test_accuracy"] is None) == bool(trial["without"])
