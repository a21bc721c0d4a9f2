"""Slides and pages in Chromium, with the network cut: pytest -m browser tests/browser."""

import pytest
from built import LAPTOP, NOTEBOOKS, PHONE, open_deck
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
DESKTOP, PROJECTOR = {"width": 1920, "height": 1080}, {"width": 1024, "height": 768}

# What is wrong with the slide that is shown: a list of sentences.
WRONG = """() => {
  const wrong = [], slide = Reveal.getCurrentSlide(), edge = slide.getBoundingClientRect();
  const body = slide.querySelector(".body"), scrolls = body.scrollHeight > body.clientHeight;
  const visible = (x) => x.checkVisibility({visibilityProperty: true, opacityProperty: true});
  if (body.scrollWidth > body.clientWidth) wrong.push("the slide is too wide");
  if (document.documentElement.scrollHeight > innerHeight) wrong.push("the window scrolls");
  if (scrolls) {
    wrong.push("the slide needs a scrollbar");
    if (getComputedStyle(body).overflowY !== "auto") wrong.push("cut off at the bottom");
    if (body.offsetWidth === body.clientWidth) wrong.push("no scrollbar is visible");
  }
  for (const x of slide.querySelectorAll(".frame *")) {
    if (x.closest("aside") || (scrolls && body !== x && body.contains(x))) continue;
    const box = x.getBoundingClientRect();
    if (box.left < edge.left || box.right > edge.right + 0.5 || box.top < edge.top
        || box.bottom > edge.bottom + 0.5)
      wrong.push(`<${x.localName}> reaches out of the slide: ${x.textContent.slice(0, 40)}`);
    const hasText = [...x.childNodes].some((y) => y.nodeType === 3 && y.data.trim());
    if (hasText && !x.closest("math") && parseFloat(getComputedStyle(x).fontSize) < 16)
      wrong.push(`letters are too small: ${x.textContent.slice(0, 40)}`);
    if (hasText && !visible(x)) wrong.push(`not visible: ${x.textContent.slice(0, 40)}`);
  }
  const cells = [...body.children].map((x) => [x, x.getBoundingClientRect()]);
  for (const [x, one] of cells)
    for (const [y, other] of cells)
      if (x !== y && one.left + 1 < other.right && other.left + 1 < one.right
          && one.top + 1 < other.bottom && other.top + 1 < one.bottom)
        wrong.push(`over each other: ${x.textContent.slice(0, 40)}, ${y.textContent.slice(0, 40)}`);
  for (const pre of slide.querySelectorAll("pre"))
    if (pre.scrollWidth > pre.clientWidth || pre.scrollHeight > pre.clientHeight)
      wrong.push(`code is cut off: ${pre.textContent.slice(0, 40)}`);
  for (const pre of slide.querySelectorAll("pre")) {
    const height = pre.offsetHeight;
    pre.style.whiteSpace = "pre";
    if (height > pre.offsetHeight && parseFloat(getComputedStyle(pre).fontSize) > 16)
      wrong.push(`smaller letters would not break the lines of ${pre.textContent.slice(0, 40)}`);
    pre.style.whiteSpace = "";
  }
  for (const image of slide.querySelectorAll("img")) {
    const shape = image.naturalWidth / image.naturalHeight;
    const width = Math.min(image.offsetWidth, image.offsetHeight * shape);
    if (!(width >= 300) || width / shape < 100) wrong.push(`tiny: ${image.alt}`);
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
OVERFLOWING = """() => [...document.querySelectorAll(".body")].filter(
  (x) => x.scrollHeight > x.clientHeight).map((x) => x.textContent.trim().slice(0, 11))"""


@pytest.mark.parametrize("name", NOTEBOOKS)
@pytest.mark.parametrize(
    ("viewport", "fonts"),
    [(DESKTOP, "chromium"), (PROJECTOR, "wide_letters")],
    ids=["desktop", "projector"],
)
def test_every_slide_can_be_reached_with_one_key_and_shows_all_there_is(
    opened, name, viewport, fonts
):
    page = open_deck(opened, name, viewport, fonts)
    wrong, n_slides = [], 1
    while True:
        while page.evaluate("Reveal.availableFragments().next"):
            page.keyboard.press("ArrowRight")
        wrong += [f"slide {n_slides}: {what}" for what in page.evaluate(WRONG)]
        if page.evaluate("Reveal.isLastSlide()"):
            break
        page.keyboard.press("ArrowRight")
        n_slides += 1
    # One slide of the lesson is longer than letters that can be read allow.
    assert wrong == (["slide 8: the slide needs a scrollbar"] if name == "00_lesson" else [])
    assert n_slides == page.locator("section.slide").count() >= 3
    for key in ("ArrowLeft", "Home"):
        page.keyboard.press(key)
    assert page.evaluate("Reveal.isFirstSlide()")


def test_letters_are_as_large_as_there_is_room_for(opened):
    page = open_deck(opened, "00_lesson")

    def letters(words):
        body = page.locator(".body", has_text=words)
        body.evaluate("x => Reveal.slide(...Object.values(Reveal.getIndices(x.closest('.slide'))))")
        return body.evaluate("x => parseFloat(getComputedStyle(x).fontSize)")

    assert letters("little else") == letters("last = True") == 34
    assert 20 < letters("Now and then") < 34
    page.keyboard.press("Home")
    page.keyboard.press("Escape")  # shows all slides, also those that were never opened
    assert page.evaluate(OVERFLOWING) == ["def run(x):"]


def test_a_figure_that_is_not_wide_stands_beside_its_text(opened):
    page = open_deck(opened, "00_lesson")
    picture = page.get_by_alt_text("a tall picture")
    picture.evaluate("x => Reveal.slide(...Object.values(Reveal.getIndices(x.closest('.slide'))))")
    beside, question = (
        picture.bounding_box(),
        page.locator(".cell p", has_text="Which part").bounding_box(),
    )
    assert beside["x"] >= question["x"] + question["width"]
    assert beside["height"] > 500


def test_results_wait_for_one_more_press(opened):
    page = open_deck(opened, "00_lesson")
    waiting = page.get_by_alt_text('a "wide" picture')
    while not page.evaluate("Reveal.availableFragments().next"):
        page.keyboard.press("ArrowRight")
    expect(waiting).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(waiting).to_be_visible()


def test_the_clock_of_an_exercise_runs_after_a_key_and_is_set_back_by_another(opened):
    page = open_deck(opened, "00_lesson")
    clock = page.locator(".clock")
    clock.evaluate("x => Reveal.slide(...Object.values(Reveal.getIndices(x.closest('.slide'))))")
    expect(clock).to_have_text("Exercise 5:00")
    page.keyboard.press("c")
    expect(clock).to_have_text("Exercise 4:58", timeout=10_000)
    page.keyboard.press("c")
    expect(clock).to_have_text("Exercise 5:00")


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
    page = opened("slides/00_lesson.html?print-pdf", LAPTOP)
    page.wait_for_selector(".pdf-page")
    assert page.locator(".pdf-page").count() == page.locator("section.slide").count()
    assert not page.locator(".notes").first.is_visible()
    assert page.evaluate(OVERFLOWING) == ["def run(x):"]
    page.emulate_media(media="print")
    shown = "x => x.checkVisibility({visibilityProperty: true, opacityProperty: true})"
    assert all(img.evaluate(shown) for img in page.locator("section.slide img").all())


@pytest.mark.parametrize("viewport", [LAPTOP, PHONE], ids=["laptop", "phone"])
@pytest.mark.parametrize("name", [*NOTEBOOKS, "index"])
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
    page = opened("html/index.html", LAPTOP)
    addresses = page.locator("article a").evaluate_all("all => all.map((x) => x.href)")
    assert len(addresses) == 2 * len(NOTEBOOKS)
    there = {x.as_uri() for kind in ("html", "slides") for x in (built / kind).glob("*.html")}
    assert set(addresses) == there - {(built / "html" / "index.html").as_uri()}


def test_the_first_tab_leads_past_the_heading_to_the_text(opened):
    page = opened(f"html/{list(NOTEBOOKS)[-1]}.html", LAPTOP)
    page.keyboard.press("Tab")
    link = page.locator("a.skip")
    assert link.evaluate("x => x === document.activeElement")
    assert link.bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    assert page.url.endswith("#content")
