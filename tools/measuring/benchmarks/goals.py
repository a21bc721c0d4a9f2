"""What the workbook promises about seconds and memory, beside what was measured."""

from collections.abc import Callable
from dataclasses import dataclass

from tools.measuring.benchmarks.tasks import TASKS
from tools.measuring.benchmarks.ways import OURS, WORKSHEET


@dataclass(frozen=True)
class Goal:
    """A number with a limit.

    Args:
        title: what it is.
        read: takes it from a run, as a spread ("min", "median", "max").
        limit: that the median should keep.
        at_least: whether the limit is a lower one.
        unit: written after numbers.
    """

    title: str
    read: Callable[[dict], dict[str, float]]
    limit: float
    at_least: bool = False
    unit: str = ""

    def is_met(self, run: dict) -> bool:
        """Whether the median keeps the limit."""
        median = self.read(run)["median"]
        return median >= self.limit if self.at_least else median <= self.limit

    def measured(self, run: dict) -> str:
        """What was measured, in words."""
        return in_numbers(self.read(run), self.unit)

    @property
    def wanted(self) -> str:
        """The limit in words."""
        return f"{'at least' if self.at_least else 'at most'} {self.limit:g}{self.unit}"


def number(value: float) -> str:
    """Three digits, or as many as there are before the point."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:#.3g}"


def in_numbers(spread: dict[str, float], unit: str = "") -> str:
    """Write the median and, if there is more than one value, smallest and largest."""
    text = number(spread["median"]) + unit
    if spread["min"] == spread["max"]:
        return text
    return f"{text} ({number(spread['min'])} to {number(spread['max'])})"


def _more_memory(run: dict) -> dict[str, float]:
    more = run["memory"][OURS] - run["memory"][WORKSHEET]
    return {"min": more, "median": more, "max": more}


def _faster(name: str) -> Callable[[dict], dict]:
    return lambda run: run["programme"]["faster"][name]


def _over_floor(name: str) -> Callable[[dict], dict]:
    return lambda run: run["programme"]["over_floor"][name]


GOALS = (
    Goal("whole programme, times as fast as the worksheet's way", _faster("total"), 2.0, True),
    *(
        Goal(f"{task.title}, times as fast as the worksheet's way", _faster(task.name), 1.7, True)
        for task in TASKS
    ),
    *(
        Goal(f"{task.title}, training compared with the floor", _over_floor(task.name), 1.08)
        for task in TASKS
    ),
    Goal(
        "memory for training the CNN, more than the worksheet's way",
        _more_memory,
        300,
        False,
        " MB",
    ),
    Goal("import, PyTorch not counted", lambda run: run["import"]["names"], 0.3, False, " s"),
    Goal("kernel's start to first figure", lambda run: run["first_figure"], 10, False, " s"),
)


def compared(run: dict, before: dict) -> list[str]:
    """A line for each goal that says how two runs agree."""
    lines = []
    for goal in GOALS:
        now, then = goal.read(run)["median"], goal.read(before)["median"]
        apart = f", {now / then - 1:+.1%}" if then > 0 else ""
        lines.append(f"{goal.title}: {number(now)}{goal.unit}, before {number(then)}{apart}")
    return lines
