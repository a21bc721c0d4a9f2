"""Why a class cannot be made or called at all: a misspelt method, a missing self."""

import difflib
import inspect

from torch import nn

from workshop_utils.checks.encoder_trial import ARGUMENTS


def explain_definition(encoder_class: object) -> str | None:
    """What is wrong with the first lines of the class's methods; None if nothing is seen.

    Only asked after the encoder could not be made or called: a right one may be written in any
    way.
    """
    if not inspect.isclass(encoder_class):
        return None
    own = {}
    for base in reversed(encoder_class.__mro__):
        if base is not object and not base.__module__.startswith("torch."):
            own |= vars(base)
    for name in ("__init__", "forward"):
        nobodys = getattr(nn.Module, name), getattr(object, name, None)
        if name not in own and getattr(encoder_class, name, None) not in nobodys:
            continue  # inherited, such as the forward of nn.Sequential
        wrong = _explain_method(own, name)
        if wrong:
            return wrong
    return None


def _explain_method(own: dict, name: str) -> str | None:
    values = ARGUMENTS if name == "__init__" else ("x",)
    line = f"def {name}({', '.join(('self', *values))}):"
    if name not in own:
        near = difflib.get_close_matches(name.strip("_"), [x.strip("_") for x in own], 1, 0.6)
        found = next((x for x in own if near and x.strip("_") == near[0]), None)
        if found:
            return f"The class has a method {found}, but PyTorch calls {name}: write {line}"
        return f"The class has no method {name}: write {line}"
    try:
        parameters = list(inspect.signature(own[name]).parameters.values())
    except (TypeError, ValueError):  # not a function
        return f"{name} is no function: write {line}"
    places = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if any(p.kind == p.VAR_POSITIONAL for p in parameters):
        return None
    if places[:1] != ["self"] and len(places) == len(values):
        return f"self is missing from the first line of {name}: write {line}"
    needed = sum(1 for p in parameters if p.name in places and p.default is p.empty)
    if not needed <= len(values) + 1 <= len(places):
        return f"{name} takes other values than the check gives it, in this order: write {line}"
    return None


def layers_of_class(model: nn.Module) -> list[str]:
    """Names of layers with weights that belong to the model's class and not to the model."""
    return [
        name
        for name, value in vars(type(model)).items()
        if isinstance(value, nn.Module) and list(value.parameters())
    ]
