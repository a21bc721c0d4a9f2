import pytest
import torch

import workshop_utils as wu


@pytest.fixture
def images():
    """Smooth images: a few numbers describe most of them."""
    torch.manual_seed(0)
    small = torch.rand(300, 3, 8, 8)
    smooth = torch.nn.functional.interpolate(small, size=(32, 32), mode="bilinear")
    return (255 * smooth).byte()


def test_pca_finds_the_direction_along_which_images_were_made():
    torch.manual_seed(0)
    pattern = torch.randn(3 * 8 * 8).sign()
    strength = torch.randint(-50, 51, (300, 1))
    images = (128 + strength * pattern).to(torch.uint8).reshape(300, 3, 8, 8)
    mean, directions = wu.principal_directions(images)
    assert torch.allclose(mean, images.flatten(start_dim=1).float().mean(dim=0) / 255, atol=1e-4)
    alignment = (directions[:, 0] @ pattern).abs() / pattern.norm()
    assert alignment == pytest.approx(1, abs=1e-3)


def test_pca_is_an_autoencoder_that_gets_better_with_every_number(data):
    small = data.train_images[:, :, ::4, ::4]  # 200×3×8×8
    mean, directions = wu.principal_directions(small)
    losses = []
    for size in (1, 10, 100, 192):
        encoder, decoder = wu.linear_autoencoder(mean, directions, size, (3, 8, 8))
        assert encoder(small[:5] / 255).shape == (5, size)
        found = wu.reconstruct(encoder, decoder, small / 255)
        losses.append(wu.squared_error(found, small / 255).mean())
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 1e-3


def test_pca_refuses_what_it_cannot_do(data):
    with pytest.raises(ValueError, match="at least 2, not 1"):
        wu.principal_directions(data.train_images[:1])
    with pytest.raises(ValueError, match=r"such as data\.train_images"):
        wu.principal_directions(data.train_images / 255)
    for size in (0, 3073):
        with pytest.raises(ValueError, match="between 1 and 3072"):
            wu.linear_autoencoder(torch.zeros(3072), torch.eye(3072), size)


def test_patches_are_the_squares_of_each_image_row_by_row():
    images = torch.arange(2 * 3 * 8 * 8).reshape(2, 3, 8, 8)
    patches = wu.cut_into_patches(images, side=4)
    assert patches.shape == (8, 3, 4, 4)
    assert torch.equal(patches[1], images[0, :, :4, 4:])
    assert torch.equal(patches[6], images[1, :, 4:, :4])
    for side in (0, 3):
        with pytest.raises(ValueError, match=f"cannot be cut into squares of {side}×{side}"):
            wu.cut_into_patches(images, side)
