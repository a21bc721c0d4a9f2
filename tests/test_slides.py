import re

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools.pages import blocks, slides


@pytest.fixture(scope="module")
def deck(lesson):
    return BeautifulSoup(slides.to_deck(lesson), "html.parser")


def visible(slide):
    """The text of a slide that the audience sees."""
    copy = BeautifulSoup(str(slide), "html.parser")
    for notes in copy("aside"):
        notes.decompose()
    return copy.get_text()


def slides_with(deck, words):
    return [slide for slide in deck.select(".slide") if words in visible(slide)]


def test_a_deck_loads_nothing(deck):
    loaded = [tag["src"] for tag in deck(["img", "script", "iframe"]) if tag.has_attr("src")]
    loaded += [tag["href"] for tag in deck("link")]
    assert len(loaded) > 3
    assert all(address.startswith("data:") for address in loaded)
    styles = "".join(style.get_text() for style in deck("style"))
    assert not re.search(r"@import|@font-face|url\((?!data:)", styles)
    assert "sourceMappingURL" not in str(deck)


def test_formulas_of_a_deck_are_mathml_and_prices_stay(deck):
    assert len(deck("math")) == 4  # one of them in the notes of two slides
    text = " ".join(visible(slide) for slide in deck.select(".slide"))
    assert re.findall(r"\$\S*", text) == ["$5", "$10,", "$b$c."]


def test_the_first_slide_shows_the_titles(deck):
    first = visible(deck.select(".slide")[0])
    assert "Convolutional networks and autoencoders, a workbook" in first
    assert "Notebook 7" in first
    assert deck.h1.get_text() == "Notebook 7A & B"
    assert deck.title.get_text() == "7 · A & B: slides"


def test_every_section_is_a_column_and_every_slide_names_its_section(deck):
    columns = deck.main.find_all("section", recursive=False)
    named = [
        {span.get_text() for span in column.select("h2 > span:first-child")} for column in columns
    ]
    assert named == [{"7 · A & B"}, {"First"}, {"Second"}]


def test_notes_for_tutors_belong_to_the_slides_of_the_cell_before_and_are_not_shown(deck):
    noted = [slide for slide in deck.select(".slide") if slide.aside]
    assert [slide.select_one(".label").get_text() for slide in noted[2:]] == ["Exercise"]
    assert "title" in noted[0]["class"]
    assert noted[1].aside.em.get_text() == "ten"
    assert "Ask: why?" in noted[2].aside.get_text()
    assert not deck.select("aside details")
    assert not slides_with(deck, "They say 6")
    assert all("notes" in aside["class"] for aside in deck("aside"))


def test_hints_checks_and_preparations_are_left_out(deck):
    assert "print(answer)" not in deck.get_text()
    assert "Look closely" not in deck.get_text()
    assert "Look again" not in deck.get_text()
    assert "Look elsewhere" not in deck.get_text()
    assert "import preparation" not in deck.get_text()
    assert "wu.show" not in deck.get_text()


def test_task_and_solution_are_slides_of_their_own(deck):
    labels = {}
    for slide in deck.select(".slide"):
        if label := slide.select_one(".label"):
            labels[label.get_text()] = visible(slide)
    assert list(labels) == ["Exercise", "Solution", "Solution on paper"]
    assert "Part d of the task" in labels["Exercise"]
    assert "answer = 42" not in labels["Exercise"]
    assert "answer = 42" in labels["Solution"]
    assert "It is 42." in labels["Solution on paper"]


def test_results_wait_when_a_question_stands_above_them(deck):
    waiting = [fragment.img["alt"] for fragment in deck.select(".fragment")]
    assert waiting == ['a "wide" picture', "a tall picture"]


def test_a_tall_figure_stands_beside_the_text_that_leads_to_it(deck):
    [slide] = deck.select(".slide.side")
    assert "Which part of it is orange?" in visible(slide)
    assert slide.img["alt"] == "a tall picture"
    assert "--aspect: 0.750" in slide["style"]


def test_long_code_is_split_and_nothing_of_it_is_lost(deck):
    parts = [slide.pre.get_text() for slide in slides_with(deck, "step_")]
    assert len(parts) == 3
    assert max(part.count("\n") for part in parts) < blocks.MOST_CODE_LINES
    assert re.findall(r"step_(\d+)", "".join(parts)) == [str(i) for i in range(60)]


def test_code_is_cut_before_what_stands_furthest_left():
    body = "\n".join(f"    line({i})" for i in range(13))
    first, second = blocks.code_blocks(f"def one():\n{body}\n\n\ndef two():\n{body}")
    assert "two" not in first.text
    assert second.text.startswith("def two")


def test_code_a_little_too_long_is_written_smaller():
    [block] = blocks.code_blocks("\n".join(f"line({i})" for i in range(25)))
    assert 'class="code small"' in block.html


def test_docstrings_of_shown_sources_keep_their_first_line():
    source = 'def f(x):\n    """Do it.\n\n    Args:\n        x: it.\n    """\n    return x\n'
    assert blocks.without_docstrings(source) == 'def f(x):\n    """Do it."""\n    return x\n'
    short = 'class A:\n    """Is it."""\n'
    assert blocks.without_docstrings(short) == short


def test_long_logs_are_shortened_and_say_so(deck):
    [slide] = slides_with(deck, "epoch")
    shown = [int(epoch) for epoch in re.findall(r"epoch +(\d+)/", visible(slide))]
    assert shown == [1, 2, 3, 4, 5, 44, 45, 46, 47, 48]
    assert "38 more lines, see the notebook" in visible(slide)
    assert blocks.shortened("a\nb") == "a\nb"


def test_letters_are_larger_where_there_is_room():
    few, many = blocks.text_blocks("A word."), blocks.text_blocks("Many words. " * 75)
    assert slides.Slide("", blocks=few).zoom > 1.2
    assert slides.Slide("", blocks=many).zoom == 1
    widest = blocks.code_blocks("x" * 100)
    assert slides.Slide("", blocks=widest).zoom == 1


def test_a_long_list_is_shared_by_slides_and_keeps_its_numbers():
    items = "\n".join(f"{i}. {'word ' * 20}" for i in range(1, 10))
    notebook = new_notebook(cells=[new_markdown_cell(f"# 1 · T\n\n## S\n\n{items}")])
    *_, before, after = slides.Deck(notebook).slides
    assert before.free >= 0 and after.free >= 0
    assert 'start="9"' in after.blocks[-1].html


def test_what_announces_something_goes_with_it():
    paragraph = "word " * 150
    source = f"# 1 · T\n\n## S\n\n{paragraph}\n\n### These\n\nare two:\n\n- {paragraph}"
    *_, before, after = slides.Deck(new_notebook(cells=[new_markdown_cell(source)])).slides
    assert len(before.blocks) == 1
    assert [block.text for block in after.blocks[:2]] == ["These", "are two:"]


def test_notes_after_a_cell_without_slides_go_to_the_slide_before():
    cells = [
        new_markdown_cell("# 1 · T"),
        new_code_cell("import this"),
        new_markdown_cell("Say hello.", metadata={"tags": ["tutor"]}),
    ]
    [title] = slides.Deck(new_notebook(cells=cells)).slides
    assert "Say hello." in title.notes[0]


def test_a_deck_is_written_for_each_notebook(lesson, tmp_path):
    for name in ("01_a", "02_b"):
        nbformat.write(lesson, tmp_path / f"{name}.ipynb")
    written = slides.write_decks(tmp_path, tmp_path / "slides")
    assert [file.name for file in written] == ["01_a.html", "02_b.html"]
    assert sorted((tmp_path / "slides").iterdir()) == written
