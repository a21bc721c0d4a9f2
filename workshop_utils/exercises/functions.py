"""Exercises that ask for a function: it is compared with the reference on many inputs."""

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from numbers import Number
from typing import Any

import torch
from torch import Tensor, nn

from workshop_utils.exercises.answers import check_tensor, in_words, kind, same
from workshop_utils.exercises.engine import Exercise
from workshop_utils.exercises.result import CheckResult
from workshop_utils.exercises.running import Failed, NotWritten, Wrong, call
from workshop_utils.networks.evaluation import shape_of

IN_WORDS = {1: "one value", 2: "two values", 3: "three values", 4: "four values", 5: "five values"}
Case = dict[str, Any]  # name of the argument -> its value
Findings = dict[str, Any]  # what is looked at -> what was found
Run = Callable[[Case], Any]


@dataclass(frozen=True, kw_only=True)
class FunctionExercise(Exercise):
    """A function that returns the same for the same inputs.

    Args:
        cases: the inputs that it is tried on, small ones first.
        right: what is said about a right one.
        may_change: the inputs that it is there to change, such as a network that learns.
    """

    cases: Callable[[], Iterable[Case]]
    right: str
    may_change: tuple[str, ...] = ()

    def judge(self, answer: Callable, cases: Iterable[Case] | None = None) -> CheckResult:
        """Compare a student's function with the reference, and with the wrong solutions.

        Args:
            answer: the student's function.
            cases: inputs, where they are not those of the exercise.
        """
        return self.contained(lambda: self.look(answer, list(cases or self.cases())))

    def look(self, answer: Callable, cases: list[Case]) -> str:
        """What is said about a right function; raises `Wrong` and so on about another."""
        needed = [dict(self.observe(_plain(self.reference), case)) for case in cases]
        check_function(answer, self.name, list(cases[0]))
        run = _students(answer, self.may_change)
        found = []
        for case, right in zip(cases, needed, strict=True):
            found.append(self._up_to_difference(run, case, right))
            if "error" in found[-1]:
                break
        if same(found, needed):
            return self.right
        # Where an answer is wrong already, it need not raise in the same way besides.
        telling = (
            found[:-1]
            if "error" in found[-1] and not same(found[:-1], needed[: len(found) - 1])
            else found
        )
        for mistake in self.mistakes:
            if all(map(partial(self._gives, _plain(mistake.solution)), cases, telling)):
                raise Wrong(mistake.sentence, mistake.name)
        again = self._up_to_difference(run, cases[0], needed[0])
        if _comparable(found[0], needed[0]) and not same(again, found[0]):
            raise Wrong("The result is another each time. Leave out all random numbers.", "random")
        self.explain(cases, found, needed)
        raise AssertionError  # for `explain` always raises

    def observe(self, run: Run, case: Case) -> Iterator[tuple[str, Any]]:
        """What is looked at for one input, in the order in which it is compared."""
        yield "result", run(copied(case))

    def explain(self, cases: list[Case], found: list[Findings], needed: list[Findings]) -> None:
        """Raise what there is to say about an answer that is like no known mistake."""
        rights = [same(seen, right) for seen, right in zip(found, needed, strict=False)]
        place = rights.index(False)
        what, seen = list(found[place].items())[-1]  # all before it is right
        if what == "error":
            raise seen
        right = needed[place][what]
        if what.startswith("gradient") and seen is None:
            raise Wrong(
                f"The result is right, but no {what} passes, so nothing could be learnt. Leave out "
                ".detach(), .item(), .data, torch.tensor(...), .sample() and no_grad.",
                "detached",
            )
        if isinstance(right, Tensor):
            check_tensor(seen, "The function returns" if what == "result" else f"The {what} is")
        title = f"For {described(cases[place])}, the {what}"
        only_where = _only_right_where(cases, rights)
        if only_where:
            title = f"The function is right where {only_where}, and wrong elsewhere. {title}"
        elif sum(rights) >= len(rights) / 2:
            title = (
                f"The function is right for {sum(rights)} of {len(rights)} inputs, but not for "
                "all. If it uses anything but its arguments (a variable of the notebook, a size "
                f"written as a number), begin there. {title}"
            )
        if not isinstance(right, (Number, str, list, tuple, Tensor)):
            raise Wrong(str(seen), what)  # a finding: it says itself what is wrong
        if isinstance(right, tuple) and isinstance(seen, (list, tuple)) and len(seen) == len(right):
            part = [same(a, b) for a, b in zip(seen, right, strict=True)].index(False)
            title += f", value {part + 1},"
            seen, right = seen[part], right[part]
        if not isinstance(right, Tensor) or not isinstance(seen, Tensor):
            raise Wrong(f"{title} is {in_short(seen)}, but should be {in_short(right)}.")
        if seen.shape != right.shape:
            raise Wrong(f"{title} has shape {shape_of(seen)}, expected {shape_of(right)}.", "shape")
        raise Wrong(f"{_multiple(found, needed, what)}{title} {_where(seen, right)}")

    def _observed(self, run: Run, case: Case) -> Iterator[tuple[str, Any]]:
        try:
            yield from self.observe(run, case)
        except Failed as failed:
            yield "error", failed

    def _up_to_difference(self, run: Run, case: Case, needed: Findings) -> Findings:
        """What is found, up to the first that is not right: nothing after it need be right."""
        seen = {}
        for what, value in self._observed(run, case):
            seen[what] = value
            if not same(value, needed.get(what)):
                break
        return seen

    def _gives(self, run: Run, case: Case, seen: Findings) -> bool:
        """Whether a wrong solution gives what was seen."""
        return all(map(same, seen.items(), self._observed(run, case)))


def check_function(fn: object, name: str, arguments: list[str]) -> None:
    """Refuse what cannot be called with the values that an exercise names.

    Raises:
        NotWritten: there is nothing yet.
        Wrong: it is no function, or takes other values.
    """
    if fn is None or fn is Ellipsis:
        raise NotWritten
    if isinstance(fn, Tensor):
        raise Wrong(
            "This is what the function returned. Give the function itself, without parentheses: "
            f"{name}"
        )
    if not callable(fn):
        raise Wrong(f"Your function is needed, but this is {kind(fn)}. Give its name: {name}")
    try:
        signature = inspect.signature(fn)
    except (TypeError, ValueError):  # written in C, such as torch.lerp
        return
    try:
        signature.bind(*arguments)
    except TypeError:
        raise Wrong(
            f"The function must take {IN_WORDS[len(arguments)]}, in this order: "
            f"def {name}({', '.join(arguments)}):",
            "arguments",
        ) from None


def copied(case: Case, requires_grad: bool = False) -> Case:
    """The same input in new tensors, which an answer may change without harm."""
    return {
        name: value.detach().clone().requires_grad_(requires_grad)
        if isinstance(value, Tensor)
        else value
        for name, value in case.items()
    }


def gradients(result: Any, inputs: Case) -> dict[str, Tensor | None]:  # noqa: ANN401 - a student's
    """The gradients of a result for its inputs; None where none passes.

    The numbers of the result have different weights, so that none can make up for another.
    """
    names = [f"gradient for {name}" for name in inputs]
    if not isinstance(result, Tensor) or not result.requires_grad:
        return dict.fromkeys(names)
    weights = torch.linspace(1, 2, result.numel(), dtype=result.dtype).reshape(result.shape)
    found = torch.autograd.grad((weights * result).sum(), [*inputs.values()], allow_unused=True)
    return dict(zip(names, found, strict=True))


def described(case: Case) -> str:
    """An input in words: "start and end of shape 2×3×5 and n_steps = 8"."""
    shapes: dict[str, list[str]] = {}
    others = []
    for name, value in case.items():
        if isinstance(value, Tensor):
            shapes.setdefault(shape_of(value), []).append(name)
        elif isinstance(value, Number):
            others.append(f"{name} = {value}")
        else:
            others.append(name)
    return in_words(
        [f"{in_words(names)} of shape {shape}" for shape, names in shapes.items()] + others
    )


def in_short(value: Any) -> str:  # noqa: ANN401 - a student's
    """A result in a few words: of tensors, only the shape."""
    if isinstance(value, (tuple, list)):
        return f"{len(value)} values ({', '.join(map(in_short, value))})"
    if isinstance(value, Tensor):
        return f"a tensor {shape_of(value)}"
    if isinstance(value, float):
        return f"{value:.4g}"
    return repr(value) if isinstance(value, (Number, str)) or value is None else kind(value)


def _only_right_where(cases: list[Case], rights: list[bool]) -> str:
    """Such as "padding = 0", if the results are right there and nowhere else; empty if not."""
    if min(rights.count(True), rights.count(False)) >= 2:  # one may be chance
        for name, value in cases[rights.index(True)].items():
            if isinstance(value, Number):
                has_it = [case[name] == value for case in cases[: len(rights)]]
                if has_it == rights:
                    return f"{name} = {value}"
    return ""


def _plain(solution: Callable) -> Run:
    """How one of our own solutions is run."""

    def run(case: Case) -> Any:  # noqa: ANN401 - whatever it returns
        try:
            return solution(*case.values())
        except Exception as error:
            raise Failed("", error) from error

    return run


def _students(answer: Callable, may_change: tuple[str, ...]) -> Run:
    """How a student's function is run: it must leave what it is given alone."""

    def run(case: Case) -> Any:  # noqa: ANN401 - a student's
        before = {name: _state(case[name]) for name in case if name not in may_change}
        value = call(f"Calling your function with {described(case)}", answer, *case.values())
        if value is Ellipsis:
            raise NotWritten
        for name, state in before.items():
            if not same(_state(case[name]), state):
                raise Wrong(
                    f"The function changes {name} itself. Make new tensors; avoid +=, *=, "
                    "functions whose name ends in _, and x[...] = ...",
                    "changes-its-input",
                )
        return value

    return run


def _state(value: Any) -> Any:  # noqa: ANN401 - an input of any kind
    if isinstance(value, nn.Module):
        return {name: tensor.detach().clone() for name, tensor in value.state_dict().items()}
    return value.detach().clone() if isinstance(value, Tensor) else value


def _comparable(found: Findings, needed: Findings) -> bool:
    """Whether the results are of one kind, and differ at most in their numbers."""
    seen, right = found.get("result"), needed.get("result")
    return isinstance(seen, Tensor) and isinstance(right, Tensor) and seen.shape == right.shape


def _multiple(found: list[Findings], needed: list[Findings], what: str) -> str:
    """Whether all results are the right ones, but multiplied by one and the same number."""
    pairs = [
        (seen.get(what), right[what])
        for seen, right in zip(found, needed, strict=False)
        if what in right
    ]
    if any(not isinstance(seen, Tensor) or seen.shape != right.shape for seen, right in pairs):
        return ""
    seen, right = (
        torch.cat([x.detach().flatten() for x in side]) for side in zip(*pairs, strict=True)
    )
    factor = (seen * right).sum() / right.square().sum()
    if same(seen, factor * right):
        return f"All numbers are the right ones, multiplied by {factor:.4g}. "
    return ""


def _where(seen: Tensor, right: Tensor) -> str:
    """Where two tensors of one shape differ, and how."""
    wrong = (seen - right).detach().abs() > 1e-4 * right.abs().max()
    place = tuple(wrong.nonzero()[0].tolist())
    text = f"is {seen[place]:.4g} at {list(place)}, but should be {right[place]:.4g}."
    if wrong.dim():
        lines = wrong.flatten(1).any(dim=1) if wrong.dim() > 1 else wrong
        rights = [i for i, is_wrong in enumerate(lines.tolist()) if not is_wrong]
        if rights:
            text += (
                f" Of {len(lines)} along the first dimension, these are right: {in_words(rights)}."
            )
    if (right < 0).any() and not (seen < 0).any():
        text += " No number is negative, but some should be."
    return text
