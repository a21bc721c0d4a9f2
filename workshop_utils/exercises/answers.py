"""Looking at what a student's code returned."""

from collections.abc import Iterable

import torch
from torch import Tensor

from workshop_utils.exercises.running import Wrong, NotWritten
from workshop_utils.networks.layers import format_shape


def random_tensor(*shape: int, seed: int = 0) -> Tensor:
    """Numbers between 0 and 1, the same every time."""
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(*shape, generator=generator, dtype=torch.float32)


def kind(value: object) -> str:
    """What a value is, in words, without looking into it."""
    if value is None:
        return "None"
    name = type(value).__name__
    words = {
        "str": "a string",
        "ndarray": "a NumPy array",
        "int": "a whole number",
        "type": "a class",
    }
    return words.get(name, f"an {name}" if name[0] in "aeiouAEIOU" else f"a {name}")


def check_tensor(value: object, what: str) -> None:
    """Refuse anything that is not a float32 tensor of numbers on the CPU.

    Args:
        value: what was returned.
        what: the beginning of a sentence: "forward returns", "line is".

    Raises:
        NotWritten: it is `...`.
        Wrong: it is something else.
    """
    if value is Ellipsis:
        raise NotWritten
    if value is None:
        raise Wrong(f"{what} None, but a tensor is needed. Is a return statement missing?")
    if isinstance(value, (list, tuple)):
        hint = ""
        if value and all(isinstance(part, Tensor) for part in value):
            hint = " torch.stack(...) makes one tensor of a list of tensors."
            if isinstance(value, tuple) and len(value) == 1:
                hint = " Is there a comma too many at its end?"
        raise Wrong(f"{what} a {type(value).__name__}, but a tensor is needed.{hint}")
    if not isinstance(value, Tensor):
        hint = ""
        if type(value).__name__ == "generator":
            hint = " Use return and not yield."
        if type(value).__name__ == "ndarray":
            hint = " Stay with torch functions throughout: no NumPy, no .numpy()."
        raise Wrong(f"{what} {kind(value)}, but a tensor is needed.{hint}")
    if value.device.type == "meta":
        raise Wrong(
            f"{what} a tensor on the device “meta”, which holds no numbers. Leave out device=."
        )
    if value.dtype != torch.float32:
        raise Wrong(
            f"{what} a tensor of {value.dtype}, but torch.float32 is needed, as it came "
            "in. Leave out conversions such as .double(), .half(), .int() or .round().long()."
        )
    if not torch.isfinite(value).all():
        raise Wrong(
            f"{what} a tensor with numbers that are infinite or not a number (NaN). Is there a "
            "division by zero, or a logarithm or root of negative numbers?"
        )


def same(a: Tensor, b: Tensor) -> bool:
    """Whether two tensors hold the same numbers, but for rounding."""
    if a.shape != b.shape:
        return False
    a, b = a.detach().cpu(), b.detach().cpu()
    return bool((a - b).abs().max() <= 1e-4 * b.abs().max().clamp(min=1e-6))


def shape_of(x: Tensor) -> str:
    """Shape of a tensor, written 2×3×32×32."""
    return format_shape(tuple(x.shape)) or "a single number"


def in_words(names: Iterable[object]) -> str:
    """Write a list as "a, b and c"."""
    *most, last = map(str, names)
    return f"{', '.join(most)} and {last}" if most else last
