"""Record the sweeps that the notebooks show.

    python -m tools.notebooks.record_sweeps             # all of them: hours
    python -m tools.notebooks.record_sweeps try_width   # this one

finds every `wu.sweep(...)` in notebooks/source, and trains what it asks for on all of CIFAR-10.
Finished runs are kept in build/recording, so that it goes on where it was stopped; at the end they
are written to results/sweeps, and networks that a sweep keeps to the
package. With several processes at once, a run computes on one core.
"""

import ast
import dataclasses
import shutil
import sys
from pathlib import Path

import jupytext
import torch

from tools.places import ROOT, SOURCES
from workshop_utils.experiments import sweeps, trials
from workshop_utils.files import written_whole
from workshop_utils.images.load import load_data
from workshop_utils.settings import PROFILES, Settings
from workshop_utils.training.runs import SHIPPED

KEPT = ROOT / "build" / "recording"


def asked_for(sources: list[Path]) -> dict[str, dict[str, tuple]]:
    """Name of what is tried -> choices, of every sweep in the notebooks.

    Where two notebooks show the same sweep, the choices of both are taken together.

    Raises:
        ValueError: a call is written so that its choices cannot be read from it.
    """
    found: dict[str, dict[str, tuple]] = {}
    for source in sources:
        cells = jupytext.read(source, fmt="py:percent").cells
        code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "wu.sweep":
                name = ast.unparse(node.args[0]).removeprefix("wu.")
                known = found.setdefault(name, {})
                for word in node.keywords:
                    values = known.get(word.arg, ()) + ast.literal_eval(word.value)
                    known[word.arg] = tuple(sorted(set(values)))
    return found


def main() -> None:
    """Train and write."""
    settings = dataclasses.replace(
        Settings.from_environment(),
        profile=PROFILES["full"],
        dataset="cifar10",
        device=torch.device("cpu"),  # "minutes on one core"
        runs_dir=KEPT,
    )
    all_sweeps = asked_for(sorted(SOURCES.glob("*.py")))
    data = load_data(settings)
    for name in sys.argv[1:] or all_sweeps:
        try_out = getattr(trials, name)
        found = sweeps.sweep(try_out, data, settings, use_recorded=False, **all_sweeps[name])
        found.show()
        sweeps.keep(sweeps.shipped_file(name), found.measured_on, found.trials)
    for file in KEPT.glob("*-cifar-10-full.*"):  # networks that a sweep has kept
        with written_whole(SHIPPED / file.name) as part:
            shutil.copyfile(file, part)


if __name__ == "__main__":
    sys.exit(main())
