"""What nbgrader does by itself to a notebook that is no model pupil, done more fairly.

With nbgrader alone, a kernel that dies or a damaged file costs the points of all notebooks, a check
that did not run at all earns its points, and a submission that does harm may cost everybody
theirs. nbgrader_config.py puts what is below in its place.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import nbformat
import psutil
from contained import error, is_check
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade, parse_utc
from traitlets import Integer

COURSE = Path(__file__).parent
LARGEST = 20 * 10**6  # bytes of one file
MARK = "WORKSHOP_GRADED_IN"
# What a student's code may know about this computer. All else, such as passwords of the one who
# grades, stays outside.
PASSED_ON = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "COMSPEC")
# What the notebooks find when they are run: few images, drawn by code, and no solutions.
SETTINGS = {
    "WORKSHOP_PROFILE": "quick",
    "WORKSHOP_DATASET": "standin",
    "WORKSHOP_DEVICE": "cpu",
    "WORKSHOP_OFFLINE": "1",
    "WORKSHOP_PROGRESS": "0",
    "WORKSHOP_GRADING": "1",
    "OMP_NUM_THREADS": "1",
    "MPLBACKEND": "agg",
    "PYTHONUTF8": "1",
}
Resources = dict[str, Any]


def tidy(notebooks: list[str], **_: str) -> None:
    """Take out of a submission what nbgrader would follow to its ruin.

    Links lead to what was not handed in, maybe without end; a time that cannot be read would end
    the grading of the whole class.
    """
    folder = Path(notebooks[0]).parent
    for file in folder.rglob("*"):
        if file.is_symlink():
            file.unlink()
    stamp = folder / "timestamp.txt"
    try:
        parse_utc(stamp.read_text(encoding="utf-8").strip())
    except FileNotFoundError:
        pass
    except (ValueError, OverflowError):
        stamp.replace(folder / "timestamp-unreadable.txt")


class FairReader(NotebookExporter):
    """Read a notebook; of one that cannot be read, say so, and grade the stubs in its place."""

    def from_filename(
        self, filename: str, resources: Resources | None = None, **_: str
    ) -> tuple[Any, Resources]:
        """Read one file, and hand it to the preprocessors."""
        file = Path(filename)
        try:
            notebook = _read(file)
        except Exception as reason:  # whatever a file that is no notebook makes nbformat do
            said = str(reason) if isinstance(reason, UnreadableError) else "It is not a notebook."
            notebook = _released(file.parent.name, file.stem)
            said = f"**This file could not be read, and earns no points.** {said}"
            notebook.cells.insert(0, new_markdown_cell(said))
        metadata = {"name": file.stem, "path": str(file.parent)}
        return self.from_notebook_node(notebook, {**(resources or {}), "metadata": metadata})


class UnreadableError(ValueError):
    """A file is not worth a try; the text is for the student."""


def _read(file: Path) -> NotebookNode:
    size = file.stat().st_size if file.exists() else 0
    if not 0 < size <= LARGEST:
        raise UnreadableError("It is empty." if size == 0 else "It is too large.")
    notebook = nbformat.read(file, as_version=4)
    notebook.metadata.pop("widgets", None)  # without their state, there would be no feedback
    for cell in notebook.cells:
        if not (isinstance(cell.source, str) and isinstance(cell.metadata, dict)):
            raise TypeError
    return notebook


class RestoreCells(NbGraderPreprocessor):
    """Mark the graded cells of a submission as they were when it was released.

    Of a cell that was copied, the last copy counts. A check that was deleted returns to its place
    below its exercise, or, if that was deleted too, to the end. Tags are removed: a check with
    "skip-execution" would not run. After this, OverwriteCells restores what the checks say.
    """

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Restore one notebook."""
        about = resources["nbgrader"]
        missing = {
            cell.metadata.nbgrader.grade_id: cell
            for cell in _released(about["assignment"], about["notebook"]).cells
            if "nbgrader" in cell.metadata
        }
        from_the_end = []
        for cell in reversed(nb.cells):
            cell.metadata.pop("tags", None)
            mark = cell.metadata.pop("nbgrader", None)
            name = str(mark.get("grade_id")) if isinstance(mark, dict) else ""
            released = missing.pop(name, None)
            if released:
                cell.metadata["nbgrader"] = released.metadata.nbgrader
                if f"check-{name}" in missing:
                    from_the_end.append(missing.pop(f"check-{name}"))
            from_the_end.append(cell)
        nb.cells = from_the_end[::-1] + [cell for cell in missing.values() if is_grade(cell)]
        return nb, resources


def _released(assignment: str, notebook: str) -> NotebookNode:
    return nbformat.read(COURSE / "release" / assignment / f"{notebook}.ipynb", as_version=4)


class FairExecute(NbGraderPreprocessor):
    """Run a notebook to its last check, in a process and a folder of its own, for a limited time.

    The folder holds the files that were handed in beside the notebooks, and copies of the images
    and of a trained autoencoder. Nothing in it leads to the course, to the gradebook, or to other
    students; all that was started or written there is gone afterwards.
    """

    cell_seconds = Integer(45, help="for a student's cell").tag(config=True)
    seconds = Integer(240, help="for a notebook; right answers need a few").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Run one notebook."""
        checks = [place for place, cell in enumerate(nb.cells) if is_check(cell)]
        last = max(checks, default=-1)
        asked = nbformat.from_dict({**nb, "cells": nb.cells[: last + 1]})
        outputs, stopped = self._run(nbformat.writes(asked), Path(resources["metadata"]["path"]))
        for index, cell in enumerate(nb.cells[: last + 1]):
            if cell.cell_type == "code":
                cell.outputs = outputs.get(index, [error("NotRun", stopped)])
        return nb, resources

    def _run(self, notebook: str, submitted: Path) -> tuple[dict[int, list[NotebookNode]], str]:
        """What each cell showed that was run, and why others were not."""
        with (
            tempfile.TemporaryDirectory(prefix="grading-", ignore_cleanup_errors=True) as name,
            tempfile.TemporaryFile() as asked,
            tempfile.TemporaryFile() as answered,
        ):
            folder = Path(name)
            shutil.copy(COURSE / "contained.py", folder)
            shutil.copytree(COURSE / "home", folder / "home")
            shutil.copytree(submitted, folder / "work", ignore=_not_taken)
            asked.write(notebook.encode("utf-8"))
            asked.seek(0)
            process = subprocess.Popen(
                [sys.executable, "contained.py", str(self.cell_seconds)],
                cwd=folder,
                env=_environment(folder),
                stdin=asked,
                stdout=answered,
                stderr=subprocess.DEVNULL,
            )
            stopped = "The notebook could not be run to its end."
            try:
                process.wait(self.seconds)
            except subprocess.TimeoutExpired:
                stopped = f"The notebook was stopped after {self.seconds} seconds."
            finally:
                _end_all(process, name)
            answered.seek(0)
            outputs = {}
            for line in answered.read().splitlines(keepends=True):
                if line.endswith(b"\n"):  # the last one may be cut off
                    index, shown, reason = json.loads(line)
                    outputs[index] = nbformat.from_dict(shown)
                    stopped = reason or stopped
            return outputs, stopped


def _not_taken(folder: str, names: list[str]) -> list[str]:
    """Files that are not put beside a notebook: others, a package like ours, and large ones."""
    return [
        name
        for name in names
        if name.endswith(".ipynb")
        or name.startswith("workshop_utils")
        or (Path(folder) / name).stat().st_size > LARGEST
    ]


def _environment(folder: Path) -> dict[str, str]:
    """The variables that the cells of a submission see."""
    home = str(folder / "home")
    return {
        **{name: os.environ[name] for name in PASSED_ON if name in os.environ},
        **SETTINGS,
        MARK: str(folder),
        **dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "IPYTHONDIR", "MPLCONFIGDIR"), home),
        **dict.fromkeys(("TMPDIR", "TEMP", "TMP", "JUPYTER_RUNTIME_DIR"), home),
        "WORKSHOP_DATA": str(folder / "home" / "data"),
        "WORKSHOP_RUNS": str(folder / "home" / "runs"),
    }


def _end_all(process: subprocess.Popen, mark: str) -> None:
    """End a process and all that came from it, even what has cut its ties to it.

    Whatever it started carries the same mark in its environment.
    """
    for _ in range(20):  # while one is ended, another may start one more
        alive = [process] if process.poll() is None else []
        alive += [other for other in psutil.process_iter() if _carries(other, mark)]
        if not alive:
            return
        for one in alive:
            one.kill()
        time.sleep(0.05)


def _carries(process: psutil.Process, mark: str) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) == mark
    except (psutil.Error, OSError):  # it has ended, or belongs to somebody else
        return False


class Verdict(NbGraderPreprocessor):
    """Let the points follow from what a check said, and from nothing else.

    nbgrader gives all points to a check without output, none to one with a warning beside it, and
    some if the cell returns a number.
    """

    def preprocess_cell(
        self, cell: NotebookNode, resources: Resources, index: int
    ) -> tuple[NotebookNode, Resources]:
        """Look at one cell."""
        if is_check(cell):
            kept = [o for o in cell.outputs if o.output_type in ("display_data", "error")]
            if not any(o.output_type == "error" or said(o).startswith("✓") for o in kept):
                kept.append(error("NoAnswer", "The check gave no answer."))
            cell.outputs = kept
        return cell, resources


def said(output: NotebookNode) -> str:
    """The text of a check's answer, "✓ ..." or "✗ ..."; empty for other outputs."""
    text = output.get("data", {}).get("text/plain", "")
    return text if isinstance(text, str) and text.startswith(("✓", "✗")) else ""
