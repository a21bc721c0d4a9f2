"""Exercise 5.2: a transposed convolution by hand."""

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from workshop_utils.exercises.convolution import (
    CALLED,
    ByHand,
    Convolution,
    layers,
    mistakes_of_both,
    weighted,
)
from workshop_utils.exercises.engine import table
from workshop_utils.exercises.functions import Case
from workshop_utils.exercises.result import CheckResult


def convolve_transposed(
    x: Tensor, weight: Tensor, bias: Tensor, stride: int = 1, padding: int = 0
) -> Tensor:
    """What `nn.ConvTranspose2d` computes: each number leaves a whole filter behind.

    Args:
        x: N×C×H×W.
        weight: the filters, C×F×k×k.
        bias: F numbers.
        stride: how far apart the filters of neighbours are.
        padding: how much is cut off on each side.

    Returns:
        N×F×H'×W', where H' = (H - 1)·stride + k - 2·padding.
    """
    height, width = x.shape[-2:]
    n_filters, k = weight.shape[1], weight.shape[-1]
    size = (height - 1) * stride + k, (width - 1) * stride + k
    maps = torch.zeros(len(x), n_filters, *size)
    for i in range(height):
        for j in range(width):
            top, left = i * stride, j * stride
            numbers = x[:, :, i, j]  # N×C
            filters = torch.einsum("nc,cfkl->nfkl", numbers, weight)  # N×F×k×k
            maps[:, :, top : top + k, left : left + k] += filters
    maps = maps[:, :, padding : size[0] - padding, padding : size[1] - padding]
    return maps + bias.reshape(1, -1, 1, 1)


def check_transposed_convolution(fn: Convolution) -> CheckResult:
    """Compare a function with `torch.nn.functional.conv_transpose2d`, which it must not call.

    Args:
        fn: the student's function, called with x, weight, bias, stride and padding in this order.

    Returns:
        What was found; it has been shown already.
    """
    return CONVOLVE_TRANSPOSED.judge(fn)


def _cases() -> Iterator[Case]:
    return layers(
        (1, 1, 2, 3, 1, 2, 2, 0),
        (1, 1, 2, 3, 1, 3, 1, 0),
        (1, 2, 3, 2, 3, 2, 2, 0),
        (2, 3, 3, 4, 2, 3, 2, 0),
        (2, 2, 4, 3, 3, 3, 1, 1),
        (2, 3, 4, 5, 2, 4, 2, 1),
        (3, 2, 3, 4, 2, 5, 3, 2),
        (2, 2, 3, 2, 4, 2, 3, 0),
        transposed=True,
    )


# --- wrong solutions ---


def _whole(x: Tensor, weight: Tensor, bias: Tensor | None, stride: int) -> Tensor:
    return F.conv_transpose2d(x, weight, bias, stride)


def _finished(maps: Tensor, bias: Tensor, padding: int) -> Tensor:
    """The right end: padding cut off, and the bias added."""
    height, width = maps.shape[-2:]
    maps = maps[:, :, padding : height - padding, padding : width - padding]
    return maps + bias.reshape(-1, 1, 1)


def _cut(cut: Callable[[Tensor, int], Tensor]) -> Convolution:
    """The right sums, but another border is cut off."""
    return lambda x, weight, bias, stride, padding: cut(_whole(x, weight, bias, stride), padding)


def _visits(x: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
    """How many filters cover each place of the result: 1×1×H'×W'."""
    return F.conv_transpose2d(
        torch.ones(1, 1, *x.shape[-2:]), torch.ones(1, 1, *weight.shape[-2:]), None, stride, padding
    )


def _where_they_overlap(keep: Callable[[Tensor, Tensor], Tensor]) -> Convolution:
    """Of what is there already and a new filter, another thing than the sum is kept."""

    def convolve_transposed(
        x: Tensor, weight: Tensor, bias: Tensor, stride: int, padding: int
    ) -> Tensor:
        maps = torch.zeros_like(_whole(x, weight, bias, stride))
        k = weight.shape[-1]
        for i in range(x.shape[-2]):
            for j in range(x.shape[-1]):
                filters = torch.einsum("nc,cfkl->nfkl", x[:, :, i, j], weight)
                place = maps[:, :, i * stride : i * stride + k, j * stride : j * stride + k]
                place.copy_(keep(place, filters))
        return _finished(maps, bias, padding)

    return convolve_transposed


def _times_stride(x: Tensor, weight: Tensor, bias: Tensor, stride: int, padding: int) -> Tensor:
    height, width = (stride * size for size in x.shape[-2:])
    maps = _whole(x, weight, bias, stride)[:, :, :height, :width]
    missing = width - maps.shape[3], height - maps.shape[2]  # where stride is larger than k
    maps = F.pad(maps - bias.reshape(-1, 1, 1), (0, missing[0], 0, missing[1]))
    maps = maps + bias.reshape(-1, 1, 1)
    return maps[:, :, padding : height - padding, padding : width - padding]


def _too_close(x: Tensor, weight: Tensor, bias: Tensor, stride: int, padding: int) -> Tensor:
    maps = torch.zeros_like(_whole(x, weight, bias, stride))
    close = F.conv_transpose2d(x, weight)
    maps[:, :, : close.shape[2], : close.shape[3]] = close
    return _finished(maps, bias, padding)


def _repeated(x: Tensor, weight: Tensor, bias: Tensor, stride: int, padding: int) -> Tensor:
    height, width = ((size - 1) * stride + 1 for size in x.shape[-2:])
    x = x.repeat_interleave(stride, dim=2).repeat_interleave(stride, dim=3)
    return F.conv_transpose2d(x[:, :, :height, :width], weight, bias, 1, padding)


def _averaged(x: Tensor, weight: Tensor, bias: Tensor, stride: int, padding: int) -> Tensor:
    sums = F.conv_transpose2d(x, weight, None, stride, padding)
    return sums / _visits(x, weight, stride, padding).clamp(min=1) + bias.reshape(-1, 1, 1)


def _bias_with_each(x: Tensor, weight: Tensor, bias: Tensor, stride: int, padding: int) -> Tensor:
    visits = _visits(x, weight, stride, padding)
    sums = F.conv_transpose2d(x, weight, None, stride, padding)
    return sums + visits * bias.reshape(-1, 1, 1)


def _bias_for_each_channel(x: Tensor, weight: Tensor, bias: Tensor, *rest: int) -> Tensor:
    return F.conv_transpose2d(x, weight, len(weight) * bias, *rest)


def _only_channel(place: slice) -> Convolution:
    return lambda x, weight, *rest: F.conv_transpose2d(x[:, place], weight[place], *rest)


def _zeroed(maps: Tensor, padding: int) -> Tensor:
    inside = torch.ones(maps.shape[2] - 2 * padding, maps.shape[3] - 2 * padding)
    return maps * F.pad(inside, (padding, padding, padding, padding))


def _without_bias(wrong: Convolution) -> Convolution:
    return lambda x, weight, bias, stride, padding: wrong(x, weight, 0 * bias, stride, padding)


CUT = "padding says how much is cut off the result on each of the four sides"
# Short name -> sentence, solution.
MISTAKES: dict[str, tuple[str, Convolution]] = {
    CALLED: (
        "The numbers are right, but a convolution of PyTorch's computes them. Write it yourself: "
        "loops, or F.fold.",
        F.conv_transpose2d,
    ),
    "overwritten": (
        "Where filters overlap, the later one replaces the earlier. They are added: += in place of "
        "=.",
        _where_they_overlap(lambda before, filters: filters),
    ),
    "overlaps-averaged": (
        "Where filters overlap they are averaged, but they are added.",
        _averaged,
    ),
    "stride-forgotten": (
        "stride is not used: the filters of neighbours lie stride apart, at i * stride.",
        lambda x, weight, bias, stride, padding: F.conv_transpose2d(x, weight, bias, 1, padding),
    ),
    "padding-forgotten": (f"{CUT}; here nothing is cut off.", _cut(lambda maps, p: maps)),
    "padding-added": (
        f"{CUT}; here that much is added.",
        _cut(lambda maps, p: F.pad(maps, (p, p, p, p))),
    ),
    "padding-of-the-input": (
        f"{CUT}; here a border is put around x instead.",
        lambda x, weight, bias, stride, padding: _whole(
            F.pad(x, (padding, padding, padding, padding)), weight, bias, stride
        ),
    ),
    "cut-left-above": (
        f"{CUT}; here it is cut off on the left and above only.",
        _cut(lambda maps, p: maps[:, :, p:, p:]),
    ),
    "cut-right-below": (
        f"{CUT}; here it is cut off on the right and below only.",
        _cut(lambda maps, p: maps[:, :, : maps.shape[2] - p, : maps.shape[3] - p]),
    ),
    "cut-twice": (
        f"{CUT}, once; here it is twice as much.",
        _cut(lambda m, p: m[:, :, 2 * p : m.shape[2] - 2 * p, 2 * p : m.shape[3] - 2 * p]),
    ),
    "cut-at-the-end-only": (
        f"{CUT}; here all of it is cut off on the right and below.",
        _cut(lambda m, p: m[:, :, : m.shape[2] - 2 * p, : m.shape[3] - 2 * p]),
    ),
    "size-times-stride": (
        "Height and width are taken as H * stride and W * stride, so the filters at the end are "
        "cut off: the result is (H - 1) * stride + k high, before padding is cut off.",
        _times_stride,
    ),
    "stride-in-size-only": (
        "The size is right, but the filters are put down at i and j: they begin at i * stride and "
        "j * stride.",
        _too_close,
    ),
    "images-added-up": (
        "Every image of the batch gets the sum of all of them: keep N apart, such as "
        'einsum("nc,cfkl->nfkl", ...).',
        lambda x, *rest: F.conv_transpose2d(x.sum(0, True).expand_as(x), *rest),
    ),
    "cut-rows-only": (
        f"{CUT}; here only rows are cut off, above and below.",
        _cut(lambda maps, p: maps[:, :, p : maps.shape[2] - p]),
    ),
    "cut-columns-only": (
        f"{CUT}; here only columns are cut off, left and right.",
        _cut(lambda maps, p: maps[..., p : maps.shape[3] - p]),
    ),
    "padding-added-before-the-bias": (
        f"{CUT}; here a border that wide is added, and the bias after it.",
        lambda x, weight, bias, stride, padding: (
            F.pad(_whole(x, weight, None, stride), (padding, padding, padding, padding))
            + bias.reshape(-1, 1, 1)
        ),
    ),
    "bias-along-the-width": (
        "The bias is added along the width: give it the shape F×1×1.",
        lambda x, weight, bias, *rest: F.conv_transpose2d(x, weight, None, *rest) + bias,
    ),
    "largest-kept": (
        "Where filters overlap the larger number stays, but they are added.",
        _where_they_overlap(torch.maximum),
    ),
    "repeated": (
        "Each number is repeated stride times. Between two numbers lies nothing: their filters "
        "are stride apart.",
        _repeated,
    ),
    "channels-added-first": (
        "Numbers and filters are each added up over the channels before they are multiplied. "
        "Multiply channel by channel, then add up.",
        lambda x, weight, *rest: F.conv_transpose2d(x.sum(1, True), weight.sum(0, True), *rest),
    ),
    "border-zeroed": (f"{CUT}; here the border is set to zero, but still there.", _cut(_zeroed)),
    "emptied-by-zero": (
        "Nothing is left where padding is 0: x[0:-0] is empty. Count the end from the start.",
        _cut(lambda maps, p: maps[:, :, p:-p, p:-p]),
    ),
    "bias-forgotten": (
        "The bias is missing: add one number for each filter, at the end.",
        lambda x, weight, bias, *rest: F.conv_transpose2d(x, weight, None, *rest),
    ),
    "bias-with-each-filter": (
        "The bias is added with every filter, so several times where filters overlap, and never "
        "where there is none. Add it once, to the whole result.",
        _bias_with_each,
    ),
    "bias-for-each-channel": (
        "The bias is added once for each channel of x. Add it once, after all channels.",
        _bias_for_each_channel,
    ),
    "flipped": (
        "The filters are turned by 180°. Each number is multiplied by the filter as it is.",
        weighted(F.conv_transpose2d, lambda w: w.flip(2, 3)),
    ),
    "filter-transposed": (
        "Rows and columns of the filters are exchanged.",
        weighted(F.conv_transpose2d, lambda w: w.transpose(2, 3)),
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
        "The channels of x are averaged, not added up.",
        lambda x, weight, *rest: F.conv_transpose2d(x / x.shape[1], weight, *rest),
    ),
    "first-filter-for-all": (
        "All maps are those of the first filter (but for the bias).",
        weighted(F.conv_transpose2d, lambda w: w[:, :1].expand_as(w)),
    ),
}
MISTAKES |= mistakes_of_both(F.conv_transpose2d)
BIAS = MISTAKES["bias-forgotten"][0]
MISTAKES |= {
    f"{name} and bias-forgotten": (
        f"Two things. {MISTAKES[name][0]} {BIAS}",
        _without_bias(MISTAKES[name][1]),
    )
    for name in ("overwritten", "padding-forgotten", "stride-forgotten", "flipped")
}
CONVOLVE_TRANSPOSED = ByHand(
    name="convolve_transposed",
    reference=convolve_transposed,
    cases=_cases,
    todo=(
        "Begin with zeros, N×F×((H - 1) * stride + k)×((W - 1) * stride + k). For each position of "
        "x, add number times filter at i * stride and j * stride. Cut padding off on each side, "
        "and add the bias."
    ),
    right="Right: overlapping filters are added, whatever stride and padding are.",
    mistakes=table(MISTAKES),
)
