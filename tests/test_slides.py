import re

import pytest
from bs4 import BeautifulSoup
from lesson import LESSON, SHORT_FUNCTION, WIDEST

from tools.pages import slides


@pytest.fixture(scope="module")
def deck():
    return BeautifulSoup(slides.to_deck(LESSON), "html.parser")


def visible(slide):
    """The text of a slide that the audience sees."""
    copy = BeautifulSoup(str(slide), "html.parser")
    for notes in copy("aside"):
        notes.decompose()
    return copy.get_text()


def test_a_deck_loads_nothing(deck):
    loaded = [tag["src"] for tag in deck(["img", "script", "iframe"]) if tag.has_attr("src")]
    loaded += [tag["href"] for tag in deck("link")]
    assert len(loaded) > 3
    assert all(address.startswith("data:") for address in loaded)
    styles = "".join(style.get_text() for style in deck("style"))
    assert not re.search(r"@import|@font-face|url\((?!data:)", styles)
    assert "sourceMappingURL" not in str(deck)


def test_formulas_of_a_deck_are_mathml_and_prices_stay(deck):
    assert len(deck("math")) == 3  # one of them in the notes
    text = " ".join(visible(slide) for slide in deck.select(".slide"))
    assert re.findall(r"\$\S*", text) == ["$5", "$10,", "$b$c."]


def test_the_first_slide_shows_the_titles_and_what_will_be_learnt(deck):
    first = deck.select_one(".slide")
    assert "Convolutional networks and autoencoders, a workbook" in visible(first)
    assert deck.h1.get_text() == "Notebook 7A & B"
    assert len(first("h1")) == 1 and not first("h2")
    assert "little else" in visible(first)
    assert deck.title.get_text() == "7 · A & B: slides"


def test_every_section_is_a_column_and_every_slide_names_its_section(deck):
    _title, *columns = deck.select_one(".slides").find_all("section", recursive=False)
    named = [[heading.get_text() for heading in column("h2")] for column in columns]
    assert named == [["First"] * len(columns[0].select(".slide")), ["Second"]]


def test_the_slides_are_the_cells_that_are_marked_for_them(deck):
    n_marked = sum("slide" in cell.metadata.tags for cell in LESSON.cells)
    assert len(deck.select(".slide")) == n_marked
    for unmarked in ("import preparation", "Look closely", "print(answer)", "epoch"):
        assert unmarked not in deck.get_text()


def test_a_fragment_comes_onto_the_slide_before_with_one_more_press_of_a_key(deck):
    [slide] = [slide for slide in deck.select(".slide") if "orange?" in visible(slide)]
    question, picture, answer = slide.select(".cell")
    assert "fragment" not in question["class"]
    assert picture.img["alt"] == "a tall picture"
    assert "fragment" in picture["class"] and "fragment" in answer["class"]


def test_of_a_code_cell_results_are_shown_or_the_code_if_there_are_none(deck):
    shown = [pre.get_text() for pre in deck.select(".slide pre")]
    assert shown[0].split("\n") == ["m" * 94, "n" * 130]
    assert shown[1:3] == [WIDEST, SHORT_FUNCTION]
    assert "wu.show" not in deck.get_text()


def test_task_and_solution_are_slides_of_their_own(deck):
    labelled = {
        x.get_text().split()[0]: visible(x.find_parent(class_="slide"))
        for x in deck.select(".label")
    }
    assert list(labelled) == ["Exercise", "Solution"]
    assert "Part d of the task" in labelled["Exercise"]
    assert "answer = 42" not in labelled["Exercise"]
    assert "answer = 42" in labelled["Solution"]


def test_an_exercise_has_a_clock_with_its_minutes(deck):
    [clock] = deck.select(".clock")
    assert clock["data-minutes"] == "5"
    assert clock.get_text() == "Exercise 5:00"


def test_notes_for_tutors_belong_to_the_slide_before_and_are_not_shown(deck):
    title, task = [slide for slide in deck.select(".slide") if slide.aside]
    assert "title" in title["class"]
    assert title.aside.em.get_text() == "ten"
    assert task.select_one(".label").get_text() == "Exercise 5:00"
    assert task.aside.get_text().strip() == "They say 6. Ask: why?"
    assert not deck.select("aside details")
    assert not any("They say 6" in visible(slide) for slide in deck.select(".slide"))
    assert all("notes" in aside["class"] for aside in deck("aside"))
