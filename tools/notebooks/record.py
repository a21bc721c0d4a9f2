"""Record what the notebooks find and what their sweeps train, into workshop_utils/recorded.

    python -m tools.notebooks.record full 0 1 2        # profile, seeds
    python -m tools.notebooks.record more full 0 1 2   # only what is new
    python -m tools.notebooks.record sweeps            # hours; or of one: sweeps try_width

The first runs the notebooks once per seed on the data set that the settings find, and writes
the results to reference.json. Recorded values of other data sets and profiles stay. How
fast this computer trains is measured before, and written beside the seconds that it took.
The second is for notebooks that do something more, and else find the same: it records how long they
take now, and only those results that were not recorded before. It belongs on the computer (and with
the settings) that the recordings were made with.
The third finds every `wu.sweep(...)` in notebooks/source, and trains what it asks for on all of
CIFAR-10. Finished runs are kept in build/recording, so that it goes on where it was stopped. With
several processes at once, a run computes on one core.
"""

import ast
import dataclasses
import json
import math
import statistics
import sys
import tempfile
from pathlib import Path

import jupytext
import torch
from scipy.stats import t as student_t

import workshop_utils as wu
from tools import places
from tools.notebooks.execute import execute, results, ship_networks
from tools.places import BUILD, SOLUTIONS, SOURCES
from workshop_utils.doctor.speed import images_per_second
from workshop_utils.experiments import recipes, sweeps
from workshop_utils.experiments.reference import METRICS, OUTSIDE, REFERENCE_FILE
from workshop_utils.images.dataset import CIFAR10, JPEG_COPY, STANDIN
from workshop_utils.images.load import load_data
from workshop_utils.settings import PROFILES, Settings

MEASURED_ON = {
    (CIFAR10, ""): "the official images of CIFAR-10",
    (CIFAR10, JPEG_COPY): "a JPEG copy of CIFAR-10, a little smoother than the official images",
    (STANDIN, ""): "the stand-in's drawings",
}
COVERAGE = 0.99
# Where nothing is random (PCA), computers still differ in rounding: by 4e-6 between single and
# double precision, here with a wide margin.
ROUNDING = 0.001
# JPEG removes fine detail, which none of the codes can hold: that much error per image is missing
# on the copy. The same autoencoder ended at 6.39 on the copy and at 6.75 on the official images.
JPEG_SHIFT = 6.75 - 6.39
PROBES = 7  # measurements of the speed, of which the median is written
RECONSTRUCTION = (
    "autoencoder_train_loss",
    "autoencoder_test_loss",
    "pca_test_loss",
    "variational_test_loss",
)


# --- results ---


def prediction_range(values: list[float]) -> tuple[float, float]:
    """Where one more run lands 99 times in 100, by Student's t distribution."""
    n = len(values)
    spread = statistics.stdev(values) * math.sqrt(1 + 1 / n)
    centre = statistics.mean(values)
    reach = student_t.ppf((1 + COVERAGE) / 2, df=n - 1) * spread
    reach = float(max(reach, ROUNDING * abs(centre)))
    return centre - reach, centre + reach


def summarise(metric: str, values: list[float], variant: str) -> dict:
    """Values and range of one metric, as they are written to the file."""
    low, high = prediction_range(values)
    if not METRICS[metric].signed:
        low = max(low, 0.0)
    if METRICS[metric].unit == "%":
        high = min(high, 1.0)
    if metric in RECONSTRUCTION and variant == JPEG_COPY:
        high += JPEG_SHIFT
    return {"values": values, "low": low, "high": high}


def summarise_all(found: list[dict]) -> dict[str, dict]:
    """Values and range of every metric that is among the results."""
    values: dict[tuple[str, str], list[float]] = {}
    for result in found:
        values.setdefault((result["metric"], result["variant"]), []).append(result["value"])
    return {
        metric: summarise(metric, of_seeds, variant)
        for (metric, variant), of_seeds in values.items()
    }


def measure_speed() -> dict[str, float]:
    """How fast this computer trains, as it is written to the file."""
    device = Settings.from_environment().device
    probes = [images_per_second(device) for _ in range(PROBES)]
    for name in probes[0]:
        print(f"{name}, images per second: {[round(probe[name]) for probe in probes]}", flush=True)
    return {name: round(statistics.median(p[name] for p in probes)) for name in probes[0]}


def run(profile: str, seeds: list[str]) -> tuple[list[dict], dict[str, list[float]]]:
    """Run the notebooks once per seed: every result, and notebook -> seconds with each seed."""
    found: list[dict] = []
    seconds: dict[str, list[float]] = {}
    for seed in seeds:
        with tempfile.TemporaryDirectory() as runs:
            settings = {"WORKSHOP_PROFILE": profile, "WORKSHOP_SEED": seed, "WORKSHOP_RUNS": runs}
            for file in sorted(SOLUTIONS.glob("*.ipynb")):
                notebook, took = execute(file, settings)
                seconds.setdefault(file.stem, []).append(round(took, 1))
                for result in results(notebook):
                    found.append(result)
                    print(f"seed {seed}: {result['metric']} {result['value']:.4f}", flush=True)
    return found, seconds


def record(profile: str, seeds: list[str]) -> None:
    """Run and write everything."""
    speed = measure_speed()
    found, seconds = run(profile, seeds)
    reference = read()
    dataset, variant = found[0]["dataset"], found[0]["variant"]
    reference.setdefault(dataset, {})[profile] = {
        "measured_on": MEASURED_ON[dataset, variant],
        "variant": variant,
        "seeds": [int(seed) for seed in seeds],
        "seconds": seconds,
        "images_per_second": speed,
        "metrics": summarise_all(found),
    }
    write(reference)


def record_more(profile: str, seeds: list[str]) -> None:
    """Record what is new, and how long it takes; what is known must be found once more."""
    found, seconds = run(profile, seeds)
    outside = {result["metric"] for result in found if result["verdict"] == OUTSIDE}
    if outside:
        sys.exit(f"Nothing written: {', '.join(sorted(outside))} not inside the recorded range.")
    reference = read()
    entry = reference[found[0]["dataset"]][profile]
    new = [result for result in found if result["metric"] not in entry["metrics"]]
    entry["metrics"] |= summarise_all(new)
    entry["seconds"] = seconds
    write(reference)


def read() -> dict:
    """All recordings, as they stand in the file."""
    return json.loads(REFERENCE_FILE.read_text(encoding="utf-8"))


def write(reference: dict) -> None:
    """Write all recordings, whole or not at all."""
    places.write(REFERENCE_FILE, json.dumps(reference, indent=2, sort_keys=True) + "\n")


# --- sweeps ---


def asked_for(sources: list[Path]) -> dict[str, dict[str, tuple]]:
    """Name of what is tried -> choices, of every sweep in the notebooks.

    Where two notebooks show the same sweep, the choices of both are taken together.
    """
    found: dict[str, dict[str, tuple]] = {}
    for source in sources:
        cells = jupytext.read(source, fmt="py:percent").cells
        code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "wu.sweep":
                name = ast.unparse(node.args[0]).removeprefix("wu.")
                known = found.setdefault(name, {})
                for word in node.keywords:
                    values = known.get(str(word.arg), ()) + eval(ast.unparse(word.value), {"wu": wu})
                    known[str(word.arg)] = tuple(sorted(set(values)))
    return found


def record_sweeps(names: list[str]) -> None:
    """Train and write the sweeps of these names, or all; keep the networks that they keep."""
    kept = BUILD / "recording"
    settings = dataclasses.replace(
        Settings.from_environment(),
        profile=PROFILES["full"],
        dataset="cifar10",
        device=torch.device("cpu"),  # "minutes on one core"
        runs_dir=kept,
    )
    all_sweeps = asked_for(places.sources())
    data = load_data(settings)
    for name in names or all_sweeps:
        try_out = getattr(recipes, name)
        found = sweeps.sweep(try_out, data, settings, use_recorded=False, **all_sweeps[name])
        found.show()
        sweeps.ship_sweep(name, found)
    ship_networks(kept)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["sweeps", *names]:
            record_sweeps(names)
        case ["more", profile, *seeds] if profile in PROFILES and len(seeds) >= 3:
            record_more(profile, seeds)
        case [profile, *seeds] if profile in PROFILES and len(seeds) >= 3:
            record(profile, seeds)
        case _:
            sys.exit(__doc__)
