import pytest
import torch
from torch import nn

import workshop_utils as wu


class BrightestRow(nn.Module):
    """Classifies by the row in which an image is brightest: knows exactly where things are."""

    def forward(self, x):
        return x.mean(dim=(1, 3))[:, :10]  # N×10


class Brightness(nn.Module):
    """Classifies by the brightest pixel, wherever it is."""

    def forward(self, x):
        return -(10 * x.amax(dim=(1, 2, 3))[:, None] - torch.arange(10)).abs()


@pytest.fixture
def dots():
    """One bright pixel per image, far from the edges; row 9 in all, brightness by class."""
    images = torch.zeros(8, 3, 32, 32)
    images[:, :, 9, 15] = torch.arange(1, 9)[:, None] / 10
    return images


def test_images_move_by_whole_pixels_in_the_direction_that_is_named(dots):
    for down, right in ((0, 0), (3, 0), (-3, 0), (0, 5), (0, -5), (2, -4)):
        moved = wu.shift(dots, down=down, right=right)
        assert moved.shape == dots.shape
        assert torch.equal(moved[:, :, 9 + down, 15 + right], dots[:, :, 9, 15])
        assert moved.count_nonzero() == dots.count_nonzero()


def test_moved_and_moved_back_things_stand_where_they_stood(dots):
    labels = torch.full((8,), 9)
    where, test = BrightestRow(), wu.Loader(dots, labels)
    assert wu.accuracy_when_shifted(where, test, [0, 4]) == {0: 1, 4: 0.5}  # left and right
    assert wu.accuracy_when_shifted(where, test, [0, 4], and_back=True) == {0: 1, 4: 1}


def test_what_has_left_the_image_is_gone_when_it_is_moved_back():
    images = torch.zeros(1, 3, 32, 32, dtype=torch.uint8)
    images[..., 1, 15] = 128  # near the upper edge
    test, brightness = wu.Loader(images, torch.tensor([5])), Brightness()
    found = wu.accuracy_when_shifted(brightness, test, [1, 4], and_back=True)
    assert found == {1: 1, 4: 0.75}  # gone in one direction of four


def test_what_comes_in_repeats_the_edge():
    images = torch.rand(2, 3, 6, 6)
    moved = wu.shift(images, down=2, right=-1)
    assert torch.equal(moved[:, :, :2], moved[:, :, 2:3].expand(2, 3, 2, 6))
    assert torch.equal(moved[..., -1], moved[..., -2])
    assert torch.equal(moved[:, :, 2:, :-1], images[:, :, :-2, 1:])


def test_a_network_that_looks_for_a_place_loses_and_one_that_does_not_keeps_everything(dots):
    right_row, right_brightness = torch.full((8,), 9), torch.arange(1, 9)
    by_place = wu.accuracy_when_shifted(BrightestRow(), [(dots, right_row)], (0, 1, 4))
    # Left and right leave the row; up and down do not.
    assert by_place == {0: 1.0, 1: 0.5, 4: 0.5}
    anywhere = wu.accuracy_when_shifted(Brightness(), [(dots, right_brightness)], (0, 1, 4))
    assert anywhere == {0: 1.0, 1: 1.0, 4: 1.0}


def test_batches_of_any_size_count_by_their_images(dots):
    labels = torch.tensor([9] * 3 + [0] * 5)  # three right
    halves = [(dots[:2], labels[:2]), (dots[2:], labels[2:])]
    assert wu.accuracy_when_shifted(BrightestRow(), halves, [0]) == {0: 3 / 8}


def test_dropout_is_off_while_images_are_moved(dots):
    model = nn.Sequential(nn.Dropout(0.99), BrightestRow()).train()
    assert wu.accuracy_when_shifted(model, [(dots, torch.full((8,), 9))], [0]) == {0: 1.0}
    assert model.training


def test_an_empty_loader_is_refused():
    with pytest.raises(ValueError, match="empty"):
        wu.accuracy_when_shifted(BrightestRow(), [], [0])


def test_a_change_is_compared_with_how_much_images_differ():
    before = 5 + torch.randn(200, 3, 4, generator=torch.Generator().manual_seed(0))
    assert wu.relative_change(before, before) == 0
    assert wu.relative_change(before, before.roll(1, dims=0)) == pytest.approx(2**0.5, abs=0.05)
    nearer_to_the_mean = before.lerp(before.mean(dim=0), 0.1)
    assert wu.relative_change(before, nearer_to_the_mean) == pytest.approx(0.1)


def test_a_convolution_moves_with_the_image_and_pooling_only_with_even_steps():
    torch.manual_seed(0)
    model, images = wu.BasicConvNet(4, 4, 8), torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        maps, one, two = (model.conv1(wu.shift(images, right=n)) for n in (0, 1, 2))
        assert torch.allclose(one[..., 1:], maps[..., :-1], atol=1e-6)
        assert torch.allclose(model.pool(two)[..., 1:], model.pool(maps)[..., :-1], atol=1e-6)
        assert not torch.allclose(model.pool(one)[..., 1:], model.pool(maps)[..., :-1], atol=1e-2)
