import pytest
import torch
import torch.nn.functional as F
from torch import nn

import workshop_utils as wu
from workshop_utils.inside.trace import CannotShowError, trace

IMAGE = (3, 32, 32)


def steps(model, shape=IMAGE):
    return [(each.kind, each.name, each.shape) for each in trace(model, shape)]


def test_the_cnn_is_followed_step_by_step_under_the_names_of_the_exercises():
    assert steps(wu.BasicConvNet(8, 16, 256)) == [
        ("conv", "conv1", (8, 28, 28)),
        ("relu", "relu1", (8, 28, 28)),
        ("max", "pool1", (8, 14, 14)),
        ("conv", "conv2", (16, 10, 10)),
        ("relu", "relu2", (16, 10, 10)),
        ("max", "pool2", (16, 5, 5)),
        ("reshape", "flatten", (400,)),
        ("linear", "fc1", (256,)),
        ("relu", "relu3", (256,)),
        ("linear", "logits", (10,)),
    ]


def test_all_networks_of_the_workbook_are_followed_but_the_variational_one():
    for model in (wu.MultilayerPerceptronModel(3072, 10), wu.DeeperConvNet(), nn.Conv2d(3, 32, 8)):
        assert (
            steps(model)[-1][2]
            == wu.layer_outputs(model, torch.zeros(1, *IMAGE)).popitem()[1].shape[1:]
        )
    for variant in wu.VARIANTS:
        with torch.random.fork_rng():
            encoder, decoder = wu.make_autoencoder(variant)
        code = steps(encoder)[-1][2]
        assert steps(decoder, code)[-1][2] == IMAGE
    with pytest.raises(
        CannotShowError, match="VariationalEncoder cannot be shown: .* chunk, after"
    ):
        trace(wu.VariationalEncoder(8, 16, 32), IMAGE)


class Written(nn.Module):
    """A convolution that keeps its weights in another order, and calls functions and methods."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.randn(3, 3, 3, 8))
        self.b = nn.Parameter(torch.randn(8))

    def forward(self, x):
        x = torch.conv2d(x, self.w.permute(3, 2, 0, 1), self.b, 2, 1).relu()
        return x.view(x.size(0), -1)


def test_functions_methods_and_computed_weights_are_followed():
    model = Written()
    conv, relu, view = trace(model, IMAGE)
    assert (conv.kind, conv.sizes["stride"], relu.kind, view.shape) == (
        "conv",
        (2, 2),
        "relu",
        (2048,),
    )
    assert torch.equal(conv.weights["weight"], model.w.permute(3, 2, 0, 1))


def test_a_network_is_left_as_it_was_and_evaluated():
    model = nn.Sequential(wu.AddNoise(1.0), nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout())
    before = {name: value.clone() for name, value in model.state_dict().items()}
    assert [kind for kind, *_ in steps(model.double())] == ["conv", "scale"]
    model.float()
    assert all(module.training for module in model.modules())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, x):
        return x + self.conv(x)


class AlwaysDrops(Residual):
    def forward(self, x):
        return F.dropout(self.conv(x))


class Decides(Residual):
    def forward(self, x):
        return self.conv(x) if x.mean() > 0 else x


class Mixes(Residual):
    def forward(self, x):
        return self.conv(x).reshape(-1, 1024)


class ReturnsTwo(Residual):
    def forward(self, x):
        return self.conv(x), x


class HalfAsMuch(Residual):
    def forward(self, x):
        return self.conv(x) / 2


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (Residual(), "Residual cannot be shown: add, after conv, does not take what comes"),
        (AlwaysDrops(), "dropout, after conv: it drops .* training=self.training"),
        (Decides(), "Decides cannot be followed .* control flow"),
        (Mixes(), "reshape, after conv, mixes the images of a batch"),
        (ReturnsTwo(), "does not return what conv gives"),
        (HalfAsMuch(), "the page cannot compute truediv, after conv"),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.Tanh()), "the page cannot compute tanh, after 0"),
        (nn.Sequential(nn.AvgPool2d(3, ceil_mode=True)), "avg_pool2d, after the input: it divides"),
        (nn.MaxPool2d(2, return_indices=True), "cannot compute max_pool2d_with_indices, after"),
        (nn.Sequential(nn.AdaptiveAvgPool2d(5)), "adaptive_avg_pool2d, .* overlap"),
        (nn.Sequential(nn.BatchNorm2d(3, track_running_stats=False)), "batch_norm, .* the batch"),
        (nn.Sequential(nn.Linear(32, 4)), "linear, after the input: .* flatten"),
        (
            nn.Sequential(nn.Conv2d(3, 3, 3, padding=1, padding_mode="circular")),
            "cannot compute pad",
        ),
        (nn.Sequential(nn.Conv2d(1, 3, 3)), "an input of 3×32×32. PyTorch says: Given groups=1"),
        (nn.Sequential(nn.Dropout()), "it gives back what it is given"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_the_page_cannot_compute_is_told_with_its_place(model, said):
    with pytest.raises(CannotShowError, match=said) as error:
        trace(model, IMAGE)
    assert "\n" not in str(error.value)
