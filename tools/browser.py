"""The browser that pages are tried in."""

import shutil


def find_chromium() -> str | None:
    """Where the system's Chromium or Chrome is; None if there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)
