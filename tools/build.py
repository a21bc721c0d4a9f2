"""Build the notebooks from their sources.

    python tools/build.py

Reads notebooks/source/*.py (jupytext's percent format) and writes two editions of each:
notebooks/*.ipynb for students, without outputs, and notebooks/solutions/*.ipynb (see editions.py).
Numbers in the prose are written <<like this>> in the sources and taken from
results/reference.json and from the models. Outputs are kept while no code cell changes.
The table of results in README.md is written anew, too.
"""

import hashlib
import math
import re
import statistics
import sys
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import jinja2
import jupytext
import nbformat
from nbformat import NotebookNode

import editions

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from workshop_utils import sweeps  # noqa: E402
from workshop_utils.data import CIFAR10, STANDIN  # noqa: E402
from workshop_utils.files import written_whole  # noqa: E402
from workshop_utils.layers import count_parameters  # noqa: E402
from workshop_utils.models import (  # noqa: E402
    BasicConvNet,
    ConvDecoder,
    ConvEncoder,
    DeeperConvNet,
    MultilayerPerceptronModel,
)
from workshop_utils.reference import METRICS, load_reference  # noqa: E402

SOURCES = ROOT / "notebooks" / "source"
STUDENTS = ROOT / "notebooks"
SOLUTIONS = STUDENTS / "solutions"
README = ROOT / "README.md"
LONG_TRAININGS = {
    "try_deeper": "deeper network on augmented images, test accuracy",
    "try_patch_autoencoder": "autoencoder that begins as PCA on patches, test loss",
}
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def build(source: Path, edition: Callable[[NotebookNode], NotebookNode]) -> NotebookNode:
    """Make a notebook without outputs from its source.

    Cell ids are a function of the content, so two builds are the same to the byte.

    Args:
        source: a file in notebooks/source.
        edition: `editions.students` or `editions.solutions`.

    Raises:
        jinja2.UndefinedError: the prose asks for a number that does not exist.
        editions.SourceError: an exercise without solution or stub.
    """
    notebook = edition(jupytext.read(source, fmt="py:percent"))
    notebook.metadata = nbformat.from_dict(METADATA)
    numbers = templates()
    known = recorded_numbers()
    seen: Counter[str] = Counter()
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and known:
            cell.source = numbers.from_string(cell.source).render(known)
        content = f"{cell.cell_type}\n{cell.source}\n{sorted(cell.metadata.get('tags', []))}"
        seen[content] += 1
        cell.id = hashlib.sha256(f"{content}\n{seen[content]}".encode()).hexdigest()[:12]
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def recorded_numbers() -> dict[str, object]:
    """What the prose may ask for.

    `full.<metric>` is the mean over the seeds with its unit, on CIFAR-10 in the full profile;
    `low.<metric>` and `high.<metric>` are the smallest and largest value of any seed;
    `value.<metric>` is the mean as a number to reckon with; `parameters.<model>` a count;
    `duration["01_mlp"]` how long a notebook computes, `measured_on` the images in words.
    `sweep("try_width", width=2)` is the mean result of the runs of a sweep with these choices,
    `lowest` and `highest` those of any of them, `gap` how much better the training images do;
    `minutes("try_deeper")` is what one run takes on one core, `divergence` that of a variational
    autoencoder, in nats.
    """
    recording = load_reference().get(CIFAR10, {}).get("full")
    if recording is None:
        return {}  # before the first recording the prose keeps its placeholders
    results = recording.metrics
    kinds = {
        "full": lambda metric, entry: METRICS[metric].format(entry.mean),
        "low": lambda metric, entry: METRICS[metric].format(min(entry.values)),
        "high": lambda metric, entry: METRICS[metric].format(max(entry.values)),
        "value": lambda metric, entry: entry.mean,
    }
    numbers: dict[str, object] = {
        kind: {metric: of(metric, entry) for metric, entry in results.items()}
        for kind, of in kinds.items()
    }
    numbers["measured_on"] = recording.measured_on
    numbers["sweep"] = partial(result_of, statistics.fmean)
    numbers["lowest"] = partial(result_of, min)
    numbers["highest"] = partial(result_of, max)
    numbers["gap"] = gap_of
    numbers["divergence"] = divergence_of
    numbers["minutes"] = minutes_of
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
    counts["pca_ratio"] = round((3072 * 512 + 3072) / counts["autoencoder"])
    numbers["parameters"] = {name: f"{count:,}" for name, count in counts.items()}
    return numbers


def result_of(summary: Callable[[list[float]], float], name: str, **choices: float) -> str:
    """What the recorded runs of a sweep say together, with its unit if it is an accuracy.

    Args:
        summary: makes one number of the runs' results, such as their mean.
        name: of what was tried, such as "try_width".
        choices: of the runs that are meant; all of the sweep's if there are none.
    """
    trials = sweeps.recorded(name).where(**choices)
    return trials[0].format(summary([trial.result for trial in trials]))


def gap_of(name: str, **choices: float) -> str:
    """Mean accuracy on training images minus that on test images, in percentage points."""
    histories = [trial.history for trial in sweeps.recorded(name).where(**choices)]
    gaps = [history.train_accuracy[-1] - history.test_accuracy[-1] for history in histories]
    return f"{100 * statistics.fmean(gaps):.0f}"


def divergence_of(name: str, **choices: float) -> int:
    """Mean divergence at the end of a sweep's runs, in nats per test image."""
    trials = sweeps.recorded(name).where(**choices)
    return round(statistics.fmean(trial.history.divergence[-1] for trial in trials))


def minutes_of(name: str, **choices: float) -> int:
    """Minutes that a run of a sweep takes on one core: the median of all with these choices."""
    trials = sweeps.recorded(name).where(**choices)
    return round(statistics.median(trial.seconds for trial in trials) / 60)


def in_words(seconds: float) -> str:
    """A duration as a reader wants it: about 40 seconds, about 6 minutes."""
    if seconds < 90:
        return f"about {math.ceil(seconds / 10) * 10} seconds"
    return f"about {math.ceil(seconds / 60)} minutes"


def readme_with_results(readme: str) -> str:
    """Put the recorded results of the full profile between the marks in README.md."""
    reference = load_reference()
    columns = [reference[dataset]["full"] for dataset in (CIFAR10, STANDIN)]
    lines = ["| lowest and highest of several seeds | CIFAR-10 | stand-in |", "|---|---|---|"]
    for name, metric in METRICS.items():
        if not all(name in column.metrics for column in columns):
            continue  # a new one, before its first recording
        found = [column.metrics[name].values for column in columns]
        cells = [metric.format_range(min(values), max(values)) for values in found]
        lines.append(f"| {metric.title} | {' | '.join(cells)} |")
    lines += ["", *rows_of_sweeps(), "", *rows_of_durations(), ""]
    lines.append(f"Measured on {columns[0].measured_on}, and on {columns[1].measured_on}.")
    return between_marks(readme, "results", "\n".join(lines))


def rows_of_sweeps() -> list[str]:
    """A table of the longest trainings, with what they cost."""
    rows = [
        "| longest trainings, on CIFAR-10 | parameters | minutes on one core | result |",
        "|---|---|---|---|",
    ]
    for name, title in LONG_TRAININGS.items():
        trials = sweeps.recorded(name).trials
        results = [trial.result for trial in trials]
        low, high = trials[0].format(min(results)), trials[0].format(max(results))
        parameters = f"{trials[0].n_parameters:,}"
        rows.append(f"| {title} | {parameters} | {minutes_of(name)} | {low} to {high} |")
    return rows


def rows_of_durations() -> list[str]:
    """A table of how long each notebook computes."""
    reference = load_reference()
    of = {
        f"{dataset}, {profile}": reference[dataset][profile].seconds
        for dataset, profile in ((CIFAR10, "full"), (STANDIN, "full"), (STANDIN, "quick"))
    }
    rows = [f"| computing on two cores | {' | '.join(of)} |", "|---" * (1 + len(of)) + "|"]
    for notebook in reference[CIFAR10]["full"].seconds:
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


def between_marks(readme: str, name: str, text: str) -> str:
    """Put a text between the marks <!-- name --> and <!-- /name -->."""
    marks = rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
    return re.sub(marks, lambda found: f"{found[1]}{text}\n{found[2]}", readme, flags=re.DOTALL)


def write_readme(new_text: Callable[[str], str]) -> None:
    """Write README.md anew, whole or not at all.

    Args:
        new_text: makes the new text from the old one.
    """
    text = new_text(README.read_text(encoding="utf-8"))
    with written_whole(README) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def keep_outputs(new: NotebookNode, old: NotebookNode) -> None:
    """Copy the outputs of an executed notebook, if every code cell is still the same."""
    if code_hash(new) != old.metadata.get("executed_code"):
        return
    new.metadata["executed_code"] = old.metadata["executed_code"]
    code_cells = (
        [cell for cell in notebook.cells if cell.cell_type == "code"] for notebook in (new, old)
    )
    for new_cell, old_cell in zip(*code_cells, strict=True):
        new_cell.outputs = old_cell.outputs
        new_cell.execution_count = old_cell.execution_count


def code_hash(notebook: NotebookNode) -> str:
    """Fingerprint of all code cells: tells outputs from outputs of older code."""
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return hashlib.sha256("\n# %%\n".join(code).encode()).hexdigest()[:16]


def as_text(notebook: NotebookNode) -> str:
    """What is written to the file."""
    return nbformat.writes(notebook) + "\n"


def write(notebook: NotebookNode, file: Path) -> None:
    """Write a notebook whole, or not at all."""
    nbformat.validate(notebook)
    with written_whole(file) as part:
        part.write_text(as_text(notebook), encoding="utf-8", newline="\n")


def main() -> None:
    """Build every notebook."""
    for source in sorted(SOURCES.glob("*.py")):
        target = SOLUTIONS / f"{source.stem}.ipynb"
        write(build(source, editions.students), STUDENTS / target.name)
        notebook = build(source, editions.solutions)
        if target.exists():
            keep_outputs(notebook, nbformat.read(target, as_version=4))
        write(notebook, target)
        n_run = sum(bool(cell.get("execution_count")) for cell in notebook.cells)
        print(f"{target.relative_to(ROOT)}: {len(notebook.cells)} cells, {n_run} with outputs")
    write_readme(readme_with_results)


if __name__ == "__main__":
    main()
