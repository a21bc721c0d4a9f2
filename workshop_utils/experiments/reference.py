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
    """What is measured."""

    title: str
    unit: str  # "%" for fractions shown in per cent; anything else is written as it is
    signed: bool = False  # whether it may be negative, as a difference may

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
    """What the recorded runs gave for one metric."""

    values: tuple[float, ...]  # one per seed
    low: float  # lower end of the range in which another run should land
    high: float
    variant: str  # of the data set the runs were made on: "" or "JPEG copy"

    @property
    def mean(self) -> float:
        """Mean over the seeds."""
        return sum(self.values) / len(self.values)


@dataclass(frozen=True)
class Recording:
    """What the recorded runs of one data set and profile gave."""

    measured_on: str  # the images, in words
    metrics: dict[str, Recorded]
    seconds: dict[str, list[float]]  # notebook -> what it took with each seed, on two cores
    images_per_second: dict[str, float]  # how fast that computer trained, see `doctor.speed`


def load_reference() -> dict[str, dict[str, Recording]]:
    """All recorded results: data set -> profile -> `Recording`."""
    return {
        dataset: {name: _read_recording(entry) for name, entry in profiles.items()}
        for dataset, profiles in json.loads(REFERENCE_FILE.read_text(encoding="utf-8")).items()
    }


def _read_recording(entry: dict) -> Recording:
    metrics = {
        metric: Recorded(tuple(known["values"]), known["low"], known["high"], entry["variant"])
        for metric, known in entry["metrics"].items()
    }
    speed = entry.get("images_per_second", {})
    return Recording(entry["measured_on"], metrics, entry["seconds"], speed)


def find_recorded(metric: str, dataset: str, profile: str) -> Recorded | None:
    """What was recorded for a metric; None if nothing was."""
    if metric not in METRICS:
        raise ValueError(f"There is no metric {metric!r}; there are {', '.join(METRICS)}.")
    recording = load_reference().get(dataset, {}).get(profile)
    return recording.metrics.get(metric) if recording else None


def show_result(metric: str, value: float, data: ImageData, settings: Settings) -> None:
    """Show a result beside the range that was recorded for it, and whether it lies inside.

    The numbers also travel in the output's metadata, where the result table finds them.

    Args:
        metric: one of `METRICS`.
        value: the new result, in the metric's unit (accuracies as fractions).
        data: the data set it was computed on.
        settings: the profile it was computed with.

    Raises:
        ValueError: there is no such metric.
    """
    from IPython.display import display

    known = find_recorded(metric, data.name, settings.profile.name)
    measured = METRICS[metric]
    verdict = among = UNKNOWN
    if known:
        verdict = INSIDE if known.low <= value <= known.high else OUTSIDE
        where = f", on the {known.variant}" if known.variant else ""
        among = f"{verdict} ({measured.format_range(known.low, known.high)}{where})"
    result = {
        "metric": metric,
        "value": value,
        "dataset": data.name,
        "variant": data.variant,
        "profile": settings.profile.name,
        "seed": settings.seed,
        "verdict": verdict,
    }
    shown = Sentence(f"{measured.title}, {data.title}: {measured.format(value)}, {among}")
    display(shown, metadata={"workshop_result": result})


class Sentence(str):
    """A text that is displayed without quotation marks."""

    __repr__ = str.__str__
