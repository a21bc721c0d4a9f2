"""Chromium, started once for all tests of this folder: make e2e."""

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import matplotlib
import pytest
from playwright.sync_api import Browser, sync_playwright

from tools.browser import find_chromium

FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"  # DejaVu, and some for formulas
ONLY_DEJAVU = """<fontconfig>
<dir>{folder}</dir><cachedir>{cache}</cachedir>
<selectfont><rejectfont><glob>*</glob></rejectfont>
<acceptfont><glob>{folder}/DejaVu*</glob></acceptfont></selectfont>
</fontconfig>"""


@pytest.fixture(scope="session")
def start() -> Iterator[Callable[..., Browser]]:
    """Start a headless browser: the system's Chromium or Chrome."""
    installed = find_chromium()
    if installed is None:
        pytest.fail("No Chromium or Chrome was found. On Debian: apt-get install chromium")
    numbers = random.getstate()
    with sync_playwright() as playwright:
        random.setstate(numbers)  # playwright takes some when it starts
        yield lambda **environment: playwright.chromium.launch(
            executable_path=installed,
            args=["--no-sandbox"],
            ignore_default_args=["--hide-scrollbars"],  # one test looks whether they are there
            env={**os.environ, **environment},
        )


@pytest.fixture(scope="session")
def chromium(start: Callable[..., Browser]) -> Iterator[Browser]:
    """A browser with this computer's fonts."""
    with start() as browser:
        yield browser


@pytest.fixture(scope="session")
def wide_letters(
    start: Callable[..., Browser], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """A browser on a computer that has no fonts but DejaVu, whose letters are wide."""
    cache = tmp_path_factory.mktemp("fonts")
    (cache / "fonts.conf").write_text(
        ONLY_DEJAVU.format(folder=FONTS, cache=cache), encoding="utf-8"
    )
    with start(FONTCONFIG_FILE=str(cache / "fonts.conf")) as browser:
        yield browser
