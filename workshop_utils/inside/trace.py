"""A network as a list of operations, one after the other, found with `torch.fx`."""

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn

from workshop_utils.networks.evaluation import format_shape
from workshop_utils.networks.layers import numbered

BATCH = 2  # blank images that go through the network: a step that mixes them is found out
Step = dict[str, Any]


class CannotShowError(ValueError):
    """A network does what the page cannot compute; the text says what and where."""


@dataclass(frozen=True)
class Operation:
    """One step of a network.

    Args:
        kind: what it does, as page/ops.js calls it.
        name: of the layer, or of the function that is called.
        shape: of what it hands on for one image.
        sizes: stride, padding and the like; pairs are for height and width.
        weights: what it multiplies with and adds, by name.
    """

    kind: str
    name: str
    shape: tuple[int, ...]
    sizes: dict[str, Any]
    weights: dict[str, Tensor]


def trace(model: nn.Module, input_shape: tuple[int, ...]) -> list[Operation]:
    """Write down what a network does to one image when it is evaluated.

    Args:
        model: a network whose steps follow one after the other; it is left as it was.
        input_shape: of one input, without the batch dimension.

    Returns:
        Its operations; what only hands on its input, such as dropout, is left out.

    Raises:
        CannotShowError: the network does something else, or cannot work on such an input.
    """
    # Inside another network, it is called as usual: with the image alone.
    ours = nn.Sequential(copy.deepcopy(model).cpu().float().eval())
    title = type(model).__name__
    try:
        with torch.no_grad():
            follower = _Follower(ours, _Tracer().trace(ours))
            follower.run(torch.zeros(BATCH, *input_shape))
    except CannotShowError as error:
        raise CannotShowError(f"{title} cannot be shown: {error}") from None
    except Exception as error:  # whatever code that is not ours may raise
        reason = f"{error}".splitlines() or [type(error).__name__]
        raise CannotShowError(
            f"{title} cannot be followed with an input of {format_shape(input_shape)}. "
            f"PyTorch says: {reason[0]}"
        ) from error
    if not follower.steps:
        raise CannotShowError(f"{title} cannot be shown: it gives back what it is given.")
    names = numbered([name for name, _step, _shape in follower.steps])
    return [
        Operation(
            step["kind"],
            name,
            shape,
            {key: step[key] for key in step if key != "kind" and not torch.is_tensor(step[key])},
            {key: step[key] for key in step if torch.is_tensor(step[key])},
        )
        for name, (_, step, shape) in zip(names, follower.steps, strict=True)
    ]


class _Tracer(fx.Tracer):
    """Looks into PyTorch's layers, too, down to the function that each of them calls."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, nn.BatchNorm2d)  # asks its input for the number of dimensions


class _Follower(fx.Interpreter):
    """Runs a graph, and notes each step that does something to the image."""

    def __init__(self, model: nn.Module, graph: fx.Graph) -> None:
        super().__init__(model, graph=graph)
        self.extra_traceback = False  # errors are told in our own words
        self.at: fx.Node | None = None  # the step that the image has come to
        self.moving: set[fx.Node] = set()  # all that depends on the image
        self.steps: list[tuple[str, Step, tuple[int, ...]]] = []

    def run_node(self, n: fx.Node) -> Any:  # noqa: ANN401 - as PyTorch has it
        args, kwargs = self.fetch_args_kwargs_from_env(n)
        result = super().run_node(n)
        sources = [source for source in n.all_input_nodes if source in self.moving]
        if n.op == "placeholder" or sources:
            self.moving.add(n)
        if n.op == "placeholder":
            self.at = n
        elif n.op == "output":
            if n.args[0] is not self.at:
                raise CannotShowError(f"it does not return what {self._before()} gives.")
        elif sources and _has_tensors(result):  # else weights, or shapes
            if [each for each in sources if torch.is_tensor(self.env[each])] != [self.at]:
                raise CannotShowError(
                    f"{_function(n)}, after {self._before()}, does not take what comes from "
                    "there alone. The page knows networks whose steps follow one after the other."
                )
            self._note(n, args, kwargs, result)
        return result

    def _note(self, n: fx.Node, args: tuple, kwargs: dict, result: Tensor) -> None:
        where = f"{_function(n)}, after {self._before()}"
        if n.op == "call_module":
            norm = self.fetch_attr(str(n.target))
            handler: Callable | None = _batch_norm
            args = *args, norm.running_mean, norm.running_var, norm.weight, norm.bias
            kwargs = {"eps": norm.eps}
        else:
            known: dict[Any, Callable] = KNOWN if n.op == "call_method" else FUNCTIONS
            handler = known.get(n.target)
        if handler is None:
            raise CannotShowError(f"the page cannot compute {where}.")
        try:
            step = handler(*args, **kwargs)
        except (CannotShowError, TypeError) as error:
            raise CannotShowError(f"the page cannot compute {where}: {error}.") from error
        self.at = n
        if len(result) != BATCH:
            raise CannotShowError(f"{where}, mixes the images of a batch.")
        if step is not None:
            self.steps.append((_name(n), step, tuple(result.shape[1:])))

    def _before(self) -> str:
        return self.steps[-1][0] if self.steps else "the input"


def _has_tensors(result: Any) -> bool:  # noqa: ANN401
    return any(map(torch.is_tensor, result if isinstance(result, (tuple, list)) else [result]))


def _function(n: fx.Node) -> str:
    return "batch_norm" if n.op == "call_module" else re.sub(r"_\d+$", "", n.name)


def _name(n: fx.Node) -> str:
    """Of PyTorch's layers the name in the network; of other steps, the function."""
    stack = list(n.meta["nn_module_stack"].values())
    path, kind = stack[-1]
    path = path.removeprefix("0").removeprefix(".")  # of the network that it was put into
    if path and kind.__module__.startswith("torch.nn."):
        return path
    return f"{path}.{_function(n)}" if path else _function(n)


# --- what the page can compute: functions of PyTorch, each with its own arguments ---

Numbers = int | tuple[int, ...]  # one for height and width, or one for each


def _pair(numbers: Numbers) -> tuple[int, int]:
    return (numbers, numbers) if isinstance(numbers, int) else (numbers[0], numbers[-1])


def _conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: Numbers | str = 0,
    dilation: Numbers = 1,
    groups: int = 1,
) -> Step:
    if padding == "same":  # of an odd number, the smaller half stands in front
        sides = zip(_pair(dilation), weight.shape[2:], strict=True)
        padding = tuple(step * (side - 1) // 2 for step, side in sides)
    pads = 0 if isinstance(padding, str) else padding
    return _convolution("conv", weight, bias, stride, pads, dilation, groups)


def _conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: Numbers = 0,
    output_padding: Numbers = 0,  # is in the shape of what comes out
    groups: int = 1,
    dilation: Numbers = 1,
) -> Step:
    return _convolution("transposed", weight, bias, stride, padding, dilation, groups)


def _convolution(
    kind: str,
    weight: Tensor,
    bias: Tensor | None,
    stride: Numbers,
    padding: Numbers,
    dilation: Numbers,
    groups: int,
) -> Step:
    n_filters = weight.shape[0] if kind == "conv" else weight.shape[1] * groups
    return {
        "kind": kind,
        "side": tuple(weight.shape[2:]),
        "stride": _pair(stride),
        "padding": _pair(padding),
        "dilation": _pair(dilation),
        "groups": groups,
        "weight": weight,
        "bias": torch.zeros(n_filters) if bias is None else bias,
    }


def _linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Step:
    if input.dim() != 2:
        raise CannotShowError("it takes one row of numbers for each image: flatten them before")
    bias = torch.zeros(len(weight)) if bias is None else bias
    return {"kind": "linear", "weight": weight, "bias": bias}


def _batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Step:
    if training or running_mean is None or running_var is None:
        raise CannotShowError("it normalises by the batch, and the page has one image")
    # All that it does to an image that is evaluated: multiply and add, channel by channel.
    scale = (running_var + eps).rsqrt() * (1 if weight is None else weight)
    shift = (0 if bias is None else bias) - running_mean * scale
    return {"kind": "scale", "weight": scale, "bias": shift}


def _max_pool2d(
    input: Tensor,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    dilation: Numbers = 1,
    ceil_mode: bool = False,  # is in the shape of what comes out
    return_indices: bool = False,
) -> Step:
    return _pooling("max", kernel_size, stride or kernel_size, padding, dilation)


def _avg_pool2d(
    input: Tensor,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Step:
    if ceil_mode or divisor_override or (_pair(padding) != (0, 0) and not count_include_pad):
        raise CannotShowError("it divides by other numbers at the edge")
    return _pooling("mean", kernel_size, stride or kernel_size, padding, 1)


def _adaptive(kind: str) -> Callable[..., Step]:
    def pool(input: Tensor, output_size: Numbers, return_indices: bool = False) -> Step:
        sides = [*zip(input.shape[2:], _pair(output_size), strict=True)]
        if any(there % here for there, here in sides):
            raise CannotShowError("its windows overlap in part")
        side = tuple(there // here for there, here in sides)
        return _pooling(kind, side, side, 0, 1)

    return pool


def _over_all(kind: str) -> Callable[..., Step]:
    def pool(input: Tensor, dim: Numbers, keepdim: bool = False) -> Step:
        if input.dim() != 4 or sorted(each % 4 for each in _as_list(dim)) != [2, 3]:
            raise CannotShowError("the page can do it over height and width together only")
        return _pooling(kind, tuple(input.shape[2:]), 1, 0, 1)

    return pool


def _as_list(numbers: Numbers) -> list[int]:
    return [numbers] if isinstance(numbers, int) else list(numbers)


def _pooling(
    kind: str, side: Numbers, stride: Numbers, padding: Numbers, dilation: Numbers
) -> Step:
    return {
        "kind": kind,
        "side": _pair(side),
        "stride": _pair(stride),
        "padding": _pair(padding),
        "dilation": _pair(dilation),
    }


def _relu(input: Tensor, inplace: bool = False) -> Step:
    return {"kind": "relu"}


def _sigmoid(input: Tensor) -> Step:
    return {"kind": "sigmoid"}


def _dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> None:
    if training:
        raise CannotShowError(
            "it drops numbers while the network is evaluated, too; write training=self.training"
        )


def _reshape(input: Tensor, *shape: Any, **shapes: Any) -> Step:  # noqa: ANN401 - as each wants it
    return {"kind": "reshape"}  # the numbers stay in their order


KNOWN: dict[str, Callable[..., Step | None]] = {
    "conv2d": _conv2d,
    "conv_transpose2d": _conv_transpose2d,
    "linear": _linear,
    "max_pool2d": _max_pool2d,
    "avg_pool2d": _avg_pool2d,
    "adaptive_max_pool2d": _adaptive("max"),
    "adaptive_avg_pool2d": _adaptive("mean"),
    "amax": _over_all("max"),
    "mean": _over_all("mean"),
    "relu": _relu,
    "relu_": _relu,
    "sigmoid": _sigmoid,
    "dropout": _dropout,
    "dropout2d": _dropout,
    "flatten": _reshape,
    "unflatten": _reshape,
    "reshape": _reshape,
    "view": _reshape,
    "squeeze": _reshape,
    "contiguous": lambda input: None,
}
FUNCTIONS: dict[Any, Callable[..., Step | None]] = {F.batch_norm: _batch_norm} | {
    getattr(module, name): handler
    for name, handler in KNOWN.items()
    for module in (torch, F)
    if hasattr(module, name)
}
