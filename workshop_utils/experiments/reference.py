"""Recorded results: what earlier runs gave, and whether a new result lies among them."""

import json
from dataclasses import dataclass
from pathlib import Path

from workshop_utils.images.dataset import ImageData
from workshop_utils.settings import Settings

REFERENCE_FILE = Path(__file__).parent.parent / "recorded" / "reference.json"
INSIDE, OUTSIDE, UNKNOWN = "inside the recorded range", "OUTSIDE the recorded range", "not recorded"


@dataclass(frozen=True)
class Metric:
    """What is measured.

    Args:
        title: what it is called in tables.
        unit: "%" for fractions shown in per cent; anything else is written as it is.
        signed: True if it may be negative, as a difference may.
    """

    title: str
    unit: str
    signed: bool = False

    def format(self, value: float) -> str:
        """Write a value with its unit."""
        if self.unit == "%":
            return f"{value:.1%}"
        digits = 1 if self.unit == "points" else 2
        return f"{value:.{digits}f} {self.unit}"

    def format_range(self, low: float, high: float) -> str:
        """Write two values with one unit."""
        unit = "" if self.unit == "%" else f" {self.unit}"
        return f"{self.format(low).removesuffix(unit)} to {self.format(high)}"


METRICS = {
    "mlp_test_accuracy": Metric("MLP, test accuracy", "%"),
    "cnn_test_accuracy": Metric("CNN, test accuracy", "%"),
    "cnn_minus_mlp": Metric("CNN minus MLP", "points", signed=True),
    "mlp_lost_when_moved": Metric(
        "MLP, accuracy lost when images move by 8 pixels", "points", signed=True
    ),
    "cnn_lost_when_moved": Metric(
        "CNN, accuracy lost when images move by 8 pixels", "points", signed=True
    ),
    "autoencoder_train_loss": Metric("autoencoder, training loss", "per image"),
    "autoencoder_test_loss": Metric("autoencoder, test loss", "per image"),
    "pca_test_loss": Metric("PCA with 512 numbers, test loss", "per image"),
    "saved_by_denoising": Metric(
        "error with noise of spread 0.2, saved by training with noise", "per image", signed=True
    ),
    "latent_midpoint_gap": Metric("latent middle, gap to a cross-fade", "per image"),
    "neighbours_by_codes": Metric("nearest neighbours by codes, of the same class", "%"),
    "codes_minus_pixels": Metric(
        "probability of the ends, codes minus pixels", "points", signed=True
    ),
    "variational_test_loss": Metric("variational autoencoder, test loss", "per image"),
    "variational_divergence": Metric("variational autoencoder, divergence", "nats"),
    "arc_minus_line": Metric(
        "probability of the ends, variational codes, arc minus line", "points", signed=True
    ),
}


@dataclass(frozen=True)
class Recorded:
    """What the recorded runs gave for one metric.

    Args:
        values: one result per seed.
        low: lower end of the range in which another run should land.
        high: upper end.
        variant: of the data set the runs were made on: "" or "JPEG copy".
    """

    values: tuple[float, ...]
    low: float
    high: float
    variant: str

    @property
    def mean(self) -> float:
        """Mean over the seeds."""
        return sum(self.values) / len(self.values)


@dataclass(frozen=True)
class Recording:
    """What the recorded runs of one data set and profile gave.

    Args:
        measured_on: the images, in words.
        metrics: metric -> values and range.
        seconds: notebook -> seconds it took with each seed, on two cores.
        images_per_second: how fast that computer trained, see `speed.images_per_second`; empty
            if it was not measured.
    """

    measured_on: str
    metrics: dict[str, Recorded]
    seconds: dict[str, list[float]]
    images_per_second: dict[str, float]


def load_reference(file: Path = REFERENCE_FILE) -> dict[str, dict[str, Recording]]:
    """All recorded results: data set -> profile -> `Recording`.

    Raises:
        FileNotFoundError: the package was taken out of the workbook's folder.
    """
    if not file.is_file():
        raise FileNotFoundError(
            f"{file.name} is missing: install workshop_utils from the workbook's own folder "
            "with pip install -e ."
        )
    return {
        dataset: {name: _read_recording(entry) for name, entry in profiles.items()}
        for dataset, profiles in json.loads(file.read_text(encoding="utf-8")).items()
    }


def _read_recording(entry: dict) -> Recording:
    metrics = {
        metric: Recorded(tuple(known["values"]), known["low"], known["high"], entry["variant"])
        for metric, known in entry["metrics"].items()
    }
    speed = entry.get("images_per_second", {})
    return Recording(entry["measured_on"], metrics, entry["seconds"], speed)


def recorded(metric: str, dataset: str, profile: str) -> Recorded | None:
    """What was recorded for a metric; None if nothing was.

    Args:
        metric: one of `METRICS`.
        dataset: name of the data set.
        profile: "full" or "quick".

    Raises:
        ValueError: there is no such metric.
    """
    if metric not in METRICS:
        raise ValueError(f"There is no metric {metric!r}; there are {', '.join(METRICS)}.")
    recording = load_reference().get(dataset, {}).get(profile)
    return recording.metrics.get(metric) if recording else None


def report_result(metric: str, value: float, data: ImageData, settings: Settings) -> None:
    """Say whether a result lies inside the recorded range.

    The sentence holds no number, so that it is the same on every computer. The numbers travel
    in the output's metadata, where the result table finds them.

    Args:
        metric: one of `METRICS`.
        value: the new result, in the metric's unit (accuracies as fractions).
        data: the data set it was computed on.
        settings: the profile it was computed with.
    """
    from IPython.display import display

    known = recorded(metric, data.name, settings.profile.name)
    verdict = UNKNOWN
    if known:
        verdict = INSIDE if known.low <= value <= known.high else OUTSIDE
    result = {
        "metric": metric,
        "value": value,
        "dataset": data.name,
        "variant": data.variant,
        "profile": settings.profile.name,
        "seed": settings.seed,
        "verdict": verdict,
    }
    sentence = f"{METRICS[metric].title}: {verdict}"
    display({"text/plain": sentence}, raw=True, metadata={"workshop_result": result})


def show_result(metric: str, value: float, data: ImageData, settings: Settings) -> None:
    """Print a result beside what was recorded for it.

    Args:
        metric: one of `METRICS`.
        value: the new result, in the metric's unit (accuracies as fractions).
        data: the data set it was computed on.
        settings: the profile it was computed with.
    """
    known = recorded(metric, data.name, settings.profile.name)
    among = "nothing recorded"
    if known:
        where = f" on the {known.variant}" if known.variant else ""
        among = f"recorded{where}: {METRICS[metric].format_range(known.low, known.high)}"
    print(f"{METRICS[metric].title}, {data.title}: {METRICS[metric].format(value)} ({among})")
