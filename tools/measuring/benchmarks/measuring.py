"""Clocks, and what is made of their times: smallest, middle and largest, and ratios of pairs."""

import gc
import statistics
import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def timed(action: Callable[[], Result]) -> tuple[float, Result]:
    """Seconds that a function takes, and what it returns."""
    was_collecting = gc.isenabled()
    gc.disable()  # as timeit does: what others left behind is not cleared away on this clock
    try:
        started = time.perf_counter()
        result = action()
        return time.perf_counter() - started, result
    finally:
        if was_collecting:
            gc.enable()


def spread(values: list[float]) -> dict[str, float]:
    """Smallest, middle and largest value."""
    return {"min": min(values), "median": statistics.median(values), "max": max(values)}


def paired(above: list[float], below: list[float]) -> dict[str, float]:
    """Ratios of two series, each of two values of the same round: smallest, middle and largest.

    Whatever slows a computer down for a while slows both values of a round.
    """
    return spread([one / other for one, other in zip(above, below, strict=True)])


def in_turn(names: list[str], n_rounds: int) -> list[tuple[int, str]]:
    """Rounds in which everybody's turn comes once; each round begins with another one."""
    turns = []
    for number in range(n_rounds):
        start = number % len(names)
        turns += [(number, name) for name in names[start:] + names[:start]]
    return turns
