"""Sweeps: many trainings that differ in a few choices, on all cores, each kept once it is done."""

import contextlib
import dataclasses
import inspect
import io
import itertools
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean

import torch
from filelock import FileLock
from tqdm.auto import tqdm

from workshop_utils.experiments.experiments import Trial
from workshop_utils.experiments.memory import free_memory
from workshop_utils.files import written_whole
from workshop_utils.images.dataset import CIFAR10, ImageData
from workshop_utils.images.load import load_data
from workshop_utils.settings import Settings, progress_bars_wanted
from workshop_utils.training.history import History

SHIPPED = Path(__file__).parent.parent / "recorded" / "sweeps"
# Measured: a process that trains on all of CIFAR-10 takes 1.2 GB.
MEMORY_PER_RUN = 1_500_000_000  # bytes

TryOut = Callable[..., tuple[History, int]]
Key = tuple[tuple[str, float], ...]


class SweepError(RuntimeError):
    """The runs of a sweep cannot be read; the text says what to do."""


@dataclass(frozen=True)
class Sweep:
    """The runs of a sweep.

    Args:
        measured_on: name of the data set and its variant.
        trials: one for each combination of choices and each seed; "seed" is among its choices.
    """

    measured_on: str
    trials: list[Trial]

    def values_of(self, choice: str) -> list[float]:
        """What was chosen for a choice, such as "learning_rate", from small to large."""
        return sorted({trial.choices[choice] for trial in self.trials})

    def where(self, **choices: float) -> list[Trial]:
        """The trials with these choices: one for each seed, if no other choice is left open."""
        return [trial for trial in self.trials if choices.items() <= trial.choices.items()]

    def show(self) -> None:
        """Print a table: for each combination of choices, what all seeds found together."""
        names = [name for name in self.trials[0].choices if name != "seed"]
        unit = self.trials[0].unit
        print(*(f"{name:>14}" for name in names), end=" ")
        print(f"{'parameters':>12}{'seconds':>9}", end="")
        print(f"{unit + ', mean of seeds':>30}{'lowest to highest':>20}")
        for values in itertools.product(*map(self.values_of, names)):
            trials = self.where(**dict(zip(names, values, strict=True)))
            results = [trial.result for trial in trials]
            mean, *ends = map(trials[0].format, (fmean(results), min(results), max(results)))
            seconds = fmean(trial.seconds for trial in trials)
            print(*(f"{value:>14g}" for value in values), end=" ")
            print(f"{trials[0].n_parameters:>12,}{seconds:>9.0f}{mean:>30}{' to '.join(ends):>20}")


def sweep(
    try_out: TryOut,
    data: ImageData,
    settings: Settings,
    use_recorded: bool = True,
    **choices: Sequence[float],
) -> Sweep:
    """Train with every combination of choices, with each of the profile's seeds.

    What was run before is not run again, neither by you nor by whoever recorded the workbook's
    results. Runs are known by the name of the function: one that you change needs a new name. Those
    of the workbook were trained on CIFAR-10 in the full profile. Where your images are others, they
    are shown as they are, and say so. After an interruption, call it again: it goes on.

    Args:
        try_out: trains one network: `try_out(data, settings, **choices)` takes the seed from
            `settings`, and returns the history and the number of parameters.
        data: the images, loaded with these settings.
        settings: profile, device, and the folder of your own runs.
        use_recorded: False leaves out what came with the workbook, and trains all of it here.
        choices: name -> values to try, such as width=(1, 2).

    Raises:
        ValueError: `try_out` does not take these choices.
        SweepError: a file of earlier runs is damaged.
    """
    _check(try_out, choices)
    wanted = [
        dict(zip([*choices, "seed"], values, strict=True))
        for values in itertools.product(*choices.values(), settings.profile.sweep_seeds)
    ]
    name = f"{try_out.__name__}-{data.name.lower()}-{settings.profile.name}.json"
    own = settings.runs_dir / "sweeps" / name
    measured_on, found = data.title, _read(own).get(data.title, {})
    if use_recorded and settings.profile.name == "full" and not _covers(found, wanted):
        measured_on, found = _with_recorded(try_out.__name__, data, found, wanted)
    missing = [chosen for chosen in wanted if _key(chosen) not in found]
    n_images = settings.profile.sweep_images
    some = f", with its first {n_images:,} training images" if n_images else ""
    n_recorded = len(wanted) - len(missing)
    print(f"{len(wanted)} runs on {measured_on}{some}, {n_recorded} of them recorded.")
    try:
        for trial in _train_all(try_out, data, settings, missing):
            found[_key(trial.choices)] = trial
            _try_to_keep(own, data.title, trial)
    except KeyboardInterrupt:
        n_kept = sum(_key(chosen) in found for chosen in wanted)
        print(f"Interrupted: {n_kept} of {len(wanted)} runs are kept. Run this again to go on.")
        raise
    return Sweep(measured_on, [found[_key(chosen)] for chosen in wanted])


def runs_at_once(settings: Settings, n_runs: int) -> int:
    """How many trainings fit: one for each core, as long as there is memory for each.

    Args:
        settings: device, number of cores, and whether the runs are short.
        n_runs: how many there are to do.
    """
    short = settings.profile.sweep_images is not None  # done before more processes have started
    if settings.device.type != "cpu" or short:
        return 1
    return max(1, min(settings.threads, n_runs, free_memory() // MEMORY_PER_RUN))


def shipped_file(name: str) -> Path:
    """Where the runs are that came with the workbook: on CIFAR-10, in the full profile.

    Args:
        name: of the function that was tried, such as "try_width".
    """
    return SHIPPED / f"{name}.json"


def recorded(name: str) -> Sweep:
    """The runs that came with the workbook.

    Args:
        name: of the function that was tried, such as "try_width".

    Raises:
        FileNotFoundError: nothing was recorded under this name.
        SweepError: the file is damaged.
    """
    if not shipped_file(name).exists():
        raise FileNotFoundError(shipped_file(name))
    [(measured_on, trials)] = _read(shipped_file(name)).items()
    return Sweep(measured_on, list(trials.values()))


def keep(file: Path, measured_on: str, trials: list[Trial]) -> None:
    """Add trials to a file; one with the same choices is replaced.

    Args:
        file: the file to make, or to add to.
        measured_on: name of the data set and its variant; trials on another one are dropped.
        trials: what to add.

    Raises:
        OSError: the folder cannot be written to, or the disk is full.
        SweepError: the file is damaged.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(file.with_suffix(".lock")):  # two notebooks may run the same sweep
        known = _read(file).get(measured_on, {}) | {_key(trial.choices): trial for trial in trials}
        rows = [asdict(known[key]) for key in sorted(known)]
        with written_whole(file) as part:
            text = json.dumps({"measured_on": measured_on, "trials": rows}, indent=1)
            part.write_text(text + "\n", encoding="utf-8", newline="\n")


def _read(file: Path) -> dict[str, dict[Key, Trial]]:
    """The trials of a file, under the data set they were made on; nothing if there is no file."""
    if not file.exists():
        return {}
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        trials = [Trial(**{**row, "history": History(**row["history"])}) for row in kept["trials"]]
        return {kept["measured_on"]: {_key(trial.choices): trial for trial in trials}}
    except (ValueError, KeyError, TypeError) as error:
        raise SweepError(f"{file} is damaged: remove it, and run the sweep again.") from error


def _with_recorded(
    name: str, data: ImageData, own: dict[Key, Trial], wanted: list[dict[str, float]]
) -> tuple[str, dict[Key, Trial]]:
    """Runs that came with the workbook, beside one's own or in place of them, and their images."""
    for title, trials in _read(shipped_file(name)).items():
        if data.name == CIFAR10:
            keys = [_key(chosen) for chosen in wanted]
            taken = {key: trials[key] for key in keys if key in trials and key not in own}
            titles = {title if key in taken else data.title for key in keys}
            return " and ".join(sorted(titles)), own | taken
        if _covers(trials, wanted):  # rather one data set in a table than two
            return title, trials
    return data.title, own


def _try_to_keep(file: Path, measured_on: str, trial: Trial) -> None:
    """Keep a run; where that fails, say so and go on, since it can still be shown."""
    try:
        keep(file, measured_on, [trial])
    except OSError as error:
        print(f"A run could not be kept for the next time ({error}).")


def _covers(trials: dict[Key, Trial], wanted: list[dict[str, float]]) -> bool:
    return all(_key(chosen) in trials for chosen in wanted)


def _check(try_out: TryOut, choices: dict[str, Sequence[float]]) -> None:
    """Say in words what Python would say in a traceback."""
    names = list(inspect.signature(try_out).parameters)[2:]  # after data and settings
    if set(choices) != set(names):
        raise ValueError(
            f"{try_out.__name__} chooses {', '.join(names) or 'nothing'}, but was given "
            f"{', '.join(choices) or 'nothing'}. Write them as width=(1, 2)."
        )
    for name, values in choices.items():
        if not isinstance(values, Sequence):
            raise ValueError(
                f"{name} is {values!r}, but must be several values to try. For only one, write "
                f"{name}=({values!r},)."
            )


def _key(choices: dict[str, float]) -> Key:
    return tuple(sorted(choices.items()))


def _train_all(
    try_out: TryOut, data: ImageData, settings: Settings, all_choices: list[dict[str, float]]
) -> Iterator[Trial]:
    """Train with each of the choices, several at once, and hand out each run when it is done."""
    from joblib import Parallel, delayed

    n_jobs = runs_at_once(settings, len(all_choices))
    # In processes of their own, the images are read from the cache that `load_data` has left.
    found_before = dataclasses.replace(
        settings, dataset="cifar10" if data.name == CIFAR10 else "standin", offline=True
    )
    each = dataclasses.replace(found_before, threads=settings.threads // n_jobs)
    runs = (
        delayed(_train)(try_out, each, chosen, data if n_jobs == 1 else None)
        for chosen in all_choices
    )
    trials = Parallel(n_jobs=n_jobs, return_as="generator_unordered")(runs)
    yield from tqdm(trials, total=len(all_choices), leave=False, disable=not progress_bars_wanted())


def _train(
    try_out: TryOut, settings: Settings, choices: dict[str, float], data: ImageData | None
) -> Trial:
    """One run; what it prints is not shown, since several would talk at once."""
    if data is None:  # in a process of its own
        torch.set_num_threads(settings.threads)
    quiet = contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO())
    with quiet[0], quiet[1], torch.random.fork_rng():
        seed = choices["seed"]
        settings = dataclasses.replace(settings, seed=seed)
        data = _first_images(data or load_data(settings), settings.profile.sweep_images, seed)
        started = time.perf_counter()
        others = {name: value for name, value in choices.items() if name != "seed"}
        history, n_parameters = try_out(data, settings, **others)
    if history.was_interrupted:
        raise KeyboardInterrupt
    seconds = time.perf_counter() - started
    return Trial(choices, _without_batches(history), n_parameters, round(seconds, 1))


def _first_images(data: ImageData, n_images: int | None, seed: int) -> ImageData:
    """The images that a run learns from: all of them, or the first few."""
    return dataclasses.replace(
        data,
        train_images=data.train_images[:n_images],
        train_labels=data.train_labels[:n_images],
        seed=seed,
    )


def _without_batches(history: History) -> History:
    """Values of epochs only, with as many digits as mean something: what is kept stays small."""
    epochs = {**asdict(history), "batch_loss": [], "batch_accuracy": []}
    return History(**{name: [round(value, 5) for value in epochs[name]] for name in epochs})
