"""Run the four notebooks from top to bottom and show what came out.

    python tools/run.py

Writes executed notebooks and HTML pages to build/ and ends with a table. The exit status is 1 if
a notebook failed or a result lies outside its recorded range.
"""

import sys

from build import ROOT, SOLUTIONS, write
from execute import execute, results, to_page
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from workshop_utils.data import load_data
from workshop_utils.reference import INSIDE, METRICS, UNKNOWN, recorded
from workshop_utils.settings import Settings

BUILD = ROOT / "build"
WIDTHS = (17, 22, 8, 34, 16, 22)


def main() -> int:
    """Run, write, and print the table."""
    BUILD.mkdir(exist_ok=True)
    # Found, fetched or drawn here, once and with a progress bar; the notebooks read the cache.
    load_data(Settings.from_environment())
    rows, n_failed = [], 0
    for file in sorted(SOLUTIONS.glob("*.ipynb")):
        print(f"running {file.stem} ...", flush=True)
        try:
            notebook, seconds = execute(file, {"WORKSHOP_RUNS": str(BUILD / "runs")})
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            print(error)
            rows.append((file.stem, "", "", "stopped with an error", "", "FAILED"))
            n_failed += 1
            continue
        write(notebook, BUILD / file.name)
        page = to_page(notebook, file.stem)
        (BUILD / f"{file.stem}.html").write_text(page, encoding="utf-8")
        for result in results(notebook):
            rows.append(_row(file.stem, seconds, result))
            n_failed += result["verdict"] not in (INSIDE, UNKNOWN)
    print()
    for row in [("notebook", "data set", "seconds", "result", "", "recorded range"), *rows]:
        print("".join(f"{text:{width}}" for text, width in zip(row, WIDTHS, strict=True)).rstrip())
    print(f"\nPages to read: {(BUILD / '01_mlp.html').relative_to(ROOT)} and following")
    return 1 if n_failed else 0


def _row(name: str, seconds: float, result: dict) -> tuple[str, ...]:
    metric = METRICS[result["metric"]]
    title = result["dataset"] + (f" ({result['variant']})" if result["variant"] else "")
    known = recorded(result["metric"], result["dataset"], result["profile"])
    among = f"{metric.format(known.low)} to {metric.format(known.high)}: " if known else ""
    verdict = result["verdict"].split()[0]
    return (
        name,
        title,
        f"{seconds:.0f}",
        metric.title,
        metric.format(result["value"]),
        among + verdict,
    )


if __name__ == "__main__":
    sys.exit(main())
