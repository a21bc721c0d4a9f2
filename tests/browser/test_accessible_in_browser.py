"""Pages and slides for those who cannot see them, or have no mouse.

axe-core looks with all the rules it has by default: WCAG 2.0 to 2.2, A and AA, and best practice.
It cannot use the keyboard; the tests below do.
"""

from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import torch
from built import LAPTOP, NOTEBOOKS, PHONE, open_deck
from grading import answers
from making import noise
from test_class_page import LINES, REVERSED, Class

import workshop_utils as wu
from tools.grading.class_page import write_page
from tools.pages.rendering import write_html
from workshop_utils.inside.examples import examples_of
from workshop_utils.inside.page import Subject, to_page

pytestmark = pytest.mark.browser
# From the package's file: the package itself reads it with the letters of the computer.
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
UNFOLD = "for (const one of document.querySelectorAll('details')) one.open = true"


def make_explorer():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        cnn = wu.BasicConvNet(8, 16, 256)
        autoencoder = wu.ConvEncoder(8, 16, 32), wu.ConvDecoder(8, 16, 32)
    examples = examples_of(noise())
    return to_page(Subject((cnn,), examples), Subject(autoencoder, examples))


def make_class_page():
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr("nbgrader.api.get_alembic_version", lambda: "0")  # it starts a program
        made = Class(Path(folder))
        made.add("ann", LINES, answers.ALL_WRONG, REVERSED | {"latent-line": "pixels"})
        made.gradebook.close()
        return write_page(Path(folder)).read_text(encoding="utf-8")


OTHERS = {"explorer": make_explorer, "class": make_class_page}  # not made of notebooks


def complaints(page):
    """What axe finds on a page as it is now: rule, element, and what is wrong with it."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run({resultTypes: ['violations']})")
    assert found["passes"]
    return [
        f"{rule['id']}: {element['html'][:200]} {element['failureSummary']}"
        for rule in found["violations"]
        for element in rule["nodes"]
    ]


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's
@pytest.mark.parametrize("name", [*NOTEBOOKS, "index", *OTHERS])
def test_axe_finds_nothing_on_a_page_folded_or_not_light_or_dark(opened, built, name):
    if name in OTHERS:
        write_html(built / "others", {name: OTHERS[name]()})
    page = opened(f"{'others' if name in OTHERS else 'html'}/{name}.html", LAPTOP)
    found = complaints(page)
    page.evaluate(UNFOLD)
    for scheme, viewport in (("light", LAPTOP), ("dark", PHONE)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(viewport)
        found += complaints(page)
    assert found == []


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_axe_finds_nothing_on_any_slide(opened, name):
    page = open_deck(opened, name)
    found, is_last = [], False
    while not is_last:
        while page.evaluate("Reveal.availableFragments().next"):
            page.keyboard.press("ArrowRight")
        found += complaints(page)
        is_last = page.evaluate("Reveal.isLastSlide()")
        page.keyboard.press("ArrowRight")
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size(PHONE)
    found += complaints(page)
    assert found == []


FOCUSED = """() => {
  const one = document.activeElement, {outlineStyle, outlineWidth} = getComputedStyle(one);
  const marked = outlineStyle === "solid" && parseFloat(outlineWidth) >= 3;
  const {left, right, top, bottom} = one.getBoundingClientRect();
  const seen = one.checkVisibility({visibilityProperty: true, opacityProperty: true})
    && !one.closest("section:not(.present)")
    && left >= 0 && right <= innerWidth && bottom > 0 && top < innerHeight;
  const number = [...document.body.querySelectorAll("*")].indexOf(one);  // -1: none of them
  return [number, marked, seen, one.outerHTML.slice(0, 80)];
}"""

ON_THE_SLIDE = """() => {
  const all = [...Reveal.getCurrentSlide().querySelectorAll("a, button, [tabindex]")];
  return all.filter((x) => x.checkVisibility({visibilityProperty: true})).length;
}"""


def tabs(page):
    """What the Tab key leads to, until it leaves the page."""
    reached = {}
    while True:
        page.keyboard.press("Tab")
        number, marked, seen, element = page.evaluate(FOCUSED)
        if number == -1:
            return list(reached.values())
        assert marked and seen, element
        reached[number] = element


@pytest.mark.parametrize("viewport", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_the_tab_key_leads_through_a_page_and_shows_where_it_is(opened, viewport):
    page = opened("html/00_lesson.html", viewport)
    page.emulate_media(reduced_motion="reduce")  # else it is still scrolling to where it is
    folded = tabs(page)
    assert len(folded) > page.locator("summary").count()
    page.evaluate(UNFOLD)
    assert len(tabs(page)) > len(folded)


def test_the_tab_key_stays_on_the_slide_that_is_shown(opened):
    page = open_deck(opened, "00_lesson")
    n_reached, is_last = 0, False
    while not is_last:
        reached = [element for element in tabs(page) if "slide-number" not in element]
        assert len(reached) == page.evaluate(ON_THE_SLIDE)
        n_reached += len(reached)
        is_last = page.evaluate("Reveal.isLastSlide()")
        page.keyboard.press("ArrowRight")
    assert n_reached > 5


def test_numbers_of_a_figure_are_unfolded_and_moved_with_the_keyboard(opened):
    page = opened("html/00_lesson.html", PHONE)
    fold = page.locator("figure summary")
    fold.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    table = page.get_by_role("group", name="how often <each> is taken for each")
    assert table.evaluate("x => x === document.activeElement")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.activeElement.scrollLeft > 0")
    assert table.get_by_role("rowheader").count() == 10


def test_a_slide_is_read_with_the_words_of_its_pictures(opened):
    page = open_deck(opened, "00_lesson")
    status = page.locator(".aria-status")
    while not page.evaluate("Reveal.availableFragments().next"):
        page.keyboard.press("ArrowRight")
    assert "What is it?" in status.text_content()
    assert 'a "wide" picture' not in status.text_content()
    page.keyboard.press("ArrowRight")
    assert 'a "wide" picture' in status.text_content()
