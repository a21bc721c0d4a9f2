"""Grade a class of forty made-up students with nbgrader, and compare with what they deserve.

    python -m tools.grading.demo
    python -m tools.grading.demo --only right,endless

Makes build/grading, a course's folder as nbgrader knows it: with the students' notebooks, the
submissions, a gradebook, and a page of feedback for each notebook. Ends with 1 if any submission
got other points than it deserves.
"""

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools.grading.autograde import SECONDS, grade
from tools.grading.record import record
from tools.grading.release import ASSIGNMENT, exercises, nbgrader, prepare, release, remove
from tools.grading.report import Row, heading
from tools.grading.submissions import SUBMISSIONS, Submission
from tools.places import ROOT

AT_A_TIME = 2


def grade_class(course: Path, submissions: list[Submission], seconds: float) -> list[Row]:
    """Hand in and grade submissions, and print a table of them.

    Args:
        course: a folder that is made anew.
        submissions: to be graded.
        seconds: that each may take.
    """
    remove(course)
    release(course)
    prepare(course)
    for submission in submissions:
        submission.hand_in(course)
    print(*heading(exercises()), sep="\n", flush=True)
    rows = []
    pool = ThreadPoolExecutor(AT_A_TIME)
    try:
        running = [pool.submit(grade, course, one.name, seconds) for one in submissions]
        for submission, future in zip(submissions, running, strict=True):
            graded = future.result()
            # One after the other: SQLite does not like two who write.
            rows.append(Row(submission, graded, record(course, graded)))
            print(*rows[-1].lines(), sep="\n", flush=True)
    finally:
        pool.shutdown(cancel_futures=True)  # after Ctrl-C, no more are begun
    return rows


def main() -> int:
    """Grade the class; 0 if everybody got what they deserve."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", help="names of submissions, with commas between them")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="limit for each submission")
    parser.add_argument("--course", type=Path, default=ROOT / "build" / "grading")
    wanted = parser.parse_args()
    names = wanted.only.split(",") if wanted.only else [one.name for one in SUBMISSIONS]
    unknown = set(names) - {one.name for one in SUBMISSIONS}
    if unknown:
        known = ", ".join(one.name for one in SUBMISSIONS)
        parser.error(f"There is no submission {', '.join(sorted(unknown))}. There are: {known}.")
    sys.stdout.reconfigure(errors="replace")  # a terminal on Windows may not know ✓ or ✗
    started = time.perf_counter()
    course = wanted.course.resolve()
    rows = grade_class(course, [one for one in SUBMISSIONS if one.name in names], wanted.seconds)
    if any(row.graded.notebooks for row in rows):
        nbgrader(course, "generate_feedback", ASSIGNMENT)
    wrong = sum(bool(row.problems()) for row in rows)
    minutes = (time.perf_counter() - started) / 60
    print(f"\n{len(rows)} submissions in {minutes:.1f} minutes, {wrong} not as expected: {course}")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
