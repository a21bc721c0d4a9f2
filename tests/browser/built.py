"""What the tests of pages and slides look at."""

from lesson import LESSON
from playwright.sync_api import Page

from tools.pages.rendering import executed

LAPTOP, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
NOTEBOOKS = {"00_lesson": LESSON, **executed()}


def open_deck(opened, name: str, viewport: dict = LAPTOP, fonts: str = "chromium") -> Page:
    """A deck in the browser, ready; `opened` is the fixture."""
    page = opened(f"slides/{name}.html", viewport, fonts)
    page.wait_for_function("Reveal.isReady()")
    return page
