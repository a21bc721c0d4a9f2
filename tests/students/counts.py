"""Numbers of parameters that students worked out: (answers, network)."""

import numpy as np
import torch
from students.table import Table

import workshop_utils as wu

RIGHT, WRONG = Table(), Table()
MLP = wu.MultilayerPerceptronModel(3072, 10)
CNN = wu.BasicConvNet(8, 16, 256)
OF_MLP = {"input_layer": 786688, "hidden_layer": 25700, "output_layer": 1010}
OF_CNN = {"conv1": 608, "conv2": 3216, "fc1": 102656, "logits": 2570}


class Stubborn:
    def __eq__(self, other):
        raise ValueError("no eq")

    def __getattr__(self, name):
        raise ValueError(f"no {name}")

    __hash__ = None


def mlp(name, *words, **numbers):
    WRONG.add(name, (OF_MLP | numbers, MLP), *words)


def cnn(name, *words, **numbers):
    WRONG.add(name, (OF_CNN | numbers, CNN), *words)


RIGHT.add("MLP", (OF_MLP, MLP))
RIGHT.add("CNN", (OF_CNN, CNN))
RIGHT.add("worked out in Python", (OF_MLP | {"input_layer": 3072 * 256 + 256}, MLP))
RIGHT.add("with layers that learn nothing", (OF_CNN | {"pool": 0}, CNN))
RIGHT.add("decimal, but whole", (OF_MLP | {"hidden_layer": 257 * 200 / 2}, MLP))
RIGHT.add(
    "NumPy and tensors", (OF_CNN | {"conv1": np.int64(608), "fc1": torch.tensor(102656)}, CNN)
)
RIGHT.add("another order", (dict(reversed(OF_CNN.items())), CNN))

# --- not a dictionary of numbers ---

WRONG.add("None", (None, MLP), "Not written yet", "a whole number for each")
WRONG.add("all empty", (dict.fromkeys(OF_MLP), MLP), "Not written yet")
WRONG.add("all ...", (dict.fromkeys(OF_MLP, ...), MLP), "Not written yet")
WRONG.add("a list", ([786688, 25700, 1010], MLP), "a list, but must be a dictionary")
WRONG.add("a number", (813398, MLP), "The answers are a whole number")
WRONG.add("layers as names", ({1: 786688, **OF_MLP}, MLP), "A name is a whole number", "in quotes")
WRONG.add("no model", (OF_MLP, None), "model is None", "nn.Module")
WRONG.add("a class as model", (OF_MLP, wu.BasicConvNet), "model is a class")
WRONG.add("no parameters", (OF_MLP, torch.nn.ReLU()), "model has no parameters")
WRONG.add(
    "too small a model",
    (OF_MLP, wu.MultilayerPerceptronModel(10, 2)),
    "Sending an image through model stopped",
    "but got 1×3072.",
)
mlp("one empty", "hidden_layer is not filled in yet", hidden_layer=None)
mlp("one ...", "output_layer is not filled in yet", output_layer=...)
mlp("unknown", "no layer “softmax”", "The layers are input_layer, dropout, ", softmax=0)
mlp("misspelt", "no layer “hiden_layer”. Is it hidden_layer?", hiden_layer=25700)
WRONG.add(
    "missing", ({"input_layer": 786688, "output_layer": 1010}, MLP), "hidden_layer is missing from"
)
mlp("a text", "input_layer: write", "without quotes", input_layer="786688")
mlp("True", "is a number, not True", input_layer=True)
mlp("a point", "is a whole number, not 786.688", input_layer=786.688)
mlp("NaN", "is a whole number, not nan", input_layer=float("nan"))
mlp("a comma", "a tuple", "without a comma", input_layer=(786, 688))
mlp("a layer", "but this is a Linear", input_layer=MLP.input_layer)
mlp("stubborn", "Looking at your answer", "no __index__", input_layer=Stubborn())

# --- fully connected layers ---

mlp("no biases", "input_layer: the biases are missing. Each unit", input_layer=3072 * 256)
mlp("no biases later", "hidden_layer: the biases are missing. Each unit", hidden_layer=25600)
mlp(
    "a bias per input",
    "input_layer: there is one bias for each unit (output)",
    input_layer=3072 * 256 + 3072,
)
mlp("one bias in all", "each unit, not one for the whole layer", input_layer=3072 * 256 + 1)
mlp("a bias per weight", "each unit, not one for each weight", hidden_layer=2 * 256 * 100)
mlp("input biases, too", "inputs have no biases", hidden_layer=25600 + 356)
mlp("a sum", "multiply the two numbers", hidden_layer=356)
mlp("one unit", "this is one unit only", hidden_layer=257)
mlp("inputs", "this is how many inputs there are", hidden_layer=256)
mlp("units", "this is how many units there are", hidden_layer=100)
mlp("the image again", "not the image", hidden_layer=3072 * 100 + 100)
mlp("all of them", "whole network", hidden_layer=813398)
mlp(
    "interchanged",
    "hidden_layer: this and the number of output",
    hidden_layer=1010,
    output_layer=25700,
)
mlp("another's", "this is the number of output_layer", hidden_layer=1010)
mlp("dropout", "dropout: this layer learns nothing", dropout=256)
mlp("too small", "hidden_layer: this number is too small", hidden_layer=12345)
mlp("too large", "output_layer: this number is too large", output_layer=12345)
mlp("negative", "cannot be negative", output_layer=-1010)
cnn("no height and width", "Height and width are missing", fc1=16 * 256 + 256)
cnn("height only", "Only one of the two is counted", fc1=16 * 5 * 256 + 256)
cnn("no channels", "The channels are missing", fc1=25 * 256 + 256)
cnn("before the pooling", "the pooling before it is forgotten", fc1=16 * 100 * 256 + 256)

# --- convolutions ---

cnn("filters without biases", "conv1: the biases are missing. Each filter", conv1=600)
cnn("one channel", "conv2: the input channels are missing", conv2=16 * 25 + 16)
cnn("one channel and no bias", "conv1: the input channels are missing", conv1=200)
cnn("k", "a filter has k·k weights for each input channel, not k", conv2=8 * 16 * 5 + 16)
cnn("no k", "the size of the filters is missing", conv2=8 * 16 + 16)
cnn("the image's channels", "only the first convolution sees the 3 colours", conv2=3 * 16 * 25 + 16)
cnn("own channels", "the input channels are those that come in, not this", conv2=16 * 16 * 25 + 16)
cnn("one filter", "this is one filter only", conv2=8 * 25 + 1)
cnn("a bias per channel", "one bias, not one for each input channel", conv2=16 * 8 * 26)
cnn("input biases", "for each filter (output), not for each input channel", conv2=3200 + 8)
cnn("one bias", "for each filter, not one for the whole layer", conv2=3201)
cnn("a bias for each weight", "for each filter, not one for each weight", conv2=6400)
cnn("image size", "conv1: the size of the image does not count", conv1=608 * 28 * 28)
cnn("image size before", "conv2: the size of the image does not count", conv2=3200 * 14 * 14)
cnn("a bias per position", "one bias for all positions", conv1=600 + 8 * 28 * 28)
cnn("dense", "this is a fully connected layer", conv1=3072 * 8 * 28 * 28)
cnn("pool", "pool: this layer learns nothing", pool=4)
cnn("conv interchanged", "conv1: this and the number of conv2", conv1=3216, conv2=608)
