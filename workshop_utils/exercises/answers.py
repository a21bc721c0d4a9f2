"""Looking at what a student's code returned."""

import math
from collections.abc import Iterable
from numbers import Real
from typing import Any

import numpy as np
import torch
from torch import Tensor

from workshop_utils.exercises.running import Failed, NotWritten, Wrong

CLOSE = 1e-4  # of the largest number
DTYPES = {
    torch.float64: "NumPy's numbers are float64 (torch.linspace gives float32): is a factor made "
    "by NumPy or with dtype=torch.float64, or is there a .double()?",
    torch.float16: "Leave out .half() and dtype=torch.float16.",
    torch.int64: "Leave out .long(), .int() and whole numbers as dtype=; do not round.",
}


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
    """Refuse anything that is not a float32 tensor of numbers.

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
        raise Wrong(
            f"{what} None, but a tensor is needed. Is a return statement missing?", "no-return"
        )
    if not isinstance(value, Tensor):
        raise Wrong(f"{what} {kind(value)}, but a tensor is needed.{_hint(value)}", "no-tensor")
    if value.is_meta:
        raise Wrong(
            f"{what} a tensor on the device “meta”, which holds no numbers. Leave out device=.",
            "meta",
        )
    if value.dtype != torch.float32:
        raise Wrong(
            f"{what} a tensor of {value.dtype}, but torch.float32 is needed, as it came in. "
            + DTYPES.get(value.dtype, "Leave out conversions and dtype=."),
            str(value.dtype).removeprefix("torch."),
        )
    if not torch.isfinite(value).all():
        raise Wrong(
            f"{what} a tensor with numbers that are infinite or not a number (NaN). Is there a "
            "division by zero, or a logarithm or root of negative numbers?",
            "not-finite",
        )


def _hint(value: object) -> str:
    if isinstance(value, (list, tuple)) and value and all(isinstance(x, Tensor) for x in value):
        if isinstance(value, tuple) and len(value) == 1:
            return " Is there a comma too many at its end?"
        if isinstance(value, tuple) and len(value) == 2:
            return " Return only one of the two."
        return " torch.stack(...) makes one tensor of a list of tensors."
    if type(value).__name__ == "generator":
        return " Use return and not yield."
    if isinstance(value, np.ndarray):
        return " Stay with torch functions throughout: no NumPy, no .numpy()."
    return ""


def same(a: Any, b: Any) -> bool:  # noqa: ANN401 - whatever is returned
    """Whether two answers are the same, but for rounding; of errors, whether they say the same."""
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return a.dtype == b.dtype and a.is_meta == b.is_meta and _close(a, b)
    if isinstance(a, Real) and isinstance(b, Real):
        return math.isclose(a, b, rel_tol=CLOSE) and isinstance(a, bool) == isinstance(b, bool)
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return same(torch.as_tensor(a), torch.as_tensor(b))
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, Failed):
        return type(a.error) is type(b.error) and str(a.error) == str(b.error)
    return a == b


def _close(a: Tensor, b: Tensor) -> bool:
    if a.shape != b.shape:
        return False
    if a.numel() == 0 or a.is_meta:
        return True
    a, b = a.detach().double().cpu(), b.detach().double().cpu()
    limit = CLOSE * b.nan_to_num().abs().max().clamp(min=1e-6)
    return bool(((a - b).abs() <= limit).logical_or(a.isnan() & b.isnan()).all())


def in_words(names: Iterable[object]) -> str:
    """Write a list as "a, b and c"."""
    *most, last = map(str, names)
    return f"{', '.join(most)} and {last}" if most else last
