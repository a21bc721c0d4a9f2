"""Slides and pages in Chromium, with the network cut: pytest -m browser tests/browser."""

import shutil

import nbformat
import pytest
from playwright.sync_api import expect

from tools.pages import pages, slides
from tools.places import SOLUTIONS

pytestmark = pytest.mark.browser
WIDE, PHONE = {"width": 1280, "height": 720}, {"width": 390, "height": 844}
NAMES = ["00_lesson", *sorted(file.stem for file in SOLUTIONS.glob("*.ipynb"))]

# What is wrong with the slide that is shown: a list of sentences.
WRONG = """() => {
  const wrong = [], slide = Reveal.getCurrentSlide();
  const visible = (x) => x.checkVisibility({visibilityProperty: true, opacityProperty: true});
  const scrolls = [];
  for (const body of slide.querySelectorAll(".body")) {
    if (body.scrollWidth > body.clientWidth) wrong.push("the slide is too wide");
    if (body.scrollHeight > body.clientHeight) {
      scrolls.push(body);
      if (getComputedStyle(body).overflowY !== "auto") wrong.push("cut off at the bottom");
      if (body.offsetWidth === body.clientWidth) wrong.push("no scrollbar is visible");
    }
  }
  for (const x of slide.querySelectorAll(".frame *")) {
    const box = x.getBoundingClientRect();
    if (x.closest("aside, svg") || scrolls.some((body) => body !== x && body.contains(x))) continue;
    if (box.left < 0 || box.right > 1280.5 || box.top < 0 || box.bottom > 720.5)
      wrong.push(`<${x.localName}> reaches out of the slide: ${x.textContent.slice(0, 40)}`);
    const hasText = [...x.childNodes].some((y) => y.nodeType === 3 && y.data.trim());
    if (hasText && !x.closest("math") && parseFloat(getComputedStyle(x).fontSize) < 16)
      wrong.push(`letters are too small: ${x.textContent.slice(0, 40)}`);
    if (hasText && !visible(x)) wrong.push(`not visible: ${x.textContent.slice(0, 40)}`);
  }
  for (const pre of slide.querySelectorAll("pre"))
    if (pre.scrollWidth > pre.clientWidth || pre.scrollHeight > pre.clientHeight)
      wrong.push(`code is cut off: ${pre.textContent.slice(0, 40)}`);
  for (const image of slide.querySelectorAll("img")) {
    const {width, height} = image.getBoundingClientRect();
    if (!image.naturalWidth || width < 300 || height < 100) wrong.push(`tiny: ${image.alt}`);
    if (!image.alt) wrong.push("a picture without a description");
  }
  for (const formula of slide.querySelectorAll(".frame math")) {
    const {width, height} = formula.getBoundingClientRect();
    if (width < 4 || height < 8) wrong.push(`a formula without a size: ${formula.textContent}`);
  }
  for (const notes of document.querySelectorAll(".slides aside, .speaker-notes"))
    if (visible(notes)) wrong.push("notes for tutors are visible");
  return wrong;
}"""


@pytest.fixture(scope="module")
def built(lesson, tmp_path_factory):
    """A folder with all decks and pages, also those of the lesson that is hard to show."""
    folder = tmp_path_factory.mktemp("built")
    for file in SOLUTIONS.glob("*.ipynb"):
        shutil.copy(file, folder)
    nbformat.write(lesson, folder / "00_lesson.ipynb")
    slides.write_decks(folder, folder / "slides")
    pages.write_pages(folder, folder / "html")
    return folder


@pytest.fixture
def opened(chromium, built):
    """Open a file of the folder; nothing else may be asked for, and no error may be written."""
    contexts, complaints = [], []

    def open_file(name, viewport, query=""):
        context = chromium.new_context(viewport=viewport, offline=True)
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
        page.goto((built / name).as_uri() + query)
        return page

    yield open_file
    for context in contexts:
        context.close()
    assert complaints == []


def open_deck(opened, name):
    page = opened(f"slides/{name}.html", WIDE)
    page.wait_for_function("Reveal.isReady()")
    page.add_style_tag(content="*, *::after { transition: none !important }")  # saves waiting
    return page


@pytest.mark.parametrize("name", NAMES)
def test_every_slide_can_be_reached_with_one_key_and_shows_all_there_is(opened, name):
    page = open_deck(opened, name)
    wrong, n_slides = [], 1
    while True:
        while page.evaluate("Reveal.availableFragments().next"):
            page.keyboard.press("ArrowRight")
        wrong += [f"slide {n_slides}: {what}" for what in page.evaluate(WRONG)]
        if page.evaluate("Reveal.isLastSlide()"):
            break
        page.keyboard.press("ArrowRight")
        n_slides += 1
    assert wrong == []
    assert n_slides == page.locator("section.slide").count() > 5
    for key in ("ArrowLeft", "Home"):
        page.keyboard.press(key)
    assert page.evaluate("Reveal.isFirstSlide()")


@pytest.mark.parametrize("name", NAMES[1:])
def test_no_slide_of_the_workbook_needs_a_scrollbar(opened, name):
    page = open_deck(opened, name)
    tall = """() => Reveal.getSlides().filter((slide) => {
      Reveal.slide(...Object.values(Reveal.getIndices(slide)));
      const body = slide.querySelector(".body");
      return body && body.scrollHeight > body.clientHeight;
    }).map((slide) => slide.textContent.trim().slice(0, 200))"""
    assert page.evaluate(tall) == []


def test_results_wait_for_one_more_press_after_a_question(opened):
    page = open_deck(opened, "00_lesson")
    waiting = page.get_by_alt_text('a "wide" picture')
    while not page.evaluate("Reveal.availableFragments().next"):
        page.keyboard.press("ArrowRight")
    expect(waiting).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(waiting).to_be_visible()


def test_the_speaker_view_shows_notes_and_follows(opened):
    page = open_deck(opened, "00_lesson")
    with page.context.expect_page() as window:
        page.keyboard.press("s")
    notes = window.value.locator(".speaker-controls-notes .value")
    expect(notes).to_contain_text("Plan: ten minutes", timeout=20_000)
    page.evaluate("Reveal.slide(1)")
    expect(notes).to_be_hidden()
    exercise = page.locator("section.slide:has(.exercise)").first
    exercise.evaluate("x => Reveal.slide(...Object.values(Reveal.getIndices(x)))")
    expect(notes).to_contain_text("Ask: why?")


def test_a_deck_prints_one_slide_on_each_page_without_notes(opened):
    page = opened("slides/00_lesson.html", WIDE, "?print-pdf")
    page.wait_for_selector(".pdf-page")
    assert page.locator(".pdf-page").count() == page.locator("section.slide").count()
    assert not page.locator(".notes").first.is_visible()
    page.emulate_media(media="print")
    shown = "x => x.checkVisibility({visibilityProperty: true, opacityProperty: true})"
    assert all(img.evaluate(shown) for img in page.locator("section.slide img").all())


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["laptop", "phone"])
@pytest.mark.parametrize("name", [*NAMES, "index"])
def test_pages_fit_the_screen_and_their_formulas_and_pictures_are_there(opened, name, viewport):
    page = opened(f"html/{name}.html", viewport)
    too_wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(too_wide)
    sizes = """() => [...document.querySelectorAll("img, math")].map((x) => {
      const {width, height} = x.getBoundingClientRect();
      return [width, height];
    })"""
    assert all(width > 3 and height > 6 for width, height in page.evaluate(sizes))
    assert page.evaluate("[...document.images].every((x) => x.naturalWidth > 0 && x.alt)")


def test_links_of_the_first_page_lead_to_files(opened, built):
    page = opened("html/index.html", WIDE)
    addresses = page.locator("article a").evaluate_all("all => all.map((x) => x.href)")
    assert len(addresses) == 2 * len(NAMES)
    there = {file.as_uri() for file in built.rglob("*.html")}
    assert set(addresses) == there - {(built / "html" / "index.html").as_uri()}


def test_the_first_tab_leads_past_the_heading_to_the_text(opened):
    page = opened(f"html/{NAMES[-1]}.html", WIDE)
    page.keyboard.press("Tab")
    link = page.locator("a.skip")
    assert link.evaluate("x => x === document.activeElement")
    assert link.bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    assert page.url.endswith("#content")
