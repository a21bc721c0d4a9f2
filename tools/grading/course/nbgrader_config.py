"""How nbgrader grades the workbook. Keep this file, and those beside it, in the course's folder."""

import sys
from pathlib import Path

COURSE = Path(__file__).parent
sys.path.insert(0, str(COURSE))

import fair_cells  # noqa: E402

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - nbgrader defines it
c.CourseDirectory.course_id = "convnet-workbook"
c.CourseDirectory.root = str(COURSE)

# The students' notebooks hold stubs already, and nothing that is marked as a solution.
c.ClearSolutions.enabled = False

c.Autograde.pre_convert_hook = fair_cells.tidy
c.Autograde.exporter_class = fair_cells.FairReader
c.Autograde.sanitize_preprocessors = [
    fair_cells.RestoreCells,
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    fair_cells.ChooseCells,
    fair_cells.FairExecute,
    fair_cells.Verdict,
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
