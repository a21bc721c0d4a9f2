"""Settings of all tests: quick, offline, on the stand-in, and no folder of the user's touched."""

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent
RUNS = tempfile.TemporaryDirectory(prefix="workshop-runs-")  # removed when the tests end
FOR_TESTS = {
    "WORKSHOP_PROFILE": "quick",
    "WORKSHOP_DATASET": "standin",
    "WORKSHOP_OFFLINE": "1",
    "WORKSHOP_DEVICE": "cpu",
    "WORKSHOP_SEED": "0",
    "WORKSHOP_PROGRESS": "0",
    "WORKSHOP_DATA": str(ROOT / "build" / "test-data"),  # drawn once, kept for the next time
    "WORKSHOP_RUNS": RUNS.name,
    "MPLBACKEND": "agg",
}
if "PYTEST_XDIST_WORKER" in os.environ:  # several processes share the cores
    FOR_TESTS |= {"WORKSHOP_THREADS": "1", "OMP_NUM_THREADS": "1"}
os.environ.update(FOR_TESTS)
# A shell that starts the tests in the background lets them ignore Ctrl-C; a reader's does not.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Notebooks that are no part of the lab are no part of a short test."""
    for item in items:
        if item.path.parent.name in ("homework", "further") and item.path.suffix == ".ipynb":
            item.add_marker("long")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fail a notebook cell that warns, or whose result is not where it should be."""
    outcome = yield
    for output in getattr(item, "test_outputs", None) or []:  # only nbval's cells have them
        if output.get("name") == "stderr":
            pytest.fail(f"the cell wrote to stderr:\n{output['text']}", pytrace=False)
        result = output.get("metadata", {}).get("workshop_result")
        if result and result["verdict"] != "inside the expected range":
            pytest.fail(output["data"]["text/plain"], pytrace=False)
    return outcome
