"""What is computed from trained networks: interpolation, PCA, layers, mistakes."""

import pytest
import torch
from torch import nn

import workshop_utils as wu

# --- interpolation ---


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


def test_a_line_backwards_is_the_line_reversed():
    start, end = torch.rand(3, 32, 32), torch.rand(3, 32, 32)
    there, back = wu.interpolate(start, end), wu.interpolate(end, start)
    assert torch.allclose(there, back.flip(0), atol=1e-6)


def test_a_linear_map_of_a_line_is_the_line_of_the_mapped_ends():
    torch.manual_seed(0)
    start, end, matrix = torch.rand(10), torch.rand(10), torch.rand(10, 4)
    mapped = wu.interpolate(start, end) @ matrix
    assert torch.allclose(mapped, wu.interpolate(start @ matrix, end @ matrix), atol=1e-5)


def test_a_line_needs_two_ends_of_one_shape():
    with pytest.raises(ValueError, match="same shape"):
        wu.interpolate(torch.rand(3, 32, 32), torch.rand(3, 28, 28))
    with pytest.raises(ValueError, match="at least its two ends"):
        wu.interpolate(torch.rand(3), torch.rand(3), n_steps=1)


def test_a_linear_decoder_only_cross_fades_and_a_network_does_not(data):
    first, second = data.test_images[:40] / 255, data.test_images[40:80] / 255
    small = data.train_images[:, :, ::4, ::4]  # for PCA: 200×3×8×8
    linear = wu.linear_autoencoder(*wu.principal_directions(small), 20, image_shape=(3, 8, 8))
    gap, distance = wu.midpoint_gap(*linear, small[:100] / 255, small[100:] / 255)
    assert gap == pytest.approx(0, abs=1e-6)
    assert distance > 0.1
    torch.manual_seed(0)
    network = wu.ConvEncoder(8, 16, 32), wu.ConvDecoder(8, 16, 32)
    with torch.no_grad():  # larger weights: a new network is nearly linear
        for weight in network[1].parameters():
            weight.mul_(5)
    gap, _distance = wu.midpoint_gap(*network, first, second)
    assert gap > 1e-4


# --- PCA ---


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
    loader = wu.Loader(small, data.train_labels)
    losses = [
        wu.test_autoencoder(*wu.linear_autoencoder(mean, directions, size, (3, 8, 8)), loader)
        for size in (1, 10, 100, 192)
    ]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 1e-3


def test_pca_codes_have_the_size_asked_for(data):
    encoder, decoder = wu.linear_autoencoder(torch.zeros(3072), torch.eye(3072), 12)
    code = encoder(data.test_images[:5] / 255)
    assert code.shape == (5, 12)
    assert decoder(code).shape == (5, 3, 32, 32)


def test_pca_refuses_what_it_cannot_do(data):
    with pytest.raises(ValueError, match="at least 2, not 1"):
        wu.principal_directions(data.train_images[:1])
    with pytest.raises(ValueError, match=r"such as data\.train_images"):
        wu.principal_directions(data.train_images / 255)
    mean, directions = torch.zeros(3072), torch.eye(3072)
    for size in (0, 3073):
        with pytest.raises(ValueError, match="between 1 and 3072"):
            wu.linear_autoencoder(mean, directions, size)


# --- layers ---


def test_layers_are_listed_in_order_with_shapes_and_parameters():
    layers = wu.trace_layers(wu.BasicConvNet(8, 16, 256))
    assert [(layer.name, layer.shape, layer.n_parameters) for layer in layers] == [
        ("conv1", (8, 28, 28), 3 * 8 * 25 + 8),
        ("pool", (8, 14, 14), 0),
        ("conv2", (16, 10, 10), 8 * 16 * 25 + 16),
        ("pool", (16, 5, 5), 0),
        ("fc1", (256,), 400 * 256 + 256),
        ("logits", (10,), 256 * 10 + 10),
    ]


def test_a_layer_used_twice_is_counted_once():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(6, 6)

        def forward(self, x):
            return self.layer(self.layer(x))

    model = Twice()
    counts = [layer.n_parameters for layer in wu.trace_layers(model, input_shape=(6,))]
    assert counts == [42, 0]
    assert wu.count_parameters(model) == 42


def test_looking_at_a_model_leaves_it_as_it_was():
    model = wu.MultilayerPerceptronModel(3072, 10)
    wu.trace_layers(model)
    assert model.training
    assert not model.input_layer._forward_hooks


def test_the_table_of_layers_adds_up(capsys):
    wu.show_layers(wu.BasicConvNet(8, 16, 256))
    *rows, total = capsys.readouterr().out.splitlines()[2:]
    numbers = [int(row.split()[-1].replace(",", "")) for row in rows]
    assert sum(numbers) == int(total.split()[-1].replace(",", "")) == 109_050


# --- mistakes ---

PROBABILITIES = torch.tensor([[0.9, 0.1, 0], [0.6, 0.4, 0], [0.2, 0.1, 0.7], [0, 0.2, 0.8]])
LABELS = torch.tensor([0, 1, 1, 2])


def test_the_confusion_matrix_counts_right_class_by_predicted_class():
    matrix = wu.confusion_matrix(PROBABILITIES, LABELS)
    assert matrix.tolist() == [[1, 0, 0], [1, 0, 1], [0, 0, 1]]


def test_the_most_confused_pair_is_found_in_both_directions():
    matrix = torch.tensor([[8, 2, 0], [3, 6, 1], [0, 4, 6]])
    assert wu.most_confused(matrix, ("a", "b", "c")) == ("a", "b", pytest.approx(5 / 20))


def test_the_surest_mistake_comes_first_and_right_answers_do_not_count():
    assert wu.worst_mistakes(PROBABILITIES, LABELS, n=2).tolist() == [2, 1]


# --- patches ---


def test_patches_are_the_squares_of_each_image_row_by_row():
    images = torch.arange(2 * 3 * 8 * 8).reshape(2, 3, 8, 8)
    patches = wu.cut_into_patches(images, side=4)
    assert patches.shape == (8, 3, 4, 4)
    assert torch.equal(patches[1], images[0, :, :4, 4:])
    assert torch.equal(patches[6], images[1, :, 4:, :4])


def test_images_that_cannot_be_cut_into_whole_squares_are_refused():
    for side in (0, 3):
        with pytest.raises(ValueError, match=f"cannot be cut into squares of {side}×{side}"):
            wu.cut_into_patches(torch.zeros(1, 3, 8, 8), side)


def test_with_all_directions_patches_are_reconstructed_exactly(data):
    patches = wu.cut_into_patches(data.test_images, side=2)
    mean, directions = wu.principal_directions(patches)
    linear = wu.linear_autoencoder(mean, directions, 12, image_shape=(3, 2, 2))
    assert torch.allclose(wu.reconstruct(*linear, patches / 255), patches / 255, atol=1e-4)


# --- a line of codes ---


def test_the_latent_line_runs_from_one_reconstruction_to_the_other():
    encoder, decoder = wu.ConvEncoder(8, 16, 32), wu.ConvDecoder(8, 16, 32)
    ends = torch.rand(2, 3, 32, 32)
    line = wu.latent_line(encoder, decoder, *ends, n_steps=5)
    assert line.shape == (5, 3, 32, 32)
    assert torch.allclose(line[[0, -1]], wu.reconstruct(encoder, decoder, ends), atol=1e-5)
    middle = decoder(encoder(ends).mean(dim=0, keepdim=True))[0]
    assert torch.allclose(line[2], middle, atol=1e-5)
