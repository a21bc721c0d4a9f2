"""Exercises that ask for a dictionary: the name of each layer, and something about it."""

import difflib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn

from workshop_utils.exercises.answers import in_words, kind
from workshop_utils.exercises.engine import Exercise
from workshop_utils.exercises.result import CheckResult
from workshop_utils.exercises.running import NotWritten, Wrong, call, value_of
from workshop_utils.networks.layers import numbered, trace_layers

Shape = tuple[int, ...]
IMAGE = (3, 32, 32)


@dataclass(frozen=True)
class Step:
    """A layer in its place in a network.

    Args:
        name: its name; of a layer that is used more than once, with a number: pool1, pool2.
        layer: the layer itself.
        earlier: the shape that came into the step before.
        came_in: the shape that comes in.
        shape: the shape that it hands on.
    """

    name: str
    layer: Any
    earlier: Shape
    came_in: Shape
    shape: Shape


@dataclass(frozen=True, kw_only=True)
class LayerExercise(Exercise):
    """Something about each layer of a network.

    A mistake's solution is a wrong rule: it is given a step and returns what a student who
    follows it fills in there, or None where it says nothing.

    Args:
        rule: the right one.
        may_be_left_out: whether a step needs no answer.
        read: makes what is filled in comparable; called with it and with the layer's name.
        explain: what to say about a wrong answer that is like no known mistake; called with the
            step, what was filled in, and what is right.
        right: what is said about right answers; called with the steps that were answered.
    """

    rule: Callable[[Step], Any]
    may_be_left_out: Callable[[Step], bool]
    read: Callable[[Any, str], Any]
    explain: Callable[[Step, Any, dict[str, Any]], str]
    right: Callable[[list[Step]], str]

    def judge(self, answers: Mapping | Callable[[], Mapping], model: nn.Module) -> CheckResult:
        """Compare a student's answers with those of a network."""
        return self.contained(lambda: self._look(value_of(answers), model))

    def _look(self, answers: Mapping, model: nn.Module) -> str:
        if not isinstance(model, nn.Module):
            raise Wrong(f"model is {kind(model)}, but must be a network (nn.Module).")
        if not list(model.parameters()):
            raise Wrong("model has no parameters: is it the network of this exercise?")
        layers = call("Sending an image through model", steps_of, model)
        steps = {step.name: step for step in layers}
        right = {name: self.rule(step) for name, step in steps.items()}
        answers = _with_numbers(_checked(answers), steps, right, self.read)
        _check_names(answers, steps)
        needed = [name for name, step in steps.items() if not self.may_be_left_out(step)]
        missing = [name for name in needed if name not in answers]
        if missing:
            raise Wrong(f"{missing[0]} is missing from the answers.", "missing")
        given = {name: self.read(answers[name], name) for name in steps if name in answers}
        wrong = [name for name, value in given.items() if value != right[name]]
        if not wrong:
            return self.right([steps[name] for name in given])
        first = wrong[0]
        for mistake in self.mistakes:
            if right[first] and mistake.solution(steps[first]) == given[first]:
                raise Wrong(f"{first}: {mistake.sentence}", mistake.name)
        for other, value in right.items():
            if value and value == given[first] and value != right[first]:
                if given.get(other) == right[first]:
                    raise Wrong(f"{first}: this belongs to {other}, and the other way round.")
                raise Wrong(f"{first}: this belongs to {other}.", "belongs-to-another")
        raise Wrong(f"{first}: {self.explain(steps[first], given[first], right)}")


def whole_number(value: Any, name: str, what: str) -> int:  # noqa: ANN401 - a student's
    """A student's number as an int; a decimal number is accepted if it is whole.

    Args:
        value: what was filled in.
        name: of the layer.
        what: what is asked for: "the number of parameters".

    Raises:
        Wrong: it is no whole number.
    """
    if isinstance(value, bool):
        raise Wrong(f"{name}: {what} is a number, not {value}.")
    if isinstance(value, str):
        raise Wrong(f"{name}: write {what} as a number, without quotes.")
    if isinstance(value, float):
        if not value.is_integer():
            raise Wrong(
                f"{name}: {what} is a whole number, not {value}. Write no point or comma inside "
                "it, and divide with //."
            )
        return int(value)
    try:
        return value.__index__()
    except (AttributeError, TypeError, RuntimeError):
        hint = " Write large numbers without a comma." if isinstance(value, tuple) else ""
        raise Wrong(f"{name}: {what} is a whole number, but this is {kind(value)}.{hint}") from None


def steps_of(model: nn.Module) -> list[Step]:
    """The layers of a model in the order of its forward pass, each in its place."""
    layers = trace_layers(model)
    modules = dict(model.named_modules())
    shapes = [IMAGE, IMAGE, *(layer.shape for layer in layers)]
    names = numbered([layer.name for layer in layers])
    return [
        Step(name, modules[layer.name], *shapes[place : place + 3])
        for place, (name, layer) in enumerate(zip(names, layers, strict=True))
    ]


def _checked(answers: object) -> Mapping:
    """Refuse anything that is not a dictionary with something filled in."""
    if answers is None or answers is Ellipsis:
        raise NotWritten
    if not isinstance(answers, Mapping):
        raise Wrong(
            f'The answers are {kind(answers)}, but must be a dictionary: {{"name": answer, ...}}'
        )
    if all(value is None or value is Ellipsis for value in answers.values()):
        raise NotWritten
    return answers


def _with_numbers(
    answers: Mapping, steps: dict[str, Step], right: dict[str, Any], read: Callable
) -> dict:
    """The answers by the numbered names, pool1 and pool2, where the layer is called pool.

    An answer to pool is right if it is that of one of its uses.
    """
    uses = Counter(id(step.layer) for step in steps.values())
    answers = dict(answers)
    for name, step in steps.items():
        short = name.rstrip("0123456789")
        if uses[id(step.layer)] > 1 and short in answers and name not in answers:
            value = read(answers[short], short)
            alike = [right[other] for other, s in steps.items() if s.layer is step.layer]
            answers[name] = right[name] if value in alike else value
    shorts = {n.rstrip("0123456789") for n, s in steps.items() if uses[id(s.layer)] > 1}
    return {name: value for name, value in answers.items() if name not in shorts - steps.keys()}


def _check_names(answers: dict, steps: dict[str, Step]) -> None:
    """Refuse names that are not known, and answers that are not filled in."""
    known = list(steps)
    for name, value in answers.items():
        if not isinstance(name, str):
            raise Wrong(
                f'A name is {kind(name)}, but names are strings, such as "{known[0]}", in quotes.'
            )
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"Is it {near[0]}?" if near else f"The layers are {in_words(known)}."
            raise Wrong(f"There is no layer “{name}”. {hint}", "unknown-name")
        if value is None or value is Ellipsis:
            raise Wrong(f"{name} is not filled in yet.", "not-filled-in")
