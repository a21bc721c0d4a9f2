"""What nbgrader does by itself to a notebook that is no model pupil, done more fairly.

With nbgrader alone, a kernel that dies or a damaged cell costs the points of all notebooks, and a
check that did not run at all earns its points. nbgrader_config.py puts these classes in their
places.
"""

import json
import os
import shutil
import tempfile
from typing import Any

from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output
from nbgrader.api import Gradebook
from nbgrader.preprocessors import Execute, NbGraderPreprocessor
from nbgrader.utils import is_grade

Resources = dict[str, Any]
GIGABYTES = 2  # for one kernel; one that grades a right answer needs less than 1
LONGEST_OUTPUT = 200_000  # characters of one cell
MOST_TIMEOUTS = 2  # in one notebook
# Run in a new kernel, before any cell. RLIMIT_DATA counts what is really asked for: RLIMIT_AS
# would count PyTorch's libraries too, 3 to 10 GB of addresses.
LIMITS = (
    "import resource as _r; "
    f"_r.setrlimit(_r.RLIMIT_DATA, ({GIGABYTES * 10**9},) * 2); "
    f"_r.setrlimit(_r.RLIMIT_FSIZE, ({10**8},) * 2); "
    "_r.setrlimit(_r.RLIMIT_CORE, (0, 0)); "
    "del _r"
)


class RestoreCells(NbGraderPreprocessor):
    """Make the graded cells of a submission those that were released.

    Of a cell that was copied, the last copy counts. A check that was deleted returns to its place
    below its exercise, or, if that was deleted too, to the end. Tags are removed: "skip-execution"
    on a check would earn its points.
    """

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Restore one notebook."""
        about = resources["nbgrader"]
        with Gradebook(about["db_url"]) as gradebook:
            released = _released_cells(gradebook, about["notebook"], about["assignment"])
        seen = set()
        for cell in reversed(nb.cells):
            cell.metadata.pop("tags", None)
            meta = cell.metadata.pop("nbgrader", None)
            name = str(meta.get("grade_id")) if isinstance(meta, dict) else ""
            if name in released and name not in seen:
                seen.add(name)
                cell.metadata["nbgrader"] = released[name].metadata.nbgrader
        for name, cell in released.items():
            if is_grade(cell) and name not in seen:
                self.log.warning("Putting back the check %r", name)
                nb.cells.insert(_place_below(name.removeprefix("check-"), nb.cells), cell)
        return nb, resources


def _released_cells(gradebook: Gradebook, notebook: str, assignment: str) -> dict:
    """Exercises and checks of a notebook by name, in their order, as they were released."""
    points = {
        cell.name: cell.max_score
        for cell in gradebook.find_notebook(notebook, assignment).grade_cells
    }
    cells = {}
    for source in gradebook.find_notebook(notebook, assignment).source_cells:
        meta = {
            "schema_version": 3,
            "grade_id": source.name,
            "cell_type": source.cell_type,
            "checksum": source.checksum,
            "locked": source.locked,
            "grade": source.name in points,
            "solution": source.name not in points,
            "task": False,
        }
        if source.name in points:
            meta["points"] = points[source.name]
        cells[source.name] = new_code_cell(source.source, metadata={"nbgrader": meta})
    return cells


def _place_below(name: str, cells: list[NotebookNode]) -> int:
    for place, cell in enumerate(cells):
        if cell.metadata.get("nbgrader", {}).get("grade_id") == name:
            return place + 1
    return len(cells)


class FairExecute(Execute):
    """Run a notebook to its last check, even if cells do not end or the kernel dies.

    It runs in a folder of its own, which holds the files that were handed in beside the notebooks.
    """

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Run one notebook."""
        text = f"The cell was stopped after {self.timeout} seconds."
        self.error_on_timeout = {"ename": "CellTimeoutError", "evalue": text, "traceback": [text]}
        checks = [place for place, cell in enumerate(nb.cells) if is_grade(cell)]
        self.last_check = max(checks, default=-1)
        self.stopped = ""
        self.n_timeouts = 0
        self.n_characters = [0] * len(nb.cells)
        if os.name == "posix":
            self.extra_arguments = [f"--IPKernelApp.exec_lines={LIMITS}"]
        about = resources["metadata"]
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            ours = shutil.ignore_patterns("*.ipynb")
            shutil.copytree(about["path"], folder, ignore=ours, dirs_exist_ok=True)
            resources["metadata"] = {**about, "path": folder}
            nb, _ = super().preprocess(nb, resources)
        resources["metadata"] = about
        return nb, resources

    def preprocess_cell(
        self, cell: NotebookNode, resources: Resources, index: int
    ) -> tuple[NotebookNode, Resources]:
        """Run one cell, unless no check comes after it or the kernel is lost."""
        if index > self.last_check or cell.cell_type != "code":
            return cell, resources
        if self.stopped:
            cell.outputs = [error("NotRun", self.stopped)]
            return cell, resources
        try:
            cell, resources = super().preprocess_cell(cell, resources, index)
        except DeadKernelError:
            self.stopped = "The kernel died in an earlier cell of this notebook."
            cell.outputs.append(error("KernelDied", "The kernel died in this cell."))
        except CellTimeoutError:  # it did not even react to an interrupt
            self.stopped = "An earlier cell of this notebook could not be stopped."
            cell.outputs.append(error("CellTimeoutError", "This cell could not be stopped."))
        if any(output.get("ename") == "CellTimeoutError" for output in cell.outputs):
            self.n_timeouts += 1
            if self.n_timeouts == MOST_TIMEOUTS and not self.stopped:
                self.stopped = "Too many cells of this notebook did not end in time."
        return cell, resources

    def output(
        self, outs: list[NotebookNode], msg: dict, display_id: str, cell_index: int
    ) -> NotebookNode | None:
        """Keep an output of a cell, unless it has written too much already."""
        self.n_characters[cell_index] += len(json.dumps(msg["content"]))
        if self.n_characters[cell_index] > LONGEST_OUTPUT and msg["msg_type"] != "error":
            return None
        return super().output(outs, msg, display_id, cell_index)


class Verdict(NbGraderPreprocessor):
    """Let the points follow from what a check said, and from nothing else.

    nbgrader gives all points to a check without output, none to one with a warning beside it, and
    some if the cell returns a number.
    """

    def preprocess_cell(
        self, cell: NotebookNode, resources: Resources, index: int
    ) -> tuple[NotebookNode, Resources]:
        """Look at one cell."""
        if is_grade(cell):
            kept = [o for o in cell.outputs if o.output_type in ("display_data", "error")]
            if not any(o.output_type == "error" or said(o).startswith("✓") for o in kept):
                kept.append(error("NoAnswer", "The check gave no answer."))
            cell.outputs = kept
        return cell, resources


def said(output: NotebookNode) -> str:
    """The text of a check's answer, "✓ ..." or "✗ ..."; empty for other outputs."""
    text = output.get("data", {}).get("text/plain", "")
    return text if isinstance(text, str) and text.startswith(("✓", "✗")) else ""


def error(name: str, text: str) -> NotebookNode:
    """An output that looks like an exception: it costs a check its points."""
    return new_output("error", ename=name, evalue=text, traceback=[text])
