"""The chart of one epoch in each way, for README.md."""

from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from tools.measuring.benchmarks.goals import number
from tools.measuring.benchmarks.measuring import spread
from tools.measuring.benchmarks.tasks import TASKS, Task
from tools.measuring.benchmarks.ways import FLOOR, OURS, WAYS, WORKSHEET, ways_of
from workshop_utils.figures.style import BLUE, GREY, ORANGE, styled
from workshop_utils.files import written_whole

COLOURS = {OURS: BLUE, WORKSHEET: ORANGE}
HATCHES = {OURS: "//", FLOOR: ".."}  # also told apart in grey


def alt_text(run: dict) -> str:
    """What the chart shows, in words."""
    parts = []
    for task in TASKS:
        seconds = [
            number(spread(run["epochs"][task.name][way]["train"])["median"])
            for way in (WORKSHEET, OURS, FLOOR)
        ]
        parts.append(f"{task.title} {seconds[0]}, {seconds[1]} and {seconds[2]}")
    return (
        "Bar chart: seconds to train for one epoch in the worksheet's way, in this workbook, "
        f"and with the steps alone: {'; '.join(parts)}. Other ways lie between or beside them."
    )


@styled
def draw_chart(run: dict, file: Path) -> None:
    """Draw bars of one epoch in each way, with a line from the quickest round to the slowest.

    Args:
        run: what was measured.
        file: the SVG file to write or replace.
    """
    figure, all_axes = plt.subplots(1, len(TASKS), figsize=(10.5, 4.2), sharey=True)
    for axes, task in zip(all_axes, TASKS, strict=True):
        _draw_task(axes, task, run["epochs"][task.name])
    all_axes[0].invert_yaxis()  # of all three: they share it
    figure.supxlabel("seconds to train for one epoch: middle, quickest and slowest round", size=12)
    about = {"Date": None, "Creator": None, "Description": alt_text(run)}
    with plt.rc_context({"svg.hashsalt": "benchmarks"}), written_whole(file) as part:
        figure.savefig(part, format="svg", metadata=about, facecolor="white")
    plt.close(figure)


def _draw_task(axes: Axes, task: Task, rows: dict) -> None:
    names = list(WAYS)
    for place, name in enumerate(names):
        row = rows.get(name)
        if row is None or not row["counts"]:
            why = "not installed" if row is None else "does not count: loss"
            if name not in ways_of(task):
                why = "as above: same network"
            axes.annotate(why, (0, place), (4, 0), textcoords="offset points", va="center")
            continue
        seconds = spread(row["train"])
        middle = seconds["median"]
        reach = [[middle - seconds["min"]], [seconds["max"] - middle]]
        axes.barh(
            place,
            middle,
            xerr=reach,
            color=COLOURS.get(name, "#BBBBBB"),
            hatch=HATCHES.get(name),
            edgecolor="white",
            error_kw={"ecolor": "black", "capsize": 3, "linewidth": 1},
        )
        axes.annotate(
            number(middle), (seconds["max"], place), (5, 0), textcoords="offset points", va="center"
        )
    axes.set(title=task.title, yticks=range(len(names)))
    axes.set_yticklabels([WAYS[name].title for name in names])
    axes.grid(False, axis="y")
    axes.set_axisbelow(True)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=4))
    axes.tick_params(axis="y", length=0)
    axes.margins(x=0.24)  # room for the numbers
    axes.spines["bottom"].set_color(GREY)
