"""Encoders that are wrong: written well enough, but for one mistake each."""

import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F
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


def with_options(**options):
    """A class whose layers all have these options."""

    class Encoder(nn.Module):
        def __init__(self, *sizes):
            super().__init__()
            self.conv1, self.conv2, self.conv3 = three(*sizes, **options)

        def forward(self, x):
            return self.conv3(F.relu(self.conv2(F.relu(self.conv1(x)))))

    return Encoder


def with_steps(step1=F.relu, step2=F.relu, step3=lambda x: x, before=lambda x: x):
    """A class with other functions between the layers."""

    class Encoder(wu.ConvEncoder):
        def forward(self, x):
            x = step1(self.conv1(before(x)))
            x = step2(self.conv2(x))
            return step3(self.conv3(x))

    return Encoder


# --- not an encoder ---

WRONG.add("None", None, "Not written yet", "three convolutions in __init__")
WRONG.add("...", ..., "Not written yet")
WRONG.add("a text", "ConvEncoder", "needs the class", "a string")
WRONG.add("a number", 3, "needs the class", "a whole number")
WRONG.add("an object", wu.ConvEncoder(8, 16, 32), "already made", "check_encoder(ConvEncoder)")
WRONG.add("a tensor", torch.zeros(3), "needs the class", "a Tensor")
WRONG.add("a function without return", lambda a, b, c: None, "encoder is None", "return statement")


WRONG.add("a function with ...", lambda a, b, c: ..., "Not written yet")
WRONG.add("a function of one value", lambda sizes: None, "Making the encoder", "takes 1 positional")


@WRONG("a Plain", "class ConvEncoder(nn.Module)")
class Plain:
    def __init__(self, *sizes):
        self.layers = three(*sizes)

    def forward(self, x):
        return x


@WRONG("Not written yet", "three convolutions in __init__")
class Stub(nn.Module):
    def __init__(self, out_c1, out_c2, embedding_dim):
        super().__init__()
        raise NotImplementedError

    def forward(self, x):
        raise NotImplementedError("your code here")


@WRONG("Not written yet")
class StubForward(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.conv1, self.conv2, self.conv3 = three(*sizes)

    def forward(self, x):
        ...
        raise NotImplementedError


@WRONG("no method forward", "def forward(self, x):")
class OnlyInit(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.conv1, self.conv2, self.conv3 = three(*sizes)


@WRONG("a method farward", "PyTorch calls forward")
class MisspeltForward(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.conv1, self.conv2, self.conv3 = three(*sizes)

    def farward(self, x):
        return x


@WRONG("a method _init_", "PyTorch calls __init__")
class MisspeltInit(nn.Module):
    def _init_(self, out_c1, out_c2, embedding_dim):
        super().__init__()

    def forward(self, x):
        return x


@WRONG("a method __int__", "PyTorch calls __init__")
class AnotherMisspeltInit(nn.Module):
    def __int__(self, out_c1, out_c2, embedding_dim):
        super().__init__()

    def forward(self, x):
        return x


@WRONG("Begin __init__ with super().__init__()", "self.conv1 = nn.Conv2d(3, out_c1, 4, 2, 1)")
class NoSuper(nn.Module):
    def __init__(self, out_c1, out_c2, embedding_dim):
        self.conv1 = nn.Conv2d(3, out_c1, 4, 2, 1)

    def forward(self, x):
        return self.conv1(x)


@WRONG("self is missing", "def forward(self, x):")
class NoSelfInForward(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.conv1, self.conv2, self.conv3 = three(*sizes)

    def forward(x):
        return x


@WRONG("self is missing", "def __init__(self, out_c1, out_c2, embedding_dim):")
class NoSelfInInit(nn.Module):
    def __init__(out_c1, out_c2, embedding_dim):
        pass

    def forward(self, x):
        return x


@WRONG("forward is no function", "def forward(self, x):")
class ForwardIsNone(wu.ConvEncoder):
    forward = None


@WRONG("no argument called strict", "super().__init__(nn.Conv2d(3, out_c1, 4, 2, 1), strict=True)")
class WrongSequential(nn.Sequential):
    def __init__(self, out_c1, out_c2, embedding_dim):
        super().__init__(nn.Conv2d(3, out_c1, 4, 2, 1), strict=True)


@WRONG("__init__ takes other values", "in this order")
class NoArguments(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2, self.conv3 = three(8, 16, 32)

    def forward(self, x):
        return x


@WRONG("forward takes other values")
class ForwardWithLabels(nn.Module):
    def __init__(self, *sizes):
        super().__init__()

    def forward(self, x, y):
        return x


# --- errors while it runs ---


@WRONG("no variable conv1", "self.conv1")
class LayerWithoutSelf(wu.ConvEncoder):
    def forward(self, x):
        x = F.relu(conv1(x))
        return x


@WRONG("this UnknownLayer has no conv4", "never made in __init__", "return self.conv4(x)")
class UnknownLayer(wu.ConvEncoder):
    def forward(self, x):
        return self.conv4(x)


@WRONG("no variable layer1", "self.layer1")
class LayerIsLocal(nn.Module):
    def __init__(self, out_c1, out_c2, embedding_dim):
        super().__init__()
        layer1 = nn.Conv2d(3, out_c1, 4, 2, 1)

    def forward(self, x):
        x = layer1(x)
        return x


@WRONG("expects 3 channels but is given 5", "x = F.relu(self.conv2(x))")
class InputChannels(nn.Module):
    def __init__(self, out_c1, out_c2, embedding_dim):
        super().__init__()
        self.conv1 = nn.Conv2d(3, out_c1, 4, 2, 1)
        self.conv2 = nn.Conv2d(3, out_c2, 4, 2, 1)
        self.conv3 = nn.Conv2d(3, embedding_dim, 4, 2, 1)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        return self.conv3(x)


@WRONG("expects 1 channels but is given 3", "x = self.conv1(x)")
class GreyImages(nn.Module):
    def __init__(self, out_c1, out_c2, embedding_dim):
        super().__init__()
        self.conv1 = nn.Conv2d(1, out_c1, 4, 2, 1)

    def forward(self, x):
        x = self.conv1(x)
        return x


@WRONG("given the layer (Conv2d)", "return F.relu(self.conv1)")
class ReluOfLayer(wu.ConvEncoder):
    def forward(self, x):
        return F.relu(self.conv1)


@WRONG("made first and then called, nn.ReLU()(x)")
class ReluClass(wu.ConvEncoder):
    def forward(self, x):
        x = nn.ReLU(self.conv1(x))
        return self.conv2(x)


@WRONG("Do not flatten the images")
class FlattensFirst(wu.ConvEncoder):
    def forward(self, x):
        x = x.flatten(1)
        return self.conv1(x)


@WRONG("smaller than the filter")
class PoolsAsWell(wu.ConvEncoder):
    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 4)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.conv3(x)


@WRONG("still a ... to be replaced", "return self.conv1(x) * ...")
class Dots(wu.ConvEncoder):
    def forward(self, x):
        return self.conv1(x) * ...


@WRONG("something here is None", "x = self.conv1(x)")
class LayerIsNone(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.conv1 = None

    def forward(self, x):
        x = self.conv1(x)
        return x


@WRONG("calls itself again and again", "return self(x)")
class CallsItself(wu.ConvEncoder):
    def forward(self, x):
        return self(x)


@WRONG("ends the whole program", "sys.exit()")
class EndsProgram(wu.ConvEncoder):
    def forward(self, x):
        sys.exit()


@WRONG("ends the whole program", "raise KeyboardInterrupt")
class Interrupts(wu.ConvEncoder):
    def forward(self, x):
        raise KeyboardInterrupt


@WRONG("(ZeroDivisionError): ", "return x / (1 // 0)")
class DividesByZero(wu.ConvEncoder):
    def forward(self, x):
        return x / (1 // 0)


class Secret(Exception):
    def __str__(self):
        raise ValueError("not even this")


@WRONG("(Secret).", "raise Secret")
class UnprintableError(wu.ConvEncoder):
    def forward(self, x):
        raise Secret


@WRONG("forward() was stopped", "loop that never ends")
class LoopsForEver(wu.ConvEncoder):
    def forward(self, x):
        while True:
            print("training ...")


@WRONG("__init__() was stopped")
class LoopsInInit(wu.ConvEncoder):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        i = 0
        while i < 10:
            sizes = i


@WRONG("forward() was stopped", "sleep")
class Sleeps(wu.ConvEncoder):
    def forward(self, x):
        time.sleep(1.6)
        return super().forward(x)


@WRONG("forward() was stopped")
class CatchesEverything(wu.ConvEncoder):
    def forward(self, x):
        end = time.monotonic() + 1.7
        while time.monotonic() < end:
            try:
                x = x + 1
            except:
                pass
        return x


class Raises(wu.ConvEncoder):
    def __repr__(self):
        raise ValueError("no repr")

    def __len__(self):
        raise ValueError("no len")

    def __eq__(self, other):
        raise ValueError("no eq")

    __hash__ = nn.Module.__hash__


WRONG.add("an object that raises", Raises(8, 16, 32), "already made", "check_encoder(Raises)")


class Hostile:
    def __getattribute__(self, name):
        raise RuntimeError("leave me alone")


WRONG.add("an object that answers nothing", Hostile(), "Looking at your answer", "leave me alone")
WRONG.add(
    "a function that gives such an object",
    lambda a, b, c: Hostile(),
    "Looking at your answer",
    "leave me alone",
)

# --- what forward returns ---


@WRONG("forward returns None", "return statement")
class NoReturn(wu.ConvEncoder):
    def forward(self, x):
        x = super().forward(x)


@WRONG("forward returns a tuple", "comma")
class Comma(wu.ConvEncoder):
    def forward(self, x):
        return (super().forward(x),)


@WRONG("forward returns a list", "torch.stack")
class ListOfCodes(wu.ConvEncoder):
    def forward(self, x):
        return [super(ListOfCodes, self).forward(image[None])[0] for image in x]


@WRONG("forward returns a Conv2d")
class ReturnsLayer(wu.ConvEncoder):
    def forward(self, x):
        return self.conv3


@WRONG("a NumPy array", "no .numpy()")
class Numpy(wu.ConvEncoder):
    def forward(self, x):
        return super().forward(x).detach().numpy()


@WRONG("torch.float64", ".double()")
class Double(wu.ConvEncoder):
    def forward(self, x):
        return super().forward(x).double()


@WRONG("returns a tensor on the device “meta”", "device=")
class CodeOnMeta(wu.ConvEncoder):
    def forward(self, x):
        return super().forward(x).to("meta")


@WRONG("convs.0.weight is on the device “meta”")
class WeightsOnMeta(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.convs = nn.Sequential(*three(*sizes, device="meta"))

    def forward(self, x):
        return self.convs(x)


@WRONG("float32 images on the CPU", "return self.convs(x)")
class DoubleWeights(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.convs = nn.Sequential(*three(*sizes)).double()

    def forward(self, x):
        return self.convs(x)


@WRONG("NaN")
class NotANumber(wu.ConvEncoder):
    def forward(self, x):
        return super().forward(x).sub(100).log()


@WRONG("changes the images")
class InPlace(wu.ConvEncoder):
    def forward(self, x):
        x -= 0.5
        return super().forward(x)


@WRONG("changes the images")
class InPlaceUnnoticed(wu.ConvEncoder):
    def forward(self, x):
        code = super().forward(x)
        x.zero_()
        return code


# --- shapes ---

WRONG.add(
    "stride 1 everywhere", with_options(stride=1), "11×29×29", "conv3 have stride 1 (needed: 2)"
)
WRONG.add(
    "padding 0",
    with_options(padding=0),
    "2×11×2×2",
    "conv1, conv2 and conv3 have padding 0 (needed: 1)",
)
WRONG.add("padding 2", with_options(padding=2), "2×11×5×5", "conv3 have padding 2 (needed: 1)")
WRONG.add("kernel 5", with_options(kernel_size=5), "conv3 have kernel size 5 (needed: 4)", "11×3×3")
WRONG.add(
    "kernel 2",
    with_options(kernel_size=2),
    "conv3 have kernel size 2 (needed: 4)",
)
WRONG.add("dilation", with_options(dilation=2), "conv3 have dilation 2 (needed: 1)", "2×11×1×1")
WRONG.add(
    "padding same",
    with_options(stride=1, padding="same"),
    "have stride 1 (needed: 2) and padding “same”",
)


@WRONG("2×11×7×7", "conv3 has stride 1 (needed: 2).")
class OneStrideForgotten(wu.ConvEncoder):
    def __init__(self, c1, c2, e):
        super().__init__(c1, c2, e)
        self.conv3 = nn.Conv2d(c2, e, 4, padding=1)


@WRONG("2×11×8×8", "two such layers")
class TwoLayers(nn.Module):
    def __init__(self, out_c1, out_c2, embedding_dim):
        super().__init__()
        self.conv1 = nn.Conv2d(3, out_c1, 4, 2, 1)
        self.conv2 = nn.Conv2d(out_c1, embedding_dim, 4, 2, 1)

    def forward(self, x):
        return self.conv2(F.relu(self.conv1(x)))


@WRONG("2×7×8×8", "two such layers", "not called in forward")
class ThirdNotCalled(wu.ConvEncoder):
    def forward(self, x):
        return F.relu(self.conv2(F.relu(self.conv1(x))))


@WRONG("2×5×16×16", "one such layer")
class OnlyFirstCalled(wu.ConvEncoder):
    def forward(self, x):
        h = F.relu(self.conv1(x))
        self.conv3(F.relu(self.conv2(h)))
        return h


@WRONG("2×11×2×2", "four such layers")
class FourLayers(wu.ConvEncoder):
    def __init__(self, c1, c2, e):
        super().__init__(c1, c2, e)
        self.conv4 = nn.Conv2d(e, e, 4, 2, 1)

    def forward(self, x):
        return self.conv4(F.relu(super().forward(x)))


@WRONG("2×11×29×29", "stride 1 gives")
class FunctionalStride(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.weights = nn.ParameterList(layer.weight for layer in three(*sizes))
        self.biases = nn.ParameterList(torch.zeros(n) for n in sizes)

    def forward(self, x):
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            x = F.conv2d(F.relu(x) if i else x, weight, bias, padding=1)
        return x


@WRONG("2×176", "no flatten, no linear layer")
class Flattens(wu.ConvEncoder):
    def forward(self, x):
        return super().forward(x).flatten(1)


@WRONG("2×11,", "no flatten, no linear layer")
class LinearAtEnd(wu.ConvEncoder):
    def __init__(self, c1, c2, e):
        super().__init__(c1, c2, e)
        self.fc = nn.Linear(e * 16, e)

    def forward(self, x):
        return self.fc(super().forward(x).flatten(1))


@WRONG("2×4×4×11", "channels must come before")
class ChannelsLast(wu.ConvEncoder):
    def forward(self, x):
        return super().forward(x).permute(0, 2, 3, 1)


@WRONG("11×4×4, expected", "four dimensions")
class MeanOfBatch(wu.ConvEncoder):
    def forward(self, x):
        return super().forward(x).mean(0)


@WRONG("1×11×4×4", "first dimension counts the images")
class FirstOfBatch(wu.ConvEncoder):
    def forward(self, x):
        return super().forward(x)[:1]


@WRONG("a single number", "four dimensions")
class Score(wu.ConvEncoder):
    def forward(self, x):
        return super().forward(x).mean()


@WRONG("32 channels whatever embedding_dim is")
class FixedCode(nn.Module):
    def __init__(self, out_c1, out_c2, embedding_dim):
        super().__init__()
        self.convs = nn.Sequential(*three(out_c1, out_c2, 32))

    def forward(self, x):
        return self.convs(x)


@WRONG("7 is out_c2", "embedding_dim filters")
class CodeOfSecondSize(nn.Module):
    def __init__(self, out_c1, out_c2, embedding_dim):
        super().__init__()
        self.convs = nn.Sequential(*three(out_c1, out_c2, out_c2))

    def forward(self, x):
        return self.convs(x)


@WRONG("For 1 image,", "no squeeze()")
class Squeezes(wu.ConvEncoder):
    def forward(self, x):
        return super().forward(x).squeeze()


@WRONG("arranged as [2, -1, 4, 4]", "number of images")
class FixedView(wu.ConvEncoder):
    def forward(self, x):
        return super().forward(x).reshape(2, -1, 4, 4)


@WRONG("For 5 images, the code has shape 2×11×4×4, expected 5×11×4×4")
class TwoAtMost(wu.ConvEncoder):
    def forward(self, x):
        return super().forward(x)[:2]


@WRONG("conv1 is a layer of the class itself", "out_c1, out_c2 and embedding_dim cannot change it")
class ClassAttributes(nn.Module):
    conv1 = nn.Conv2d(3, 8, 4, 2, 1)
    conv2 = nn.Conv2d(8, 16, 4, 2, 1)
    conv3 = nn.Conv2d(16, 32, 4, 2, 1)

    def __init__(self, *sizes):
        super().__init__()

    def forward(self, x):
        return self.conv3(F.relu(self.conv2(F.relu(self.conv1(x)))))


@WRONG("2×11×6×6", "must halve height and width")
class Resizes(wu.ConvEncoder):
    def forward(self, x):
        return F.interpolate(super().forward(x), 6)


@WRONG("2×22×4×4", "third convolution needs embedding_dim filters.")
class TwiceTheCode(wu.ConvEncoder):
    def forward(self, x):
        z = super().forward(x)
        return torch.cat([z, -z], 1)


# --- parameters ---


def class_attributes_in_function(c1, c2, e):
    class Encoder(nn.Module):
        a, b, c = three(c1, c2, e)
        relu = nn.ReLU()

        def forward(self, x):
            return self.c(self.relu(self.b(self.relu(self.a(x)))))

    return Encoder()


WRONG.add(
    "class attributes in a function",
    class_attributes_in_function,
    "a is a layer of the class itself",
    "an optimizer does not see it",
)

WRONG.add("no biases", with_options(bias=False), "convolutions have no biases", "bias=False")
WRONG.add("kernel 3", with_options(kernel_size=3), "filters of every convolution are 3×3")
WRONG.add("kernel 5 and padding 2", with_options(kernel_size=5, padding=2), "convolution are 5×5")


@WRONG("The second convolution has no bias")
class OneBiasForgotten(wu.ConvEncoder):
    def __init__(self, c1, c2, e):
        super().__init__(c1, c2, e)
        self.conv2 = nn.Conv2d(c1, c2, 4, 2, 1, bias=False)


@WRONG("filters of the third convolution are 3×3", "4×4")
class LastKernelThree(wu.ConvEncoder):
    def __init__(self, c1, c2, e):
        super().__init__(c1, c2, e)
        self.conv3 = nn.Conv2d(c2, e, 3, 2, 1)


@WRONG("bn (BatchNorm2d) is too much", "10 parameters more")
class BatchNorm(wu.ConvEncoder):
    def __init__(self, c1, c2, e):
        super().__init__(c1, c2, e)
        self.bn = nn.BatchNorm2d(c1)

    def forward(self, x):
        x = F.relu(self.bn(self.conv1(x)))
        return self.conv3(F.relu(self.conv2(x)))


@WRONG("fc (Linear) is too much", "20 parameters more")
class Linear(wu.ConvEncoder):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return self.fc(super().forward(x))


@WRONG("conv4 (Conv2d) is too much", "132 parameters more")
class OneByOne(wu.ConvEncoder):
    def __init__(self, c1, c2, e):
        super().__init__(c1, c2, e)
        self.conv4 = nn.Conv2d(e, e, 1)

    def forward(self, x):
        return self.conv4(F.relu(super().forward(x)))


@WRONG("fc (Linear) is never used in forward", "1,770 parameters more")
class LinearNotUsed(wu.ConvEncoder):
    def __init__(self, c1, c2, e):
        super().__init__(c1, c2, e)
        self.fc = nn.Linear(e * 16, 10)


@WRONG("A parameter of your own is too much", "1 parameter more")
class OwnScale(wu.ConvEncoder):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x):
        return self.scale * super().forward(x)


@WRONG("first convolution has 8 filters whatever out_c1 is")
class FixedFirst(nn.Module):
    relu = nn.ReLU()

    def __init__(self, out_c1, out_c2, embedding_dim):
        super().__init__()
        self.convs = nn.Sequential(*three(8, out_c2, embedding_dim))

    def forward(self, x):
        a, b, c = self.convs
        return c(self.relu(b(self.relu(a(x)))))


@WRONG("second convolution has 16 filters whatever out_c2 is")
class FixedSecond(FixedFirst):
    def __init__(self, out_c1, out_c2, embedding_dim):
        super().__init__(out_c1, out_c2, embedding_dim)
        self.convs = nn.Sequential(*three(out_c1, 16, embedding_dim))


@WRONG("out_c1 and out_c2 are interchanged")
class Interchanged(FixedFirst):
    def __init__(self, out_c1, out_c2, embedding_dim):
        super().__init__(out_c1, out_c2, embedding_dim)
        self.convs = nn.Sequential(*three(out_c2, out_c1, embedding_dim))


@WRONG("second convolution has out_c1 filters, but needs out_c2")
class FirstTwice(FixedFirst):
    def __init__(self, out_c1, out_c2, embedding_dim):
        super().__init__(out_c1, out_c2, embedding_dim)
        self.convs = nn.Sequential(*three(out_c1, out_c1, embedding_dim))


@WRONG("With out_c1 = 5, the first convolution has 10 filters")
class TwiceAsMany(FixedFirst):
    def __init__(self, out_c1, out_c2, embedding_dim):
        super().__init__(out_c1, out_c2, embedding_dim)
        self.convs = nn.Sequential(*three(2 * out_c1, out_c2, embedding_dim))


@WRONG("The encoder has 1,019 parameters", "have 2,055", "exactly these three layers")
class DepthwiseSeparable(nn.Module):
    def __init__(self, c1, c2, e):
        super().__init__()
        self.conv1 = nn.Conv2d(3, c1, 4, 2, 1)
        self.conv2 = nn.Conv2d(c1, c2, 4, 2, 1)
        self.spread = nn.Conv2d(c2, c2, 4, 2, 1, groups=c2)
        self.mix = nn.Conv2d(c2, e, 1)

    def forward(self, x):
        x = F.relu(self.conv2(F.relu(self.conv1(x))))
        return self.mix(self.spread(x))


@WRONG("Leave out groups=", "self.conv2 = nn.Conv2d(out_c1")
class Groups(nn.Module):
    def __init__(self, out_c1, out_c2, embedding_dim):
        super().__init__()
        self.conv1 = nn.Conv2d(3, out_c1, 4, 2, 1)
        self.conv2 = nn.Conv2d(out_c1, out_c2, 4, 2, 1, groups=4)

    def forward(self, x):
        return self.conv2(self.conv1(x))


@WRONG("self.layers is a plain list", "0 of the 2,055 parameters", "nn.ModuleList")
class PlainList(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.layers = three(*sizes)

    def forward(self, x):
        a, b, c = self.layers
        return c(F.relu(b(F.relu(a(x)))))


@WRONG("self.layers is a plain dict")
class PlainDict(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.layers = dict(zip("abc", three(*sizes), strict=True))

    def forward(self, x):
        x = F.relu(self.layers["a"](x))
        return self.layers["c"](F.relu(self.layers["b"](x)))


@WRONG("self.w1 is a plain tensor", "nn.Parameter")
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
class Buffers(nn.Module):
    def __init__(self, c1, c2, e):
        super().__init__()
        self.register_buffer("w1", torch.randn(c1, 3, 4, 4))
        self.register_buffer("w2", torch.randn(c2, c1, 4, 4))
        self.register_buffer("w3", torch.randn(e, c2, 4, 4))

    def forward(self, x):
        for weight in (self.w1, self.w2, self.w3):
            x = F.conv2d(F.relu(x), weight, stride=2, padding=1)
        return x


@WRONG("with new random weights, for every batch", "0 of the 2,055 parameters")
class NewEachTime(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.sizes = sizes

    def forward(self, x):
        a, b, c = three(*self.sizes)
        return c(F.relu(b(F.relu(a(x)))))


@WRONG("forward makes new layers", "an optimizer made before the first batch")
class NewEachTimeInSelf(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.sizes = sizes

    def forward(self, x):
        self.conv1, self.conv2, self.conv3 = three(*self.sizes)
        return self.conv3(F.relu(self.conv2(F.relu(self.conv1(x)))))


SHARED = {sizes: three(*sizes) for sizes in ((5, 7, 11), (8, 16, 32))}


@WRONG("give the same codes", "lie outside the object")
class GlobalLayers(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.sizes = sizes

    def forward(self, x):
        a, b, c = SHARED[self.sizes]
        return c(F.relu(b(F.relu(a(x)))))


@WRONG("knows 812 of the 2,055 parameters", "self.conv1 = ...")
class LastLayerIsLocal(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.conv1, self.conv2, conv3 = three(*sizes)
        self.last = lambda x: conv3(x)

    def forward(self, x):
        return self.last(F.relu(self.conv2(F.relu(self.conv1(x)))))


@WRONG("knows 0 of the 2,055", "Make three nn.Conv2d layers")
class NoLayersAtAll(nn.Module):
    def __init__(self, c1, c2, e):
        super().__init__()
        self.e = e

    def forward(self, x):
        small = F.avg_pool2d(x, 8).mean(1, keepdim=True)
        return small.expand(-1, self.e, -1, -1)


# --- learning ---


@WRONG("No gradient reaches the weights", "torch.no_grad()")
class Detaches(wu.ConvEncoder):
    def forward(self, x):
        return super().forward(x).detach()


@WRONG("No gradient reaches conv1.weight", "in the middle of forward")
class DetachesInTheMiddle(wu.ConvEncoder):
    def forward(self, x):
        x = F.relu(self.conv1(x)).data
        return self.conv3(F.relu(self.conv2(x)))


@WRONG("conv2.weight has requires_grad = False")
class Frozen(wu.ConvEncoder):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.conv2.requires_grad_(False)


@WRONG("All numbers of conv1.weight start at 0")
class Zeros(wu.ConvEncoder):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        for weight in self.parameters():
            nn.init.zeros_(weight)


@WRONG("All numbers of conv3.weight start at 0.1")
class Constants(wu.ConvEncoder):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        nn.init.constant_(self.conv3.weight, 0.1)


# --- what is computed ---


def identity(x):
    return x


WRONG.add("ReLU at the end", with_steps(step3=F.relu), "ReLU after the third convolution cuts off")
WRONG.add("no first ReLU", with_steps(identity), "ReLU after the first convolution is missing")
WRONG.add(
    "no second ReLU", with_steps(step2=identity), "ReLU after the second convolution is missing"
)
WRONG.add("no ReLU", with_steps(identity, identity), "There is no ReLU", "do no more than one")
WRONG.add(
    "only one ReLU, at the end",
    with_steps(identity, identity, F.relu),
    "There is no ReLU between",
    "third convolution cuts off",
)
WRONG.add(
    "no first ReLU, but one at the end",
    with_steps(identity, F.relu, F.relu),
    "after the first convolution is missing. The ReLU after the third",
)
for name, step in {
    "LeakyReLU": F.leaky_relu,
    "LeakyReLU (0.2)": nn.LeakyReLU(0.2),
    "Sigmoid": torch.sigmoid,
    "Tanh": torch.tanh,
    "ReLU6": nn.ReLU6(),
    "GELU": F.gelu,
    "ELU": F.elu,
    "SiLU": F.silu,
    "Softplus": F.softplus,
}.items():
    WRONG.add(
        f"{name} in place of ReLU",
        with_steps(step, step),
        f"✗ {name} follows the first and second convolution: use ReLU",
    )
WRONG.add("Tanh once", with_steps(torch.tanh), "Tanh follows the first convolution: use ReLU")
WRONG.add("Tanh at the end", with_steps(step3=torch.tanh), "Tanh follows the third", "any number")
WRONG.add("Sigmoid at the end", with_steps(step3=torch.sigmoid), "Sigmoid follows the third")
WRONG.add(
    "Softmax at the end", with_steps(step3=nn.Softmax(1)), "Softmax over the channels follows the"
)
WRONG.add(
    "Tanh everywhere",
    with_steps(torch.tanh, torch.tanh, torch.tanh),
    "Tanh follows the first and second",
    "Tanh follows the third",
)
WRONG.add("clamp", with_steps(step3=lambda z: z.clamp(0, 1)), "clamp to [0, 1] follows the third")
WRONG.add("reflect", with_options(padding_mode="reflect"), "border", "“reflect”")
WRONG.add("replicate", with_options(padding_mode="replicate"), "border", "“replicate”")
WRONG.add("circular", with_options(padding_mode="circular"), "border", "“circular”")
WRONG.add("2x - 1", with_steps(before=lambda x: 2 * x - 1), "scaled to [-1, 1]")
WRONG.add("/ 255", with_steps(before=lambda x: x / 255), "images are divided by 255")
WRONG.add("* 255", with_steps(before=lambda x: x * 255), "images are multiplied by 255")
WRONG.add("1 - x", with_steps(before=lambda x: 1 - x), "images are inverted")
WRONG.add(
    "standardised images",
    with_steps(before=lambda x: (x - x.mean()) / x.std()),
    "images are standardised to mean 0",
)
WRONG.add("transposed images", with_steps(before=lambda x: x.mT), "images are transposed")
WRONG.add("mirrored images", with_steps(before=lambda x: x.flip(-1)), "images are mirrored")
WRONG.add("colours turned", with_steps(before=lambda x: x.flip(1)), "red and blue interchanged")
WRONG.add("transposed code", with_steps(step3=lambda z: z.mT), "code is transposed")
WRONG.add("code / 10", with_steps(step3=lambda z: z / 10), "code is multiplied by 0.1")
WRONG.add("code of length 1", with_steps(step3=F.normalize), "code is divided by the length")
WRONG.add("code + 1", with_steps(step3=lambda z: z + 1), "A constant is added")
WRONG.add(
    "layer norm of the code",
    with_steps(step3=lambda z: F.layer_norm(z, z.shape[1:])),
    "code is standardised (layer normalisation)",
)
WRONG.add("ignores the images", with_steps(before=torch.zeros_like), "same for every image")
WRONG.add(
    "noise",
    with_steps(step3=lambda z: z + 0.1 * torch.randn_like(z)),
    "another code each time, even after encoder.eval()",
)
WRONG.add("dropout always", with_steps(F.dropout), "another code each time, even after")
WRONG.add(
    "reordered code",
    with_steps(step3=lambda z: z.permute(0, 2, 3, 1).reshape(z.shape)),
    "another order by reshape",
)
WRONG.add(
    "sorted code", with_steps(step3=lambda z: z.sort(1).values), "Is anything else done in forward"
)


class WithLayer(wu.ConvEncoder):
    """A layer without weights after the first convolution."""

    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.extra = self.make(sizes[0])

    def forward(self, x):
        x = F.relu(self.extra(self.conv1(x)))
        return self.conv3(F.relu(self.extra_again(self.conv2(x))))

    def extra_again(self, x):
        return x


@WRONG("In training mode the same images give another code", "dropout")
class Dropout(WithLayer):
    def make(self, n):
        return nn.Dropout(0.25)


@WRONG("Codes in training mode and in eval mode differ", "batch normalisation")
class BatchNormWithoutWeights(WithLayer):
    def make(self, n):
        return nn.BatchNorm2d(n, affine=False)


@WRONG("normalises each channel of each image (instance normalisation)")
class InstanceNorm(WithLayer):
    def make(self, n):
        return nn.InstanceNorm2d(n)

    def extra_again(self, x):
        return F.instance_norm(x)


@WRONG("normalises all numbers of an image (layer normalisation)")
class GroupNorm(WithLayer):
    def make(self, n):
        return nn.GroupNorm(1, n, affine=False)

    def extra_again(self, x):
        return F.layer_norm(x, x.shape[1:])


@WRONG("right in eval mode, but not in training mode", "self.training")
class OtherInTraining(wu.ConvEncoder):
    def forward(self, x):
        z = super().forward(x)
        return F.relu(z) if self.training else z


@WRONG("cuts off negative codes")
class OtherInEval(wu.ConvEncoder):
    def forward(self, x):
        z = super().forward(x)
        return z if self.training else F.relu(z)


class Pooled(nn.Module):
    """Pooling in place of the stride."""

    padding = "same"

    def __init__(self, *sizes):
        super().__init__()
        self.convs = nn.ModuleList(three(*sizes, stride=1, padding=self.padding))

    def forward(self, x):
        a, b, c = self.convs
        return self.pool(c(self.pool(F.relu(b(self.pool(F.relu(a(x))))))))


@WRONG("halved by max-pooling", "padding “same”")
class MaxPooled(Pooled):
    def pool(self, x):
        return F.max_pool2d(x, 2)


@WRONG("halved by average pooling")
class AveragePooled(Pooled):
    def pool(self, x):
        return F.avg_pool2d(x, 2)


@WRONG("halved by max-pooling", "padding 2")
class MaxPooledWithWideBorder(MaxPooled):
    padding = 2


@WRONG("one pixel too far right and down")
class WrongPixels(Pooled):
    def pool(self, x):
        return x[:, :, 1::2, 1::2]


@WRONG("one pixel too far right and down", "on all four sides")
class BorderOnOneSide(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.convs = nn.ModuleList(three(*sizes, padding=0))

    def forward(self, x):
        for i, conv in enumerate(self.convs):
            x = conv(F.pad(F.relu(x) if i else x, (0, 2, 0, 2)))
        return x


class BorderOnTheOtherSide(BorderOnOneSide):
    def forward(self, x):
        for i, conv in enumerate(self.convs):
            x = conv(F.pad(F.relu(x) if i else x, (2, 0, 2, 0)))
        return x


WRONG.add("border left and on top", BorderOnTheOtherSide, "one pixel too far left and up")


@WRONG("filters are turned round")
class TurnedFilters(wu.ConvEncoder):
    def forward(self, x):
        for i, layer in enumerate(self.children()):
            x = F.relu(x) if i else x
            x = F.conv2d(x, layer.weight.flip(2, 3), layer.bias, stride=2, padding=1)
        return x
