"""How nbgrader grades the workbook. Keep this file, and fair_cells.py, in the course's folder."""

import os
import sys
from pathlib import Path

COURSE = Path(__file__).parent
sys.path.insert(0, str(COURSE))

import fair_cells  # noqa: E402

c = get_config()  # noqa: F821 - nbgrader defines it
c.CourseDirectory.course_id = "convnet-workbook"
c.CourseDirectory.root = str(COURSE)

# The students' notebooks hold stubs already, and nothing that is marked as a solution.
c.ClearSolutions.enabled = False

c.Autograde.sanitize_preprocessors = [
    fair_cells.RestoreCells,
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    fair_cells.FairExecute,
    fair_cells.Verdict,
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.FairExecute.timeout = 15  # seconds for a cell; loading PyTorch takes some on a slow computer
c.FairExecute.shutdown_kernel = "immediate"

# What the notebooks find when they are run: few images, drawn by code, and no solutions.
for variable, value in {
    "WORKSHOP_PROFILE": "quick",
    "WORKSHOP_DATASET": "standin",
    "WORKSHOP_DEVICE": "cpu",
    "WORKSHOP_OFFLINE": "1",
    "WORKSHOP_PROGRESS": "0",
    "WORKSHOP_GRADING": "1",
    "WORKSHOP_DATA": str(COURSE / "data"),
    "WORKSHOP_RUNS": str(COURSE / "runs"),
    "OMP_NUM_THREADS": "1",
    "MPLBACKEND": "agg",
}.items():
    os.environ.setdefault(variable, value)
