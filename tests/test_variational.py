"""What a variational autoencoder promises: distributions, two terms, and their balance."""

from itertools import chain

import pytest
import torch
from torch.distributions import Normal
from torch.distributions import kl_divergence as exact_divergence

import workshop_utils as wu
from workshop_utils.networks.variational import mean_divergence


@pytest.fixture
def networks():
    """An encoder and a decoder, the same ones every time."""
    torch.manual_seed(0)
    return wu.VariationalEncoder(8, 16, 32), wu.ConvDecoder(8, 16, 32)


def train(networks, loaders, beta, n_epochs=1, learning_rate=1e-3):
    optimizer = torch.optim.Adam(chain(*(n.parameters() for n in networks)), lr=learning_rate)
    torch.manual_seed(1)
    return wu.train_variational(*networks, *loaders, optimizer, n_epochs, beta)


def test_codes_are_drawn_around_the_mean_as_far_as_the_variance_says():
    torch.manual_seed(0)
    mean, log_variance = torch.full((1, 1, 200, 200), 3.0), torch.full((1, 1, 200, 200), -2.0)
    codes = wu.sample_codes(mean, log_variance)
    assert codes.mean().item() == pytest.approx(3, abs=0.01)
    assert codes.var().log().item() == pytest.approx(-2, abs=0.05)


def test_gradients_reach_mean_and_variance_through_the_draw():
    mean = torch.zeros(2, 3, 4, 4, requires_grad=True)
    log_variance = torch.zeros(2, 3, 4, 4, requires_grad=True)
    codes = wu.sample_codes(mean, log_variance)
    codes.sum().backward()
    assert torch.equal(mean.grad, torch.ones(2, 3, 4, 4))
    assert torch.allclose(log_variance.grad, codes.detach() / 2)  # d(exp(a/2)·noise) at a = 0


def test_the_divergence_is_that_of_normal_distributions():
    torch.manual_seed(0)
    mean, log_variance = torch.randn(2, 5, 3, 4, 4)
    ours = Normal(mean, (log_variance / 2).exp())
    expected = exact_divergence(ours, Normal(torch.zeros(()), torch.ones(()))).sum((1, 2, 3))
    assert torch.allclose(wu.kl_divergence(mean, log_variance), expected, rtol=1e-4)


def test_the_standard_normal_distribution_has_no_divergence():
    zero = torch.zeros(3, 2, 4, 4)
    assert torch.equal(wu.kl_divergence(zero, zero), torch.zeros(3))


def test_called_like_another_encoder_it_gives_the_means(networks, data):
    encoder, _decoder = networks
    images = data.validation_images[:5] / 255
    mean, log_variance = encoder.distribution(images)
    assert mean.shape == log_variance.shape == (5, 32, 4, 4)
    assert torch.equal(encoder(images), mean)
    assert not torch.equal(mean, log_variance)


def test_the_loss_is_the_error_plus_beta_times_the_divergence(networks, loaders):
    """Without learning, losses that differ in beta only differ by the divergence."""
    without, with_much = (train(networks, loaders, beta, learning_rate=0) for beta in (0, 10))
    divergence = mean_divergence(networks[0], loaders[0])
    difference = with_much.train_loss[0] - without.train_loss[0]
    assert difference == pytest.approx(10 * divergence, rel=1e-3)


def test_the_decoder_learns_from_codes_that_are_drawn(networks, loaders):
    history = train(networks, loaders, beta=0, learning_rate=0)
    from_means = wu.evaluate_autoencoder(*networks, loaders[0])
    assert history.train_loss[0] > 1.001 * from_means


def test_the_gradients_of_a_batch_are_not_added_to_those_of_the_next(networks, loaders):
    train(networks, loaders, beta=0.1)
    assert all(weight.grad is None for network in networks for weight in network.parameters())


def test_history_holds_the_error_of_mean_codes_and_the_divergence_of_test_images(
    networks, loaders, capsys
):
    history = train(networks, loaders, beta=0.1, n_epochs=2)
    assert history.validation_loss[-1] == wu.evaluate_autoencoder(*networks, loaders[1])
    assert history.divergence[-1] == mean_divergence(networks[0], loaders[1])
    assert len(history.divergence) == 2
    assert f"divergence {history.divergence[-1]:6.1f}" in capsys.readouterr().out


def test_both_terms_get_smaller_and_beta_says_which_of_them_counts(loaders):
    ends = {}
    for beta in (0.001, 10):
        torch.manual_seed(0)
        networks = wu.VariationalEncoder(8, 16, 32), wu.ConvDecoder(8, 16, 32)
        history = train(networks, loaders, beta, n_epochs=8)
        assert history.train_loss[-1] < history.train_loss[0]
        ends[beta] = history
    assert ends[10].divergence[-1] < ends[0.001].divergence[-1] / 2


def test_divergences_are_averaged_over_images_and_not_over_batches(networks, data):
    encoder, _decoder = networks
    means = [mean_divergence(encoder, data.loaders(size)[1]) for size in (7, 64)]
    assert means[0] == pytest.approx(means[1], rel=1e-5)


def test_an_interrupted_training_ends_as_after_its_last_epoch(networks, data, capsys):
    class Loader(wu.Loader):
        n_begun = 0

        def __iter__(self):
            self.n_begun += 1
            if self.n_begun > 1:
                raise KeyboardInterrupt
            yield from super().__iter__()

    loader = Loader(data.train_images, data.train_labels, batch_size=64)
    history = train(networks, (loader, data.loaders(64)[1]), beta=0.1, n_epochs=3)
    assert "as they were after epoch 1 of 3" in capsys.readouterr().out
    assert len(history.divergence) == len(history.validation_loss) == 1


def test_an_optimizer_of_other_networks_is_refused(networks, loaders):
    optimizer = torch.optim.Adam(wu.ConvEncoder(8, 16, 32).parameters())
    with pytest.raises(ValueError, match="optimizer does not hold"):
        wu.train_variational(*networks, *loaders, optimizer, 1)
