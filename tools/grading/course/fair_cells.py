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
from contained import LARGEST_NOTEBOOK, error, is_check, said
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell
from nbformat.validator import isvalid
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade, is_solution, parse_utc
from needed import Released, Step, find, grade_id, steps
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
            why = str(reason) if isinstance(reason, UnreadableError) else "It is not a notebook."
            notebook = _released(file.parent.name, file.stem)
            text = f"**This file could not be read, and earns no points.** {why}"
            notebook.cells.insert(0, new_markdown_cell(text))
        metadata = {"name": file.stem, "path": str(file.parent)}
        return self.from_notebook_node(notebook, {**(resources or {}), "metadata": metadata})


class UnreadableError(ValueError):
    """A file is not worth a try; the text is for the student."""


def _read(file: Path) -> NotebookNode:
    """What somebody wrote; whatever else a front end has left in the file is not looked at."""
    size = file.stat().st_size if file.exists() else 0
    if not 0 < size <= LARGEST_NOTEBOOK:
        raise UnreadableError("It is empty." if size == 0 else "It is too large.")
    content = file.read_bytes()
    try:
        text = content.decode(json.detect_encoding(content))
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    known = json.loads(text.removeprefix("\ufeff"))
    if known.get("nbformat", 4) < 4:
        known = nbformat.reads(text, as_version=4)
    metadata = known.get("metadata")
    kernel = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    return new_notebook(
        cells=[_written(cell) for cell in known["cells"] if isinstance(cell, dict)],
        metadata={"kernelspec": kernel} if isinstance(kernel, dict) else {},
    )


def _written(cell: dict) -> NotebookNode:
    """What was written into a cell, and its mark."""
    source = cell.get("source", "")
    text = "".join(map(str, source)) if isinstance(source, list) else str(source)
    text = text.encode("utf-8", errors="replace").decode("utf-8")  # halves of characters
    kinds = {"code": new_code_cell, "markdown": new_markdown_cell}
    clean = kinds.get(str(cell.get("cell_type")), new_raw_cell)(text)
    metadata = cell.get("metadata")
    if isinstance(metadata, dict) and isinstance(metadata.get("nbgrader"), dict):
        clean.metadata["nbgrader"] = nbformat.from_dict(metadata["nbgrader"])
    with_pictures = nbformat.from_dict({**clean, "attachments": cell.get("attachments")})
    is_text = clean.cell_type == "markdown"
    return with_pictures if is_text and isvalid(with_pictures, "markdown_cell", 4, 5) else clean


class RestoreCells(NbGraderPreprocessor):
    """Mark the cells of a submission as those that were released, by what is in them.

    Of several answers to an exercise the last one is marked. A check that is no more returns to its
    place below the answer, or, without one, to the end. A written answer is found by its mark, or
    below what stood above it. After this, OverwriteCells restores what the checks say.
    """

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Restore one notebook."""
        about = resources["nbgrader"]
        released = Released(_released(about["assignment"], about["notebook"]).cells)
        marks = {grade_id(cell): cell for cell in released.cells if grade_id(cell)}
        last = len(nb.cells) - 1
        places: dict[int | None, str] = {}
        below: dict[int, list[NotebookNode]] = {last: []}
        for name, found in find(nb.cells, released).items():
            places.setdefault(found.answer, name)
            if found.check is None:
                place = last if found.answer is None else found.answer
                below.setdefault(place, []).append(marks[f"check-{name}"])
            else:
                places[found.check] = f"check-{name}"
        for number, cell in enumerate(released.cells):
            if is_grade(cell) and is_solution(cell):
                place = _essay(nb.cells, released.cells, number)
                if place is None:
                    below[last].append(cell)
                else:
                    places[place] = grade_id(cell)
        restored = below.get(-1, [])  # of a notebook without cells
        for place, cell in enumerate(nb.cells):
            cell.metadata.clear()
            if place in places:
                cell.metadata["nbgrader"] = marks[places[place]].metadata.nbgrader
            restored += [cell, *below.get(place, [])]
        nb.cells = restored
        return nb, resources


def _essay(cells: list[NotebookNode], released: list[NotebookNode], number: int) -> int | None:
    """Where a submission has the written answer that was released as cell `number`."""
    for place, cell in enumerate(cells):
        if cell.cell_type == "markdown" and grade_id(cell) == grade_id(released[number]):
            return place
    texts = [cell.source.strip() for cell in cells]
    handed_out = {cell.source.strip() for cell in released} - {released[number].source.strip()}
    for above in reversed(released[:number]):
        if above.source.strip() in texts:
            place = texts.index(above.source.strip()) + 1
            is_text = place < len(cells) and cells[place].cell_type == "markdown"
            return place if is_text and texts[place] not in handed_out else None
    return None


def _released(assignment: str, notebook: str) -> NotebookNode:
    return nbformat.read(COURSE / "release" / assignment / f"{notebook}.ipynb", as_version=4)


class ChooseCells(NbGraderPreprocessor):
    """Say which cells FairExecute has to run: those that the answers and their checks need."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Choose from one notebook."""
        about = resources["nbgrader"]
        released = Released(_released(about["assignment"], about["notebook"]).cells)
        resources["steps"] = steps(nb.cells, released)
        resources["answers"] = sorted(released.answers)
        return nb, resources


def _all_steps(nb: NotebookNode) -> list[Step]:
    """What there is to run down to the last check, where nothing was chosen."""
    last = max((place for place, cell in enumerate(nb.cells) if is_check(cell)), default=-1)
    return [
        Step(cell.source, frozenset(), place, is_check(cell))
        for place, cell in enumerate(nb.cells[: last + 1])
        if cell.cell_type == "code"
    ]


def _weight(outputs: list[NotebookNode]) -> int:
    """Of a check that was run several times, the answer counts that weighs most."""
    answers = [said(output) for output in outputs]
    return sum(answer.startswith("✓") for answer in answers) * 2 + any(answers)


class FairExecute(NbGraderPreprocessor):
    """Run the chosen cells of a notebook, in a process and a folder of its own, for a limited time.

    The folder holds the files that were handed in beside the notebooks, and copies of the images
    and of a trained autoencoder. Nothing in it leads to the course, to the gradebook, or to other
    students; all that was started or written there is gone afterwards.
    """

    cell_seconds = Integer(45, help="for a student's cell").tag(config=True)
    seconds = Integer(240, help="for a notebook; right answers need a few").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Run one notebook."""
        asked = resources.get("steps") or _all_steps(nb)
        cells = [
            new_code_cell(
                step.source,
                metadata={"nbgrader": {"grade": step.is_check}, "serves": sorted(step.serves)},
            )
            for step in asked
        ]
        notebook = new_notebook(cells=cells, metadata={"answers": resources.get("answers", [])})
        outputs, stopped = self._run(nbformat.writes(notebook), Path(resources["metadata"]["path"]))
        shown: dict[int, list[NotebookNode]] = {}
        for number, step in enumerate(asked):
            these = outputs.get(number, [error("NotRun", stopped)])
            if step.place is not None and _weight(these) >= _weight(shown.get(step.place, [])):
                shown[step.place] = these
        for place, these in shown.items():
            nb.cells[place].outputs = these
        return nb, resources

    def _run(self, notebook: str, submitted: Path) -> tuple[dict[int, list[NotebookNode]], str]:
        """What each cell showed that was run, and why others were not."""
        with (
            tempfile.TemporaryDirectory(prefix="grading-", ignore_cleanup_errors=True) as name,
            tempfile.TemporaryFile() as asked,
            tempfile.TemporaryFile() as answered,
        ):
            folder = Path(name)
            for script in ("contained.py", "lenient.py"):
                shutil.copy(COURSE / script, folder)
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
