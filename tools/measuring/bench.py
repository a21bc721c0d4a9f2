"""Measure what the workbook costs in seconds and memory, side by side with other ways.

    python -m tools.measuring.bench
    python -m tools.measuring.bench --only import,first_figure
    python -m tools.measuring.bench --limit 2000 --rounds 1

Takes a quarter of an hour on two cores with nothing else to do. Writes results/benchmarks.json
(this run and the one before), results/benchmarks.svg, and the tables in README.md, and prints how
the two runs agree. With --only, those parts of the last run are replaced. With --limit (images)
or fewer than five --rounds it is a try: everything goes to build/benchmarks/ instead.
"""

import argparse
import json
import os
import platform
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

import workshop_utils as wu
from tools.measuring.benchmarks.chart import draw_chart
from tools.measuring.benchmarks.choices import STEPS, measure_choices
from tools.measuring.benchmarks.epochs import few_of, measure_epochs, programme
from tools.measuring.benchmarks.goals import GOALS, compared
from tools.measuring.benchmarks.growth import measure_growth
from tools.measuring.benchmarks.starting import (
    measure_first_figure,
    measure_import,
    measure_loading,
    measure_memory,
)
from tools.measuring.benchmarks.tables import CHART, readme_part
from tools.measuring.benchmarks.tasks import Images
from tools.places import ROOT, between_marks, write_readme
from workshop_utils.files import written_whole

RESULTS = ROOT / "results" / "benchmarks.json"
TRY = ROOT / "build" / "benchmarks"
ROUNDS = 5
PACKAGES = ("torch", "torchvision", "lightning", "skorch")


def parts(
    settings: wu.Settings, images: Images, n_rounds: int, n_steps: int
) -> dict[str, Callable[[], dict]]:
    """What can be measured: name -> function that does it."""
    few_rounds = min(n_rounds, 3)  # of what takes long and is not compared
    return {
        "import": lambda: measure_import(n_rounds),
        "first_figure": lambda: measure_first_figure(n_rounds),
        "memory": lambda: measure_memory(len(images.data.train_images)),
        "loading": lambda: measure_loading(settings, images.data.name, n_rounds),
        "growth": lambda: measure_growth(images, few_rounds),
        "choices": lambda: measure_choices(images, n_rounds, n_steps),
        "epochs": lambda: measure_epochs(images, n_rounds),
    }


def about(images: Images, n_rounds: int) -> dict:
    """What a run was measured on."""
    versions = {"Python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return {
        "images": str(images.data),
        "rounds": n_rounds,
        "computer": {
            "kind": f"{platform.system()} {platform.machine()}",
            "threads": torch.get_num_threads(),
            "versions": versions,
        },
    }


def read_runs(file: Path) -> list[dict]:
    """The runs of a file of results, the last one last; none if there is no such file."""
    return json.loads(file.read_text(encoding="utf-8"))["runs"] if file.exists() else []


def write_runs(file: Path, runs: list[dict]) -> None:
    """Write the last two runs, whole or not at all."""
    with written_whole(file) as part:
        text = json.dumps({"runs": runs[-2:]}, indent=1) + "\n"
        part.write_text(text, encoding="utf-8", newline="\n")


def readme_with_benchmarks(readme: str, run: dict) -> str:
    """Put chart and tables of a run between the marks in README.md."""
    return between_marks(readme, "benchmarks", readme_part(run))


def measure(wanted: list[str], to_measure: dict[str, Callable[[], dict]]) -> dict:
    """Measure some parts, and say what is going on."""
    found = {}
    for name in wanted:
        started = time.perf_counter()
        print(f"--- {name}", flush=True)
        found[name] = to_measure[name]()
        print(f"--- {name}: {time.perf_counter() - started:.0f} s", flush=True)
    if "epochs" in found:
        found["programme"] = programme(found["epochs"])
    return found


def main() -> None:
    """Measure, write, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", help="parts to measure, with commas between them")
    parser.add_argument("--limit", type=int, help="so many training images; for a try")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of every measurement")
    arguments = parser.parse_args()
    # For this process and those that it starts: all images, and no bars that cost time.
    os.environ.update({"WORKSHOP_PROFILE": "full", "WORKSHOP_PROGRESS": "0"})
    settings = wu.Settings.from_environment()
    images = Images(wu.load_data(settings))
    n_steps = STEPS
    if arguments.limit:
        images = few_of(images, arguments.limit, arguments.limit // 5)
        n_steps = 3
    is_try = bool(arguments.limit) or arguments.rounds < ROUNDS
    to_measure = parts(settings, images, arguments.rounds, n_steps)
    wanted = arguments.only.split(",") if arguments.only else list(to_measure)
    if unknown := set(wanted) - to_measure.keys():
        parser.error(
            f"There is no part {', '.join(sorted(unknown))}. There are: {', '.join(to_measure)}."
        )
    file = TRY / RESULTS.name if is_try else RESULTS
    runs = read_runs(file)
    if arguments.only and not runs:
        parser.error("There is no run whose parts could be replaced. Run without --only first.")

    started = time.perf_counter()
    run = {**about(images, arguments.rounds), **measure(wanted, to_measure)}
    if arguments.only:
        run = {**runs.pop(), **run}
    write_runs(file, [*runs, run])
    draw_chart(run, file.parent / Path(CHART).name)
    if is_try:
        (TRY / "README.md").write_text(readme_part(run), encoding="utf-8")
    else:
        write_readme(lambda text: readme_with_benchmarks(text, run))
    for goal in GOALS:
        verdict = "" if goal.is_met(run) else ", MISSED"
        print(f"{goal.title}: {goal.measured(run)}, wanted {goal.wanted}{verdict}")
    if runs:
        print("\nCompared with the run before:", *compared(run, runs[-1]), sep="\n  ")
    print(f"\n{file.relative_to(ROOT)}, after {(time.perf_counter() - started) / 60:.1f} minutes")


if __name__ == "__main__":
    main()
