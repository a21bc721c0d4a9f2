"""Sweeps: many trainings that differ in a few choices, on all cores, each kept once it is done."""

import contextlib
import dataclasses
import hashlib
import inspect
import io
import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from filelock import FileLock
from tqdm.auto import tqdm

from workshop_utils.experiments.experiments import Choices, Trial, TryOut, check_choices, train_once
from workshop_utils.experiments.memory import free_memory
from workshop_utils.files import as_json, written_whole
from workshop_utils.images.dataset import CIFAR10, ImageData
from workshop_utils.say import say
from workshop_utils.settings import Settings, progress_bars_wanted
from workshop_utils.table import print_table
from workshop_utils.training.history import History

SHIPPED_SWEEPS = Path(__file__).parent.parent / "recorded" / "sweeps"
# Measured: a process that trains on all of CIFAR-10 takes 1.2 GB.
MEMORY_PER_RUN = 1_500_000_000  # bytes

Key = tuple[tuple[str, Any], ...]  # the choices of a trial, in the order of their names


class SweepError(RuntimeError):
    """The runs of a sweep cannot be read; the text says what to do."""


@dataclass(frozen=True)
class Sweep:
    """The runs of a sweep."""

    measured_on: str  # name of the data set and its variant
    trials: list[Trial]  # one for each combination of choices and each seed; "seed" is a choice

    def values_of(self, choice: str) -> list:
        """What was chosen for a choice, such as "learning_rate", in the order of the trials."""
        return list(dict.fromkeys(trial.choices[choice] for trial in self.trials))

    def where(self, **choices: float | str) -> list[Trial]:
        """The trials with these choices: one for each seed, if no other choice is left open."""
        return [trial for trial in self.trials if choices.items() <= trial.choices.items()]

    def mean(self, **choices: float | str) -> float:
        """Mean result of the trials with these choices: an accuracy as a fraction, or an error."""
        return fmean(trial.result for trial in self.where(**choices))

    def show(self) -> None:
        """Print a table: for each combination of choices, what all seeds found together."""
        names = [name for name in self.trials[0].choices if name != "seed"]
        unit = self.trials[0].unit
        rows = [(*names, "parameters", "seconds", f"{unit}, mean of seeds", "lowest to highest")]
        for values in itertools.product(*map(self.values_of, names)):
            trials = self.where(**dict(zip(names, values, strict=True)))
            results = [trial.result for trial in trials]
            mean, *ends = map(trials[0].format, (fmean(results), min(results), max(results)))
            seconds = f"{fmean(trial.seconds for trial in trials):.0f}"
            numbers = f"{trials[0].n_parameters:,}", seconds, mean, " to ".join(ends)
            rows.append((*(v if isinstance(v, str) else f"{v:g}" for v in values), *numbers))
        print_table(rows)


def sweep(
    try_out: TryOut,
    data: ImageData,
    settings: Settings,
    use_recorded: bool = True,
    seeds: Sequence[int] | None = None,
    **choices: Sequence[float | str],
) -> Sweep:
    """Train with every combination of choices, with each of several seeds.

    What was run before is not run again, neither by you nor by whoever recorded the workbook's
    results. Runs are known by the name of the function, and by its text if a notebook defines it.
    Where something changes that the function calls, it needs a new name. Runs of the workbook were
    trained on CIFAR-10 in the full profile. Where your images are others, they are shown as they
    are, and say so. After an interruption, call it again: it goes on.

    Args:
        try_out: trains one network: `try_out(data, settings, **choices)` takes the seed from
            `settings`, and returns the history and the number of parameters.
        data: the images to train on, and to test with.
        settings: profile, device, and the folder of your own runs.
        use_recorded: False leaves out what came with the workbook, and trains all of it here.
        seeds: instead of the profile's, where a comparison needs more of them; runs that are cut
            short keep to the profile's.
        choices: name -> values to try, such as width=(1, 2).

    Raises:
        ValueError: `try_out` does not take these choices.
        SweepError: a file of earlier runs is damaged.
    """
    check_choices(try_out, (data, settings), choices)
    for name, values in choices.items():
        if isinstance(values, str) or not isinstance(values, Sequence):
            raise ValueError(
                f"{name} is {values!r}, but must be several values to try. For only one, write "
                f"{name}=({values!r},)."
            )
    if seeds is None or _is_short(settings):
        seeds = settings.profile.sweep_seeds
    wanted: list[Choices] = [
        dict(zip([*choices, "seed"], values, strict=True))
        for values in itertools.product(*choices.values(), seeds)
    ]
    keys = [_key(chosen) for chosen in wanted]
    name = f"{_name_of(try_out)}-{data.name.lower()}-{settings.profile.name}.json"
    own = settings.runs_dir / "sweeps" / name
    try:
        kept = _read(own)
    except OSError as error:
        say(f"Earlier runs cannot be read ({error}).")
        kept = {}
    found = {key: (title, trial) for key, (title, trial) in kept.items() if title == data.title}
    if use_recorded and settings.profile.name == "full" and not found.keys() >= set(keys):
        recorded = _read(_shipped_file(try_out.__name__))
        if data.name == CIFAR10:
            found = recorded | found
        elif recorded.keys() >= set(keys):  # rather one data set in a table than two
            found = recorded
    missing = [chosen for chosen in wanted if _key(chosen) not in found]
    titles = {found[key][0] if key in found else data.title for key in keys}
    measured_on = " and ".join(sorted(titles))
    n_images = settings.profile.sweep_images
    some = f", with its first {n_images:,} training images" if n_images else ""
    n_found = len(wanted) - len(missing)
    say(f"{len(wanted)} runs on {measured_on}{some}, {n_found} of them recorded.")
    try:
        for trial in _train_all(try_out, data, settings, missing):
            found[_key(trial.choices)] = data.title, trial
            try:
                keep(own, data.title, [trial])
            except Exception as error:  # whatever it is, the run can still be shown
                say(f"A run could not be kept for the next time ({error}).")
    except KeyboardInterrupt:
        n_kept = sum(key in found for key in keys)
        say(f"Interrupted: {n_kept} of {len(wanted)} runs are kept. Run this again to go on.")
        raise
    return Sweep(measured_on, [found[key][1] for key in keys])


def runs_at_once(settings: Settings, n_runs: int) -> int:
    """How many trainings fit: one for each core, as long as there is memory for each."""
    if settings.device.type != "cpu" or _is_short(settings):
        return 1  # short runs are done before more processes have started
    return max(1, min(settings.threads, n_runs, free_memory() // MEMORY_PER_RUN))


def shipped_sweep(name: str) -> Sweep:
    """The runs that came with the workbook, of the function of this name, such as "try_width"."""
    found = _read(_shipped_file(name))
    if not found:
        raise SweepError(f"No runs of {name} came with the workbook; a tutor can record them.")
    titles, trials = zip(*found.values(), strict=True)
    return Sweep(titles[0], list(trials))


def ship_sweep(name: str, found: Sweep) -> None:
    """Add runs to those that come with the workbook."""
    keep(_shipped_file(name), found.measured_on, found.trials)


def keep(file: Path, measured_on: str, trials: list[Trial]) -> None:
    """Add trials to a file; those of the same choices, or of other images, are dropped."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(file.with_suffix(".lock")):  # two notebooks may run the same sweep
        known = {key: trial for key, (title, trial) in _read(file).items() if title == measured_on}
        known |= {_key(trial.choices): trial for trial in trials}
        rows = [asdict(known[key]) for key in sorted(known)]
        with written_whole(file) as part:
            text = as_json({"measured_on": measured_on, "trials": rows}, indent=1)
            part.write_text(text + "\n", encoding="utf-8", newline="\n")


def _read(file: Path) -> dict[Key, tuple[str, Trial]]:
    """The trials of a file, each with the images it was made on; nothing if there is no file."""
    if not file.exists():
        return {}
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        trials = [Trial(**{**row, "history": History(**row["history"])}) for row in kept["trials"]]
        return {_key(trial.choices): (kept["measured_on"], trial) for trial in trials}
    except (ValueError, KeyError, TypeError) as error:
        raise SweepError(f"{file} is damaged: remove it, and run the sweep again.") from error


def _is_short(settings: Settings) -> bool:
    """Whether the profile lets runs learn from a few images only."""
    return settings.profile.sweep_images is not None


def _shipped_file(name: str) -> Path:
    return SHIPPED_SWEEPS / f"{name}.json"


def _name_of(try_out: TryOut) -> str:
    """The function's name; of one that a notebook defines, with a fingerprint of its text."""
    if try_out.__module__ != "__main__":
        return try_out.__name__
    try:
        text = inspect.getsource(try_out)
    except OSError:
        return try_out.__name__
    return f"{try_out.__name__}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _key(choices: Choices) -> Key:
    return tuple(sorted(choices.items()))


def _train_all(
    try_out: TryOut, data: ImageData, settings: Settings, all_choices: list[Choices]
) -> Iterator[Trial]:
    """Train with each of the choices, several at once, and hand out each run when it is done."""
    from joblib import Parallel, delayed

    n_jobs = runs_at_once(settings, len(all_choices))
    each = dataclasses.replace(settings, threads=settings.threads // n_jobs)
    runs = (delayed(_train)(try_out, data, each, chosen) for chosen in all_choices)
    # No more copies of the images on their way to other processes than there are processes.
    parallel = Parallel(n_jobs, return_as="generator_unordered", pre_dispatch="n_jobs")
    bar = {"total": len(all_choices), "leave": False, "disable": not progress_bars_wanted()}
    yield from tqdm(parallel(runs), **bar)


def _train(try_out: TryOut, data: ImageData, settings: Settings, choices: Choices) -> Trial:
    """One run; what it prints is not shown, since several would talk at once."""
    torch.set_num_threads(settings.threads)  # for a process of its own
    others = dict(choices)
    settings = dataclasses.replace(settings, seed=int(others.pop("seed")))
    some = slice(settings.profile.sweep_images)
    images, labels = data.train_images[some], data.train_labels[some]
    data = dataclasses.replace(data, train_images=images, train_labels=labels, seed=settings.seed)
    quiet = contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO())
    with quiet[0], quiet[1], torch.random.fork_rng():
        trial = train_once(try_out, (data, settings), others)
    if trial is None:
        raise KeyboardInterrupt
    # What is kept stays small: values of epochs only, with as many digits as mean something.
    epochs = {**asdict(trial.history), "batch_loss": [], "batch_accuracy": []}
    rounded = {name: [round(float(value), 5) for value in epochs[name]] for name in epochs}
    return Trial(choices, History(**rounded), trial.n_parameters, round(trial.seconds, 1))
