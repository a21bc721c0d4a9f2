"""Record what the notebooks find and what their sweeps train, into workshop_utils/recorded.

    python -m tools.notebooks.record full 0 1 2 3 4    # profile, seeds
    python -m tools.notebooks.record sweeps            # hours; or of one: sweeps try_pixels

The first runs the notebooks once per seed, on the data set that the settings find, and writes the
results to reference.json; recorded values of other data sets and profiles stay. The first seed is
run with all threads and once more as other computers would, with one thread and older instructions
of the processor: that shows how far computers agree. The other seeds take one thread each, as many
at once as there are cores. What was found is kept in build/recording, notebook by notebook, so that
it goes on where it was stopped; a notebook whose code has changed is run anew.
The second finds every `wu.sweep(wu.try_..., ...)` in notebooks/source, and trains what it asks for
on all of CIFAR-10; a sweep of a function that a notebook defines is run with the notebook. Finished
runs are kept, too. With several processes at once, a run computes on one core.
"""

import ast
import dataclasses
import json
import statistics
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jupytext
import nbformat
import torch

import workshop_utils as wu
from tools import places
from tools.notebooks.build import code_hash, write
from tools.notebooks.execute import execute, results, ship_networks
from tools.places import BUILD
from workshop_utils.doctor.speed import images_per_second
from workshop_utils.experiments import sweeps
from workshop_utils.experiments.reference import REFERENCE_FILE
from workshop_utils.images.dataset import CIFAR10, JPEG_COPY, STANDIN
from workshop_utils.images.load import load_data
from workshop_utils.settings import PROFILES, Settings

MEASURED_ON = {
    (CIFAR10, ""): "the official images of CIFAR-10",
    (CIFAR10, JPEG_COPY): (
        "a JPEG copy of CIFAR-10 (quality 75, colours at half the resolution, in blocks of 8×8 "
        "pixels); the official images hold more fine detail, so reconstructions have larger errors "
        "there"
    ),
    (STANDIN, ""): "the stand-in's drawings",
}
RECORDING = BUILD / "recording"
# What makes PyTorch, oneDNN and MKL add in another order, as on other processors.
OTHER_COMPUTERS = {
    "avx2": {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_CBWR": "AVX2"},
    "sse41": {
        "ATEN_CPU_CAPABILITY": "default",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "MKL_CBWR": "COMPATIBLE",
    },
}
PROBES = 7  # measurements of the speed, of which the median is written


# --- results ---


def run_all(profile: str, seed: int, threads: int, computer: str = "this") -> dict[str, dict]:
    """Run all notebooks with a seed, or read what an earlier run of the same code has found.

    Returns:
        Notebook -> "results", and the "seconds" that it took.
    """
    data = Settings.from_environment().dataset
    folder = RECORDING / f"{data}-{profile}" / f"seed-{seed}-threads-{threads}-{computer}"
    settings = {
        "WORKSHOP_PROFILE": profile,
        "WORKSHOP_SEED": str(seed),
        "WORKSHOP_THREADS": str(threads),
        "WORKSHOP_RUNS": str(folder / "runs"),
        "WORKSHOP_SHIPPED": "0",
        **OTHER_COMPUTERS.get(computer, {}),
    }
    found = {}
    for file in places.solutions():
        kept = folder / f"{file.stem}.json"
        code = code_hash(nbformat.read(file, as_version=4))
        known = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
        if known.get("code") != code:
            notebook, seconds = execute(file, settings)
            known = {"code": code, "seconds": round(seconds, 1), "results": results(notebook)}
            write(notebook, folder / file.name)
            places.write(kept, json.dumps(known))
            print(
                f"{profile}, seed {seed}, threads {threads}: {file.stem}, {seconds:.0f} s",
                flush=True,
            )
        found[file.stem] = known
    return found


def summarise(runs: dict[int, dict], again: list[dict]) -> dict[str, dict]:
    """What is written to the file: metric -> the value of every seed, and those of `again`."""
    by_metric: dict[str, dict] = {}
    for seed, found in runs.items():
        for result in _results(found):
            entry = by_metric.setdefault(result["metric"], {"values": {}, "again": []})
            entry["values"][str(seed)] = result["value"]
    for found in again:
        for result in _results(found):
            by_metric[result["metric"]]["again"].append(result["value"])
    return by_metric


def _results(found: dict[str, dict]) -> list[dict]:
    return [result for notebook in found.values() for result in notebook["results"]]


def measure_speed() -> dict[str, float]:
    """How fast this computer trains, as it is written to the file."""
    device = Settings.from_environment().device
    probes = [images_per_second(device) for _ in range(PROBES)]
    return {name: round(statistics.median(p[name] for p in probes)) for name in probes[0]}


def record(profile: str, seeds: list[int]) -> None:
    """Run and write everything."""
    speed = measure_speed()
    threads = Settings.from_environment().threads
    load_data(Settings.from_environment())  # once, before several notebooks ask for it
    first, *others = seeds
    runs = {first: run_all(profile, first, threads)}
    # In the full profile, one other computer has to do: it takes long.
    computers = list(OTHER_COMPUTERS)[: 1 if profile == "full" else None]
    jobs = [(first, computer) for computer in computers] + [(seed, "this") for seed in others]
    with ThreadPoolExecutor(threads) as pool:  # each waits for a process of its own
        found = list(pool.map(lambda job: run_all(profile, job[0], 1, job[1]), jobs))
    again, rest = found[: len(computers)], found[len(computers) :]
    runs |= dict(zip(others, rest, strict=True))
    known = _results(runs[first])[0]
    reference = json.loads(REFERENCE_FILE.read_text(encoding="utf-8"))
    reference.setdefault(known["dataset"], {})[profile] = {
        "measured_on": MEASURED_ON[known["dataset"], known["variant"]],
        "variant": known["variant"],
        "seconds": {name: [about["seconds"]] for name, about in runs[first].items()},
        "images_per_second": speed,
        "metrics": summarise(runs, again),
    }
    places.write(REFERENCE_FILE, json.dumps(reference, indent=1, sort_keys=True) + "\n")


# --- sweeps ---


def asked_for(sources: list[Path]) -> dict[str, dict[str, tuple]]:
    """Name of what is tried -> choices, of every sweep in the notebooks.

    Where two notebooks show the same sweep, the choices of both are taken together.
    """
    found: dict[str, dict[str, tuple]] = {}
    for source in sources:
        cells = jupytext.read(source, fmt="py:percent").cells
        codes = (cell.source for cell in cells if cell.cell_type == "code")
        code = "\n".join(source for source in codes if not source.startswith("%%"))
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "wu.sweep":
                first = ast.unparse(node.args[0])
                name = first.removeprefix("wu.")
                if name == first:  # defined in the notebook
                    continue
                known = found.setdefault(name, {})
                for word in node.keywords:
                    values = known.get(str(word.arg), ()) + eval(
                        ast.unparse(word.value), {"wu": wu}
                    )
                    known[str(word.arg)] = tuple(sorted(set(values)))
    return found


def record_sweeps(names: list[str]) -> None:
    """Train and write the sweeps of these names, or all; keep the networks that they keep."""
    kept = RECORDING / "sweeps"
    settings = dataclasses.replace(
        Settings.from_environment(),
        profile=PROFILES["full"],
        dataset="cifar10",
        device=torch.device("cpu"),
        runs_dir=kept,
    )
    all_sweeps = asked_for(places.sources())
    data = load_data(settings)
    for name in names or all_sweeps:
        try_out = getattr(wu, name)
        found = sweeps.sweep(try_out, data, settings, use_recorded=False, **all_sweeps[name])
        found.show()
        sweeps.ship_sweep(name, found)
    ship_networks(kept)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["sweeps", *names]:
            record_sweeps(names)
        case [profile, *seeds] if profile in PROFILES and len(seeds) >= 3:
            record(profile, [int(seed) for seed in seeds])
        case _:
            sys.exit(__doc__)
