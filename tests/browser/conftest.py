"""Chromium, started once for all tests of this folder: make e2e."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless browser: the system's Chromium or Chrome."""
    names = ("chromium", "chromium-browser", "google-chrome")
    installed = next(filter(None, map(shutil.which, names)), None)
    if installed is None:
        pytest.fail("No Chromium or Chrome was found. On Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=installed,
            args=["--no-sandbox"],
            ignore_default_args=["--hide-scrollbars"],  # one test looks whether they are there
        )
        yield browser
        browser.close()
