"""What the sweeps train is what the notebooks train."""

import dataclasses

import pytest
import torch

import workshop_utils as wu
from workshop_utils.experiments import recipes


@pytest.mark.parametrize(
    ("width", "filters"), [(1, (8, 16)), (0.05, (1, 1)), (0.5, (4, 8)), (4, (32, 64))]
)
def test_width_multiplies_the_filters_of_notebook_2(data, settings, width, filters):
    history, n_parameters = wu.try_width(data, settings, width=width, learning_rate=0.01)
    assert n_parameters == wu.count_parameters(wu.BasicConvNet(*filters, 256))
    assert len(history.test_accuracy) == settings.profile.sweep_epochs


def test_code_size_32_is_the_autoencoder_of_notebook_3(data, settings):
    _history, n_parameters = wu.try_code_size(data, settings, embedding_dim=32)
    assert n_parameters == 21_331


def test_the_learning_rate_of_the_deeper_network_rises_and_falls(data, settings):
    longer = dataclasses.replace(settings.profile, long_epochs=5)
    history, n_parameters = wu.try_deeper(data, dataclasses.replace(settings, profile=longer))
    rates = history.learning_rate
    assert n_parameters == wu.count_parameters(wu.DeeperConvNet())
    assert rates == sorted(rates, reverse=True)  # noted at the end of epochs: the peak is past
    assert 0.05 < rates[0] <= 0.1
    assert rates[-1] < rates[0] / 20


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        ("try_width", {"width": 1, "learning_rate": 0.01}),
        ("try_code_size", {"embedding_dim": 1}),
        ("try_deeper", {}),
        ("try_patch_autoencoder", {}),
        ("try_variational", {"beta": 0.1}),
    ],
)
def test_the_seed_decides_what_comes_out(data, settings, name, choices):
    losses = [
        getattr(wu, name)(data, dataclasses.replace(settings, seed=seed), **choices)[0].test_loss
        for seed in (0, 0, 1)
    ]
    assert losses[0] == losses[1]
    assert losses[0] != losses[2]


def test_beta_is_the_weight_of_the_divergence(data, settings):
    little, much = (wu.try_variational(data, settings, beta)[0] for beta in (0.001, 10))
    assert much.divergence[-1] < little.divergence[-1]


def test_the_networks_of_the_first_seed_are_kept_and_come_back_as_they_were(data, settings):
    for seed in (1, 0):  # 0 is the first of the profile
        assert wu.find_run("deeper", data, settings) is None
        wu.try_deeper(data, dataclasses.replace(settings, seed=seed))
    history, _n_parameters = wu.try_patch_autoencoder(data, settings)
    wu.find_run("deeper", data, settings).load_into(model=wu.DeeperConvNet())
    encoder, decoder = wu.patch_autoencoder(data.train_images)
    wu.find_run("patch_autoencoder", data, settings).load_into(encoder=encoder, decoder=decoder)
    loss = wu.test_autoencoder(encoder, decoder, data.loaders()[1])
    assert loss == pytest.approx(history.test_loss[-1], rel=1e-5)


def test_the_learning_rate_has_its_peak_after_a_fifth_and_ends_at_zero():
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1, momentum=0.95)
    recipes.let_rate_rise_and_fall(optimizer, n_batches=100)
    rates, momenta = [], []
    for _ in range(99):
        rates.append(optimizer.param_groups[0]["lr"])
        momenta.append(optimizer.param_groups[0]["momentum"])
        optimizer.step()
    peak = rates.index(max(rates))
    assert 18 <= peak <= 20
    assert rates[peak] == pytest.approx(0.1)
    assert rates[:peak] == sorted(rates[:peak])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert rates[0] < 0.01
    assert rates[-1] < 0.0001
    assert (momenta[0], min(momenta), momenta[peak]) == pytest.approx((0.95, 0.85, 0.85), abs=1e-3)
