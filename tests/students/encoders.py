"""Encoders that are wrong in ways that the package's table of mistakes does not hold."""

import sys

import torch
import torch.nn as nn
import torch.nn.functional as F
from students.right_encoders import InOneVector
from students.table import Table

import workshop_utils as wu

WRONG = Table()


def three(c1, c2, e, **options):
    """Three convolutions as asked for, apart from the options."""
    settings = {"kernel_size": 4, "stride": 2, "padding": 1} | options
    return [
        nn.Conv2d(3, c1, **settings),
        nn.Conv2d(c1, c2, **settings),
        nn.Conv2d(c2, e, **settings),
    ]


def with_layers(make):
    """A class with other layers; `make` is called with out_c1, out_c2 and embedding_dim."""

    class Encoder(nn.Module):
        def __init__(self, *sizes):
            super().__init__()
            self.conv1, self.conv2, self.conv3 = make(*sizes)

        def forward(self, x):
            return self.conv3(F.relu(self.conv2(F.relu(self.conv1(x)))))

    return Encoder


def with_options(**options):
    """A class whose layers all have these options."""
    return with_layers(lambda *sizes: three(*sizes, **options))


def with_forward(forward):
    """A class with the right layers and another forward."""
    return type("Encoder", (with_options(),), {"forward": forward})


def with_end(end):
    """A class that does something to the code at its end."""
    right = with_options().forward
    return with_forward(lambda self, x: end(right(self, x)))


def with_start(start):
    """A class that does something to the images first."""
    right = with_options().forward
    return with_forward(lambda self, x: right(self, start(x)))


# --- not an encoder ---

WRONG.add("None", None, "Not written yet", "three convolutions in __init__")
WRONG.add("...", ..., "Not written yet")
WRONG.add("a function with ...", lambda a, b, c: ..., "Not written yet")
WRONG.add("a text", "ConvEncoder", "needs the class", "a string")
WRONG.add("a number", 3, "needs the class", "a whole number")
WRONG.add("a tensor", torch.zeros(3), "needs the class", "a Tensor")
WRONG.add("an object", wu.ConvEncoder(8, 16, 32), "already made", "check_encoder(ConvEncoder)")
WRONG.add("a function without return", lambda a, b, c: None, "encoder is None", "return statement")
WRONG.add("a function of one value", lambda sizes: None, "Making the encoder", "takes 1 positional")


@WRONG("a Plain", "class ConvEncoder(nn.Module)")
class Plain:
    def __init__(self, *sizes):
        self.layers = three(*sizes)


@WRONG("Not written yet", "three convolutions in __init__")
class Stub(nn.Module):
    def __init__(self, out_c1, out_c2, embedding_dim):
        super().__init__()
        raise NotImplementedError

    def forward(self, x):
        raise NotImplementedError("your code here")


@WRONG("Not written yet")
class StubForward(with_options()):
    def forward(self, x):
        ...
        raise NotImplementedError


@WRONG("no method forward", "Write def forward(self, x):")
class MisspeltForward(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.conv1, self.conv2, self.conv3 = three(*sizes)

    def farward(self, x):
        return x


@WRONG("no method __init__", "Write def __init__(self, out_c1, out_c2, embedding_dim):")
class MisspeltInit(nn.Module):
    def _init_(self, out_c1, out_c2, embedding_dim):
        super().__init__()

    def forward(self, x):
        return x


@WRONG("forward does not take", "Begin with self: def forward(self, x):")
class NoSelfInForward(with_options()):
    def forward(x):
        return x


@WRONG("__init__ does not take", "def __init__(self, out_c1, out_c2, embedding_dim):")
class NoSelfInInit(nn.Module):
    def __init__(out_c1, out_c2, embedding_dim):
        pass

    def forward(self, x):
        return x


@WRONG("Begin __init__ with super().__init__()", "self.conv1 = nn.Conv2d(3, out_c1, 4, 2, 1)")
class NoSuper(nn.Module):
    def __init__(self, out_c1, out_c2, embedding_dim):
        self.conv1 = nn.Conv2d(3, out_c1, 4, 2, 1)

    def forward(self, x):
        return self.conv1(x)


@WRONG("__init__ does not take what it is given")
class NoArguments(nn.Module):
    def __init__(self):
        super().__init__()

    def forward(self, x):
        return x


class Hostile:
    def __getattribute__(self, name):
        raise RuntimeError("leave me alone")


WRONG.add("an object that answers nothing", Hostile(), "Looking at your answer", "leave me alone")


# --- errors while it runs ---


@WRONG("no variable conv1", "self.conv1")
class LayerWithoutSelf(with_options()):
    def forward(self, x):
        return F.relu(conv1(x))


@WRONG("this UnknownLayer has no conv4", "never made in __init__", "return self.conv4(x)")
class UnknownLayer(with_options()):
    def forward(self, x):
        return self.conv4(x)


@WRONG("expects 3 channels but is given 5", "self.conv2")
class InputChannels(nn.Module):
    def __init__(self, out_c1, out_c2, embedding_dim):
        super().__init__()
        self.conv1 = nn.Conv2d(3, out_c1, 4, 2, 1)
        self.conv2 = nn.Conv2d(3, out_c2, 4, 2, 1)

    def forward(self, x):
        return self.conv2(F.relu(self.conv1(x)))


@WRONG("given the layer (Conv2d)", "return F.relu(self.conv1)")
class ReluOfLayer(with_options()):
    def forward(self, x):
        return F.relu(self.conv1)


@WRONG("made first and then called, nn.ReLU()(x)")
class ReluClass(with_options()):
    def forward(self, x):
        return self.conv2(nn.ReLU(self.conv1(x)))


@WRONG("Do not flatten the images")
class FlattensFirst(with_options()):
    def forward(self, x):
        return self.conv1(x.flatten(1))


@WRONG("smaller than the filter")
class PoolsAsWell(with_options()):
    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 4)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.conv3(x)


@WRONG("calls itself again and again", "return self(x)")
class CallsItself(with_options()):
    def forward(self, x):
        return self(x)


@WRONG("ends the whole program", "sys.exit()")
class EndsProgram(with_options()):
    def forward(self, x):
        sys.exit()


@WRONG("arranged as [2, -1, 4, 4]", "number of images")
class FixedView(with_options()):
    def forward(self, x):
        return super().forward(x).reshape(2, -1, 4, 4)


@WRONG("Leave out groups=", "groups=4")
class Groups(nn.Module):
    def __init__(self, out_c1, out_c2, embedding_dim):
        super().__init__()
        self.conv2 = nn.Conv2d(out_c1, out_c2, 4, 2, 1, groups=4)

    def forward(self, x):
        return self.conv2(x)


# --- what forward returns ---

WRONG.add("no return", with_end(lambda z: None), "forward returns None", "return statement")
WRONG.add("a comma", with_end(lambda z: (z,)), "forward returns a tuple", "comma")
WRONG.add("mean and log-variance", with_end(lambda z: (z, z)), "two tensors", "one code")
WRONG.add("a list", with_end(list), "forward returns a list")
WRONG.add("a layer", with_forward(lambda self, x: self.conv3), "forward returns a Conv2d")
WRONG.add("NumPy", with_end(lambda z: z.detach().numpy()), "a NumPy array")
WRONG.add("double", with_end(torch.Tensor.double), "torch.float64")
WRONG.add("NaN", with_end(lambda z: z.sub(100).log()), "NaN")
WRONG.add("double weights", with_options(dtype=torch.float64), "are of different kinds")
WRONG.add("weights elsewhere", with_options(device="meta"), "weights on the device “meta”")


@WRONG("changes the images")
class InPlace(with_options()):
    def forward(self, x):
        code = super().forward(x)
        x.zero_()
        return code


# --- shapes ---

for words, options in {
    "11×29×29, expected 2×11×4×4. conv1, conv2 and conv3 have stride=1 (needed: 2)": {"stride": 1},
    "conv1, conv2 and conv3 have padding=0 (needed: 1)": {"padding": 0},
    "conv1, conv2 and conv3 have padding=(1, 2) (needed: 1)": {"padding": (1, 2)},
    "11×3×3, expected 2×11×4×4. conv1, conv2 and conv3 have kernel_size=5": {"kernel_size": 5},
    "conv1, conv2 and conv3 have dilation=2 (needed: 1)": {"dilation": 2},
    "have stride=1 (needed: 2) and padding=same": {"stride": 1, "padding": "same"},
}.items():
    WRONG.add(str(options), with_options(**options), words)


@WRONG("2×11×7×7", "conv3 has stride=1 (needed: 2).")
class OneStrideForgotten(with_options()):
    def __init__(self, c1, c2, e):
        super().__init__(c1, c2, e)
        self.conv3 = nn.Conv2d(c2, e, 4, padding=1)


@WRONG("2×11×29×29", "every layer halves")
class FunctionalStride(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.weights = nn.ParameterList(layer.weight for layer in three(*sizes))
        self.biases = nn.ParameterList(torch.zeros(n) for n in sizes)

    def forward(self, x):
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            x = F.conv2d(F.relu(x) if i else x, weight, bias, padding=1)
        return x


for name, end in {
    "11×4×4": lambda z: z.mean(0),
    "1×11×4×4": lambda z: z[:1],
    "2×11": lambda z: z.mean((2, 3)),
    "of one number": torch.mean,
    "2×11×6×6": lambda z: F.interpolate(z, 6),
    "2×22×4×4": lambda z: torch.cat([z, -z], 1),
}.items():
    WRONG.add(name, with_end(end), f"shape {name}, expected 2×11×4×4. The first dimension counts")
WRONG.add("two images at most", with_end(lambda z: z[:2]), "For 3 images", "expected 3×11×4×4")
for i, words in enumerate(
    (
        "conv1 has 8 filters (needed: out_c1 = 5)",
        "conv2 has 8 filters (needed: out_c2 = 7)",
        "2×8×4×4, expected 2×11×4×4. conv3 has 8 filters (needed: embedding_dim = 11)",
    )
):
    WRONG.add(
        f"fixed number {i}",
        with_layers(lambda *sizes, i=i: three(*sizes[:i], 8, *sizes[i + 1 :])),
        words,
    )


@WRONG("conv1 is a layer of the class itself", "an optimizer does not see it")
class ClassAttributes(nn.Module):
    conv1, conv2, conv3 = three(8, 16, 32)

    def __init__(self, *sizes):
        super().__init__()

    def forward(self, x):
        return self.conv3(F.relu(self.conv2(F.relu(self.conv1(x)))))


# --- parameters ---

WRONG.add("no biases", with_options(bias=False), "conv1, conv2 and conv3 have no bias")
WRONG.add("kernel 3", with_options(kernel_size=3), "conv3 have kernel_size=3 (needed: 4)")
WRONG.add(
    "interchanged",
    with_layers(lambda a, b, c: three(b, a, c)),
    "conv1 has 7 filters (needed: out_c1 = 5). conv2 has 5 filters (needed: out_c2 = 7)",
)


class WithMore(with_options()):
    """One layer more."""

    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.extra = self.make(*sizes)

    def forward(self, x):
        return self.extra(super().forward(x))


def with_more(make):
    """A class with one layer more; `make` is called with embedding_dim."""
    return type("Encoder", (WithMore,), {"make": lambda self, a, b, e: make(e)})


for words, make in {
    "extra (BatchNorm2d) is too much. The encoder has 22 parameters more": nn.BatchNorm2d,
    "extra (Linear) is too much. The encoder has 20 parameters more": lambda e: nn.Linear(4, 4),
    "extra (Conv2d) is too much. The encoder has 132 parameters more": lambda e: nn.Conv2d(e, e, 1),
    "extra (PReLU) is too much. The encoder has 1 parameter more": lambda e: nn.PReLU(),
}.items():
    WRONG.add(words, with_more(make), words)


@WRONG("A parameter of your own is too much", "1 parameter more")
class OwnScale(with_options()):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x):
        return self.scale * super().forward(x)


@WRONG("1,019 parameters to learn", "three convolutions have 2,055", "just three nn.Conv2d")
class DepthwiseSeparable(nn.Module):
    def __init__(self, c1, c2, e):
        super().__init__()
        self.conv1, self.conv2, _ = three(c1, c2, e)
        self.spread = nn.Conv2d(c2, c2, 4, 2, 1, groups=c2)
        self.mix = nn.Conv2d(c2, e, 1)

    def forward(self, x):
        return self.mix(self.spread(F.relu(self.conv2(F.relu(self.conv1(x))))))


@WRONG("self.layers is a plain list", "0 parameters to learn", "have 2,055", "nn.ModuleList")
class PlainList(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.layers = three(*sizes)

    def forward(self, x):
        a, b, c = self.layers
        return c(F.relu(b(F.relu(a(x)))))


@WRONG("is a plain tensor", "nn.Parameter")
class PlainTensors(nn.Module):
    def __init__(self, c1, c2, e):
        super().__init__()
        self.w1, self.w2 = torch.randn(c1, 3, 4, 4), torch.randn(c2, c1, 4, 4)
        self.w3 = torch.randn(e, c2, 4, 4)

    def forward(self, x):
        for weight in (self.w1, self.w2, self.w3):
            x = F.conv2d(F.relu(x), weight, stride=2, padding=1)
        return x


@WRONG("Buffers are not learnt")
class Buffers(PlainTensors):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        for name in ("w1", "w2", "w3"):
            weight = vars(self).pop(name)
            self.register_buffer(name, weight)


@WRONG("with new random weights, for every batch")
class NewEachTime(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.sizes = sizes

    def forward(self, x):
        a, b, c = three(*self.sizes)
        return c(F.relu(b(F.relu(a(x)))))


@WRONG("forward makes new layers", "an optimizer made before the first batch")
class NewEachTimeInSelf(with_options()):
    def forward(self, x):
        self.conv3 = nn.Conv2d(*self.conv3.weight.shape[1::-1], 4, 2, 1)
        return super().forward(x)


@WRONG("812 parameters to learn", "keep each in self: self.conv1 = ...")
class LastLayerIsLocal(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.conv1, self.conv2, conv3 = three(*sizes)
        self.last = lambda x: conv3(x)

    def forward(self, x):
        return self.last(F.relu(self.conv2(F.relu(self.conv1(x)))))


# --- learning ---


@WRONG("No gradient reaches conv1.weight")
class DetachesInTheMiddle(with_options()):
    def forward(self, x):
        return self.conv3(F.relu(self.conv2(F.relu(self.conv1(x)).data)))


@WRONG("No gradient reaches conv2.weight", "requires_grad = False")
class Frozen(with_options()):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.conv2.requires_grad_(False)


@WRONG("start with the same value")
class Constants(with_options()):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        nn.init.constant_(self.conv3.weight, 0.1)


# --- what is computed ---

WRONG.add("code / 10", with_end(lambda z: z / 10), "code is multiplied by 0.1")
WRONG.add("code + 1", with_end(lambda z: z + 1), "1 is added to the code")
WRONG.add("ignores x", with_start(torch.zeros_like), "same for every image")
WRONG.add("noise", with_end(lambda z: z + torch.randn_like(z)), "another code each time")
WRONG.add("by their number", with_end(lambda z: z * 2 / len(z)), "Is anything else done")
WRONG.add("sorted", with_end(lambda z: z.sort(1).values), "Is anything else done in forward")
WRONG.add("by the batch", with_end(lambda z: z - z.mean(0)), "Is anything else done in forward")


# --- known mistakes, written in another way ---

WRONG.add("images - 0.5", with_start(lambda x: x - 0.5), "Is anything else done in forward")
WRONG.add("(x - 0.5) / 0.5", with_start(lambda x: (x - 0.5) / 0.5), "scaled to [-1, 1]")
WRONG.add("clamped", with_end(lambda z: z.clamp(min=0)), "cuts off negative codes")
WRONG.add("dropout", with_end(nn.Dropout(0.25)), "another code each time")
WRONG.add("batch norm", with_end(lambda z: F.batch_norm(z, None, None, training=True)), "(batch")


def between(layer):
    """A class with a layer without weights after the first convolution."""

    class Encoder(with_options()):
        def __init__(self, c1, c2, e):
            super().__init__(c1, c2, e)
            self.between = layer(c1)

        def forward(self, x):
            return self.conv3(F.relu(self.conv2(F.relu(self.between(self.conv1(x))))))

    return Encoder


WRONG.add("Tanh and ReLU", between(lambda n: nn.Tanh()), "Is anything else done in forward")
WRONG.add("dropout between", between(lambda n: nn.Dropout(0.25)), "another code each time")
WRONG.add("batch norm between", between(lambda n: nn.BatchNorm2d(n, affine=False)), "self.training")
WRONG.add("Sigmoid and ReLU", between(lambda n: nn.Sigmoid()), "Sigmoid follows the first conv")


@WRONG("After encoder.train() the codes are others")
class OtherInEval(with_options()):
    def forward(self, x):
        z = super().forward(x)
        return z if self.training else F.relu(z)


@WRONG("one pixel too far right and down")
class WrongPixels(with_options(stride=1, padding="same")):
    def forward(self, x):
        x = F.relu(self.conv1(x)[:, :, 1::2, 1::2])
        x = F.relu(self.conv2(x)[:, :, 1::2, 1::2])
        return self.conv3(x)[:, :, 1::2, 1::2]


@WRONG("halved by max-pooling")
class MaxPooled(with_options(stride=1, padding="same")):
    def forward(self, x):
        x = F.relu(F.max_pool2d(self.conv1(x), 2))
        x = F.relu(F.max_pool2d(self.conv2(x), 2))
        return F.max_pool2d(self.conv3(x), 2)


def in_other_layout(first=F.relu, second=F.relu, start=lambda x: x, end=lambda z: z):
    """A class that keeps its weights as height, width, in, out."""

    class Encoder(nn.Module):
        def __init__(self, *sizes):
            super().__init__()
            convs = three(*sizes)
            self.w = nn.ParameterList(conv.weight.detach().permute(2, 3, 1, 0) for conv in convs)
            self.b = nn.ParameterList(conv.bias.detach() for conv in convs)

        def convolve(self, i, x):
            return F.conv2d(x, self.w[i].permute(3, 2, 0, 1), self.b[i], 2, 1)

        def forward(self, x):
            x = first(self.convolve(0, start(x)))
            return end(self.convolve(2, second(self.convolve(1, x))))

    return Encoder


for words, encoder in {
    "The ReLU after the second convolution is": in_other_layout(second=lambda x: x),
    "Tanh follows the first and second convolution": in_other_layout(torch.tanh, torch.tanh),
    "LeakyReLU follows the second convolution": in_other_layout(second=F.leaky_relu),
    "ReLU6 follows the": in_other_layout(second=F.relu6),
    "the numbers are not those of convolution": in_other_layout(end=lambda z: z.sort(1).values),
    "numbers are not those": in_other_layout(start=lambda x: x.mean(1, keepdim=True).expand_as(x)),
}.items():
    WRONG.add(f"in another layout: {words}", encoder, words)


@WRONG("The ReLU after the second convolution is missing.")
class MissingInOneVector(InOneVector):
    relu_after = (0,)


@WRONG("LeakyReLU follows the first and second convolution")
class LeakyInOneVector(InOneVector):
    relu = staticmethod(F.leaky_relu)


@WRONG("ReLU6 follows the first and second convolution")
class ReLU6InOneVector(InOneVector):
    relu = staticmethod(F.relu6)
