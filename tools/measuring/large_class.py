"""Measure how long the page about a class of 300 takes.

    python -m tools.measuring.large_class

One submission, the workbook's own solutions with all their pictures, is graded once and copied.
Writes a sentence into docs/speed.md.
"""

import shutil
import tempfile
import time
from pathlib import Path

from nbgrader.api import Gradebook

from tools.grading.class_page import write_page
from tools.grading.release import graded_notebooks, nbgrader, release
from tools.measuring.bench import SPEED
from tools.places import SOLUTIONS, between_marks, write

STUDENTS = 300


def graded_class(course: Path, n: int) -> None:
    """Make a course whose n students have handed in the same, and got the same for it."""
    release(course)
    folder = course / "submitted" / "0" / "workbook"
    folder.mkdir(parents=True)
    for file in graded_notebooks("workbook"):
        shutil.copy(SOLUTIONS / file.name, folder)
    nbgrader(course, "autograde", "workbook")
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        for number in map(str, range(1, n)):
            for kind in ("submitted", "autograded"):
                shutil.copytree(course / kind / "0", course / kind / number)
            gradebook.update_or_create_student(number)
            submission = gradebook.update_or_create_submission("workbook", number)
            first = gradebook.find_submission("workbook", "0")
            for notebook, graded in zip(submission.notebooks, first.notebooks, strict=True):
                for one, other in zip(notebook.grades, graded.grades, strict=True):
                    one.auto_score = other.auto_score
            gradebook.db.commit()


def main() -> None:
    """Measure, print, and write."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        course = Path(folder) / "course"
        graded_class(course, STUDENTS)
        started = time.perf_counter()
        page = write_page(course)
        seconds = time.perf_counter() - started
        size = page.stat().st_size / 1000
    text = (
        f"The page about a class takes {seconds:.1f} s for {STUDENTS} students with the lab's four "
        f"notebooks, and is {size:.0f} kB large."
    )
    print(text)
    write(SPEED, between_marks(SPEED.read_text(encoding="utf-8"), "class", text))


if __name__ == "__main__":
    main()
