"""Chromium, pages and slides, started and built once for all tests of this folder: make e2e."""

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import matplotlib
import pytest
from built import NOTEBOOKS
from playwright.sync_api import Browser, Page, sync_playwright

from tools.browser import find_chromium
from tools.pages import pages, slides
from tools.pages.rendering import write_html

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


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all decks and pages, also those of the lesson that is hard to show."""
    folder = tmp_path_factory.mktemp("built")
    write_html(folder / "slides", {name: slides.to_deck(x) for name, x in NOTEBOOKS.items()})
    texts = {name: pages.to_page(x, "index.html") for name, x in NOTEBOOKS.items()}
    write_html(folder / "html", {**texts, "index": pages.to_index(NOTEBOOKS, set(NOTEBOOKS))})
    return folder


@pytest.fixture
def opened(request: pytest.FixtureRequest, built: Path) -> Iterator[Callable[..., Page]]:
    """Open a file of the folder; nothing else may be asked for, and no error may be written."""
    contexts, complaints = [], []

    def open_file(name: str, viewport: dict, fonts: str = "chromium") -> Page:
        browser = request.getfixturevalue(fonts)
        context = browser.new_context(viewport=viewport, offline=True)
        contexts.append(context)

        def only_the_folder(route):
            if route.request.url.startswith(built.as_uri()):
                route.continue_()
            else:
                complaints.append(f"asked for {route.request.url}")
                route.abort()

        context.route("**/*", only_the_folder)
        context.on("console", lambda message: complaints.append(message.text))
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        page = context.new_page()
        page.goto(f"{built.as_uri()}/{name}")
        return page

    yield open_file
    for context in contexts:
        context.close()
    assert complaints == []
