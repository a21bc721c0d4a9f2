"""Recorded results: what earlier runs gave, and whether a new result agrees with them."""

import json
import math
import statistics
from dataclasses import dataclass
from pathlib import Path

from workshop_utils.images.dataset import CIFAR10, ImageData
from workshop_utils.say import showable
from workshop_utils.settings import Settings

REFERENCE_FILE = Path(__file__).parent.parent / "recorded" / "reference.json"
INSIDE, OUTSIDE, UNKNOWN = "inside the expected range", "OUTSIDE the expected range", "not recorded"


@dataclass(frozen=True)
class Metric:
    """What is measured."""

    title: str
    unit: str  # "%" for fractions shown in per cent; anything else is written as it is
    signed: bool = False  # whether it may be negative, as a difference may
    least: float = -math.inf  # what the texts claim of all of CIFAR-10
    most: float = math.inf

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
    "cnn_minus_mlp": Metric("CNN minus MLP, on validation images", "points", signed=True, least=5),
    "mlp_lost_when_moved": Metric(
        "MLP, accuracy lost when images move by 8 pixels", "points", signed=True, least=5
    ),
    "cnn_lost_when_moved": Metric(
        "CNN, accuracy lost when images move by 8 pixels", "points", signed=True, least=5
    ),
    "autoencoder_train_loss": Metric("autoencoder, training loss", "per image"),
    "autoencoder_validation_loss": Metric("autoencoder, validation loss", "per image", least=4),
    "autoencoder_test_loss": Metric("autoencoder, test loss", "per image", least=4),
    "pca_validation_loss": Metric("PCA with 512 numbers, validation loss", "per image", most=3.5),
    "pca_test_loss": Metric("PCA with 512 numbers, test loss", "per image", most=3.5),
    "saved_by_denoising_at_0": Metric(
        "error without noise, saved by training with noise", "per image", signed=True
    ),
    "saved_by_denoising_at_0.1": Metric(
        "error with noise of spread 0.1, saved by training with noise", "per image", signed=True
    ),
    "saved_by_denoising": Metric(
        "error with noise of spread 0.2, saved by training with noise",
        "per image",
        signed=True,
        least=1,
    ),
    "latent_midpoint_gap": Metric("latent middle, gap to a cross-fade", "per image"),
    "neighbours_by_codes": Metric("nearest neighbours by codes, of the same class", "%"),
    "codes_minus_pixels": Metric(
        "probability of the ends, codes minus pixels", "points", signed=True
    ),
    "variational_validation_loss": Metric("variational autoencoder, validation loss", "per image"),
    "variational_divergence": Metric("variational autoencoder, divergence", "nats"),
    "arc_minus_line": Metric(
        "probability of the ends, variational codes, arc minus line", "points", signed=True, least=0
    ),
}
COVERAGE = 0.99
ROUNDING = 0.002  # of the value; computers differ in rounding even where nothing is random
A_FEW_IMAGES = {"%": 0.005, "points": 0.5}  # unit -> what images at the border make


@dataclass(frozen=True)
class Recorded:
    """What the recorded runs gave for one metric."""

    values: dict[int, float]  # seed -> value
    again: list[float]  # of the first seed, computed as other computers do
    variant: str  # of the data set the runs were made on: "" or "JPEG copy"

    @property
    def mean(self) -> float:
        """Mean over the seeds."""
        return statistics.fmean(self.values.values())

    def range_for(self, seed: int, least: float = 0.0) -> tuple[float, float]:
        """Where a run with this seed should land; `least` is allowed on either side in any case.

        A recorded seed should give what it gave. But rounding grows with every step: in the end,
        other computers differ like other seeds. So three standard deviations of the seeds are
        allowed, or three times the largest difference that other computers were seen to make. For
        other seeds, the range covers 99 runs of 100.
        """
        centre, spread = self.values.get(seed, self.mean), statistics.stdev(self.values.values())
        if seed in self.values:
            first, *_ = self.values.values()
            reach = 3 * max([spread, *(abs(value - first) for value in self.again)])
        else:
            from scipy.stats import t as student_t  # not at the top: it takes a second

            n = len(self.values)
            quantile = float(student_t.ppf((1 + COVERAGE) / 2, df=n - 1))
            reach = quantile * spread * math.sqrt(1 + 1 / n)
        reach = max(reach, ROUNDING * abs(centre), least)
        return centre - reach, centre + reach


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
        metric: Recorded(
            {int(seed): value for seed, value in known["values"].items()},
            known["again"],
            entry["variant"],
        )
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


def expected_range(
    metric: str, data: ImageData, profile: str, seed: int
) -> tuple[float, float] | None:
    """Where a result should lie; None if nothing was recorded on such images."""
    known = find_recorded(metric, data.name, profile)
    if known is None or known.variant != data.variant:
        return None
    measured = METRICS[metric]
    low, high = known.range_for(seed, A_FEW_IMAGES.get(measured.unit, 0.0))
    if data.name == CIFAR10 and profile == "full":  # of which the texts speak
        low, high = max(low, measured.least), min(high, measured.most)
    if not measured.signed:
        low = max(low, 0.0)
    return low, min(high, 1.0) if measured.unit == "%" else high


def show_result(metric: str, value: float, data: ImageData, settings: Settings) -> None:
    """Show a result beside the range where it should lie, and whether it does.

    The numbers also travel in the output's metadata, where the result table finds them.

    Args:
        metric: one of `METRICS`.
        value: the new result, in the metric's unit (accuracies as fractions).
        data: the data set it was computed on.
        settings: the profile and the seed it was computed with.

    Raises:
        ValueError: there is no such metric.
    """
    from IPython.display import display

    expected = expected_range(metric, data, settings.profile.name, settings.seed)
    measured = METRICS[metric]
    verdict = among = UNKNOWN
    if expected:
        verdict = INSIDE if expected[0] <= value <= expected[1] else OUTSIDE
        among = f"{verdict} ({measured.format_range(*expected)})"
    result = {
        "metric": metric,
        "value": value,
        "expected": expected,
        "dataset": data.name,
        "variant": data.variant,
        "profile": settings.profile.name,
        "seed": settings.seed,
        "verdict": verdict,
    }
    said = f"{measured.title}, {data.title}: {measured.format(value)}, {among}"
    display(Sentence(showable(said)), metadata={"workshop_result": result})


class Sentence(str):
    """A text that is displayed without quotation marks."""

    __repr__ = str.__str__
