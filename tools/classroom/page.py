"""docs/class.md, made from docs/source/class.md and the numbers of the two files in results/.

The source asks for numbers <<like this>>, as the notebooks' sources do.
"""

import json
import math
import statistics

from build import ROOT, in_words, templates
from workshop_utils.data import CIFAR10, STANDIN
from workshop_utils.files import written_whole
from workshop_utils.reference import load_reference

CLASS_FILE = ROOT / "results" / "class.json"
SOURCE = ROOT / "docs" / "source" / "class.md"
PAGE = ROOT / "docs" / "class.md"

CLASSES = (30, 300, 3000)  # students
WAIT = 30  # minutes that everybody may wait for the longest training
SERVER_GB = 0.2  # of memory for JupyterLab's server beside the kernel, with a margin
HEADROOM = 1.3  # for what students try out
SYSTEM_GB = 2  # of memory for the operating system and the hub
CORES_OF_RECORD = 2  # on which the seconds of results/reference.json were measured
# `make grade-demo` on two cores.
GRADING_MINUTES, GRADED = 8, 40


def page() -> str:
    """The text of docs/class.md.

    Raises:
        FileNotFoundError: nothing was measured yet.
        jinja2.UndefinedError: the source asks for a number that does not exist.
    """
    environment = templates()
    environment.trim_blocks = True  # a line that holds nothing but a block leaves no empty line
    environment.keep_trailing_newline = True
    environment.filters["gb"] = lambda size: f"{size / 1e9:.2f} GB"
    environment.filters["mb"] = lambda size: f"{size / 1e6:.1f} MB"
    environment.filters["words"] = in_words
    source = SOURCE.read_text(encoding="utf-8")
    return environment.from_string(source).render(numbers())


def write_page() -> None:
    """Write docs/class.md, whole or not at all."""
    with written_whole(PAGE) as part:
        part.write_text(page(), encoding="utf-8", newline="\n")


def numbers() -> dict:
    """What the source may ask for: what was measured, and what follows from it."""
    measured = json.loads(CLASS_FILE.read_text(encoding="utf-8"))
    student = measured["students"]
    peak_gb = max(one["peak_bytes_most"] for one in student["notebooks"].values()) / 1e9
    guarantee_gb = _up(peak_gb + SERVER_GB, 0.1)
    limit_gb = _up(peak_gb * HEADROOM + SERVER_GB, 0.5)
    seconds = {
        (dataset, profile): {
            notebook: statistics.median(values) for notebook, values in recording.seconds.items()
        }
        for dataset, profiles in load_reference().items()
        for profile, recording in profiles.items()
    }
    costs = {
        "cifar10": max(seconds[CIFAR10, "full"].values()) * CORES_OF_RECORD,
        "standin": max(seconds[STANDIN, "full"].values()) * CORES_OF_RECORD,
        "quick": max(seconds[STANDIN, "quick"].values()) * CORES_OF_RECORD,
    }
    return {
        "class": measured["class"],
        "runs": measured["class"]["runs"],
        "student": student,
        "full": seconds[CIFAR10, "full"],
        "standin": seconds[STANDIN, "full"],
        "quick": seconds[STANDIN, "quick"],
        "cores_of_record": CORES_OF_RECORD,
        "peak_gb": f"{peak_gb:.2f}",
        "guarantee_gb": f"{guarantee_gb:.1f}",
        "guarantee_mb": round(guarantee_gb * 1000),
        "limit_gb": f"{limit_gb:.1f}",
        "limit_mb": round(limit_gb * 1000),
        "server_gb": SERVER_GB,
        "system_gb": SYSTEM_GB,
        "headroom": f"{HEADROOM - 1:.0%}",
        "wait": WAIT,
        "costs": costs,
        "sizes": [_size(students, guarantee_gb, costs, student) for students in CLASSES],
        "grading_seconds": round(GRADING_MINUTES * 60 / GRADED),
        "grading_minutes": GRADING_MINUTES,
        "graded": GRADED,
    }


def _size(students: int, guarantee_gb: float, costs: dict[str, float], student: dict) -> dict:
    """What a class of that many students needs, by the formulas that the page states."""
    return {
        "students": f"{students:,}",
        "memory_gb": math.ceil(students * guarantee_gb + SYSTEM_GB),
        "cores": {name: math.ceil(students * cost / (WAIT * 60)) for name, cost in costs.items()},
        "disk_gb": f"{students * student['disk_bytes'] / 1e9:.1f}",
        "grading": _long(students * GRADING_MINUTES * 60 / GRADED),
    }


def _long(seconds: float) -> str:
    """A duration that may be hours."""
    return in_words(seconds) if seconds < 2 * 3600 else f"about {math.ceil(seconds / 3600)} hours"


def _up(value: float, step: float) -> float:
    """The next multiple of a step."""
    return math.ceil(round(value / step, 6)) * step
