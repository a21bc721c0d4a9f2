"""Many trainings, their tables, and recorded results."""
