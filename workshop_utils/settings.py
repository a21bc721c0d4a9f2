"""What a run depends on: data set, profile, device, seed and folders."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import torch
from platformdirs import user_cache_path, user_data_path

from workshop_utils.limits import limit_memory

APP_NAME = "convnet-workbook"
ROOT = Path(__file__).parents[1]
# Relative paths begin in the workbook's folder, and for the package alone, in the current one.
BASE = ROOT if (ROOT / "pyproject.toml").is_file() else Path()
QUOTES = ('""', "''", "“”", "‘’")


@dataclass(frozen=True)
class Profile:
    """How long to train and on how many images.

    `classifier_epochs` and `autoencoder_epochs` are passes over the training images;
    `experiment_epochs` is for one run of an experiment. Each run of a sweep takes `sweep_epochs`,
    as do trainings that are compared with it, and there is one run for each of `sweep_seeds`. All
    of them learn from the first `sweep_images`.
    A minute of a contest's budget lasts `contest_seconds`.
    `n_train` and `n_test` limit the images, before some are kept for validation; None takes all.
    """

    name: str
    classifier_epochs: int
    autoencoder_epochs: int
    experiment_epochs: int
    sweep_epochs: int
    sweep_seeds: tuple[int, ...]
    sweep_images: int | None
    contest_seconds: float
    n_train: int | None
    n_test: int | None


PROFILES = {
    # The worksheet's numbers of epochs, on every image.
    "full": Profile(
        "full",
        classifier_epochs=10,
        autoencoder_epochs=48,
        experiment_epochs=3,
        sweep_epochs=10,
        sweep_seeds=(0, 1, 2),
        sweep_images=None,
        contest_seconds=60,
        n_train=None,
        n_test=None,
    ),
    # A minute and a half in all, for tests: enough to be well above chance, no more.
    "quick": Profile(
        "quick",
        classifier_epochs=5,
        autoencoder_epochs=5,
        experiment_epochs=2,
        sweep_epochs=1,
        sweep_seeds=(0,),
        sweep_images=1_000,
        contest_seconds=1,
        n_train=10_000,
        n_test=1_000,
    ),
}

CHOICES = {
    "WORKSHOP_DATASET": ("auto", "cifar10", "standin"),
    "WORKSHOP_PROFILE": tuple(PROFILES),
    "WORKSHOP_DEVICE": ("auto", "cpu", "cuda", "mps"),
    "WORKSHOP_OFFLINE": ("0", "1"),
    "WORKSHOP_PROGRESS": ("0", "1"),
    "WORKSHOP_SHIPPED": ("0", "1"),
}


@dataclass(frozen=True)
class Settings:
    """Everything a notebook needs to know before it starts.

    Args:
        dataset: "auto" (CIFAR-10 if it can be had, else the stand-in), "cifar10" or "standin".
        profile: how long to train, see `PROFILES`.
        device: where tensors live and models run.
        seed: starting point of every random number.
        threads: on how many processor cores PyTorch computes.
        offline: True never touches the network.
        data_dir: where CIFAR-10 is looked for, and where the cache is written.
        runs_dir: where your own trained weights and curves are kept.
        shipped: False never takes a trained network that came with the workbook.
    """

    dataset: str
    profile: Profile
    device: torch.device
    seed: int
    threads: int
    offline: bool
    data_dir: Path
    runs_dir: Path
    shipped: bool = True

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read the `WORKSHOP_...` variables; what is not set has a default.

        PyTorch is told how many threads to use; on a hub, this process gets a limit of memory.

        Args:
            environment: names and values; None means those of this process.

        Raises:
            ValueError: a variable has a value that the workbook does not know.
        """
        env = os.environ if environment is None else environment
        limit_memory(env)
        own_mirrors(env)  # a mistake in it is told now, not in the middle of a lab
        return cls(
            dataset=_choice(env, "WORKSHOP_DATASET", "auto"),
            profile=PROFILES[_choice(env, "WORKSHOP_PROFILE", "full")],
            device=choose_device(_choice(env, "WORKSHOP_DEVICE", "auto")),
            seed=_whole_number(env, "WORKSHOP_SEED", "0"),
            threads=choose_threads(env),
            offline=_choice(env, "WORKSHOP_OFFLINE", "0") == "1",
            data_dir=_folder(env, "WORKSHOP_DATA", user_cache_path(APP_NAME)),
            runs_dir=_folder(env, "WORKSHOP_RUNS", user_data_path(APP_NAME) / "runs"),
            shipped=_choice(env, "WORKSHOP_SHIPPED", "1") == "1",
        )

    def __str__(self) -> str:
        return (
            f"profile {self.profile.name}, data {self.dataset}, device {self.device}, "
            f"threads {self.threads}, seed {self.seed}, torch {torch.__version__}, "
            f"workbook {version(APP_NAME)}"
        )


def choose_device(name: str = "auto") -> torch.device:
    """Pick where to compute: CUDA if there is one, else the CPU.

    Apple's "mps" is used only on request, since its losses can differ from the CPU's.

    Raises:
        ValueError: the device asked for is not on this computer.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    is_there: dict[str, Callable[[], bool]] = {
        "cpu": lambda: True,
        "cuda": torch.cuda.is_available,
        "mps": torch.backends.mps.is_available,
    }
    if not is_there[name]():
        raise ValueError(
            f"WORKSHOP_DEVICE asks for {name!r}, but PyTorch finds no such device on this "
            "computer. Remove the variable, or set it to 'cpu'."
        )
    return torch.device(name)


def choose_threads(env: Mapping[str, str]) -> int:
    """On how many cores to compute, and tell PyTorch.

    WORKSHOP_THREADS decides; else every core that this process may use. In a container, or on a
    shared server, those can be far fewer than the computer has, and PyTorch looks at the computer:
    many threads on few cores are slower than one.

    Args:
        env: names and values of variables.

    Raises:
        ValueError: WORKSHOP_THREADS is not a number above zero.
    """
    import joblib  # knows the limits of containers (cgroups) on all systems

    n_threads = _whole_number(env, "WORKSHOP_THREADS", "0")
    if _value(env, "WORKSHOP_THREADS") and n_threads < 1:
        raise ValueError("WORKSHOP_THREADS is '0', but it must be a whole number such as 2.")
    # PyTorch itself already heeds OMP_NUM_THREADS.
    auto = min(torch.get_num_threads(), joblib.cpu_count(only_physical_cores=True))
    torch.set_num_threads(n_threads or auto)
    return n_threads or auto


def progress_bars_wanted() -> bool:
    """Whether to draw progress bars and sliders: yes, unless WORKSHOP_PROGRESS is 0."""
    return _choice(os.environ, "WORKSHOP_PROGRESS", "1") == "1"


def is_graded() -> bool:
    """Whether answers earn points here: if WORKSHOP_GRADING is 1."""
    return _value(os.environ, "WORKSHOP_GRADING") == "1"


def own_mirrors(environment: Mapping[str, str] | None = None) -> list[str]:
    """The tutor's own copies of the archive, from WORKSHOP_MIRRORS.

    Args:
        environment: names and values; None means those of this process.

    Raises:
        ValueError: one of them is no address.
    """
    env = os.environ if environment is None else environment
    urls = _value(env, "WORKSHOP_MIRRORS").split()
    for url in urls:
        if not re.match(r"https?://[^/?#\[\]]+(/|$)", url):
            raise ValueError(
                f"WORKSHOP_MIRRORS names {url!r}, but it must hold addresses such as "
                "'https://example.org/cifar-10-python.tar.gz', separated by spaces."
            )
    return urls


def _value(env: Mapping[str, str], variable: str) -> str:
    """What was meant: Jupyter's %env and Windows' `set` keep quotes and blanks around a value."""
    value = env.get(variable, "").strip()
    if len(value) > 1 and value[0] + value[-1] in QUOTES:
        value = value[1:-1].strip()
    return value


def _choice(env: Mapping[str, str], variable: str, default: str) -> str:
    value = _value(env, variable).lower() or default
    if value not in CHOICES[variable]:
        allowed = ", ".join(repr(choice) for choice in CHOICES[variable])
        raise ValueError(f"{variable} is {env[variable]!r}, but it must be one of {allowed}.")
    return value


def _whole_number(env: Mapping[str, str], variable: str, default: str) -> int:
    value = _value(env, variable) or default
    if not value.isdecimal():
        raise ValueError(f"{variable} is {value!r}, but it must be a whole number such as 2.")
    return int(value)


def _folder(env: Mapping[str, str], variable: str, default: Path) -> Path:
    """An absolute path, the same for every program, whatever folder it runs in."""
    value = _value(env, variable)
    if not value:
        return default
    if os.sep == "/":
        value = value.replace("\\ ", " ")  # as a terminal completes it
    path = os.path.expanduser(os.path.expandvars(value))
    wrong = "an address" if "://" in path else ""
    if path.startswith("~"):
        wrong = "in the home folder of a user whom this computer does not know"
    elif unknown := re.match(r"\$\{?\w+\}?|%\w+%", path):
        wrong = f"in a folder that {unknown[0]} names, which is not set here"
    if wrong:
        raise ValueError(
            f"{variable} is {value!r}, {wrong}. It must be a folder such as '~/course data'."
        )
    return Path(os.path.abspath(BASE / path))
