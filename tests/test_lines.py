import pytest
import torch
from torch import nn

import workshop_utils as wu
from workshop_utils.analysis.lines import ARC, CODES, PIXELS, distance_to_nearest, spherical_blend


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
    again = wu.choose_pairs(labels, same_class, n_pairs=50)
    assert torch.equal(torch.stack(again), torch.stack((first, second)))
    other = wu.choose_pairs(labels, same_class, n_pairs=50, seed=1)
    assert not torch.equal(torch.stack(other), torch.stack((first, second)))


def test_an_arc_begins_and_ends_at_its_ends_and_keeps_the_length():
    torch.manual_seed(0)
    start, end = torch.randn(5, 4, 2, 2), torch.randn(5, 4, 2, 2)
    start, end = (code / code.flatten(1).norm(dim=1)[:, None, None, None] for code in (start, end))
    assert torch.allclose(spherical_blend(start, end, 0.0), start, atol=1e-6)
    assert torch.allclose(spherical_blend(start, end, 1.0), end, atol=1e-6)
    lengths = spherical_blend(start, end, 0.3).flatten(1).norm(dim=1)
    assert torch.allclose(lengths, torch.ones(5), atol=1e-5)


def test_between_two_equal_codes_the_arc_does_not_divide_by_zero():
    code = torch.ones(1, 4, 2, 2)
    assert torch.allclose(spherical_blend(code, code, 0.5), code, atol=1e-3)


def test_the_distance_is_that_to_the_nearest_image_and_squared():
    real = torch.stack([torch.zeros(3, 4, 4), torch.ones(3, 4, 4)])
    images = torch.stack([torch.full((3, 4, 4), 0.25), torch.full((3, 4, 4), 0.5)])
    assert distance_to_nearest(images, real) == pytest.approx(48 * (0.25**2 + 0.5**2) / 2)


def test_every_point_of_every_line_is_measured():
    zeros, ones = torch.full((2, 3, 4, 4), 0.2), torch.full((2, 3, 4, 4), 0.8)
    first, second = torch.tensor([0, 0]), torch.tensor([1, 2])
    identity = nn.Identity()  # codes are the images themselves, so codes do what pixels do
    lines = wu.measure_lines(
        identity, identity, FirstPixel(), (zeros, ones), (first, second), zeros, n_steps=3
    )
    assert list(lines) == [PIXELS, CODES, ARC]
    assert lines[PIXELS] == lines[CODES] != lines[ARC]
    line = lines[PIXELS]
    assert line.alphas == [0.0, 0.5, 1.0]
    assert line.nearest == pytest.approx([0, 48 * 0.3**2, 48 * 0.6**2], abs=1e-4)
    # Classes 0 and 1 have all the probability together; of classes 0 and 2, only class 0 has some.
    assert line.ends == pytest.approx([(1 + chance) / 2 for chance in (0.2, 0.5, 0.8)], abs=1e-5)


def test_a_class_that_both_ends_have_counts_once():
    images, labels = torch.full((2, 3, 4, 4), 0.5), torch.zeros(2, dtype=torch.long)
    identity = nn.Identity()
    lines = wu.measure_lines(
        identity, identity, FirstPixel(), (images, images), (labels, labels), images, n_steps=2
    )
    assert lines[PIXELS].ends == pytest.approx([0.5, 0.5])
