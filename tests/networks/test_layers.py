import torch
import torch.nn.functional as F
from torch import nn

import workshop_utils as wu
from workshop_utils.networks.layers import trace_layers


def test_layers_are_listed_in_order_with_shapes_and_parameters():
    layers = trace_layers(wu.BasicConvNet(8, 16, 256))
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
    assert [layer.n_parameters for layer in trace_layers(model, input_shape=(6,))] == [42, 0]
    assert wu.count_parameters(model) == 42


def test_the_table_of_layers_adds_up(capsys):
    wu.show_layers(wu.BasicConvNet(8, 16, 256))
    heading, first, *rows, total = capsys.readouterr().out.splitlines()
    assert heading.split() == ["layer", "kind", "shape", "for", "one", "image", "parameters"]
    assert first.split() == ["input", "3×32×32", "0"]
    assert rows[0].split() == ["conv1", "Conv2d", "8×28×28", "608"]
    numbers = [int(row.split()[-1].replace(",", "")) for row in (*rows, total)]
    assert sum(numbers[:-1]) == numbers[-1] == 109_050
    assert len({len(row) for row in (heading, first, *rows, total)}) == 1


def test_every_layers_outputs_are_kept_under_its_name_and_the_model_stays_as_it_was():
    torch.manual_seed(0)
    model, images = wu.BasicConvNet(2, 3, 4).train(), torch.rand(5, 3, 32, 32)
    outputs = wu.layer_outputs(model, images)
    assert list(outputs) == ["conv1", "pool1", "conv2", "pool2", "fc1", "logits"]
    assert torch.equal(outputs["conv1"], model.conv1(images))
    assert torch.equal(outputs["conv2"], model.conv2(F.relu(outputs["pool1"])))
    assert torch.equal(outputs["logits"], model(images))
    assert not outputs["logits"].requires_grad
    assert model.training
    assert not model.conv1._forward_hooks


def test_hidden_numbers_are_those_after_relu_with_dropout_off():
    torch.manual_seed(0)
    mlp, images = wu.MultilayerPerceptronModel(12, 2, 8, 6).train(), torch.rand(5, 3, 2, 2)
    outputs = wu.layer_outputs(mlp, images)
    assert torch.equal(outputs["dropout2"], F.relu(outputs["hidden_layer"]))
