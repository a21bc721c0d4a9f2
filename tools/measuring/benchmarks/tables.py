"""What was measured, as text for README.md."""

from tools.measuring.benchmarks.chart import alt_text
from tools.measuring.benchmarks.choices import STEPS
from tools.measuring.benchmarks.epochs import LOSS_TOLERANCE
from tools.measuring.benchmarks.goals import GOALS, in_numbers, number
from tools.measuring.benchmarks.measuring import spread
from tools.measuring.benchmarks.tasks import AUTOENCODER, CNN, TASKS
from tools.measuring.benchmarks.ways import OURS, WAYS, WORKSHEET

CHART = "results/benchmarks.svg"


def readme_part(run: dict) -> str:
    """Chart and tables of a run, in Markdown."""
    return "\n\n".join(
        [
            f"![{alt_text(run)}]({CHART})",
            _of_epochs(run),
            _of_goals(run),
            _how(run),
            "<details><summary><b>Loading, growth, and what was tried</b></summary>",
            _of_starting(run),
            _of_growth(run),
            _of_choices(run),
            "</details>",
        ]
    )


def table(*rows: tuple[str, ...]) -> str:
    """A table in Markdown; the first row is its heading."""
    heading, *others = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([heading, "|---" * len(rows[0]) + "|", *others])


def _of_epochs(run: dict) -> str:
    def cell(name: str, way: str, part: str) -> str:
        row = run["epochs"][name].get(way)
        if row is None:
            return "not installed" if WAYS[way].package else "as above"
        return in_numbers(spread(row[part])) if row["counts"] else "does not count: another loss"

    def line(title: str, way: str, part: str) -> tuple[str, ...]:
        return (title, *(cell(task.name, way, part) for task in TASKS))

    return table(
        ("seconds for one epoch, middle (quickest to slowest)", *(t.title for t in TASKS)),
        *(line(way.title, name, "train") for name, way in WAYS.items()),
        *(line(f"evaluation, {WAYS[n].title}", n, "test") for n in (WORKSHEET, OURS)),
    )


def _of_goals(run: dict) -> str:
    rows = [
        (goal.title, goal.measured(run), goal.wanted + ("" if goal.is_met(run) else ": missed"))
        for goal in GOALS
    ]
    return table(("", "measured", "wanted"), *rows)


def _how(run: dict) -> str:
    seconds = run["programme"]["seconds"]
    minutes = {way: number(seconds[way]["median"] / 60) for way in seconds}
    epochs = " + ".join(str(task.n_epochs) for task in TASKS)
    computer = run["computer"]
    versions = ", ".join(f"{name} {version}" for name, version in computer["versions"].items())
    return (
        f"The whole programme is {epochs} epochs of the three networks, each with its evaluation: "
        f"{minutes[WORKSHEET]} minutes in the worksheet's way, {minutes[OURS]} here. It is "
        "reckoned from the single epochs above, not run in full. Ratios are of times from the same "
        "round, and then the middle one is taken. All ways begin a round with the same weights, "
        "see the same batches in the same order, and take the same optimizer and precision. A way "
        f"counts if its loss is within {LOSS_TOLERANCE:.0%} of what most ways find. "
        "The floor is the steps alone, on one batch that is in memory already.\n\n"
        f"Measured in {run['rounds']} rounds, one way after the other in each, on "
        f"{run['images']}, with {computer['threads']} threads of {computer['kind']} "
        f"({versions})."
    )


def _of_starting(run: dict) -> str:
    loading, memory = run["loading"], run["memory"]

    def seconds(value: float | None) -> str:
        return "not measured" if value is None else f"{number(value)} s"

    rows = [
        (f"loading the first time, from {loading['place']}", seconds(loading["first"])),
        ("the same with torchvision", seconds(loading["torchvision"])),
        ("loading from the cache", in_numbers(loading["cached"], " s")),
        ("importing the package alone", in_numbers(run["import"]["package"], " s")),
        (f"memory, CNN, {WAYS[WORKSHEET].title}", f"{number(memory[WORKSHEET])} MB"),
        (f"memory, CNN, {WAYS[OURS].title}", f"{number(memory[OURS])} MB"),
    ]
    return table(("", "measured"), *rows)


def _of_growth(run: dict) -> str:
    growth = run["growth"]
    rows = [
        (f"{int(size):,} images", "", in_numbers(seconds, " s"))
        for size, seconds in growth["images"].items()
    ]
    smallest = int(next(iter(growth["images"])))
    rows += [
        (
            f"{smallest:,} images, filters × {factor}",
            f"{entry['multiplications'] / 1e6:.2f} million",
            in_numbers(entry["seconds"], " s"),
        )
        for factor, entry in growth["filters"].items()
    ]
    return table(("one epoch of the CNN", "multiplications per image", "measured"), *rows)


def _of_choices(run: dict) -> str:
    titles = {CNN.name: "CNN", AUTOENCODER.name: "autoencoder", "evaluation": "evaluating the CNN"}
    rows = [
        (
            f"{titles[of]}, {name}",
            in_numbers(entry["milliseconds"], " ms"),
            in_numbers(entry["ratio"]),
        )
        for of, entries in run["choices"].items()
        for name, entry in entries.items()
    ]
    steps = f"one step on a batch in memory, mean of {STEPS} (evaluation: all test images)"
    return table((steps, "measured", "compared with the first"), *rows)
