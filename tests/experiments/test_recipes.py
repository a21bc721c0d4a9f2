"""What the sweeps train is what the notebooks train."""

import dataclasses

import pytest
import torch

import workshop_utils as wu


def test_code_size_32_is_the_autoencoder_of_notebook_3(data, settings):
    _history, n_parameters = wu.try_code_size(data, settings, embedding_dim=32)
    assert n_parameters == 21_331


def test_shuffled_pixels_train_the_same_network_on_other_images(data, settings):
    whole, n_parameters = wu.try_pixels(data, settings, "CNN", "in order")
    plain, _ = wu.try_dropout(data, settings, dropout=0)
    shuffled, n_shuffled = wu.try_pixels(data, settings, "CNN", "shuffled")
    assert whole.train_loss == plain.train_loss
    assert shuffled.train_loss != whole.train_loss
    assert n_shuffled == n_parameters
    with pytest.raises(ValueError, match='"MLP" or "CNN"'):
        wu.try_pixels(data, settings, "mlp", "shuffled")


def test_dropout_changes_nothing_but_what_is_left_out(data, settings):
    without, n_parameters = wu.try_dropout(data, settings, dropout=0)
    half, n_half = wu.try_dropout(data, settings, dropout=0.5)
    assert half.train_loss != without.train_loss
    assert n_parameters == n_half == wu.count_parameters(wu.BasicConvNet(8, 16, 256))


@pytest.mark.parametrize(
    ("variant", "n_parameters"),
    [
        ("as above", 21_331),
        ("without ReLU", 21_331),
        ("twice the filters", 50_819),
        ("without ReLU, twice the filters", 50_819),
        ("one 8×8 convolution", 12_323),
    ],
)
def test_every_variant_has_codes_of_512_numbers(data, settings, variant, n_parameters):
    encoder, _decoder = wu.make_autoencoder(variant)
    assert encoder(torch.zeros(2, 3, 32, 32)).shape == (2, 32, 4, 4)
    history, n_found = wu.try_variant(data, settings, variant)
    assert (n_found, len(history.validation_loss)) == (n_parameters, 1)


def test_only_the_named_thing_changes_in_a_variant():
    x = torch.rand(2, 3, 32, 32)
    torch.manual_seed(0)
    encoder, decoder = wu.make_autoencoder("as above")
    torch.manual_seed(0)
    linear, almost_linear = wu.make_autoencoder("without ReLU")
    assert torch.equal(linear[2].weight, encoder.conv3.weight)
    assert torch.equal(almost_linear[0].weight, decoder.deconv1.weight)
    middle = linear(x).lerp(linear(-x), 0.5)
    assert torch.allclose(middle, linear(torch.zeros_like(x)), atol=1e-5)
    assert not torch.allclose(encoder(x).lerp(encoder(-x), 0.5), encoder(torch.zeros_like(x)))
    with pytest.raises(ValueError, match="no variant 'no ReLU'"):
        wu.make_autoencoder("no ReLU")


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        ("try_code_size", {"embedding_dim": 1}),
        ("try_dropout", {"dropout": 0.25}),
        ("try_pixels", {"network": "CNN", "pixels": "shuffled"}),
        ("try_variant", {"variant": "without ReLU"}),
        ("try_variational", {"beta": 0.1}),
    ],
)
def test_the_seed_decides_what_comes_out(data, settings, name, choices):
    losses = [
        getattr(wu, name)(data, dataclasses.replace(settings, seed=seed), **choices)[
            0
        ].validation_loss
        for seed in (0, 0, 1)
    ]
    assert losses[0] == losses[1]
    assert losses[0] != losses[2]


def test_beta_is_the_weight_of_the_divergence(data, settings):
    little, much = (wu.try_variational(data, settings, beta)[0] for beta in (0.001, 10))
    assert much.divergence[-1] < little.divergence[-1]


def test_the_networks_of_the_first_seed_are_kept_and_come_back_as_they_were(data, settings):
    for seed in (1, 0):  # 0 is the first of the profile
        assert wu.find_run("variational_0.1", data, settings) is None
        one = dataclasses.replace(settings, seed=seed)
        history, _n_parameters = wu.try_variational(data, one, beta=0.1)
    encoder, decoder = wu.VariationalEncoder(8, 16, 32), wu.ConvDecoder(8, 16, 32)
    wu.find_run("variational_0.1", data, settings).load_into(encoder=encoder, decoder=decoder)
    loss = wu.evaluate_autoencoder(encoder, decoder, data.loaders()[1])
    assert loss == pytest.approx(history.validation_loss[-1], rel=1e-5)


@pytest.mark.parametrize("name", ["mlp", "cnn", "autoencoder", "plain"])
def test_a_network_is_trained_once_and_found_afterwards(name, data, settings, capsys):
    one = {"classifier_epochs": 1, "experiment_epochs": 0, "autoencoder_epochs": 1}
    short = dataclasses.replace(settings.profile, **one)
    settings = dataclasses.replace(settings, profile=short)
    networks = [wu.trained(name, data, settings) for _ in range(2)]
    assert capsys.readouterr().out.count("epoch  1/1") == 1
    if name in ("mlp", "cnn"):
        networks = [[model] for model in networks]
    for one, other in zip(*networks, strict=True):
        for weight, same in zip(one.parameters(), other.parameters(), strict=True):
            assert torch.equal(weight, same)
