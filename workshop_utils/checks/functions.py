"""A student's function of tensors: whether it can be called as asked, and calling it."""

import inspect
from collections.abc import Callable

import torch
from torch import Tensor

from workshop_utils.checks.answers import check_tensor, kind
from workshop_utils.checks.running import Mistake, NotWritten, call

IN_WORDS = {2: "two", 3: "three"}


def check_function(fn: object, check: str, name: str, *arguments: str) -> None:
    """Refuse what cannot be called with the values that an exercise names.

    Args:
        fn: what the student gave.
        check: name of the check that it was given to, such as "check_interpolation".
        name: of the function that the exercise asks for.
        arguments: names of its values, in their order.

    Raises:
        NotWritten: there is nothing yet.
        Mistake: it is no function, or takes other values.
    """
    usage = f"{check}({name})"
    if fn is None or fn is Ellipsis:
        raise NotWritten
    if isinstance(fn, Tensor):
        raise Mistake(
            "This is what the function returned. Give the function itself, without parentheses: "
            f"{usage}"
        )
    if not callable(fn):
        raise Mistake(f"{check} needs your function, but got {kind(fn)}: {usage}")
    try:
        signature = inspect.signature(fn)
    except (TypeError, ValueError):  # written in C, such as torch.lerp
        return
    try:
        signature.bind(*arguments)
    except TypeError:
        raise Mistake(
            f"The function must take {IN_WORDS[len(arguments)]} values, in this order: "
            f"def {name}({', '.join(arguments)}):"
        ) from None


def run_function(doing: str, fn: Callable, tensors: dict[str, Tensor], *others: object) -> Tensor:
    """Call a student's function, which must return a tensor and leave those it is given alone.

    Args:
        doing: the beginning of a sentence that goes on with "stopped".
        fn: what to call.
        tensors: what to call it with, by position, under the names that the exercise uses.
        others: further values.

    Raises:
        Failed: it raised.
        Mistake: it returns something else, or changes what it was given.
    """
    before = {name: tensor.detach().clone() for name, tensor in tensors.items()}
    value = call(doing, fn, *tensors.values(), *others)
    check_tensor(value, "The function returns")
    for name, tensor in tensors.items():
        if tensor.shape != before[name].shape or not torch.equal(tensor, before[name]):
            raise Mistake(
                f"The function changes {name} itself. Make new tensors; avoid +=, *=, functions "
                "whose name ends in _, and x[...] = ..."
            )
    return value
