"""Encoders that are right, in the ways students write them."""

import functools
import math
import random
import warnings

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from students.table import Table

import workshop_utils as wu

RIGHT = Table()
RIGHT.add("the reference", wu.ConvEncoder)


@RIGHT()
class OwnNames(nn.Module):
    def __init__(self, a, b, c):
        super().__init__()
        self.erste = nn.Conv2d(3, a, 4, 2, 1)
        self.zweite = nn.Conv2d(a, b, 4, 2, 1)
        self.dritte = nn.Conv2d(b, c, 4, 2, 1)

    def forward(self, images):
        return self.dritte(torch.relu(self.zweite(torch.relu(self.erste(images)))))


@RIGHT()
class InSequential(nn.Module):
    def __init__(self, out_c1, out_c2, embedding_dim):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(3, out_c1, kernel_size=4, stride=2, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(out_c1, out_c2, kernel_size=4, stride=2, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(out_c2, embedding_dim, kernel_size=4, stride=2, padding=1),
        )

    def forward(self, x):
        return self.net(x)


@RIGHT()
def made_by_function(c1, c2, e):
    return nn.Sequential(
        nn.Conv2d(3, c1, 4, 2, 1),
        nn.ReLU(),
        nn.Conv2d(c1, c2, 4, 2, 1),
        nn.ReLU(),
        nn.Conv2d(c2, e, 4, 2, 1),
    )


RIGHT.add("a lambda", lambda a, b, c: made_by_function(a, b, c))
RIGHT.add("a partial", functools.partial(made_by_function))


@RIGHT()
class SubclassOfSequential(nn.Sequential):
    def __init__(self, out_c1, out_c2, embedding_dim):
        super().__init__(*made_by_function(out_c1, out_c2, embedding_dim))


@RIGHT()
class ModuleListAndLoop(nn.Module):
    def __init__(self, out_c1, out_c2, embedding_dim):
        super().__init__()
        sizes = [3, out_c1, out_c2, embedding_dim]
        self.convs = nn.ModuleList(
            nn.Conv2d(a, b, 4, stride=2, padding=1) for a, b in zip(sizes, sizes[1:], strict=False)
        )

    def forward(self, x):
        for i, conv in enumerate(self.convs):
            x = conv(x)
            if i < len(self.convs) - 1:
                x = x.clamp(min=0)
        return x


@RIGHT()
class Lazy(nn.Module):
    def __init__(self, out_c1, out_c2, embedding_dim):
        super().__init__()
        self.conv1 = nn.LazyConv2d(out_c1, 4, 2, 1)
        self.conv2 = nn.LazyConv2d(out_c2, 4, 2, 1)
        self.conv3 = nn.LazyConv2d(embedding_dim, 4, 2, 1)

    def forward(self, x):
        return self.conv3(F.relu(self.conv2(F.relu(self.conv1(x)))))


@RIGHT()
class OwnParameters(nn.Module):
    def __init__(self, out_c1, out_c2, embedding_dim):
        super().__init__()
        self.w1 = nn.Parameter(torch.randn(out_c1, 3, 4, 4) * 0.1)
        self.b1 = nn.Parameter(torch.zeros(out_c1))
        self.w2 = nn.Parameter(torch.randn(out_c2, out_c1, 4, 4) * 0.1)
        self.b2 = nn.Parameter(torch.zeros(out_c2))
        self.w3 = nn.Parameter(torch.randn(embedding_dim, out_c2, 4, 4) * 0.1)
        self.b3 = nn.Parameter(torch.zeros(embedding_dim))

    def forward(self, x):
        x = torch.maximum(F.conv2d(x, self.w1, self.b1, 2, 1), torch.tensor(0.0))
        x = F.conv2d(x, self.w2, self.b2, 2, 1)
        x = x * (x > 0)
        return F.conv2d(x, self.w3, self.b3, 2, 1)


class PatchLayer(nn.Module):
    """A convolution as one product of matrices."""

    def __init__(self, n_in, n_out):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(n_in * 16, n_out) / math.sqrt(n_in * 16))
        self.bias = nn.Parameter(torch.zeros(1, n_out, 1))

    def forward(self, x):
        patches = F.unfold(x, 4, padding=1, stride=2)  # N×(C·16)×positions
        y = self.weight.T @ patches + self.bias
        side = x.shape[-1] // 2
        return y.view(len(x), -1, side, side)


@RIGHT()
class PatchesAndMatrices(nn.Module):
    def __init__(self, out_c1, out_c2, embedding_dim):
        super().__init__()
        self.a = PatchLayer(3, out_c1)
        self.b = PatchLayer(out_c1, out_c2)
        self.c = PatchLayer(out_c2, embedding_dim)

    def forward(self, x):
        return self.c(self.b(self.a(x).relu()).relu())


@RIGHT()
class PatchesAndLinear(nn.Module):
    def __init__(self, out_c1, out_c2, embedding_dim):
        super().__init__()
        self.l1 = nn.Linear(3 * 16, out_c1)
        self.l2 = nn.Linear(out_c1 * 16, out_c2)
        self.l3 = nn.Linear(out_c2 * 16, embedding_dim)

    def conv(self, layer, x):
        n, _, h, _ = x.shape
        out = layer(F.unfold(x, 4, padding=1, stride=2).transpose(1, 2))
        return out.transpose(1, 2).reshape(n, -1, h // 2, h // 2)

    def forward(self, x):
        x = F.relu(self.conv(self.l1, x))
        x = F.relu(self.conv(self.l2, x))
        return self.conv(self.l3, x)


@RIGHT()
class DefaultValues(nn.Module):
    def __init__(self, out_c1=8, out_c2=16, embedding_dim=32, verbose=False):
        super(DefaultValues, self).__init__()
        self.conv1 = nn.Conv2d(3, out_c1, (4, 4), (2, 2), (1, 1))
        self.conv2 = nn.Conv2d(out_c1, out_c2, (4, 4), (2, 2), (1, 1))
        self.conv3 = nn.Conv2d(out_c2, embedding_dim, (4, 4), (2, 2), (1, 1))
        self.relu = nn.ReLU()

    def forward(self, x):
        x = self.relu(self.conv1(x))
        x = self.relu(self.conv2(x))
        x = self.conv3(x)
        return x


@RIGHT()
class PrintsAndWarns(wu.ConvEncoder):
    def forward(self, x):
        for _ in range(3):
            print("shape of x:", x.shape, x)
        warnings.warn("slow", stacklevel=1)
        return super().forward(x)


@RIGHT()
class ExtraMethods(wu.ConvEncoder):
    def __repr__(self):
        raise RuntimeError("no repr")

    def __len__(self):
        raise RuntimeError("no len")

    def encode(self, x):
        return self.forward(x)


@RIGHT()
class OnlyFor32(wu.ConvEncoder):
    def forward(self, x):
        assert x.shape[1:] == (3, 32, 32)
        n = x.shape[0]
        x = F.relu(self.conv1(x)).view(n, -1, 16, 16)
        return self.conv3(F.relu(self.conv2(x)))


@RIGHT()
class PadsFirst(nn.Module):
    def __init__(self, out_c1, out_c2, embedding_dim):
        super().__init__()
        self.conv1 = nn.Conv2d(3, out_c1, 4, 2)
        self.conv2 = nn.Conv2d(out_c1, out_c2, 4, 2)
        self.conv3 = nn.Conv2d(out_c2, embedding_dim, 4, 2)

    def forward(self, x):
        x = F.relu(self.conv1(F.pad(x, (1, 1, 1, 1))))
        x = F.relu(self.conv2(F.pad(x, (1, 1, 1, 1))))
        return self.conv3(F.pad(x, (1, 1, 1, 1)))


@RIGHT()
class SeedsInside(wu.ConvEncoder):
    def __init__(self, *sizes):
        torch.manual_seed(42)
        random.seed(1)
        np.random.seed(1)
        super().__init__(*sizes)


@RIGHT()
class SameThenEverySecond(nn.Module):
    def __init__(self, out_c1, out_c2, embedding_dim):
        super().__init__()
        self.conv1 = nn.Conv2d(3, out_c1, 4, padding="same")
        self.conv2 = nn.Conv2d(out_c1, out_c2, 4, padding="same")
        self.conv3 = nn.Conv2d(out_c2, embedding_dim, 4, padding="same")

    def forward(self, x):
        x = F.relu(self.conv1(x))[:, :, ::2, ::2]
        x = F.relu(self.conv2(x))[:, :, ::2, ::2]
        return self.conv3(x)[:, :, ::2, ::2]


@RIGHT()
class CarefulInitialisation(wu.ConvEncoder):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        for layer in self.children():
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)


@RIGHT()
class ChangesSettings(wu.ConvEncoder):
    def forward(self, x):
        torch.set_grad_enabled(False)
        torch.set_grad_enabled(True)
        warnings.simplefilter("error")
        return super().forward(x)


@RIGHT()
class ReluOnceMore(wu.ConvEncoder):
    def forward(self, x):
        x = F.relu(F.relu(self.conv1(F.relu(x))))
        return self.conv3(F.dropout(F.relu(self.conv2(x)), 0.0))


@RIGHT()
class InOneVector(nn.Module):
    """All weights in one parameter."""

    relu, relu_after = staticmethod(F.relu), (0, 1)

    def __init__(self, *sizes):
        super().__init__()
        self.sizes = [3, *sizes]
        shapes = zip(self.sizes, sizes, strict=False)
        self.all = nn.Parameter(0.1 * torch.randn(sum(a * b * 16 + b for a, b in shapes)))

    def forward(self, x):
        rest = self.all
        for i, (a, b) in enumerate(zip(self.sizes, self.sizes[1:], strict=False)):
            weight, bias, rest = rest.split([a * b * 16, b, len(rest) - a * b * 16 - b])
            x = F.conv2d(x, weight.view(b, a, 4, 4), bias, 2, 1)
            x = self.relu(x) if i in self.relu_after else x
        return x


def in_layout(*order):
    """Weights kept in another order of their dimensions: out, in, height, width."""
    back = [order.index(i) for i in range(4)]

    class Encoder(nn.Module):
        def __init__(self, *sizes):
            super().__init__()
            convs = list(made_by_function(*sizes))[::2]
            self.w = nn.ParameterList(conv.weight.detach().permute(order) for conv in convs)
            self.b = nn.ParameterList(conv.bias.detach() for conv in convs)

        def forward(self, x):
            for i, (w, b) in enumerate(zip(self.w, self.b, strict=True)):
                x = F.conv2d(F.relu(x) if i else x, w.permute(back), b, 2, 1)
            return x

    return Encoder


RIGHT.add("height, width, in, out", in_layout(2, 3, 1, 0))
RIGHT.add("in, out, height, width", in_layout(1, 0, 2, 3))
RIGHT.add("out, in, width, height", in_layout(0, 1, 3, 2))
RIGHT.add("scripted", lambda *sizes: torch.jit.script(InSequential(*sizes)))
RIGHT.add("traced", lambda *sizes: torch.jit.trace(OwnNames(*sizes), torch.rand(2, 3, 32, 32)))


@RIGHT()
class CountsCalls(OwnNames):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x):
        self.calls += 1
        return super().forward(x)


@RIGHT()
class OneFilterAtATime(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.layers = nn.ModuleList(
            nn.ModuleList(nn.Conv2d(a, 1, 4, 2, 1) for _ in range(b))
            for a, b in zip([3, *sizes], sizes, strict=False)
        )

    def forward(self, x):
        for i, filters in enumerate(self.layers):
            x = F.relu(x) if i else x
            x = torch.cat([f(x) for f in filters], dim=1)
        return x


@RIGHT()
class LoopOverPositions(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.convs = nn.ModuleList(made_by_function(*sizes)[::2])

    def convolve(self, conv, x):
        x = F.pad(x, (1, 1, 1, 1))
        steps = range(0, x.shape[-1] - 3, 2)
        rows = [[self.at(conv, x[..., i : i + 4, j : j + 4]) for j in steps] for i in steps]
        return torch.stack([torch.stack(row, -1) for row in rows], -2)

    def at(self, conv, patch):
        return (patch[:, None] * conv.weight).sum((2, 3, 4)) + conv.bias

    def forward(self, x):
        a, b, c = self.convs
        return self.convolve(c, F.relu(self.convolve(b, F.relu(self.convolve(a, x)))))


@RIGHT()
class ReluByHooks(OwnNames):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        for layer in (self.erste, self.zweite):
            layer.register_forward_hook(lambda layer, x, output: F.relu(output))

    def forward(self, images):
        return self.dritte(self.zweite(self.erste(images)))
