import pytest
import torch
from torch import nn

import workshop_utils as wu
from workshop_utils.networks.layers import trace_layers

IMAGES = torch.rand(4, 3, 32, 32)


def test_the_perceptron_gives_a_score_per_class():
    assert wu.MultilayerPerceptronModel(3072, 10)(IMAGES).shape == (4, 10)


def test_the_worksheets_sizes_give_the_worksheets_parameter_counts():
    assert wu.count_parameters(wu.MultilayerPerceptronModel(3072, 10)) == 813_398
    assert wu.count_parameters(wu.BasicConvNet(8, 16, 256)) == 109_050


@pytest.mark.parametrize(("out_c1", "out_c2", "dense"), [(8, 16, 256), (4, 7, 20), (16, 32, 64)])
def test_the_convolutional_network_follows_its_arguments(out_c1, out_c2, dense):
    # Worksheet defect 4: 16·5·5 was written into the network, whatever out_c2 said.
    model = wu.BasicConvNet(out_c1, out_c2, dense, n_classes=5)
    assert model(IMAGES).shape == (4, 5)
    assert model.fc1.in_features == out_c2 * 5 * 5


def test_the_deeper_network_gives_a_score_per_class_and_does_not_mind_where_things_are():
    model = wu.DeeperConvNet().eval()
    assert model(IMAGES).shape == (4, 10)
    far_from_edges = torch.zeros(1, 3, 32, 32)
    far_from_edges[..., 12:16, 12:16] = torch.rand(1, 3, 4, 4)
    moved = wu.shift(far_from_edges, down=8, right=-8)  # a multiple of what is pooled
    assert torch.allclose(model(far_from_edges)[0], model(moved)[0], atol=0.05)


def test_noise_is_added_in_training_only():
    noise = wu.AddNoise(0.1)
    assert (noise(IMAGES) - IMAGES).std().item() == pytest.approx(0.1, rel=0.05)
    assert torch.equal(noise.eval()(IMAGES), IMAGES)


def test_the_encoder_makes_512_numbers_that_may_be_negative():
    code = wu.ConvEncoder(8, 16, 32)(IMAGES)
    assert code.shape == (4, 32, 4, 4)
    assert code.min() < 0


@pytest.mark.parametrize("sizes", [(8, 16, 32), (5, 6, 7)])
def test_the_decoder_mirrors_the_encoder(sizes):
    # Worksheet defects 5 and 6: unused arguments, and filter counts that did not fit the code.
    encoding = trace_layers(wu.ConvEncoder(*sizes))
    decoding = trace_layers(wu.ConvDecoder(*sizes), encoding[-1].shape)
    shapes = [(3, 32, 32), *(layer.shape for layer in encoding)]
    assert [encoding[-1].shape, *(layer.shape for layer in decoding)] == shapes[::-1]


@pytest.mark.parametrize("seed", range(20))
def test_no_channel_of_a_new_decoder_is_dead(seed):
    # With PyTorch's random biases all of them are dead after seed 1, and nothing is learnt.
    torch.manual_seed(seed)
    encoder, decoder = wu.ConvEncoder(8, 16, 32), wu.ConvDecoder(8, 16, 32)
    passed_on = torch.relu(decoder.deconv2(torch.relu(decoder.deconv1(encoder(IMAGES)))))
    assert (passed_on > 0).any(dim=0).flatten(start_dim=1).any(dim=1).all()


def test_reconstructions_lie_between_0_and_1():
    decoder = wu.ConvDecoder(8, 16, 32)
    images = decoder(100 * torch.randn(4, 32, 4, 4))
    assert images.shape == (4, 3, 32, 32)
    assert images.min() >= 0
    assert images.max() <= 1


def test_autoencoders_work_on_images_of_other_sizes():
    images = torch.rand(2, 3, 64, 40)
    assert wu.ConvDecoder(8, 16, 32)(wu.ConvEncoder(8, 16, 32)(images)).shape == images.shape


@pytest.mark.parametrize(
    ("model", "x", "words"),
    [
        (wu.BasicConvNet(8, 16, 256), torch.rand(4, 1, 28, 28), "4×1×28×28: .* takes 3 channels"),
        (wu.BasicConvNet(8, 16, 256), torch.rand(3, 32, 32), "add it with x.unsqueeze"),
        (wu.MultilayerPerceptronModel(784, 10), IMAGES, "4×3×32×32: .* takes 784 numbers"),
        (wu.ConvEncoder(8, 16, 32), torch.rand(4, 1, 32, 32), "takes 3 channels"),
        (wu.ConvDecoder(8, 16, 32), torch.rand(4, 16, 4, 4), "takes 32 channels"),
    ],
)
def test_whoever_calls_names_a_wrong_shape_beside_the_right_one(model, x, words):
    labels = torch.zeros(len(x), dtype=torch.long)
    with pytest.raises(ValueError, match=words):
        wu.predict(model, [(x, labels)])
    with pytest.raises(ValueError, match=words):
        wu.reconstruct(model, nn.Identity(), x)


def test_whole_numbers_are_refused_with_the_conversion_to_make():
    with pytest.raises(TypeError, match=r"x\.float\(\) / 255"):
        wu.reconstruct(wu.ConvEncoder(8, 16, 32), nn.Identity(), (255 * IMAGES).byte())
