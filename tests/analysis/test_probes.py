import pytest
import torch

import workshop_utils as wu
from workshop_utils.analysis import probes


def test_a_mask_reaches_the_error_and_the_next_smaller_square_would_not():
    torch.manual_seed(0)
    images, errors = torch.rand(5, 3, 32, 32), torch.tensor([0.01, 1.0, 20.0, 80.0, 150.0])
    before = images.clone()
    covered = wu.masked(images, errors)
    assert torch.equal(images, before)
    assert (wu.squared_error(covered, images) >= errors).all()
    sides = (covered == 0.5).all(dim=1).any(dim=1).sum(dim=1).tolist()
    for image, original, error, side in zip(covered, images, errors, sides, strict=True):
        assert (image == 0.5).all(dim=0).sum() == side * side
        smaller = original.clone()
        inner = slice(17 - side // 2, 15 + side // 2)
        smaller[:, inner, inner] = 0.5
        assert wu.squared_error(smaller[None], original[None]) < error


def test_an_error_out_of_reach_covers_the_whole_image():
    covered = wu.masked(torch.rand(1, 3, 32, 32), torch.tensor([1e6]))
    assert torch.equal(covered, torch.full((1, 3, 32, 32), 0.5))


def test_unusual_images_are_images_and_the_same_every_time():
    photograph = torch.rand(3, 32, 32)
    before = photograph.clone()
    unusual, again = wu.unusual_images(photograph), wu.unusual_images(photograph)
    assert torch.equal(photograph, before)
    for name, image in unusual.items():
        assert image.shape == (3, 32, 32), name
        assert image.min() >= 0, name
        assert image.max() <= 1, name
        assert torch.equal(image, again[name]), name
    assert torch.equal(unusual["upside down"][:, 0], photograph[:, -1])
    assert torch.allclose(unusual["inverted"] + photograph, torch.ones(3, 32, 32))
    assert unusual["fine grid"].mean() == unusual["coarse grid"].mean() == 0.5
    assert 0.02 < unusual["a circle"].mean() < 0.2


def test_noise_is_the_same_every_time_and_as_strong_as_asked_for():
    images = torch.full((50, 3, 32, 32), 0.5)
    once, again = wu.add_noise(images, 0.2), wu.add_noise(images, 0.2)
    assert torch.equal(once, again)
    assert abs((once - images).std().item() - 0.2) < 0.002


def test_an_autoencoder_that_copies_gives_the_noise_back():
    images = torch.full((50, 3, 32, 32), 0.5)
    copy = torch.nn.Identity()
    quiet, noisy = wu.errors_with_noise(copy, copy, images, (0.0, 0.1))
    assert quiet == 0
    assert abs(noisy / (3072 * 0.1**2) - 1) < 0.02


def correlated_codes():
    """1,000 codes of two numbers; the second is ten times the first, plus 3."""
    first = torch.randn(1000, generator=torch.Generator().manual_seed(1))
    return torch.stack([first, 10 * first + 3], dim=1)[:, :, None, None]  # 1000×2×1×1


@pytest.mark.parametrize(("together", "correlation"), [(False, 0), (True, 1)])
def test_random_codes_vary_as_real_ones_and_the_same_every_time(monkeypatch, together, correlation):
    monkeypatch.setattr(probes, "N_RANDOM", 2000)
    drawn = wu.random_codes(correlated_codes(), together).flatten(start_dim=1)
    assert drawn.mean(dim=0).tolist() == pytest.approx([0, 3], abs=0.5)
    assert drawn.std(dim=0).tolist() == pytest.approx([1, 10], rel=0.1)
    assert drawn.T.corrcoef()[0, 1].item() == pytest.approx(correlation, abs=0.1)
    again = wu.random_codes(correlated_codes(), together)
    assert torch.equal(drawn, again.flatten(start_dim=1))
