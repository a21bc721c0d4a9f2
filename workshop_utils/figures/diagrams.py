"""Drawings of networks, made from the networks themselves."""

import math
from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle
from torch import Tensor, nn

from workshop_utils.figures.style import BLUE, GREEN, GREY, ORANGE, PURPLE, show_figure, styled
from workshop_utils.networks.evaluation import format_shape
from workshop_utils.networks.layers import Layer, trace_layers

OPERATIONS = {
    "Conv2d": ("convolution", BLUE),
    "ConvTranspose2d": ("transposed\nconvolution", ORANGE),
    "MaxPool2d": ("max-pooling", GREEN),
    "Linear": ("fully\nconnected", PURPLE),
}
INCHES = 0.47  # per unit of the drawing
GAP = 0.9  # between neighbouring blocks
NARROWEST = 1.3  # room for a label under a thin block
SHEET = 0.09  # how far one channel peeps out behind the other


@dataclass(frozen=True)
class Block:
    """What one layer hands on, as a drawing."""

    shape: tuple[int, ...]  # (channels, height, width) or (units,), for one image
    label: str  # what produced it
    colour: str

    @property
    def n_sheets(self) -> int:
        """Channels drawn: all of them up to 16, then a few more."""
        return min(self.shape[0], 16 + self.shape[0] // 16) if len(self.shape) == 3 else 1

    @property
    def front(self) -> tuple[float, float]:
        """Width and height of the front."""
        if len(self.shape) == 3:
            side = 0.5 + self.shape[1] / 14
            return side, side
        return 0.32, min(3.4, 0.4 + self.shape[0] ** 0.5 / 9)

    @property
    def width(self) -> float:
        """Width of front and sheets together."""
        return self.front[0] + SHEET * (self.n_sheets - 1)


@styled
def draw_network(model: nn.Module, title: str) -> None:
    """Draw a network for 32×32 images: a stack of sheets per layer, one sheet per channel.

    Args:
        model: `MultilayerPerceptronModel`, `BasicConvNet` or the like.
        title: what to write above the drawing.
    """
    image = (3, 32, 32)
    blocks = [Block(image, "image", GREY), *_blocks(trace_layers(model, image), image)]
    _draw(blocks, title)


@styled
def draw_autoencoder(encoder: nn.Module, decoder: nn.Module, title: str) -> None:
    """Draw encoder and decoder in a row, with the code between them.

    Args:
        encoder: image 3×32×32 to code.
        decoder: code to image.
        title: what to write above the drawing.
    """
    image = (3, 32, 32)
    encoding = trace_layers(encoder, image)
    code = encoding[-1].shape
    blocks = [Block(image, "image x", GREY), *_blocks(encoding, image)]
    code_at = len(blocks) - 1
    blocks += _blocks(trace_layers(decoder, code), code)
    _draw(blocks, title, code_at)


@styled
def draw_interpolation(title: str) -> None:
    """Draw how two images are encoded, blended as codes, and decoded.

    Args:
        title: what to write above the drawing.
    """
    figure, axes = plt.subplots(figsize=(10, 3.6))
    for text, x, y, width, colour in (
        ("image $x$", 0, 2, 1.9, GREY),
        ("image $x'$", 0, 0, 1.9, GREY),
        ("code $f(x)$", 3.6, 2, 1.9, BLUE),
        ("code $f(x')$", 3.6, 0, 1.9, BLUE),
        ("blend\n$(1-α)\\,f(x) + α\\,f(x')$", 7.4, 1, 2.9, GREEN),
        ("new image\n$g($blend$)$", 11.6, 1, 1.9, ORANGE),
    ):
        _box(axes, x, y, width, text, colour)
    for start, end, text in (
        ((0.98, 2), (2.62, 2), "encoder $f$"),
        ((0.98, 0), (2.62, 0), "encoder $f$"),
        ((4.58, 2), (5.92, 1.25), "$1-α$"),
        ((4.58, 0), (5.92, 0.75), "$α$"),
        ((8.88, 1), (10.62, 1), "decoder $g$"),
    ):
        _arrow(axes, start, end)
        middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 + 0.16)
        axes.text(*middle, text, ha="center", va="bottom", color=GREY)
    axes.set(xlim=(-1.1, 12.7), ylim=(-0.6, 2.7), title=title)
    axes.axis("off")
    show_figure(
        figure,
        f"{title}: two images are encoded, their codes are mixed in the proportion 1-α to α, "
        "and the mixture is decoded into a new image.",
    )


IMAGE = ((1, 0, 2, 1), (0, 3, 1, 0), (2, 1, 0, 1), (1, 0, 1, 2))
FILTER = ((1, -1), (0, 2))
CODE = ((1, 2), (0, 3))


@styled
def draw_convolution() -> None:
    """Draw a convolution with its numbers, and how one of them comes about."""
    image, weights = torch.tensor(IMAGE), torch.tensor(FILTER)
    output = F.conv2d(image[None, None].float(), weights[None, None].float())[0, 0].int()
    row, column = 0, 1  # of the output that is explained
    window = image[row : row + 2, column : column + 2]
    products = " + ".join(
        f"{x}·({w})" if w < 0 else f"{x}·{w}"
        for x, w in zip(window.flatten().tolist(), weights.flatten().tolist(), strict=True)
    )
    figure, axes = plt.subplots(figsize=(9, 3.4))
    _grid(axes, 0, image, "image, 4×4", marked=(row, column, 2))
    _grid(axes, 6, weights, "filter, 2×2")
    _grid(axes, 10, output, "output, 3×3", marked=(row, column, 1))
    found = f"marked: {products} = {output[row, column]}"
    title = "A convolution: window times filter, added up"
    _finish(figure, axes, 14, title, found)


@styled
def draw_transposed_convolution() -> None:
    """Draw a transposed convolution with stride 2 and its numbers: code, filter, output."""
    code, weights = torch.tensor(CODE), torch.tensor(FILTER)
    output = F.conv_transpose2d(code[None, None].float(), weights[None, None].float(), stride=2)
    figure, axes = plt.subplots(figsize=(9, 3.4))
    _grid(axes, 0, code, "input, 2×2", marked=(0, 1, 1))
    _grid(axes, 4, weights, "filter, 2×2")
    _grid(axes, 8, output[0, 0].int(), "output, 4×4", marked=(0, 2, 2))
    found = f"marked: {CODE[0][1]} times the filter, two places further to the right"
    title = "A transposed convolution with stride 2: a copy of the filter for each number"
    _finish(figure, axes, 13, title, found)


def _grid(
    axes: Axes, left: float, numbers: Tensor, name: str, marked: tuple[int, int, int] | None = None
) -> None:
    """Draw a table of whole numbers; marked is a square: its first row and column, its side."""
    n_rows, n_columns = numbers.shape
    for row in range(n_rows):
        for column in range(n_columns):
            x, y = left + column, -row
            is_marked = marked is not None and all(
                start <= at < start + marked[2]
                for at, start in ((row, marked[0]), (column, marked[1]))
            )
            face: dict[str, Any] = {
                "facecolor": "#CFE5F3" if is_marked else "white",
                "edgecolor": GREY,
            }
            axes.add_patch(Rectangle((x, y - 1), 1, 1, **face))
            axes.text(x + 0.5, y - 0.5, str(int(numbers[row, column])), ha="center", va="center")
    axes.text(left + n_columns / 2, 0.25, name, ha="center", va="bottom")


def _finish(figure: Figure, axes: Axes, width: float, title: str, found: str) -> None:
    axes.text(width / 2, -4.6, found, ha="center", va="center", color=GREY)
    axes.set(xlim=(-0.5, width - 0.5), ylim=(-5, 1), title=title, aspect="equal")
    axes.axis("off")
    show_figure(figure, f"{title}. {found}.")


def _blocks(layers: list[Layer], shape: tuple[int, ...]) -> list[Block]:
    """The layers that compute something new (dropout, for one, does not), and flattening."""
    blocks = []
    for layer in layers:
        if layer.kind not in OPERATIONS:
            continue
        if layer.kind == "Linear" and (len(shape), len(layer.shape)) == (3, 1):  # of vectors
            blocks.append(Block((math.prod(shape),), "flatten", GREY))
        operation, colour = OPERATIONS[layer.kind]
        blocks.append(Block(layer.shape, f"{layer.name}\n{operation}", colour))
        shape = layer.shape
    if shape != layers[-1].shape:  # computed outside the layers that are known here
        blocks.append(Block(layers[-1].shape, layers[-1].name or layers[-1].kind, GREY))
    return blocks


def _draw(blocks: list[Block], title: str, code_at: int | None = None) -> None:
    """Draw blocks from left to right; the block number `code_at` is marked as the code."""
    slots = [max(block.width, NARROWEST) for block in blocks]
    total = sum(slots) + GAP * (len(blocks) - 1)
    below, above = -3.0, 3.1
    size = (INCHES * (total + 1.2), INCHES * (above - below) + 0.4)
    figure, axes = plt.subplots(figsize=size)
    x = 0.0
    for number, (block, slot) in enumerate(zip(blocks, slots, strict=True)):
        centre = x + slot / 2
        left = centre - block.width / 2
        _draw_sheets(axes, block, left)
        axes.text(centre, 2.75, format_shape(block.shape), ha="center", fontsize=11)
        axes.text(centre, -1.95, block.label, ha="center", va="top", fontsize=10)
        if number == code_at:
            axes.text(centre, 2.2, "code z", ha="center", fontweight="bold")
        if number + 1 < len(blocks):
            next_left = x + slot + GAP + (slots[number + 1] - blocks[number + 1].width) / 2
            _arrow(axes, (left + block.width + 0.12, 0), (next_left - 0.12, 0))
        x += slot + GAP
    axes.set(xlim=(-0.6, total + 0.6), ylim=(below, above), title=title, aspect="equal")
    axes.axis("off")
    steps = "; ".join(
        f"{' '.join(block.label.split())}: {format_shape(block.shape)}" for block in blocks
    )
    show_figure(figure, f"{title}. Shapes from left to right: {steps}.")


def _draw_sheets(axes: Axes, block: Block, left: float) -> None:
    width, height = block.front
    lift = SHEET * 0.6
    bottom = -(height + lift * (block.n_sheets - 1)) / 2
    for sheet in reversed(range(block.n_sheets)):  # the first channel lies in front
        corner = (left + sheet * SHEET, bottom + sheet * lift)
        face: dict[str, Any] = {"facecolor": block.colour, "edgecolor": "white", "linewidth": 0.6}
        axes.add_patch(Rectangle(corner, width, height, **face))


def _box(axes: Axes, x: float, y: float, width: float, text: str, colour: str) -> None:
    height = 0.84
    corner = (x - width / 2, y - height / 2)
    face: dict[str, Any] = {"facecolor": "white", "edgecolor": colour, "linewidth": 2.5}
    axes.add_patch(Rectangle(corner, width, height, **face))
    axes.text(x, y, text, ha="center", va="center")


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.add_patch(
        FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=14, color=GREY, linewidth=1.4)
    )
