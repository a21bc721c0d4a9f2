"""Run the notebooks from top to bottom and show what came out.

    python -m tools.run

Writes executed notebooks and HTML pages to build/ and ends with a table. The exit status is 1 if
a notebook failed or a result lies outside its expected range.
"""

import statistics
import sys

from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from tools import places
from tools.notebooks.build import write
from tools.notebooks.execute import NoisyNotebookError, execute, in_a_row, results
from tools.notebooks.numbers import in_words
from tools.pages.pages import to_page
from tools.places import BUILD, ROOT
from workshop_utils.experiments.reference import OUTSIDE, load_reference
from workshop_utils.images.cifar10 import DataError, NotFoundError
from workshop_utils.images.dataset import STANDIN
from workshop_utils.images.load import load_data
from workshop_utils.settings import Settings
from workshop_utils.table import print_table

FAILURES = (CellExecutionError, CellTimeoutError, DeadKernelError, NoisyNotebookError)
HEADING = ("notebook", "data set", "seconds", "result", "", "expected range", "")


def main() -> int:
    """Run, write, and print the table."""
    try:
        settings = Settings.from_environment()
        # Found, fetched or drawn here, once and with a progress bar; notebooks read the cache.
        data = load_data(settings)
    except (DataError, NotFoundError, ValueError) as error:
        print(error)
        return 1
    # The notebooks need not look for it again, which takes seconds without a network.
    for_notebooks = {
        "WORKSHOP_DATASET": "standin" if data.name == STANDIN else "cifar10",
        "WORKSHOP_RUNS": str(BUILD / "runs"),
    }
    recording = load_reference().get(data.name, {}).get(settings.profile.name)
    rows: list[tuple[str, ...]] = [HEADING]
    n_failed = 0
    for file in places.solutions():
        expected = ""
        if recording and file.stem in recording.seconds:
            typical = in_words(statistics.median(recording.seconds[file.stem]))
            expected = f" ({typical} on two cores)"
        print(f"running {file.stem}{expected} ...", flush=True)
        try:
            notebook, seconds = execute(file, for_notebooks)
        except FAILURES as error:
            print(error)
            rows.append((file.stem, data.title, "", "stopped with an error", "", "", "FAILED"))
            n_failed += 1
            continue
        write(notebook, BUILD / file.name)
        places.write(BUILD / f"{file.stem}.html", to_page(notebook))
        found = results(notebook)
        start = file.stem, data.title, f"{seconds:.0f}"
        rows += [(*start, *in_a_row(result).values()) for result in found]
        n_failed += sum(result["verdict"] == OUTSIDE for result in found)
    print()
    print_table(rows)
    if recording:
        print(f"\nThe ranges were measured on {recording.measured_on}.")
    print(f"Pages to read: {(BUILD / '01_mlp.html').relative_to(ROOT)} and those beside it.")
    return 1 if n_failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Stopped.")
