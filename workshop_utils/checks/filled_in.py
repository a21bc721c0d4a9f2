"""Dictionaries that a student fills in: layer name -> answer."""

import difflib
from collections.abc import Iterable

from torch import nn

from workshop_utils.checks.answers import in_words, kind
from workshop_utils.checks.running import Mistake, NotWritten, call
from workshop_utils.networks.layers import Layer, trace_layers


def steps_of(model: nn.Module) -> list[Layer]:
    """The layers of a model in the order of its forward pass.

    Raises:
        Mistake: `model` is no network.
        Failed: it could not be run on an image.
    """
    if not isinstance(model, nn.Module):
        raise Mistake(f"model is {kind(model)}, but must be a network (nn.Module).")
    if not list(model.parameters()):
        raise Mistake("model has no parameters: is it the network of this exercise?")
    return call("Sending an image through model", trace_layers, model)


def check_names(answers: dict, known: list[str], required: Iterable[str]) -> None:
    """Refuse anything that is not a dictionary of these names, each with an answer.

    Args:
        answers: what the student filled in.
        known: all names that may be there, in order.
        required: those that must be there.

    Raises:
        NotWritten: nothing is filled in.
        Mistake: a name is missing or unknown, or one answer is not filled in.
    """
    if answers is None or answers is Ellipsis:
        raise NotWritten
    if not isinstance(answers, dict):
        raise Mistake(
            f'The answers are {kind(answers)}, but must be a dictionary: {{"{known[0]}": ..., ...}}'
        )
    if all(value is None or value is Ellipsis for value in answers.values()):
        raise NotWritten
    for name in answers:
        if not isinstance(name, str):
            raise Mistake(
                f'A name is {kind(name)}, but names are strings, such as "{known[0]}", in quotes.'
            )
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"Is it {near[0]}?" if near else f"The layers are {in_words(known)}."
            raise Mistake(f"There is no layer “{name}”. {hint}")
    missing = [name for name in required if name not in answers]
    if missing:
        raise Mistake(f"{missing[0]} is missing from the answers.")
    for name in known:
        if name in answers and (answers[name] is None or answers[name] is Ellipsis):
            raise Mistake(f"{name} is not filled in yet.")


def whole_number(value: object, name: str, what: str) -> int:
    """A student's number as an int.

    Args:
        value: what was filled in; a decimal number is accepted if it is whole.
        name: of the layer.
        what: what is asked for: "the number of parameters".

    Raises:
        Mistake: it is no whole number.
    """
    if isinstance(value, bool):
        raise Mistake(f"{name}: {what} is a number, not {value}.")
    if isinstance(value, str):
        raise Mistake(f"{name}: write {what} as a number, without quotes.")
    if isinstance(value, float):
        if not value.is_integer():
            raise Mistake(
                f"{name}: {what} is a whole number, not {value}. Write no point or comma inside "
                "it, and divide with //."
            )
        return int(value)
    try:
        return value.__index__()
    except (AttributeError, TypeError, RuntimeError):
        hint = " Write large numbers without a comma." if isinstance(value, tuple) else ""
        raise Mistake(
            f"{name}: {what} is a whole number, but this is {kind(value)}.{hint}"
        ) from None
