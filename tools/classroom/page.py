"""docs/class.md, with the numbers of results/class.json and results/reference.json."""

import json
import math
import statistics
from pathlib import Path

import jinja2

from build import ROOT, in_words
from workshop_utils.data import CIFAR10
from workshop_utils.files import written_whole
from workshop_utils.reference import load_reference

CLASS_FILE = ROOT / "results" / "class.json"
SOURCE = ROOT / "docs" / "source" / "class.md"
PAGE = ROOT / "docs" / "class.md"


def page() -> str:
    return ""


def write_page() -> None:
    pass
