"""The board of the contest: who reached what in how many minutes, beside the workbook's ladder."""

import itertools
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from workshop_utils.contest.budget import MINUTES, recorded_ladder, trials_of
from workshop_utils.contest.judge import SUFFIX, ContestError, folder_of, read
from workshop_utils.contest.ladder import TRICKS
from workshop_utils.figures.style import BLUE, GREY, ORANGE, show_plot, styled
from workshop_utils.images.dataset import STANDIN
from workshop_utils.say import say
from workshop_utils.settings import Settings
from workshop_utils.table import print_table

TICKS = (0.25, 0.5, *MINUTES)
LADDER = "the workbook's ladder"


@dataclass(frozen=True)
class Row:
    """An entry on the board; accuracies are fractions."""

    name: str
    minutes: int
    n_parameters: int
    seed: int | str  # or which seeds it is the mean of
    validation_accuracy: float
    test_accuracy: float | None  # None: not handed in


def entries(settings: Settings) -> list[Row]:
    """Your own entries that had this profile's minutes, the best of each budget first."""
    rows = []
    for file in sorted(folder_of(settings).glob(f"*{SUFFIX}")):
        try:
            about = read(file)[1]
        except ContestError as error:
            say(error)
            continue
        if about["seconds_of_a_minute"] == settings.profile.contest_seconds:
            rows.append(row_of(about | {"name": full_name(about)}))
    return ranked(rows)


def full_name(about: dict[str, Any]) -> str:
    """An entry's name, what was chosen for it, and what it learnt from if that is the stand-in."""
    chosen = [f"{name} {value}" for name, value in about["choices"].items()]
    data = [STANDIN] if about["data"].startswith(STANDIN) else []
    return ", ".join([about["name"], *chosen, *data])


def row_of(about: dict[str, Any]) -> Row:
    """The row of what is said about an entry or a rung of the ladder."""
    return Row(*(about.get(name) for name in Row.__dataclass_fields__))  # type: ignore[arg-type]


def ranked(rows: list[Row]) -> list[Row]:
    """Short budgets first, and of each the highest validation accuracy."""
    return sorted(rows, key=lambda row: (row.minutes, -row.validation_accuracy))


def rungs() -> dict[int, list[Row]]:
    """Minutes -> what the workbook's own entry reached with this budget, with each of its seeds."""
    return {
        minutes: [row_of({"name": LADDER, **trial}) for trial in trials_of(minutes)]
        for minutes in MINUTES
    }


def worth_of_tricks() -> dict[str, float]:
    """Points of validation accuracy that the ladder loses in a minute without each of its tricks.

    Returns:
        Trick -> the mean of the recorded seeds.
    """
    return {trick: fmean(points_lost(trick)) for trick in TRICKS}


def points_lost(trick: str) -> list[float]:
    """Points of validation accuracy that are lost in a minute without a trick, seed by seed."""
    pairs = zip(trials_of(1), trials_of(1, trick), strict=True)
    name = "validation_accuracy"
    return [100 * (whole[name] - without[name]) for whole, without in pairs]


def show_board(settings: Settings) -> None:
    """Print a table of your entries and of the ladder, the mean of its seeds.

    Args:
        settings: where your runs are kept.
    """
    rows = entries(settings)
    for minutes, step in rungs().items():
        means = [
            fmean(getattr(row, name) for row in step)
            for name in ("validation_accuracy", "test_accuracy")
        ]
        seed = f"mean of {len(step)}" if len(step) > 1 else step[0].seed
        rows.append(Row(LADDER, minutes, step[0].n_parameters, seed, *means))
    heading = ("minutes", "entry", "parameters", "seed", "validation", "test")
    print_table([heading, *map(_texts, ranked(rows))])


def _texts(row: Row) -> tuple[object, ...]:
    test = "" if row.test_accuracy is None else f"{row.test_accuracy:.1%}"
    return (
        row.minutes,
        row.name,
        f"{row.n_parameters:,}",
        row.seed,
        f"{row.validation_accuracy:.1%}",
        test,
    )


@styled
def plot_board(settings: Settings, title: str) -> None:
    """Plot validation accuracy against minutes: your entries, the ladder, and plain networks.

    Args:
        settings: where your runs are kept.
        title: what to write above the figure.
    """
    rows = entries(settings)
    figure = draw_board(rows, title)
    entered = [f"{row.name}, {row.minutes} min: {row.validation_accuracy:.1%}" for row in rows]
    steps = [
        f"{minutes} min {fmean(row.validation_accuracy for row in step):.1%}"
        for minutes, step in rungs().items()
    ]
    plain = [
        f"{curve['network']} {curve['validation_accuracy'][-1]:.1%}"
        for curve in recorded_ladder()["curves"]
    ]
    finding = f"Your entries: {'; '.join(entered) or 'none yet'}."
    details = f"The ladder, mean of its seeds: {'; '.join(steps)}. "
    details += f"Trained plainly, at the end: {', '.join(plain)}."
    show_plot(figure, title, finding, details)


def draw_board(rows: list[Row], title: str) -> Figure:
    """Draw entries beside the ladder and plain networks, in the style of the caller."""
    figure, axes = plt.subplots(figsize=(9, 4.6))
    steps = rungs()
    for row in itertools.chain.from_iterable(steps.values()):
        height = 100 * row.validation_accuracy
        axes.plot(row.minutes, height, "s", color=ORANGE, alpha=0.6, label="_each seed")
    means = [100 * fmean(row.validation_accuracy for row in step) for step in steps.values()]
    axes.plot([*steps], means, "-", color=ORANGE, label=LADDER)
    for curve, look in zip(recorded_ladder()["curves"], ("-", "--", ":"), strict=True):
        percent = [100 * accuracy for accuracy in curve["validation_accuracy"]]
        label = f"{curve['network']}, trained plainly"
        axes.plot(curve["minutes"], percent, look, color=GREY, label=label)
    for row in rows:
        height = 100 * row.validation_accuracy
        axes.plot(row.minutes, height, "o", color=BLUE, markersize=8, label=f"_{row.name}")
        axes.annotate(
            row.name,
            (row.minutes, height),
            xytext=(6, -16),
            textcoords="offset points",
            color=BLUE,
        )
    axes.set(title=title, xlabel="minutes of two cores", ylabel="validation accuracy, %")
    axes.set_xscale("log")
    axes.set_xticks(TICKS, [f"{minutes:g}" for minutes in TICKS])
    axes.set_xlim(0.2, 14)
    axes.minorticks_off()
    figure.legend(loc="outside right upper")
    return figure
