import re

import nbformat
import pytest
from bs4 import BeautifulSoup
from lesson import LESSON, drawn, printed
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools.notebooks import numbers
from tools.pages import overview, pages, rendering, slides
from workshop_utils.experiments.reference import INSIDE, OUTSIDE, load_reference
from workshop_utils.images.dataset import CIFAR10


@pytest.fixture(scope="module")
def page():
    return BeautifulSoup(pages.to_page(LESSON, "index.html"), "html.parser")


@pytest.fixture(scope="module")
def first_page():
    def result(value, verdict):
        about = {"metric": "mlp_test_accuracy", "value": value, "verdict": verdict, "seed": 0}
        about |= {"expected": (0.45, 0.48)}
        about |= {"dataset": CIFAR10, "variant": "JPEG copy", "profile": "full"}
        return new_output("display_data", {"text/plain": ""}, metadata={"workshop_result": about})

    outputs = [result(0.47, INSIDE), result(0.1, OUTSIDE)]
    measured = new_notebook(cells=[*LESSON.cells, new_code_cell("report()", outputs=outputs)])
    bare = new_notebook(cells=[new_markdown_cell("# Bare")])
    html = pages.to_index({"01_mlp": measured, "bare": bare}, {"01_mlp"})
    return BeautifulSoup(html, "html.parser")


# --- formulas ---


@pytest.mark.parametrize("formula", ["$x$", "$x^2$, $y$", "$$ x $$", "$a\nb$", r"$\$5$", "$Y'$-th"])
def test_formulas_become_mathml(formula):
    html = rendering.formulas_to_mathml(f"before {formula} after")
    assert html.count("<math") == formula.replace(r"\$", "").replace("$$", "$").count("$") / 2
    assert html.startswith("before ") and html.endswith(" after")


@pytest.mark.parametrize(
    "text",
    [
        "from $5 to $10 a month",
        "$5 or $6, or 7 $ or 8 $",
        "`a$b$c` and ``d$`e$``",
        "```sh\necho $HOME and $PATH\n```",
        "<code>$x$</code>",
        r"\$x\$",
        "a $b\n\nc$ d",
        "$5 for `$x`",
        "$5-$10",
    ],
)
def test_prices_and_code_are_no_formulas(text):
    assert rendering.formulas_to_mathml(text) == text


def test_a_formula_is_found_after_a_price():
    html = rendering.formulas_to_mathml("for $5 one gets $x$ of `$y$`")
    assert html.startswith("for $5 one gets <math") and html.endswith("`$y$`")


# --- pages ---


def test_no_page_loads_anything(page, first_page):
    for soup in (page, first_page):
        loaded = [tag.get("src") for tag in soup(["img", "script", "iframe"])]
        loaded += [tag.get("href") for tag in soup("link")]
        assert loaded
        assert all(address.startswith("data:") for address in loaded)
        assert not soup("script")
        assert not re.search(r"@import|url\(", str(soup.style))


def test_a_page_keeps_prices_and_code_and_turns_formulas_into_mathml(page):
    assert len(page("math")) == 2
    assert "Tickets cost $5 or $10, a$b$c." in page.get_text()


def test_notes_for_tutors_are_not_on_a_page(page):
    assert "For tutors" not in page.get_text()
    assert "They say 6" not in page.get_text()


def test_hints_and_solutions_are_folded_and_tasks_are_not(page):
    folded = {fold.summary.get_text(): fold.get_text() for fold in page.main("details")}
    assert "Look closely." in folded["Hint 1"]
    assert "answer = 42" in folded["Solution"]
    [task] = page.select(".exercise.text")
    assert "5 minutes" in task.get_text()
    assert not task("details")


def test_a_page_can_be_read_without_eyes(page):
    assert page.html["lang"] == "en"
    assert page.select_one("a.skip")["href"] == f"#{page.main['id']}"
    assert all(picture["alt"] for picture in page("img"))
    assert [x.name for x in page(re.compile("^h[1-6]$"))] == ["h1", "h2", "h3", "h2"]
    assert all(block.get("tabindex") == "0" for block in page("pre"))


def test_links_lead_to_sections_and_to_the_other_pages(page):
    within = {link["href"] for link in page.nav("a")}
    assert within == {f"#{heading['id']}" for heading in page("h2")}
    assert page.header.a["href"] == "index.html"
    assert page.main.find("a", string="The start")["href"] == "01_mlp.html#section-1"


def test_what_a_cell_printed_stays_in_one_piece_and_in_its_place():
    value = new_output("execute_result", {"text/plain": "7"})
    outputs = [printed("a <\n"), printed("b\n"), drawn("", (3, 2)), printed("c\n"), value]
    cells = [new_markdown_cell("# Bare"), new_code_cell("show()", outputs=outputs)]
    page = BeautifulSoup(pages.to_page(new_notebook(cells=cells)), "html.parser")
    [block] = page.select(".cell.code")
    parts = [part.get_text().strip() for part in block.find_all(recursive=False)]
    assert parts == ["show()", "a <\nb", "", "c\n7"]
    assert not page.header.a
    assert not page("nav")


# --- the first page ---


def test_the_first_page_shows_each_notebook_with_its_results_and_time(first_page):
    measured, bare = first_page("article")
    assert measured.h2.get_text() == "Notebook 7A & B"
    assert [item.get_text() for item in measured("li")] == ["with x2;", "little else."]
    assert measured.math
    seconds = sorted(load_reference()[CIFAR10]["full"].seconds["01_mlp"])
    assert numbers.in_words(seconds[len(seconds) // 2]) in measured.get_text()
    assert "Results on CIFAR-10 (JPEG copy)" in measured.get_text()
    inside, outside = (
        [cell.get_text() for cell in row(["th", "td"])] for row in measured.tbody("tr")
    )
    assert inside == ["MLP, test accuracy", "47.0%", "45.0% to 48.0%", "✓ inside"]
    assert outside[1] == "10.0%"
    assert outside[3] == "✗ OUTSIDE"
    assert not bare(["table", "img", "li"])
    assert "computes" not in bare.get_text()


def test_the_first_page_leads_to_pages_and_to_the_slides_there_are(first_page):
    measured, bare = first_page("article")
    assert [x["href"] for x in measured("a")] == ["01_mlp.html", "../slides/01_mlp.html"]
    assert [x["href"] for x in bare("a")] == ["bare.html"]
    assert first_page.main.a["href"] == "explorer.html"  # before everything else


def test_the_thumbnail_is_small_and_of_the_shape_that_fits_best():
    picture = BeautifulSoup(pages.thumbnail(LESSON), "html.parser").img
    assert picture["alt"] == 'a "wide" picture'
    assert len(picture["src"]) < 2000
    output = nbformat.from_dict({"data": {"image/png": picture["src"].partition(",")[2]}})
    assert rendering.opened(output).size == (640, 213)


def test_decks_and_pages_are_written_for_each_notebook(tmp_path, monkeypatch):
    files = [tmp_path / f"{name}.ipynb" for name in ("01_a", "02_b")]
    for file in files:
        nbformat.write(LESSON, file)
    monkeypatch.setattr(rendering.places, "solutions", lambda: files)
    for module, name in ((slides, "SLIDES"), (pages, "SLIDES"), (pages, "PAGES")):
        monkeypatch.setattr(module, name, tmp_path / name.lower())
    pages.main()
    assert "slides/" not in (tmp_path / "pages" / "index.html").read_text(encoding="utf-8")
    slides.main()
    pages.main()
    written = sorted(str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*.html"))
    decks, texts = ["slides/01_a.html", "slides/02_b.html"], ["pages/01_a.html", "pages/02_b.html"]
    assert written == [*texts, "pages/index.html", *decks]
    first, page = ((tmp_path / "pages" / f"{x}.html").read_text("utf-8") for x in ("index", "01_a"))
    assert "../slides/02_b.html" in first
    assert "<title>7 · A &amp; B</title>" in page


def test_the_picture_of_the_readme_finds_its_figures():
    assert overview.draw().width == 2 * overview.WIDTH + 3 * overview.MARGIN
