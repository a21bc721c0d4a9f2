"""Forty made-up submissions, and the points that each deserves."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from tools.grading import mistakes as bad
from tools.grading import spoiling as files
from tools.grading.answers import FIRST, SECOND
from tools.grading.release import ASSIGNMENT
from tools.grading.spoiling import AUTOENCODER, CNN, INTERPOLATION, MLP, Spoil


@dataclass(frozen=True)
class Submission:
    """What one student hands in.

    Args:
        name: of the student, and of the folder.
        what: is special about it.
        points: it deserves, in the order of the exercises.
        answers: exercise -> source of its cell; those left out stay as they were handed out.
        spoil: what happens to the files afterwards.
        says: words that the report must have about it.
    """

    name: str
    what: str
    points: tuple[int, ...]
    answers: dict[str, str] = field(default_factory=lambda: FIRST)
    spoil: Spoil = files.nothing
    says: str = ""

    def hand_in(self, course: Path) -> None:
        """Write it to course/submitted."""
        folder = course / "submitted" / self.name / ASSIGNMENT
        folder.mkdir(parents=True)
        for file in sorted((course / "release" / ASSIGNMENT).glob("*.ipynb")):
            shutil.copy(file, folder)
            notebook = nbformat.read(file, as_version=4)
            for cell in notebook.cells:
                name = cell.metadata.get("nbgrader", {}).get("grade_id")
                if name in self.answers:
                    cell.source = self.answers[name].strip()
            nbformat.write(notebook, folder / file.name)
        self.spoil(folder)


def _with(**changes: str) -> dict[str, str]:
    """Right answers, but for some; _ stands for - in the exercises' names."""
    return FIRST | {name.replace("_", "-"): source for name, source in changes.items()}


def _some(*names: str) -> dict[str, str]:
    """Right answers to some exercises only."""
    return {name: FIRST[name] for name in names}


FULL = (2, 3, 3, 5, 3, 3)
NONE = (0, 0, 0, 0, 0, 0)
S = Submission
SUBMISSIONS = [
    # --- right ---
    S("right", "as the hints say", FULL),
    S("right-in-another-way", "loops, nn.Sequential, everything at once", FULL, SECOND),
    S("Jürgen Groß-Müller", "umlauts and a space in the name", FULL),
    S("own-cell", "the exercise's cell deleted, answered in a new one", FULL,
      spoil=files.in_own_cell(AUTOENCODER, "encoder")),
    S("own-file", "the answer imported from a file beside the notebooks", FULL,
      _with(encoder=bad.FROM_HELPER), files.replaced("helper.py", files.HELPER)),
    S("late-from-windows", "a day late, other ends of lines", FULL,
      spoil=files.late_from_windows, says="late"),
    S("old-format", "notebooks in the format of 2013", FULL, spoil=files.in_old_format),
    S("noisy", "warnings without end on stderr", FULL, _with(encoder=bad.NOISY)),
    # --- partly right or wrong ---
    S("untouched", "handed in as handed out", NONE, {}, says="Not written yet"),
    S("half-way", "notebooks 1 and 2 only", (2, 3, 3, 0, 0, 0),
      _some("mlp-parameters", "cnn-shapes", "cnn-parameters")),
    S("all-wrong", "a common mistake in each exercise", NONE, bad.ALL_WRONG),
    S("no-biases", "biases and colours forgotten", (0, 3, 0, 5, 3, 3),
      _with(mlp_parameters=bad.NO_BIASES, cnn_parameters=bad.COLOURS_FORGOTTEN), says="biases"),
    S("stride-forgotten", "in the encoder's second layer", (2, 3, 3, 0, 3, 3),
      _with(encoder=bad.STRIDE_FORGOTTEN)),
    S("no-return", "forward returns nothing", (2, 3, 3, 0, 3, 3),
      _with(encoder=bad.NO_RETURN), says="return"),
    S("end-missing", "one mistake, made once and used again", (2, 3, 3, 5, 0, 0),
      _with(interpolation=bad.END_MISSING), says="end"),
    S("pixels-blended", "and the line backwards", (2, 3, 3, 5, 0, 0),
      _with(interpolation=bad.BACKWARDS, latent_line=bad.PIXELS_BLENDED), says="reversed"),
    S("reference-taken", "use_solution in place of an answer", (2, 3, 3, 0, 3, 3),
      _with(encoder=bad.REFERENCE_TAKEN), says="reference solution"),
    # --- crashing ---
    S("syntax-error", "a colon is missing", (2, 3, 3, 0, 3, 3),
      _with(encoder=bad.SYNTAX_ERROR), says="SyntaxError"),
    S("exception", "in a cell, and a misspelt name in forward", (2, 0, 3, 0, 3, 3),
      _with(cnn_shapes=bad.EXCEPTION, encoder=bad.MISSPELT), says="misspelt"),
    S("kernel-exit", "os._exit(1) after the answer", (2, 3, 3, 0, 3, 3),
      _with(encoder=bad.KERNEL_EXIT), says="kernel died"),
    S("segfault", "in a function, when the check calls it", (2, 3, 3, 5, 0, 0),
      _with(interpolation=bad.SEGFAULT), says="kernel died"),
    # --- endless ---
    S("endless", "a loop in a cell", (2, 0, 3, 5, 3, 3),
      _with(cnn_shapes=bad.ENDLESS), says="stopped after"),
    S("endless-forward", "a loop in the encoder's forward", (2, 3, 3, 0, 3, 3),
      _with(encoder=bad.ENDLESS_FORWARD), says="was stopped"),
    S("endless-import", "a loop in a file that is imported", (2, 3, 3, 0, 3, 3),
      _with(encoder=bad.FROM_HELPER), files.replaced("helper.py", bad.ENDLESS),
      says="stopped after"),
    S("endless-everywhere", "loops that catch every interrupt, in all cells", NONE,
      dict.fromkeys(FIRST, bad.STUBBORN), says="could not be stopped"),
    S("sleeping", "for an hour", (0, 3, 3, 5, 3, 3),
      _with(mlp_parameters=bad.SLEEPING), says="stopped after"),
    # --- too much ---
    S("memory-hog", "tensors without end, in a cell and in a function", (2, 3, 0, 5, 0, 3),
      _with(cnn_parameters=bad.HOG, interpolation=bad.HOG_IN_FUNCTION,
            latent_line=bad.OWN_LATENT_LINE), says="memory"),
    S("processes-and-threads", "that outlive the notebook", FULL,
      _with(encoder=bad.MANY_PROCESSES, cnn_shapes=bad.MANY_THREADS)),
    S("flood", "prints without end", (2, 3, 3, 0, 3, 3), _with(encoder=bad.FLOOD)),
    # --- what it should not do ---
    S("deletes-files", "all in its folder, and writes others", FULL,
      _with(cnn_shapes=bad.WRITES_AND_DELETES)),
    S("changes-gradebook", "gives itself points and other checks", NONE,
      bad.ALL_WRONG | {"mlp-parameters": bad.CHANGES_GRADEBOOK},
      files.without(CNN, "check-cnn-shapes"), says="gave up"),
    S("looks-at-others", "reads and empties their notebooks", FULL,
      _with(cnn_shapes=bad.LOOKS_AT_OTHERS)),
    S("checks-rewritten", "one silenced, one replaced, one left out", NONE,
      bad.ALL_WRONG | {"encoder": bad.CHECK_SILENCED},
      files.all_of(files.check_rewritten(CNN, "check-cnn-shapes"),
                   files.check_skipped(MLP, "check-mlp-parameters")),
      says="gave no answer"),
    S("own-package", "a workshop_utils of its own", FULL,
      spoil=files.replaced("workshop_utils/__init__.py", "print('hello')"), says="not taken"),
    # --- damaged files ---
    S("check-deleted", "the answer is right", FULL,
      spoil=files.without(AUTOENCODER, "check-encoder")),
    S("exercise-deleted", "with its check", (2, 3, 3, 5, 0, 3),
      _with(latent_line=bad.OWN_LATENT_LINE),
      files.without(INTERPOLATION, "interpolation", "check-interpolation")),
    S("cells-doubled", "by copy and paste", FULL,
      spoil=files.doubled(AUTOENCODER, "encoder", "check-encoder")),
    S("renamed", "by the browser", (2, 3, 3, 0, 3, 3),
      spoil=files.renamed(AUTOENCODER, "03_autoencoder (1).ipynb"),
      says="file missing: expected 03_autoencoder.ipynb"),
    S("damaged", "one cut off, one empty, one a PDF, one missing", NONE,
      spoil=files.all_of(files.cut_off(MLP), files.replaced(CNN, ""),
                         files.replaced(AUTOENCODER, "%PDF-1.7"), files.removed(INTERPOLATION)),
      says="not a notebook"),
    S("cut-off", "one notebook is half there", (2, 3, 3, 5, 0, 0),
      spoil=files.cut_off(INTERPOLATION), says="not a notebook"),
]  # fmt: skip
