"""Many trainings, their tables, and recorded results."""

import workshop_utils.figures  # noqa: F401 - before Matplotlib, see there
