"""Shapes that students worked out: (answers, network)."""

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
RIGHT.add("sequential", ({"0": (8, 16, 16)}, nn.Sequential(nn.Conv2d(3, 8, 4, 2, 1), nn.ReLU())))

# --- not a dictionary of shapes ---

WRONG.add("None", (None, CNN), "Not written yet", "(channels, height, width)")
WRONG.add("all empty", (dict.fromkeys(OF_CNN), CNN), "Not written yet")
WRONG.add("a list", (list(OF_CNN.values()), CNN), "a list, but must be a dictionary")
WRONG.add("no model", (OF_CNN, "cnn"), "model is a string")
cnn("one empty", "fc1 is not filled in yet", fc1=None)
cnn("unknown", "no layer “pool”. Is it pool", pool=(8, 14, 14))
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
cnn("channels last", "channels come first", conv1=(28, 28, 8))
cnn("flattened", "this is how many numbers there are", pool2=400)
cnn("height missing", "height or width is missing", pool2=(16, 5))
cnn("channels missing", "the channels are missing", conv1=(28, 28))
cnn("interchanged", "conv1: this and the shape of pool1", conv1=(8, 14, 14), pool1=(8, 28, 28))
cnn("one step later", "this is the shape after pool1, one step later", conv1=(8, 14, 14))
cnn("zero", "every entry of a shape is at least 1", logits=0)
cnn("too many entries", "one number for each unit", logits=(2, 5))
cnn("too few entries", "this layer hands on images", conv1=(8, 30))
cnn("odd size", "the channels are right, but height or width is not", conv1=(8, 20, 20))
cnn("odd channels", "height and width are right, the number of channels is not", conv1=(9, 28, 28))
cnn("all odd", "this does not fit", conv1=(9, 20, 20))

# --- convolutions ---

cnn("size kept", "conv1: height and width do not stay as they are", "// stride", conv1=(8, 32, 32))
cnn("one too small", "not n - k.", conv1=(8, 27, 27))
cnn("one too large", "not n - k + 2", conv2=(16, 11, 11))
cnn("with padding", "no padding here", conv1=(8, 30, 30))
cnn("pooling forgotten", "the step before is forgotten", conv2=(16, 24, 24))
cnn("input channels", "as many as the filters, not as the channels", conv1=(3, 28, 28))
cnn("channels multiplied", "do not multiply the two", conv2=(128, 10, 10))
cnn(
    "channels and size",
    "conv1: the channels are as many as the filters; and",
    conv1=(3, 32, 32),
)
encoder("stride", "conv1: the stride of 2 is forgotten", conv1=(8, 31, 31))
encoder("padding", "conv2: the padding of 1 is forgotten", conv2=(16, 7, 7))
encoder("still before", "conv3: the channels are as many as the filters; and", conv3=(16, 8, 8))

# --- pooling and fully connected layers ---

cnn("no pooling", "they are as before", pool1=(8, 28, 28))
cnn("pooling, stride 1", "as with stride 1", pool1=(8, 27, 27))
cnn("half the channels", "pooling leaves the channels", pool1=(4, 14, 14))
cnn("channels only", "not the channels", pool1=(4, 28, 28))
cnn("height only", "height and width both become smaller", pool1=(8, 14, 28))
cnn("pooled twice", "pooling is applied twice", pool1=(8, 7, 7))
cnn("weights", "the shape of its weights", fc1=(256, 400))
cnn("inputs", "how many numbers go into the layer", fc1=400)
cnn("what comes in", "this is what goes into the layer", fc1=(16, 5, 5))
cnn("as an image", "no height and width left", fc1=(256, 1, 1))
