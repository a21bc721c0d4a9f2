import pytest
import torch

import workshop_utils as wu
from workshop_utils.networks.evaluation import evaluating
from workshop_utils.networks.pca import SIDE


@pytest.fixture
def images():
    """Smooth images: a few numbers describe most of them."""
    torch.manual_seed(0)
    small = torch.rand(300, 3, 8, 8)
    smooth = torch.nn.functional.interpolate(small, size=(32, 32), mode="bilinear")
    return (255 * smooth).byte()


def pca_error(images, n_kept):
    """Squared error per image of PCA on patches, with n_kept numbers for each patch."""
    patches = wu.cut_into_patches(images, SIDE)
    mean, directions = wu.principal_directions(patches)
    linear = wu.linear_autoencoder(mean, directions, n_kept, (3, SIDE, SIDE))
    x = patches / 255
    return ((wu.reconstruct(*linear, x) - x) ** 2).sum().item() / len(images)


def test_it_begins_where_pca_on_patches_ends(images):
    encoder, decoder = wu.patch_autoencoder(images, code_size=64)
    error = wu.test_autoencoder(encoder, decoder, wu.Loader(images, torch.zeros(300)))
    # Not quite: PCA has a mean for every pixel of a patch, the decoder one for each colour.
    assert error == pytest.approx(pca_error(images, 16), rel=0.1)
    assert error > 1


def test_the_code_has_as_many_numbers_as_asked_for(images):
    encoder, decoder = wu.patch_autoencoder(images)
    with evaluating(encoder, decoder):
        code = encoder(images[:2] / 255)
        assert code.flatten(start_dim=1).shape == (2, 512)
        assert decoder(code).shape == (2, 3, 32, 32)


def test_it_holds_fewer_numbers_than_200_000(images):
    both = torch.nn.ModuleList(wu.patch_autoencoder(images))
    assert wu.count_parameters(both) < 200_000


def test_encoder_and_decoder_stay_one_set_of_numbers_while_they_learn(images):
    encoder, decoder = wu.patch_autoencoder(images, code_size=64)
    before = encoder[1].weight.detach().clone()
    optimizer = torch.optim.Adam(torch.nn.ModuleList([encoder, decoder]).parameters(), lr=1e-3)
    loader = wu.Loader(images, torch.zeros(300))
    wu.train_autoencoder(encoder, decoder, loader, loader, optimizer, 1)
    assert torch.equal(encoder[1].weight, decoder[0].weight)
    assert not torch.equal(encoder[1].weight, before)


def test_a_new_refinement_changes_nothing_and_can_learn():
    refine = wu.Refinement(4)
    x = torch.rand(2, 3, 32, 32)
    assert torch.equal(refine(x), x)
    refine(x).sum().backward()
    assert refine.conv3.weight.grad.abs().sum() > 0
