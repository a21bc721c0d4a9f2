"""Execute notebooks, and read from them what they found.

    python -m tools.notebooks.execute

executes notebooks/solutions/ in place, with the settings of the environment. What was
trained on all of CIFAR-10 is kept with the package, for readers who skip a notebook.
"""

import os
import shutil
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from tools import places
from tools.notebooks.build import METADATA, code_hash, write
from tools.places import RECORDED, ROOT
from workshop_utils.experiments.reference import METRICS
from workshop_utils.files import written_whole

CELL_TIMEOUT = 3600  # seconds; training on a slow laptop stays well below
# Seconds until a kernel has started, and until the last output of a cell arrives. Where several
# kernels share a few cores, nbclient's own 60 and 4 are too short.
KERNEL_TIMEOUT = 300


class NoisyNotebookError(RuntimeError):
    """A cell wrote to stderr: a warning that a reader would stumble over."""


def execute(file: Path, environment: dict[str, str]) -> tuple[NotebookNode, float]:
    """Run a notebook in a fresh kernel: with its outputs, and the seconds it took.

    The file is not changed. `environment` holds variables such as WORKSHOP_PROFILE, added to those
    of this process. Raises what nbclient raises, or NoisyNotebookError.
    """
    notebook = nbformat.read(file, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        startup_timeout=KERNEL_TIMEOUT,
        iopub_timeout=KERNEL_TIMEOUT,
        kernel_name="python3",
        record_timing=False,
        extra_arguments=["--IPKernelApp.log_level=ERROR"],  # it warns of its own defaults
        resources={"metadata": {"path": str(file.parent)}},
    )
    started = time.perf_counter()
    # A progress bar is for someone who waits; in a finished notebook it is litter.
    client.execute(env={**os.environ, "WORKSHOP_PROGRESS": "0", **environment})
    seconds = time.perf_counter() - started
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                raise NoisyNotebookError(f"{file.name} warns:\n{output.text}")
    notebook.metadata = nbformat.from_dict({**METADATA, "executed_code": code_hash(notebook)})
    return notebook, seconds


def results(notebook: NotebookNode) -> list[dict]:
    """What `show_result` noted while the notebook ran."""
    return [
        output.metadata["workshop_result"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "workshop_result" in output.get("metadata", {})
    ]


def in_a_row(result: dict) -> dict[str, str]:
    """A result as tables show it: title, value, expected range, verdict."""
    metric = METRICS[result["metric"]]
    return {
        "title": metric.title,
        "value": metric.format(result["value"]),
        "range": metric.format_range(*result["expected"]) if result["expected"] else "",
        "verdict": result["verdict"].split(" the ")[0],
    }


def ship_networks(folder: Path) -> None:
    """Keep with the package what was trained on all of CIFAR-10."""
    for file in folder.glob("*-cifar-10-full.safetensors"):
        with written_whole(RECORDED / "runs" / file.name) as part:
            shutil.copyfile(file, part)


def main() -> None:
    """Execute the solutions in place, each with the runs that those before it left."""
    with tempfile.TemporaryDirectory() as runs:
        for file in places.solutions():
            notebook, seconds = execute(file, {"WORKSHOP_RUNS": runs})
            write(notebook, file)
            size = file.stat().st_size / 1e6
            print(f"{file.relative_to(ROOT)}: {seconds:.0f} s, {size:.1f} MB", flush=True)
            for result in results(notebook):
                print(f"  {result['metric']} {result['value']:.4f}: {result['verdict']}")
        ship_networks(Path(runs))


if __name__ == "__main__":
    main()
