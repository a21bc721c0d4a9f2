import pytest
import torch
import torch.nn.functional as F

import workshop_utils as wu


def test_weights_become_pictures_around_mid_grey():
    weights = torch.tensor([-2.0, 0.0, 1.0])[None, :, None, None].expand(2, 3, 4, 4).clone()
    weights[1] *= 10  # each picture has its own scale
    images = wu.weights_as_images(weights)
    assert torch.equal(images[:, :, 0, 0], torch.tensor([[0.0, 0.5, 0.75]] * 2))


def test_weights_of_zero_are_grey():
    assert torch.equal(wu.weights_as_images(torch.zeros(1, 3, 2, 2)), torch.full((1, 3, 2, 2), 0.5))


def test_maps_become_grey_pictures_on_one_scale():
    maps = torch.tensor([[[-1.0, 0.0], [1.0, 2.0]], [[0.5, 0.0], [0.0, 4.0]]])
    images = wu.maps_as_images(maps)
    assert images.shape == (2, 3, 2, 2)
    assert torch.equal(images[:, 0], maps.clamp(min=0) / 4)
    assert torch.equal(images[:, 0], images[:, 2])


def test_a_dead_map_is_black():
    assert torch.equal(wu.maps_as_images(-torch.rand(1, 2, 2)), torch.zeros(1, 3, 2, 2))


def test_the_strongest_patches_are_what_the_filter_sees_there():
    torch.manual_seed(0)
    model, images = wu.BasicConvNet(2, 3, 4), torch.rand(20, 3, 32, 32)
    maps = wu.layer_outputs(model, images)["conv2"]  # 20×3×10×10
    patches = wu.strongest_patches(maps, images, size=14, stride=2)
    assert patches.shape == (3, 8, 3, 14, 14)
    for k in range(3):
        seen = wu.layer_outputs(model.conv1, patches[k])  # only these pixels, nothing around them
        again = model.conv2(F.relu(model.pool(seen[""])))[:, k]  # 8×1×1
        expected = maps[:, k].flatten(start_dim=1).amax(dim=1).topk(8).values
        assert torch.allclose(again.flatten(), expected, atol=1e-5)


def test_neighbours_agree_where_classes_keep_apart_and_not_where_they_alternate():
    points = torch.tensor([0.0, 1.0, 10.0, 11.0])[:, None]
    assert wu.neighbours_agree(points, torch.tensor([0, 0, 1, 1])) == 1
    assert wu.neighbours_agree(points, torch.tensor([0, 1, 0, 1])) == 0
    assert wu.neighbours_agree(points, torch.tensor([0, 0, 0, 1])) == 0.5


@pytest.mark.parametrize("method", ["PCA", "t-SNE"])
def test_two_heaps_stay_two_heaps_in_the_plane_and_the_same_every_time(method):
    torch.manual_seed(0)
    heaps = torch.cat([torch.randn(40, 20), torch.randn(40, 20) + 20])
    points = wu.to_plane(heaps, method)
    assert points.shape == (80, 2)
    assert wu.neighbours_agree(points, torch.arange(80) // 40) == 1
    assert torch.equal(points, wu.to_plane(heaps, method))


def test_pca_keeps_the_directions_of_largest_variance_and_is_never_mirrored():
    torch.manual_seed(0)
    numbers = torch.randn(200, 3) * torch.tensor([1.0, 10.0, 5.0]) + 7
    points = wu.to_plane(numbers, "PCA")
    expected = (numbers - numbers.mean(dim=0))[:, [1, 2]]
    assert torch.allclose(points, expected, atol=0.2 * points.abs().max().item())
    assert torch.allclose(points.var(dim=0), expected.var(dim=0), rtol=0.02)


def test_an_unknown_method_is_named_with_those_that_exist():
    with pytest.raises(ValueError, match='method is \'pca\', but it must be "PCA" or "t-SNE"'):
        wu.to_plane(torch.rand(5, 3), "pca")


# --- where a classifier goes wrong ---

PROBABILITIES = torch.tensor([[0.9, 0.1, 0], [0.6, 0.4, 0], [0.2, 0.1, 0.7], [0, 0.2, 0.8]])
LABELS = torch.tensor([0, 1, 1, 2])


def test_the_confusion_matrix_counts_right_class_by_predicted_class():
    matrix = wu.confusion_matrix(PROBABILITIES, LABELS)
    assert matrix.tolist() == [[1, 0, 0], [1, 0, 1], [0, 0, 1]]


def test_the_surest_mistakes_come_first_and_right_answers_do_not_count():
    found = wu.worst_mistakes(PROBABILITIES.repeat(5, 1), LABELS.repeat(5))
    assert (found % 4).tolist() == [2] * 5 + [1] * 3
