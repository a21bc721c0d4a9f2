"""What students get can be used as it is, and shows no solution to whoever reads it."""

import ast
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import asked
import jupytext
import nbformat
import pytest
from test_editions import with_reference_solutions
from test_papers import COMMANDS, broken_links

import workshop_utils as wu
from tools import places
from tools.handout import pack
from tools.notebooks import build, editions
from tools.notebooks.execute import execute
from tools.places import ROOT
from workshop_utils.contest import ladder
from workshop_utils.exercises.engine import exercises

N = 12  # so many tokens in a row are no chance
LAB = ("01_mlp", "02_cnn", "03_autoencoder", "04_interpolation")


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """Both zips: what students get, and the solutions."""
    return pack.pack(tmp_path_factory.mktemp("packed"))


def unpack(archive, folder):
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)
    return folder / pack.NAME


@pytest.fixture(scope="module")
def handout(packed, tmp_path_factory):
    """The folder that a student has unpacked, not to be changed."""
    return unpack(packed[0], tmp_path_factory.mktemp("handout"))


@pytest.fixture
def own_handout(packed, tmp_path):
    """A folder of one's own."""
    return unpack(packed[0], tmp_path)


# --- no solution can be read ---


def grams(text):
    """All sequences of N tokens, whatever the spaces, comments and kinds of quotes."""
    found = re.findall(r"\d+\.\d+|\w+|[^\w\s]", re.sub(r"#.*", "", text).replace("'", '"'))
    return {tuple(found[i : i + N]) for i in range(len(found) - N + 1)}


def without_docstrings(code):
    """The statements of a program, one by one."""
    tree = ast.parse(code)
    statements = [ast.get_source_segment(code, statement) for statement in tree.body]
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            docstring = ast.get_source_segment(code, node.body[0])
            statements = [statement.replace(docstring, "") for statement in statements]
    return statements


def source(thing):
    return "\n".join(without_docstrings(inspect.getsource(thing)))


def notebooks():
    return [build.build(file, editions.students) for file in places.sources()]


def cells(tag, kind="code"):
    return [
        cell
        for file in places.sources()
        for cell in jupytext.read(file, fmt="py:percent").cells
        if cell.cell_type == kind and tag in cell.metadata.get("tags", [])
    ]


def solutions():
    """Graded solution -> its texts: of code, whatever is no part of the stub."""
    texts = {"for tutors": [cell.source for cell in cells("tutor", "markdown")]}
    for cell in cells("essay", "markdown"):
        texts[cell.metadata.get("graded_as", "not graded")] = [cell.source]
    for cell in cells("exercise"):
        if "graded_as" in cell.metadata:
            solution, _stub = editions.split(cell.source)
            handed_out = re.findall(r'use_solution\("(\w+)"\)', solution)
            texts[cell.metadata["graded_as"]] = without_docstrings(solution) + [
                source(exercises()[name].reference) for name in handed_out
            ]
    return texts


def in_the_open():
    """What may be read: stubs, hints, and what the lab shows of the package."""
    texts = [editions.split(cell.source)[1] for cell in cells("exercise")]
    texts += [cell.source for cell in cells("hint", "markdown")]
    texts += handed_out_by_c()
    shown = set().union(*map(pack.shown, notebooks()))
    return texts + [source(ladder)] + [source(getattr(wu, name)) for name in shown]


def handed_out_by_c():
    """The function to experiment with, and the entry to begin with."""
    file = places.SOURCES / "further" / "c_minutes.py"
    codes = [cell.source for cell in jupytext.read(file, fmt="py:percent").cells]
    return [code for code in codes if code.startswith(("def try_cnn", "%%writefile"))]


@pytest.fixture(scope="module")
def secrets():
    open_to_all = set().union(*map(grams, in_the_open()))
    return {
        name: set().union(*map(grams, texts)) - open_to_all for name, texts in solutions().items()
    }


def readable(file):
    """The text of a file, as somebody reads it."""
    if file.suffix == ".ipynb":
        return "\n".join(cell.source for cell in nbformat.read(file, as_version=4).cells)
    return file.read_text(encoding="utf-8")


def found_in(file, secrets):
    there = grams(readable(file))
    return {name for name, secret in secrets.items() if secret & there}


def test_every_graded_solution_is_looked_for(secrets):
    graded = {
        cell.metadata.nbgrader.grade_id.removeprefix("check-")
        for notebook in notebooks()
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade")
    }
    assert graded - secrets.keys() == set()
    shown = {name for name, secret in secrets.items() if not secret}
    assert shown == {"evaluation"}  # the lab shows it


def test_no_file_shows_a_graded_solution(handout, secrets):
    unread = {".safetensors", ".zip"}
    files = [file for file in handout.rglob("*") if file.is_file() and file.suffix not in unread]
    assert {str(file): found for file in files if (found := found_in(file, secrets))} == {}
    assert len(files) > 80
    assert [file.name for file in handout.rglob("*.zip")] == [pack.CURTAIN]


INTERPOLATE = """
    def line(a, b, n_steps):   # mine
        alpha = torch.linspace( 0, 1, n_steps, device = start.device )  # evenly
        alpha = alpha.reshape(-1, *[1] * start.dim())
"""


@pytest.mark.parametrize("name", ["docs/data.md", "AGENTS.md", "workshop_utils/table.py"])
def test_a_solution_in_a_text_or_a_module_is_found(own_handout, secrets, name):
    file = own_handout / name
    file.write_text(readable(file) + INTERPOLATE, encoding="utf-8")
    assert found_in(file, secrets) == {"interpolation"}


def test_a_solution_or_a_note_in_a_notebook_is_found(own_handout, secrets):
    [solution] = [s for s in places.solutions() if s.stem == "07_repair"]
    target = own_handout / "notebooks" / "homework" / "07_repair.ipynb"
    shutil.copy(solution, target)
    assert found_in(target, secrets) >= {"causes", "repair-preparation", "repair-loop"}
    shutil.copy(places.SOLUTIONS / "01_mlp.ipynb", target)
    assert found_in(target, secrets) == {"mlp-parameters", "for tutors"}


def test_a_module_is_either_readable_or_behind_the_curtain(handout):
    readable = {file.relative_to(handout).as_posix() for file in handout.rglob("*.py")}
    with zipfile.ZipFile(handout / "workshop_utils" / pack.CURTAIN) as curtain:
        hidden = {f"workshop_utils/{name}" for name in curtain.namelist()}
    every = {file.relative_to(ROOT).as_posix() for file in pack.PACKAGE.rglob("*.py")}
    assert readable & hidden == set()
    assert readable | hidden == every | {"tools/preflight.py"}
    for name, exercise in exercises().items():
        home = f"{exercise.reference.__module__.replace('.', '/')}.py"
        assert (home in hidden) == (name != "evaluate")  # the lab shows it


# --- it works ---


@pytest.fixture(scope="module")
def installed(handout, tmp_path_factory):
    """The package of the handout, installed into a folder from a wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(handout, folder / "copy")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    options = ["--no-deps", "--no-build-isolation", "-w", folder]
    subprocess.run([*pip, "wheel", *options, folder / "copy"], check=True)
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(folder / "site")
    return folder / "site"


def ask(package, code, folder):
    """What a program prints that has nothing of the workbook but a package."""
    script = folder / "script.py"
    script.write_text(code, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(package), "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, script], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_check_says_of_every_answer_what_it_says_here(handout, tmp_path):
    printed = ask(handout, inspect.getsource(asked), tmp_path)
    said, sources = json.loads(printed.splitlines()[-1])
    assert said == asked.said()
    assert {answers[0][0] + answers[1][0] for answers in said.values()} == {"✓✗"}
    assert said.keys() == exercises().keys()
    for file in sources.values():
        assert Path(file).is_relative_to(handout)
    assert any(pack.CURTAIN in file for file in sources.values())


IMPORT = """
import inspect
from workshop_utils.analysis import interpolation
print(interpolation.__file__)
print(inspect.getsource(interpolation.interpolate))
"""


def test_a_wheel_of_it_holds_the_curtain(installed, tmp_path):
    file, code = ask(installed, IMPORT, tmp_path).split("\n", 1)
    assert Path(file) == installed.joinpath(
        "workshop_utils", pack.CURTAIN, "analysis", "interpolation.py"
    )
    assert "torch.linspace" in code


def test_the_solutions_are_unpacked_in_the_same_place_and_take_the_place_of_the_archive(
    packed, own_handout, tmp_path
):
    before = {file: file.read_bytes() for file in own_handout.rglob("*") if file.is_file()}
    assert unpack(packed[1], tmp_path) == own_handout
    assert all(file.read_bytes() == content for file, content in before.items())
    file = Path(ask(own_handout, IMPORT, tmp_path).splitlines()[0])
    assert file == own_handout / "workshop_utils" / "analysis" / "interpolation.py"
    for solution in places.solutions():
        theirs = own_handout / solution.relative_to(ROOT)
        assert theirs.read_bytes() == solution.read_bytes()


def test_links_lead_to_what_is_there(handout):
    pages = [*handout.rglob("*.md"), *handout.rglob("*.ipynb")]
    assert {page.name: broken for page in pages if (broken := broken_links(page))} == {}
    assert len(pages) > 20


def test_only_commands_are_named_that_students_have(handout):
    commands = re.findall(r"^(\w+):", (handout / "Makefile").read_text("utf-8"), re.MULTILINE)
    for page in handout.rglob("*.md"):
        named = re.findall(r"\bmake (\w+)", page.read_text("utf-8"))
        assert COMMANDS & {*named} <= {*commands}, page
    readme = (handout / "README.md").read_text("utf-8")
    assert "make lab " in readme and "| [1 · MLP]" in readme and "\n...\n" not in readme


# --- how it is packed ---


def test_packed_again_it_is_the_same_to_the_byte(packed, tmp_path):
    for one, other in zip(packed, pack.pack(tmp_path), strict=True):
        assert one.read_bytes() == other.read_bytes()
    assert packed[0].stat().st_size < 6e6


# --- from the first notebook to the last ---


@pytest.mark.long
def test_the_lab_runs_to_its_end_with_the_reference_solutions(own_handout, tmp_path):
    settings = {"PYTHONPATH": str(own_handout), "WORKSHOP_RUNS": str(tmp_path / "runs")}
    for stem in LAB:
        file = own_handout / "notebooks" / f"{stem}.ipynb"
        notebook = with_reference_solutions(
            nbformat.read(file, as_version=4), places.SOURCES / f"{stem}.py"
        )
        nbformat.write(notebook, file)
        executed, _seconds = execute(file, settings)
        said = [
            output.data["text/plain"]
            for cell in executed.cells
            if "check" in cell.metadata.get("tags", [])
            for output in cell.get("outputs", [])
            if "workshop_check" in output.get("metadata", {})
        ]
        assert said
        assert all(text.startswith("✓") for text in said), said
