"""Lines between images and between codes."""

import pytest
import torch
from torch import nn

import workshop_utils as wu
from workshop_utils.analysis.lines import ARC, CODES, PIXELS, distance_to_nearest, spherical_blend


@pytest.mark.parametrize("shape", [(3, 32, 32), (32, 4, 4), (7,)])
@pytest.mark.parametrize("n_steps", [2, 3, 8])
def test_a_line_begins_and_ends_at_its_ends_and_takes_equal_steps(shape, n_steps):
    torch.manual_seed(0)
    start, end = torch.rand(shape), torch.rand(shape)
    line = wu.interpolate(start, end, n_steps)
    assert line.shape == (n_steps, *shape)
    assert torch.equal(line[0], start)
    assert torch.equal(line[-1], end)
    steps = line.diff(dim=0)
    assert torch.allclose(steps, ((end - start) / (n_steps - 1)).expand_as(steps), atol=1e-6)


def test_a_line_needs_two_ends_of_one_shape():
    with pytest.raises(ValueError, match="same shape"):
        wu.interpolate(torch.rand(3, 32, 32), torch.rand(3, 28, 28))
    with pytest.raises(ValueError, match="at least its two ends"):
        wu.interpolate(torch.rand(3), torch.rand(3), n_steps=1)


def test_the_latent_line_runs_from_one_reconstruction_to_the_other():
    torch.manual_seed(0)
    encoder, decoder = wu.ConvEncoder(8, 16, 32), wu.ConvDecoder(8, 16, 32)
    ends = torch.rand(2, 3, 32, 32)
    line = wu.latent_line(encoder, decoder, *ends, n_steps=5)
    assert line.shape == (5, 3, 32, 32)
    assert torch.allclose(line[[0, -1]], wu.reconstruct(encoder, decoder, ends), atol=1e-5)
    middle = decoder(encoder(ends).mean(dim=0, keepdim=True))[0]
    assert torch.allclose(line[2], middle, atol=1e-5)


def test_a_linear_decoder_only_cross_fades_and_a_network_does_not(data):
    small = data.train_images[:, :, ::4, ::4]  # for PCA: 200×3×8×8
    linear = wu.linear_autoencoder(*wu.principal_directions(small), 20, image_shape=(3, 8, 8))
    gap, distance = wu.midpoint_gap(*linear, small[:100] / 255, small[100:] / 255)
    assert gap == pytest.approx(0, abs=1e-6)
    start, end = (wu.reconstruct(*linear, half / 255) for half in small.split(100))
    assert distance == pytest.approx((start - end).square().sum().item() / 400, rel=1e-5)
    torch.manual_seed(0)
    network = wu.ConvEncoder(8, 16, 32), wu.ConvDecoder(8, 16, 32)
    with torch.no_grad():  # larger weights: a new network is nearly linear
        for weight in network[1].parameters():
            weight.mul_(5)
    gap, _distance = wu.midpoint_gap(*network, *(data.validation_images[:80] / 255).split(40))
    assert gap > 1e-4


# --- many lines, measured ---


class FirstPixel(nn.Module):
    """Takes the first pixel for the probability of class 0, and the rest for that of class 1."""

    def forward(self, x):
        chance = x[:, 0, 0, 0]
        return torch.stack([chance, 1 - chance, torch.zeros_like(chance)], dim=1).log()


@pytest.mark.parametrize("same_class", [True, False])
def test_pairs_are_of_the_classes_that_were_asked_for_and_never_of_one_image(same_class):
    labels = torch.arange(300) % 10
    first, second = wu.choose_pairs(labels, same_class, n_pairs=50)
    assert len(first) == len(second) == 50
    assert ((labels[first] == labels[second]) == same_class).all()
    assert (first != second).all()
    assert len(first.unique()) > 20
    again = wu.choose_pairs(labels, same_class, n_pairs=50)
    assert torch.equal(torch.stack(again), torch.stack((first, second)))


def test_an_arc_begins_and_ends_at_its_ends_and_keeps_the_length():
    torch.manual_seed(0)
    start, end = torch.randn(5, 4, 2, 2), torch.randn(5, 4, 2, 2)
    start, end = (code / code.flatten(1).norm(dim=1)[:, None, None, None] for code in (start, end))
    assert torch.allclose(spherical_blend(start, end, 0.0), start, atol=1e-6)
    assert torch.allclose(spherical_blend(start, end, 1.0), end, atol=1e-6)
    lengths = spherical_blend(start, end, 0.3).flatten(1).norm(dim=1)
    assert torch.allclose(lengths, torch.ones(5), atol=1e-5)
    assert torch.allclose(spherical_blend(start, start, 0.5), start, atol=1e-3)  # not 0 / 0


def test_the_distance_is_that_to_the_nearest_image_and_squared():
    real = torch.stack([torch.zeros(3, 4, 4), torch.ones(3, 4, 4)])
    images = torch.stack([torch.full((3, 4, 4), 0.25), torch.full((3, 4, 4), 0.5)])
    assert distance_to_nearest(images, real) == pytest.approx(48 * (0.25**2 + 0.5**2) / 2)


def test_every_point_of_every_line_is_measured():
    dark, bright = torch.full((3, 3, 4, 4), 0.2), torch.full((3, 3, 4, 4), 0.8)
    labels = torch.tensor([0, 0, 0]), torch.tensor([1, 2, 0])
    same = nn.Identity()  # codes are the images themselves, so codes do what pixels do
    lines = wu.measure_lines(same, same, FirstPixel(), (dark, bright), labels, dark)
    assert list(lines) == [PIXELS, CODES, ARC]
    assert lines[PIXELS] == lines[CODES] != lines[ARC]
    line = lines[PIXELS]
    assert line.alphas == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert line.nearest == pytest.approx([48 * (0.6 * a) ** 2 for a in line.alphas], abs=1e-4)
    # Classes 0 and 1 have all the probability together; of classes 0 and 2, only class 0 has some;
    # a class that both ends have counts once.
    chances = [0.2 + 0.6 * alpha for alpha in line.alphas]
    assert line.ends == pytest.approx([(1 + 2 * chance) / 3 for chance in chances], abs=1e-5)
