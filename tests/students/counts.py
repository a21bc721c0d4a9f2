"""Numbers of parameters that students worked out: (answers, network)."""

from types import MappingProxyType

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
RIGHT.add("as exercise 2.1 calls them", (OF_CNN | {"pool1": 0, "pool2": 0}, CNN))
RIGHT.add("a mapping", (MappingProxyType(OF_CNN), CNN))
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
    "matrices 1x3072 and 10x256",
)
mlp("one empty", "hidden_layer is not filled in yet", hidden_layer=None)
mlp("one ...", "output_layer is not filled in yet", output_layer=...)
mlp("unknown", "no layer “softmax”", "The layers are input_layer, dropout1, ", softmax=0)
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

# --- numbers that no rule gives ---

mlp("all of them", "whole network", hidden_layer=813398)
mlp("interchanged", "this belongs to output", "other way", hidden_layer=1010, output_layer=25700)
mlp("another's", "this belongs to output_layer.", hidden_layer=1010)
mlp("dropout", "dropout1: this layer learns nothing", dropout=256)
mlp("too small", "hidden_layer: this number is too small", hidden_layer=12345)
mlp("too large", "output_layer: this number is too large", output_layer=12345)
mlp("negative", "cannot be negative", output_layer=-1010)
cnn("pool", "pool1: this layer learns nothing", pool=4)
cnn("pool2", "pool2: this layer learns nothing", pool2=4)
cnn("three mistakes", "conv1: the input channels are missing", conv1=208, conv2=416, fc1=9)
