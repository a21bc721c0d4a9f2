"""README, docs and the like: what they name is there, and what is there is named."""

import importlib.util
import re
from pathlib import Path

import pytest
import yaml

import workshop_utils as wu
from tools import places

ROOT = Path(__file__).parent.parent
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
MAKEFILE = "".join(
    (ROOT / place / "Makefile").read_text(encoding="utf-8") for place in ("", "tools/handout")
)
SETTINGS = (ROOT / "workshop_utils" / "settings.py").read_text(encoding="utf-8")
VARIABLE = r"WORKSHOP_[A-Z]+"
COMMANDS = set(re.findall(r"^(\w[\w-]*):.*##", MAKEFILE, flags=re.MULTILINE))

# Of an exercise that docs/contributing.md makes up.
MADE_UP = {"workshop_utils/exercises/places.py", "notebooks/source/09_places.py"}


def text_of(page):
    return page.read_text(encoding="utf-8")


def headings(page):
    """The marks that links may lead to."""
    titles = re.findall(r"^#+ (.+)$", text_of(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-") for title in titles}


def broken_links(page):
    """Targets in the repository that a page links to and that do not exist."""
    prose = re.sub(r"```.*?```", "", text_of(page), flags=re.DOTALL)
    targets = re.findall(r'\]\(([^)\s]+)\)|src="([^"]+)"', prose)
    broken = []
    for target in ("".join(found) for found in targets):
        path, _, mark = target.partition("#")
        file = page.parent / path if path else page
        if "://" not in target and not (file.exists() and (not mark or mark in headings(file))):
            broken.append(target)
    return broken


def unknown_names(text):
    """Commands, modules, files, names and variables in a text's code that do not exist."""
    text = re.sub(r"```python.*?```", "", text, flags=re.DOTALL)  # examples
    code = "\n".join(re.findall(r"```.*?```|`[^`\n]+`", text, flags=re.DOTALL))
    package = "".join(map(text_of, (ROOT / "workshop_utils").rglob("*.py")))
    paths = re.findall(r"\b(?:tools|tests|notebooks|workshop_utils)/[\w./]*", code)
    modules = re.findall(r"-m (tools[\w.]*|workshop_utils[\w.]*)", code)
    return (
        {f"make {name}" for name in re.findall(r"\bmake ([a-z][\w-]*)", code)}
        - {f"make {name}" for name in COMMANDS}
        | {name for name in modules if not importlib.util.find_spec(name)}
        | {name for name in paths if not (ROOT / name).exists()} - MADE_UP
        | set(re.findall(r"\bwu\.(\w+)", code)) - set(wu.__all__)
        | set(re.findall(VARIABLE, code)) - set(re.findall(VARIABLE, package))
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    assert broken_links(page) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path):
    page = tmp_path / "page.md"
    text = '# Top\n[a](page.md#top) [b](gone.md) [c](#gone) [d](https://there) <img src="e.png">'
    page.write_text(text, encoding="utf-8")
    assert broken_links(page) == ["gone.md", "#gone", "e.png"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_is_named_exists(page):
    text = text_of(page)
    if page.name == "CHANGELOG.md":  # also names what is gone
        text = re.sub(r"`make class-demo`", "", text)
    assert unknown_names(text) == set()


def test_names_of_what_does_not_exist_are_found():
    text = """`make coffee`, `make lab`, `python -m tools.gone`, `tools/run.py`, `tests/gone/`,
`wu.train`, `wu.gone`, `WORKSHOP_GONE=1`"""
    assert unknown_names(text) == {
        "make coffee",
        "tools.gone",
        "tests/gone/",
        "gone",
        "WORKSHOP_GONE",
    }


def test_every_command_is_described():
    described = "".join(map(text_of, PAGES))
    assert {name for name in COMMANDS if f"make {name}" not in described} == set()
    assert len(COMMANDS) > 10


def test_every_setting_is_described():
    table = text_of(ROOT / "docs" / "data.md")
    settings = set(re.findall(VARIABLE, SETTINGS)) - {"WORKSHOP_GRADING"}  # is not for readers
    assert {name for name in settings if f"| `{name}` |" not in table} == set()
    assert len(settings) == 11


def test_the_readme_leads_to_every_page():
    readme = text_of(ROOT / "README.md")
    for page in PAGES:
        assert page.name == "README.md" or f"]({page.relative_to(ROOT).as_posix()})" in readme
    for source in places.sources():
        name = source.relative_to(places.SOURCES).with_suffix(".ipynb").as_posix()
        assert f"](notebooks/{name})" in readme


def test_every_room_is_described():
    rooms = [room.parent for room in (ROOT / "workshop_utils").glob("*/__init__.py")]
    for room in [*rooms, ROOT / "workshop_utils" / "recorded"]:
        assert f"[{room.name}/](../workshop_utils/{room.name})" in text_of(
            ROOT / "docs" / "contributing.md"
        )
    assert len(rooms) > 5


def test_all_papers_say_the_same_version_and_licence():
    project = text_of(ROOT / "pyproject.toml")
    citation = yaml.safe_load(text_of(ROOT / "CITATION.cff"))
    newest = re.search(r"^## (\S+)", text_of(ROOT / "CHANGELOG.md"), flags=re.MULTILINE)[1]
    assert citation["version"] == newest
    assert f'\nversion = "{newest}"\n' in project
    assert f'\nlicense = "{" AND ".join(citation["license"])}"\n' in project
