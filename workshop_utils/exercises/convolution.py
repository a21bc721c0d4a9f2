"""Exercise 5.1: a convolution by hand."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from workshop_utils.exercises.answers import random_tensor
from workshop_utils.exercises.engine import table, together
from workshop_utils.exercises.functions import Case, FunctionExercise
from workshop_utils.exercises.result import CheckResult
from workshop_utils.exercises.running import Wrong

Convolution = Callable[[Tensor, Tensor, Tensor, int, int], Tensor]
CALLED = "pytorch-called"


def convolve(x: Tensor, weight: Tensor, bias: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    """What `nn.Conv2d` computes, position by position.

    Args:
        x: N×C×H×W.
        weight: the filters, F×C×k×k.
        bias: F numbers.
        stride: how far a filter moves at a time.
        padding: width of the border of zeros.

    Returns:
        N×F×H'×W', where H' = (H + 2·padding - k) // stride + 1.
    """
    k = weight.shape[-1]
    x = F.pad(x, (padding, padding, padding, padding))
    n_rows, n_columns = ((size - k) // stride + 1 for size in x.shape[-2:])
    maps = torch.zeros(len(x), len(weight), n_rows, n_columns)
    for i in range(n_rows):
        for j in range(n_columns):
            top, left = i * stride, j * stride
            window = x[:, :, top : top + k, left : left + k]  # N×C×k×k
            products = window[:, None] * weight  # N×F×C×k×k
            maps[:, :, i, j] = products.sum(dim=(2, 3, 4)) + bias  # N×F
    return maps


def check_convolution(fn: Convolution) -> CheckResult:
    """Compare a function with `torch.nn.functional.conv2d`, which it must not call.

    Args:
        fn: the student's function, called with x, weight, bias, stride and padding in this order.

    Returns:
        What was found; it has been shown already.
    """
    return CONVOLVE.judge(fn)


@dataclass(frozen=True, kw_only=True)
class ByHand(FunctionExercise):
    """A function that computes by itself what a function of PyTorch computes.

    The mistake called `CALLED` is that of a right answer which only calls it.
    """

    def look(self, answer: Callable, cases: list[Case]) -> str:
        """What is said about a right function that is no shortcut, either."""
        with _Watched() as watched:
            said = super().look(answer, cases)
        if watched.called:
            raise Wrong(self.mistake(CALLED).sentence, CALLED)
        parameters = list(inspect.signature(answer).parameters.values())
        for parameter, usual in zip(parameters[3:], (1, 0), strict=False):
            if parameter.default not in (inspect.Parameter.empty, usual):
                said = (
                    f"The numbers are right, but {parameter.name} is {usual} where nothing is said."
                )
                raise Wrong(said, "defaults")
        return said


class _Watched(TorchFunctionMode):
    """Notes whether a convolution of PyTorch's is called."""

    called = False

    def __torch_function__(
        self, func: Callable, types: object, args: tuple = (), kwargs: dict | None = None
    ) -> object:
        if getattr(func, "__name__", "").startswith("conv"):
            self.called = True
        return func(*args, **(kwargs or {}))


def layers(*sizes: tuple[int, ...], transposed: bool = False) -> Iterator[Case]:
    """Inputs of layers: N, C, H, W, F, k, stride and padding of each."""
    for seed, (n, c, h, w, f, k, stride, padding) in enumerate(sizes):
        filters = (c, f, k, k) if transposed else (f, c, k, k)
        yield {
            "x": 4 * random_tensor(n, c, h, w, seed=3 * seed) - 1,
            "weight": 2 * random_tensor(*filters, seed=3 * seed + 1) - 1,
            "bias": 3 * random_tensor(f, seed=3 * seed + 2) - 2,
            "stride": stride,
            "padding": padding,
        }


def _cases() -> Iterator[Case]:
    return layers(
        (1, 1, 3, 4, 1, 2, 1, 0),
        (1, 2, 3, 4, 3, 2, 1, 0),
        (2, 3, 5, 6, 4, 3, 1, 0),
        (2, 2, 6, 8, 3, 2, 2, 0),
        (2, 2, 4, 5, 3, 3, 1, 1),
        (1, 3, 6, 7, 2, 3, 2, 1),
        (3, 2, 6, 9, 4, 4, 3, 2),
        (2, 4, 5, 5, 4, 1, 1, 0),
        (1, 2, 6, 4, 3, 3, 1, 0),
    )


# --- wrong solutions ---


def _padded(pad: Callable[[Tensor, int], Tensor]) -> Convolution:
    """The right sums, but of images with another border."""
    return lambda x, weight, bias, stride, padding: F.conv2d(pad(x, padding), weight, bias, stride)


def arranged(right: Convolution, arrange: Callable[[Tensor], Tensor]) -> Convolution:
    """The right result in another arrangement."""
    return lambda *layer: arrange(right(*layer))


def weighted(right: Convolution, change: Callable[[Tensor], Tensor]) -> Convolution:
    """The same positions, but other weights."""
    return lambda x, weight, *rest: right(x, change(weight), *rest)


def mistakes_of_both(right: Convolution) -> dict[str, tuple[str, Convolution]]:
    """Mistakes that a convolution and a transposed one have in common.

    Args:
        right: PyTorch's own.
    """
    return {
        "first-image-for-all": (
            "All images of the batch get the maps of the first.",
            lambda x, *rest: right(x[:1].expand_as(x), *rest),
        ),
        "first-image-only": (
            "Only the first image of the batch comes out: N×C×H×W goes in, N×F×H'×W' comes out.",
            arranged(right, lambda maps: maps[:1]),
        ),
        "batch-forgotten": (
            "The result is a single image, F×H'×W'. N images come in, and N come out.",
            arranged(right, lambda maps: maps[0]),
        ),
        "relu": (
            "Negative numbers are set to zero: no ReLU is asked for.",
            arranged(right, Tensor.relu),
        ),
        "rows-and-columns": (
            "Rows and columns of the maps are exchanged.",
            arranged(right, lambda maps: maps.transpose(2, 3)),
        ),
        "channels-last": (
            "The channels come last in the result: N×H'×W'×F in place of N×F×H'×W'.",
            arranged(right, lambda maps: maps.movedim(1, -1)),
        ),
    }


def _with_bias(times: Callable[[Tensor], float]) -> Convolution:
    """The bias added more than once, or not at all."""
    return lambda x, weight, bias, *rest: F.conv2d(x, weight, times(weight) * bias, *rest)


def _windows_too_close(
    x: Tensor, weight: Tensor, bias: Tensor, stride: int, padding: int
) -> Tensor:
    rows, columns = F.conv2d(x, weight, bias, stride, padding).shape[-2:]
    return F.conv2d(x, weight, bias, 1, padding)[:, :, :rows, :columns]


def _counted_without_padding(
    x: Tensor, weight: Tensor, bias: Tensor, stride: int, padding: int
) -> Tensor:
    rows, columns = F.conv2d(x, weight, bias, stride).shape[-2:]
    return F.conv2d(x, weight, bias, stride, padding)[:, :, :rows, :columns]


def _spread_out(x: Tensor, weight: Tensor, bias: Tensor, stride: int, padding: int) -> Tensor:
    rows, columns = F.conv2d(x, weight, bias, stride, padding).shape[-2:]
    x = F.pad(x, (padding, padding, padding, padding))
    far = stride * weight.shape[-1]  # room for the last windows
    maps = F.conv2d(F.pad(x, (0, far, 0, far)), weight, bias, stride, 0, dilation=stride)
    return maps[:, :, :rows, :columns]


def _places(x: Tensor, dimension: int, weight: Tensor, stride: int, padding: int) -> int:
    return (x.shape[dimension] + 2 * padding - weight.shape[-1] + 1) // stride


def _rounded_up(x: Tensor, weight: Tensor, bias: Tensor, stride: int, padding: int) -> Tensor:
    k = weight.shape[-1]
    missing = [-(size + 2 * padding - k) % stride for size in (x.shape[3], x.shape[2])]
    x = F.pad(x, (padding, padding + missing[0], padding, padding + missing[1]))
    return F.conv2d(x, weight, bias, stride)


def _own_channel(weight: Tensor) -> Tensor:
    n_filters, n_channels = weight.shape[:2]
    return (torch.arange(n_filters)[:, None] % n_channels == torch.arange(n_channels)).float()[
        :, :, None, None
    ]


def _square(x: Tensor, weight: Tensor, bias: Tensor, stride: int, padding: int) -> Tensor:
    maps = F.conv2d(x, weight, bias, stride, padding)
    rows, columns = maps.shape[-2:]
    if columns < rows:
        raise IndexError
    return maps[..., :rows]


def _only_channel(place: slice) -> Convolution:
    return lambda x, weight, *rest: F.conv2d(x[:, place], weight[:, place], *rest)


def _only_weight(weight: Tensor, row: int, column: int) -> Tensor:
    kept = torch.zeros_like(weight)
    kept[:, :, row, column] = weight[:, :, row, column]
    return kept


STRIDE = "The filter moves by stride: the window of row i begins at i * stride"
BORDER = "Padding is a border of zeros all around, padding wide on each of the four sides: "
# Short name -> sentence, solution.
MISTAKES: dict[str, tuple[str, Convolution]] = {
    CALLED: (
        "The numbers are right, but a convolution of PyTorch's computes them. Write it yourself: "
        "loops, or F.unfold.",
        F.conv2d,
    ),
    "bias-forgotten": (
        "The bias is missing: add one number for each filter.",
        _with_bias(lambda w: 0),
    ),
    "bias-subtracted": ("The bias is subtracted, not added.", _with_bias(lambda w: -1)),
    "bias-for-each-channel": (
        "The bias is added once for each channel that comes in. It belongs to the filter: add it "
        "once, after all channels.",
        _with_bias(lambda w: w.shape[1]),
    ),
    "bias-for-each-weight": (
        "The bias is added to every product. Add it once, after the sum.",
        _with_bias(lambda w: w[0].numel()),
    ),
    "padding-forgotten": (
        "padding is not used: put a border of zeros around x.",
        _padded(lambda x, p: x),
    ),
    "padding-left-above": (
        f"{BORDER}here it is on the left and above only.",
        _padded(lambda x, p: F.pad(x, (p, 0, p, 0))),
    ),
    "padding-right-below": (
        f"{BORDER}here it is on the right and below only.",
        _padded(lambda x, p: F.pad(x, (0, p, 0, p))),
    ),
    "padding-rows-only": (
        f"{BORDER}here it is above and below only.",
        _padded(lambda x, p: F.pad(x, (0, 0, p, p))),
    ),
    "padding-columns-only": (
        f"{BORDER}here it is left and right only. F.pad counts from the last dimension.",
        _padded(lambda x, p: F.pad(x, (p, p, 0, 0))),
    ),
    "padding-twice": (
        f"{BORDER}here it is twice as wide.",
        _padded(lambda x, p: F.pad(x, (2 * p, 2 * p, 2 * p, 2 * p))),
    ),
    "padding-ones": (
        "The border holds ones, but should hold zeros.",
        _padded(lambda x, p: F.pad(x, (p, p, p, p), value=1.0)),
    ),
    "padding-repeats": (
        "The border repeats the pixels at the edge, but should hold zeros.",
        _padded(lambda x, p: F.pad(x, (p, p, p, p), mode="replicate")),
    ),
    "padding-mirrors": (
        "The border mirrors the pixels, but should hold zeros.",
        _padded(lambda x, p: F.pad(x, (p, p, p, p), mode="reflect")),
    ),
    "padding-not-counted": (
        "Height and width of the result are counted without the padding: H' = (H + 2 * padding - "
        "k) // stride + 1.",
        _counted_without_padding,
    ),
    "stride-forgotten": (
        f"stride is not used. {STRIDE}.",
        lambda x, weight, bias, stride, padding: F.conv2d(x, weight, bias, 1, padding),
    ),
    "stride-in-size-only": (
        f"{STRIDE}, not at i. (The size of the result is right.)",
        _windows_too_close,
    ),
    "stride-rows-only": (
        "stride counts for rows only: it holds for columns, too.",
        lambda x, weight, bias, stride, padding: F.conv2d(x, weight, bias, (stride, 1), padding),
    ),
    "last-position-missing": (
        "The last row and the last column are missing: there is one position more than steps, so "
        "H' = (H + 2 * padding - k) // stride + 1.",
        arranged(F.conv2d, lambda maps: maps[:, :, :-1, :-1]),
    ),
    "flipped": (
        "The filter is turned by 180°. That is a convolution in mathematics; networks leave the "
        "filter as it is.",
        weighted(F.conv2d, lambda w: w.flip(2, 3)),
    ),
    "filter-transposed": (
        "Rows and columns of the filter are exchanged.",
        weighted(F.conv2d, lambda w: w.transpose(2, 3)),
    ),
    "first-channel-only": (
        "Only the first channel of x counts: add up over all channels.",
        _only_channel(slice(0, 1)),
    ),
    "last-channel-only": (
        "Only the last channel of x counts: add up over the channels, with += in a loop.",
        _only_channel(slice(-1, None)),
    ),
    "channels-averaged": (
        "The channels are averaged, not added up.",
        lambda x, weight, *rest: F.conv2d(x / x.shape[1], weight, *rest),
    ),
    "averaged": (
        "The products are averaged, not added up: sum in place of mean.",
        weighted(F.conv2d, lambda w: w / w[0].numel()),
    ),
    "last-weight-only": (
        "Only the last weight of each filter counts: add up over the window, with += in a loop.",
        weighted(F.conv2d, lambda w: _only_weight(w, -1, -1)),
    ),
    "first-weight-only": (
        "Only the first weight of each filter counts. Is return, or the end of the sum, too far to "
        "the right?",
        weighted(F.conv2d, lambda w: _only_weight(w, 0, 0)),
    ),
    "first-filter-for-all": (
        "All maps are those of the first filter (but for the bias).",
        weighted(F.conv2d, lambda w: w[:1].expand_as(w)),
    ),
    "filters-added-up": (
        "The filters are added up. Each makes a map of its own.",
        weighted(F.conv2d, lambda w: w.sum(0, keepdim=True).expand_as(w)),
    ),
    "filters-first": (
        "The filters come first in the result: F×N×H'×W' in place of N×F×H'×W'.",
        arranged(F.conv2d, lambda maps: maps.transpose(0, 1)),
    ),
    "padding-of-the-maps": (
        "The zeros are put around the maps, at the end: padding belongs around x, at the start.",
        lambda x, weight, bias, stride, padding: F.pad(
            F.conv2d(x, weight, bias, stride), (padding, padding, padding, padding)
        ),
    ),
    "stride-in-the-window": (
        "The pixels inside the window lie stride apart. The window is k×k neighbours; it is the "
        "window that moves by stride.",
        _spread_out,
    ),
    "bias-along-the-width": (
        "The bias is added along the width of the maps: give it the shape F×1×1, or add each "
        "number to its own map.",
        lambda x, weight, bias, stride, padding: F.conv2d(x, weight, None, stride, padding) + bias,
    ),
    "all-pairs-of-channels": (
        "Every channel of x meets every channel of the filter. Each belongs to one: the same "
        "letter for both in einsum.",
        lambda x, weight, *rest: F.conv2d(x.sum(1, True), weight.sum(1, True), *rest),
    ),
    "unfold-not-transposed": (
        "The numbers are right, but in the wrong places: places and filters are to be exchanged "
        "before the result is reshaped, N×places×F to N×F×places.",
        arranged(F.conv2d, lambda maps: maps.flatten(2).transpose(1, 2).reshape(maps.shape)),
    ),
    "rounded-down-too-far": (
        "The + 1 belongs outside the division: (H + 2 * padding - k) // stride + 1.",
        lambda x, weight, bias, stride, padding: F.conv2d(x, weight, bias, stride, padding)[
            :, :, : _places(x, 2, weight, stride, padding), : _places(x, 3, weight, stride, padding)
        ],
    ),
    "rounded-up": (
        "The number of positions is rounded up: where the last window would stick out, there is no "
        "position. Divide with //.",
        _rounded_up,
    ),
    "last-position-zero": (
        "The last row and the last column stay zero: the loops stop one position early.",
        arranged(F.conv2d, lambda maps: F.pad(maps[:, :, :-1, :-1], (0, 1, 0, 1))),
    ),
    "padding-k-half": (
        "The border is k // 2 wide, whatever padding is.",
        lambda x, weight, bias, stride, padding: F.conv2d(
            x, weight, bias, stride, weight.shape[-1] // 2
        ),
    ),
    "stride-columns-only": (
        "stride counts for columns only: the window of row i begins at i * stride, too.",
        lambda x, weight, bias, stride, padding: F.conv2d(x, weight, bias, (1, stride), padding)[
            :, :, : F.conv2d(x, weight, bias, stride, padding).shape[2]
        ],
    ),
    "bias-twice": ("The bias is added twice.", _with_bias(lambda w: 2)),
    "bias-of-the-first": (
        "Every map gets the bias of the first filter.",
        lambda x, weight, bias, *rest: F.conv2d(x, weight, bias[:1].expand_as(bias), *rest),
    ),
    "one-channel-each": (
        "Each filter meets one channel only. It reaches through all channels: add up over c.",
        lambda x, weight, bias, *rest: F.conv2d(x, weight * _own_channel(weight), bias, *rest),
    ),
    "square": (
        "The maps are square, whatever the shape of x: count rows and columns apart, from height "
        "and width.",
        _square,
    ),
}


def _changed(
    times: float = 1,
    pad: Callable[[Tensor, int], Tensor] = lambda x, p: F.pad(x, (p, p, p, p)),
    convolve: Convolution = F.conv2d,
) -> Convolution:
    """The bias, the border and the way of the windows, each perhaps another."""
    return lambda x, weight, bias, stride, padding: convolve(
        pad(x, padding), weight, times * bias, stride, 0
    )


COMMON: dict[str, dict[str, Any]] = {
    "bias-forgotten": {"times": 0},
    "padding-forgotten": {"pad": lambda x, p: x},
    "padding-right-below": {"pad": lambda x, p: F.pad(x, (0, p, 0, p))},
    "stride-forgotten": {"convolve": lambda x, w, b, stride, padding: F.conv2d(x, w, b)},
    "stride-in-size-only": {"convolve": _windows_too_close},
    "flipped": {"convolve": weighted(F.conv2d, lambda w: w.flip(2, 3))},
}
MISTAKES |= mistakes_of_both(F.conv2d) | together(MISTAKES, COMMON, _changed)
CONVOLVE = ByHand(
    name="convolve",
    reference=convolve,
    cases=_cases,
    todo=(
        "Put a border of zeros around x, let the filters visit all positions, and add up weight "
        "times number, over all channels; then add the bias."
    ),
    right="Right: N×F×H'×W', whatever stride and padding are, with no convolution of PyTorch's.",
    mistakes=table(MISTAKES),
)
