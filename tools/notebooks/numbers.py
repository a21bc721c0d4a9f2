"""Numbers of the prose and of docs/results.md: from recorded results and from the models."""

import itertools
import math
import statistics

import jinja2

from tools.places import DOCS, between_marks
from workshop_utils.contest.board import points_lost, worth_of_tricks
from workshop_utils.contest.budget import CORES, MINUTES, recorded_ladder, trials_of
from workshop_utils.contest.ladder import TRICKS
from workshop_utils.experiments.experiments import Trial
from workshop_utils.experiments.labels import by_labels
from workshop_utils.experiments.reference import METRICS, Recording, load_reference
from workshop_utils.experiments.sweeps import shipped_sweep
from workshop_utils.files import read_tensors
from workshop_utils.images.dataset import CIFAR10
from workshop_utils.networks.autoencoders import ConvDecoder, ConvEncoder
from workshop_utils.networks.classifiers import (
    BasicConvNet,
    DeeperConvNet,
    MultilayerPerceptronModel,
)
from workshop_utils.networks.layers import count_parameters
from workshop_utils.training.runs import SHIPPED_RUNS

RESULTS = DOCS / "results.md"


def recorded_numbers() -> dict[str, object]:
    """What the prose may ask for.

    `full.<metric>` is the mean over the seeds with its unit, on CIFAR-10 in the full profile;
    `low.<metric>` and `high.<metric>` are the smallest and largest value of any seed;
    `value.<metric>` is the mean as a number to reckon with; `parameters.<model>` a count;
    `duration["01_mlp"]` how long a notebook computes, `measured_on` the images in words.
    `sweep("try_dropout", dropout=0)` is the mean result of a sweep's runs with these choices;
    `with_labels("pixels", 100)` is the mean accuracy in `try_labels`, with such features and so
    many labels; `divergence` is that of a variational autoencoder, in nats; `n_seeds` how many
    seeds stand behind a mean; `minutes_to_train.cnn` what a training took that came with the
    workbook; `after("try_dropout", 5, dropout=0)` is the mean validation accuracy after so many
    epochs, `points_apart` how many points lie between two such means, `spread` by how many the
    seeds of one setting differ at most, and `table_of_seeds` a table of all runs;
    `ladder("validation", 10)` is the mean accuracy of the contest's ladder on some images, after so
    many minutes, `steps()` how many steps of training fit into one, `worth` what a trick brings, in
    points; `plain` is the validation accuracy of a network that is trained plainly;
    `table_of_ladder` and `table_of_tricks` say it all.
    """
    recording = load_reference()[CIFAR10]["full"]
    kinds = {
        "full": lambda metric, entry: METRICS[metric].format(entry.mean),
        "low": lambda metric, entry: METRICS[metric].format(min(entry.values.values())),
        "high": lambda metric, entry: METRICS[metric].format(max(entry.values.values())),
        "value": lambda metric, entry: entry.mean,
    }
    numbers: dict[str, object] = {
        kind: {metric: of(metric, entry) for metric, entry in recording.metrics.items()}
        for kind, of in kinds.items()
    }
    numbers["measured_on"] = recording.measured_on
    numbers["sweep"] = result_of
    numbers["with_labels"] = with_labels
    numbers["divergence"] = divergence_of
    numbers["after"] = after
    numbers["points_apart"] = points_apart
    numbers["spread"] = spread
    numbers["table_of_seeds"] = table_of_seeds
    numbers["ladder"] = ladder
    numbers["steps"] = steps
    numbers["plain"] = plain
    numbers["worth"] = worth
    numbers["table_of_ladder"] = table_of_ladder()
    numbers["table_of_tricks"] = table_of_tricks()
    numbers["duration"] = {
        notebook: in_words(statistics.median(seconds))
        for notebook, seconds in recording.seconds.items()
    }
    counts = {
        "mlp": count_parameters(MultilayerPerceptronModel(3072, 10)),
        "cnn": count_parameters(BasicConvNet(8, 16, 256)),
        "deeper": count_parameters(DeeperConvNet()),
        "encoder": count_parameters(ConvEncoder(8, 16, 32)),
        "decoder": count_parameters(ConvDecoder(8, 16, 32)),
    }
    counts["autoencoder"] = counts["encoder"] + counts["decoder"]
    counts["pca"] = 3072 * 512 + 3072
    numbers["n_seeds"] = len(recording.metrics["cnn_minus_mlp"].values)
    numbers["minutes_to_train"] = {name: minutes_to_train(name) for name in ("cnn", "autoencoder")}
    numbers["parameters"] = {name: f"{count:,}" for name, count in counts.items()}
    return numbers


def result_of(name: str, **choices: float) -> str:
    """Mean result of the recorded runs of a sweep, with its unit if it is an accuracy."""
    trials = shipped_sweep(name).where(**choices)
    return trials[0].format(statistics.fmean(trial.result for trial in trials))


def minutes_to_train(name: str) -> int:
    """Minutes that a training took that came with the workbook."""
    _weights, label = read_tensors(SHIPPED_RUNS / f"{name}-cifar-10-full.safetensors")
    return round(sum(label["history"]["seconds"]) / 60)


def with_labels(features: str, n_labels: int) -> str:
    """Mean accuracy of classifiers that learnt from so many labels."""
    return f"{statistics.fmean(by_labels(shipped_sweep('try_labels'))[features][n_labels]):.1%}"


def divergence_of(name: str, **choices: float) -> int:
    """Mean divergence at the end of a sweep's runs, in nats per image."""
    trials = shipped_sweep(name).where(**choices)
    return round(statistics.fmean(trial.history.divergence[-1] for trial in trials))


def after(name: str, epoch: int, **choices: float) -> str:
    """Mean validation accuracy of a sweep's runs after so many epochs."""
    return f"{100 * fmean_after(name, epoch, choices):.1f}%"


def points_apart(name: str, one: tuple[int, dict], other: tuple[int, dict]) -> str:
    """Points between two means, each given by epoch and choices, as they are written."""
    means = [round(100 * fmean_after(name, *which), 1) for which in (one, other)]
    return f"{abs(means[0] - means[1]):.1f}"


def spread(name: str, epoch: int, choice: str) -> str:
    """By how many points the seeds of one setting differ at most, after so many epochs."""
    found = shipped_sweep(name)
    each = [in_per_cent(found.where(**{choice: value}), epoch) for value in found.values_of(choice)]
    return f"{max(max(seeds) - min(seeds) for seeds in each):.1f}"


def fmean_after(name: str, epoch: int, choices: dict[str, float]) -> float:
    """Mean validation accuracy of a sweep's runs after so many epochs, as a fraction."""
    trials = shipped_sweep(name).where(**choices)
    return statistics.fmean(trial.history.validation_accuracy[epoch - 1] for trial in trials)


def in_per_cent(trials: list[Trial], epoch: int) -> list[float]:
    """Validation accuracies after so many epochs, as they are written."""
    return [round(100 * trial.history.validation_accuracy[epoch - 1], 1) for trial in trials]


def table_of_seeds(name: str, choice: str, epochs: tuple[int, ...]) -> str:
    """A table of validation accuracies in per cent: a row for each value and number of epochs."""
    found = shipped_sweep(name)
    seeds = found.values_of("seed")
    heads = [choice, "epochs", *(f"seed {seed}" for seed in seeds), "mean", "highest minus lowest"]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for epoch, value in itertools.product(epochs, found.values_of(choice)):
        shown = in_per_cent(found.where(**{choice: value}), epoch)
        mean = 100 * fmean_after(name, epoch, {choice: value})
        numbers = [*shown, mean, max(shown) - min(shown)]
        cells = [f"{value:g}", str(epoch), *(f"{number:.1f}" for number in numbers)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def ladder(images: str, minutes: int, without: str = "", threads: int = CORES) -> str:
    """Mean accuracy of the contest's ladder on "validation", "test" or "train" images."""
    trials = trials_of(minutes, without, threads)
    return f"{statistics.fmean(trial[f'{images}_accuracy'] for trial in trials):.1%}"


def steps(without: str = "") -> str:
    """How many steps the ladder's training makes in a minute: the mean."""
    return f"{statistics.fmean(trial['n_steps'] for trial in trials_of(1, without)):.0f}"


def curve_of(network: str) -> dict[float, float]:
    """Minutes -> validation accuracy of a network that is trained plainly."""
    (curve,) = (one for one in recorded_ladder()["curves"] if one["network"] == network)
    return dict(zip(curve["minutes"], curve["validation_accuracy"], strict=True))


def plain(network: str, minutes: float) -> str:
    """Validation accuracy of a network that is trained plainly, after so many minutes."""
    return f"{curve_of(network)[minutes]:.1%}"


def worth(trick: str) -> str:
    """By how many points validation accuracy is lower after a minute without a trick: the mean."""
    return f"{worth_of_tricks()[trick]:.1f}"


def table_of_ladder() -> str:
    """What the contest's ladder reaches with each budget."""
    measured_on = recorded_ladder()["measured_on"]
    lines = [
        f"| ladder, {measured_on} | parameters | validation | test, each seed | test, mean |",
        "|---|---|---|---|---|",
    ]
    for minutes, cores in ((1, 1), *((minutes, CORES) for minutes in MINUTES)):
        trials = trials_of(minutes, threads=cores)
        cells = [
            f"{minutes} min, {'one core' if cores == 1 else 'two cores'}",
            f"{trials[0]['n_parameters']:,}",
            ladder("validation", minutes, threads=cores),
            ", ".join(f"{trial['test_accuracy']:.1%}" for trial in trials),
            f"**{ladder('test', minutes, threads=cores)}**",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def table_of_tricks() -> str:
    """What each trick of the contest's ladder brings in a minute, the best first."""
    lines = ["| trick | source | points lost | each seed |", "|---|---|---|---|"]
    for trick, mean in sorted(worth_of_tricks().items(), key=lambda item: -item[1]):
        each = ", ".join(f"{points:+.1f}" for points in points_lost(trick))
        lines.append(f"| {trick} | {TRICKS[trick]} | {mean:+.1f} | {each} |")
    return "\n".join(lines)


def in_words(seconds: float) -> str:
    """A duration as a reader wants it: about 40 seconds, about 6 minutes."""
    if seconds < 90:
        return f"about {math.ceil(seconds / 10) * 10} seconds"
    return f"about {math.ceil(seconds / 60)} minutes"


def with_results(page: str) -> str:
    """Put all recorded results between the marks of docs/results.md."""
    recordings = _recordings()
    heading = "lowest and highest of several seeds"
    lines = [f"| {heading} | {' | '.join(recordings)} |", "|---" * (1 + len(recordings)) + "|"]
    for name, metric in METRICS.items():
        cells = []
        for recording in recordings.values():
            values = recording.metrics[name].values.values()
            cells.append(metric.format_range(min(values), max(values)))
        lines.append(f"| {metric.title} | {' | '.join(cells)} |")
    lines += ["", table_of_ladder(), "", *rows_of_durations(), ""]
    images = dict.fromkeys(recording.measured_on for recording in recordings.values())
    lines += [f"Measured on {'; and on '.join(images)}."]
    return between_marks(page, "results", "\n".join(lines))


def _recordings() -> dict[str, Recording]:
    """What was recorded, by data set and profile in words."""
    return {
        f"{dataset}, {profile}": recording
        for dataset, profiles in load_reference().items()
        for profile, recording in profiles.items()
    }


def rows_of_durations() -> list[str]:
    """A table of how long each notebook computes."""
    of = {name: recording.seconds for name, recording in _recordings().items()}
    rows = [f"| computing on two cores | {' | '.join(of)} |", "|---" * (1 + len(of)) + "|"]
    for notebook in next(iter(of.values())):
        cells = [in_words(statistics.median(seconds[notebook])) for seconds in of.values()]
        rows.append(f"| `{notebook}` | {' | '.join(cells)} |")
    return rows


def templates() -> jinja2.Environment:
    """What fills numbers written `<< like.this >>` into a text; a misspelt one is an error."""
    return jinja2.Environment(
        variable_start_string="<<",
        variable_end_string=">>",
        block_start_string="<%",
        block_end_string="%>",
        comment_start_string="<#",
        comment_end_string="#>",
        undefined=jinja2.StrictUndefined,
    )
