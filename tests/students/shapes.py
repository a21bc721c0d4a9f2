"""Shapes that students worked out: (answers, network)."""

import numpy as np
import torch
from students.counts import CNN, MLP, Stubborn
from students.table import Table
from torch import nn

import workshop_utils as wu

RIGHT, WRONG = Table(), Table()
OF_CNN = {
    "conv1": (8, 28, 28),
    "pool1": (8, 14, 14),
    "conv2": (16, 10, 10),
    "pool2": (16, 5, 5),
    "fc1": (256,),
    "logits": (10,),
}
OF_MLP = {"input_layer": (256,), "hidden_layer": 100, "output_layer": 10}
ENCODER = wu.ConvEncoder(8, 16, 32)
OF_ENCODER = {"conv1": (8, 16, 16), "conv2": (16, 8, 8), "conv3": (32, 4, 4)}


def cnn(name, *words, **shapes):
    WRONG.add(name, (OF_CNN | shapes, CNN), *words)


def encoder(name, *words, **shapes):
    WRONG.add(name, (OF_ENCODER | shapes, ENCODER), *words)


RIGHT.add("CNN", (OF_CNN, CNN))
RIGHT.add("MLP", (OF_MLP, MLP))
RIGHT.add("MLP with dropout", (OF_MLP | {"dropout1": 256, "dropout2": (100,)}, MLP))
RIGHT.add("encoder", (OF_ENCODER, ENCODER))
RIGHT.add(
    "other types",
    (
        OF_CNN
        | {
            "conv1": [8, 28, 28],
            "pool1": torch.Size([8, 14, 14]),
            "conv2": torch.tensor([16, 10, 10]),
            "fc1": 256,
            "logits": [10.0],
        },
        CNN,
    ),
)
ONCE = {name: shape for name, shape in OF_CNN.items() if not name.startswith("pool")}
RIGHT.add("pool once for all", (ONCE | {"pool": (16, 5, 5)}, CNN))
RIGHT.add("arrays", ({name: np.array(shape) for name, shape in OF_CNN.items()}, CNN))
RIGHT.add("sequential", ({"0": (8, 16, 16)}, nn.Sequential(nn.Conv2d(3, 8, 4, 2, 1), nn.ReLU())))

# --- not a dictionary of shapes ---

WRONG.add("None", (None, CNN), "Not written yet", "(channels, height, width)")
WRONG.add("all empty", (dict.fromkeys(OF_CNN), CNN), "Not written yet")
WRONG.add("a list", (list(OF_CNN.values()), CNN), "a list, but must be a dictionary")
WRONG.add("no model", (OF_CNN, "cnn"), "model is a string")
cnn("one empty", "fc1 is not filled in yet", fc1=None)
cnn("unknown", "no layer “poll1”. Is it pool1", poll1=(8, 14, 14))
cnn("no use of pool", "pool2: this does not fit", pool=(8, 14, 28))
del WRONG[-1].given[0]["pool2"]
cnn("None for the batch", "None seems to stand for the images", conv1=(None, 8, 28, 28))
cnn("N for the batch", "N seems to stand for the images", conv1=("N", 8, 28, 28))
cnn("-1 for the batch", "conv1: the batch dimension is included", conv1=[-1, 8, 28, 28])
cnn("missing", "pool2 is missing from")
WRONG[-1].given[0].pop("pool2")
cnn("a text", "conv1: this is a string", "without quotes", conv1="8x28x28")
cnn("text inside", "conv1: write each entry of a shape as a number", conv1=("8", 28, 28))
cnn("a set", "conv1: this is a set", "round brackets", conv1={8, 28})
cnn("a point", "is a whole number, not 8.28", conv1=8.28)
cnn("a half", "each entry of a shape is a whole number, not 4.5", pool2=(16, 4.5, 4.5))
cnn(
    "empty inside", "each entry of a shape is a whole number, but this is None", conv1=(8, None, 28)
)
cnn("a layer", "but this is a Conv2d", conv1=CNN.conv1)
cnn("meta", "but this is a Tensor", conv1=torch.zeros(3, device="meta"))
cnn("stubborn", "Looking at your answer", conv1=Stubborn())

# --- anywhere ---

cnn("batch", "conv1: the batch dimension is included", conv1=(1, 8, 28, 28))
cnn("any batch", "fc1: the batch dimension is included", fc1=(64, 256))
cnn("interchanged", "belongs to pool1, and", conv1=(8, 14, 14), pool1=(8, 28, 28))
cnn("one step later", "this belongs to pool1.", conv1=(8, 14, 14))
cnn("zero", "every entry of a shape is at least 1", logits=0)
cnn("too many entries", "one number for each unit", logits=(2, 5))
cnn("too few entries", "this layer hands on images", conv1=(8, 30))
cnn("odd size", "the channels are right, but height or width is not", conv1=(8, 20, 20))
cnn("odd channels", "height and width are right, the number of channels is not", conv1=(9, 28, 28))
cnn("all odd", "this does not fit", conv1=(9, 20, 20))
