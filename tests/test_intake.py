"""Files from Moodle and Canvas on their way to nbgrader."""

import io
import json
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools.grading import intake
from tools.grading.intake import take_in

RELEASED = {"workbook": ("01_mlp", "02_cnn"), "homework": ("05_by_hand",)}
JANUARY, MARCH = (2027, 1, 5, 12, 0, 0), (2027, 3, 5, 12, 0, 0)
FOLDER = "{}_assignsubmission_file_/{}"


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course with two assignments, nothing handed in."""
    for assignment, names in RELEASED.items():
        for name in names:
            file = tmp_path / "course" / "release" / assignment / f"{name}.ipynb"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(notebook(name))
    return tmp_path / "course"


def notebook(name: str, answer: str = "") -> bytes:
    """A notebook whose texts only this one has."""
    cells = [new_markdown_cell(f"# {name}, part {i}") for i in range(5)]
    made = new_notebook(cells=[*cells, new_code_cell("import torch"), new_code_cell(answer)])
    return nbformat.writes(made).encode()


def zipped(files: dict[str, bytes], date=JANUARY) -> bytes:
    """A zip file; the date of a file stands in the name, or is that of all."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in files.items():
            info = zipfile.ZipInfo(name.split("@")[0], MARCH if "@March" in name else date)
            info.compress_type = zipfile.ZIP_DEFLATED
            opened.writestr(info, content)
    return packed.getvalue()


@pytest.fixture
def hand_in(course, tmp_path):
    """Take files in; what became of them, and the files in the course."""

    def hand_in(files, *assignment, date=JANUARY):
        archive = tmp_path / "all.zip"
        archive.write_bytes(zipped(files, date))
        found = take_in(archive, course, *assignment)
        there = (course / "submitted").rglob("*")
        return found, {f.relative_to(course / "submitted").as_posix() for f in there if f.is_file()}

    return hand_in


@pytest.mark.parametrize(
    "name",
    [
        FOLDER.format("Jürgen Groß-Müller_12345", "01_mlp.ipynb"),
        FOLDER.format("Ju\u0308rgen Groß-Mu\u0308ller_12345", "01_mlp.ipynb"),
        "Jürgen Groß-Müller_12345_assignsubmission_file_01_mlp.ipynb",
        "Jürgen Groß-Müller_12345_assignsubmission_file/01_mlp.ipynb",
        "Lab-Notebooks-77/Jürgen Groß-Müller_12345_assignsubmission_file_/my work/01_mlp.ipynb",
    ],
)
def test_moodles_names_give_one_id(name, hand_in):
    found, files = hand_in({name: notebook("01_mlp")})
    assert files == {"jurgen-gross-muller-12345/workbook/01_mlp.ipynb"}
    assert str(found) == "1 student, 1 notebooks; everything was recognised."


@pytest.mark.parametrize("name", ["李小龙_7", "Ли_7", "李_7"])
def test_a_name_without_latin_letters_gives_its_number(name, hand_in):
    _, files = hand_in({FOLDER.format(name, "01_mlp.ipynb"): notebook("01_mlp")})
    assert files == {"7/workbook/01_mlp.ipynb"}


def test_canvas_names_and_uploads(hand_in, course):
    found, files = hand_in(
        {
            "doejane_12345_67890_01_mlp.ipynb@March": notebook("01_mlp", "1"),
            "doejane_LATE_12345_67899_01_mlp-2.ipynb": notebook("01_mlp", "3"),
            "doejane_12345_67895_01_mlp-1.ipynb@March": notebook("01_mlp", "2"),
            "müllerjürgen_LATE_12346_67890_02_cnn.ipynb": notebook("02_cnn"),
        }
    )
    assert files == {
        "doejane-12345/workbook/01_mlp.ipynb",
        "mullerjurgen-12346/workbook/02_cnn.ipynb",
    }
    taken = course / "submitted/doejane-12345/workbook/01_mlp.ipynb"
    assert nbformat.read(taken, 4).cells[-1].source == "3"
    assert found.remarks == [
        "doejane-12345: of 01_mlp, 01_mlp-2.ipynb is the newest; not 01_mlp.ipynb, 01_mlp-1.ipynb."
    ]
    assert str(found).endswith("2 students, 2 notebooks; everything was recognised.")


@pytest.mark.parametrize(
    "name",
    [
        "01_mlp (1).ipynb",
        "01_mlp-2.ipynb",
        "Kopie von 01_mlp.ipynb",
        "01_mlp-Copy1.ipynb",
        "01-MLP final.IPYNB",
        "Untitled3.ipynb",
    ],
)
def test_renamed_notebooks_are_recognised_and_named(name, hand_in):
    found, files = hand_in({FOLDER.format("Ann_1", name): notebook("01_mlp", "mine")})
    assert files == {"ann-1/workbook/01_mlp.ipynb"}
    assert found.remarks == [f"ann-1: {name} is taken as 01_mlp."]


@pytest.mark.parametrize("newer", ["01_mlp.ipynb", "01_mlp (1).ipynb"])
def test_of_two_the_one_that_was_changed_later_is_taken(newer, hand_in, course):
    names = ("01_mlp.ipynb", "01_mlp (1).ipynb")
    found, _ = hand_in(
        {
            FOLDER.format("Ann_1", f"{name}{'@March' * (name == newer)}"): notebook("01_mlp", name)
            for name in names
        }
    )
    taken = nbformat.read(course / "submitted/ann-1/workbook/01_mlp.ipynb", 4)
    assert taken.cells[-1].source == newer
    assert f"{newer} is the newest" in found.remarks[0]


def test_a_students_own_zip_file_is_unpacked(hand_in):
    inner = zipped(
        {
            "lab/01_mlp.ipynb": notebook("01_mlp"),
            "lab/helper.py": b"1",
            "__MACOSX/lab/._01_mlp.ipynb": b"0",
            "lab/.ipynb_checkpoints/01_mlp-checkpoint.ipynb@March": notebook("01_mlp", "old"),
            "lab/timestamp.txt": b"2020-01-01",
            "lab/more.zip": zipped({"05_by_hand.ipynb": notebook("05_by_hand")}),
        }
    )
    found, files = hand_in({FOLDER.format("Ann_1", "all.zip"): inner})
    assert files == {
        "ann-1/workbook/01_mlp.ipynb",
        "ann-1/workbook/lab/helper.py",
        "ann-1/homework/05_by_hand.ipynb",
        "ann-1/homework/lab/helper.py",
    }
    assert str(found) == "1 student, 2 notebooks; everything was recognised."


def test_only_one_assignment(hand_in):
    work = {f"{name}.ipynb": notebook(name) for name in ("01_mlp", "05_by_hand")}
    found, files = hand_in({FOLDER.format("Ann_1", n): c for n, c in work.items()}, "homework")
    assert files == {"ann-1/homework/05_by_hand.ipynb"}
    assert len(found.unknown) == 1 and "01_mlp.ipynb" in found.unknown[0]


def test_what_is_not_recognised_is_said(hand_in):
    found, files = hand_in(
        {
            "readme.txt": b"hello",
            FOLDER.format("Ann_1", "poem.ipynb"): nbformat.writes(new_notebook()).encode(),
            FOLDER.format("Ann_1", "report.pdf"): b"%PDF",
            FOLDER.format("Bob_2", "broken.zip"): b"PK\3\4 and no more",
            FOLDER.format("Cy_3", "odd.ipynb"): json.dumps([1]).encode(),
        }
    )
    assert not files
    assert str(found).endswith("0 students, 0 notebooks; 5 not taken.")
    for name in ("readme.txt", "poem.ipynb", "report.pdf", "broken.zip", "odd.ipynb"):
        assert any(name in one for one in found.unknown)


@pytest.mark.parametrize(
    "name", ["../../../evil.py", "/etc/evil.py", "C:\\evil.py", "a/../../evil.py"]
)
def test_no_file_leaves_its_folder(name, hand_in, course):
    inner = zipped({"01_mlp.ipynb": notebook("01_mlp"), name: b"1"})
    _, files = hand_in({FOLDER.format("../Ann_1", "all.zip"): inner})
    assert len(files) == 2
    assert all(file.startswith("ann-1/workbook/") for file in files)
    evil = [*course.parent.rglob("*evil.py")]
    assert [file.is_relative_to(course / "submitted/ann-1/workbook") for file in evil] == [True]


def test_bombs_are_not_unpacked(hand_in, monkeypatch):
    monkeypatch.setattr(intake, "LARGEST_NOTEBOOK", 10**5)
    monkeypatch.setattr(intake, "LARGEST_STUDENT", 2 * 10**5)
    nested = b"0"
    for _ in range(4):
        nested = zipped({"next.zip": nested})
    found, files = hand_in(
        {
            FOLDER.format("Ann_1", "01_mlp.ipynb"): b" " * 10**7,
            FOLDER.format("Bob_2", "nested.zip"): nested,
            FOLDER.format("Cy_3", "many.zip"): zipped({f"{i}.txt": b"" for i in range(2000)}),
            FOLDER.format("Di_4", "parts.zip"): zipped({f"{i}.txt": b"0" * 9**5 for i in range(9)}),
            FOLDER.format("Ed_5", "02_cnn.ipynb"): notebook("02_cnn"),
        }
    )
    assert files == {"ed-5/workbook/02_cnn.ipynb"}
    assert len([one for one in found.unknown if "too large" in one]) > 3
    assert any("zip file in a zip file" in one for one in found.unknown)


def test_nothing_is_replaced_without_a_word(hand_in, course):
    name, file = FOLDER.format("Ann_1", "01_mlp.ipynb"), course / "submitted/ann-1/workbook"
    older, newer = notebook("01_mlp", "older"), notebook("01_mlp", "newer")
    hand_in({name: older})
    found, _ = hand_in({name: newer}, date=MARCH)
    assert "in the course was older" in found.remarks[0]
    assert (file / "01_mlp.ipynb").read_bytes() == newer
    assert (file / "01_mlp.ipynb.earlier").read_bytes() == older
    found, _ = hand_in({name: newer}, date=MARCH)
    assert found.remarks == []
    found, _ = hand_in({name: older})
    assert "is newer than the one in the zip: kept" in found.remarks[0]
    assert (file / "01_mlp.ipynb").read_bytes() == newer


def test_errors_are_sentences(course, tmp_path, monkeypatch, capsys):
    archive = tmp_path / "all.zip"
    archive.write_bytes(b"no zip file")
    for arguments, said in (
        ([archive, course], "cannot be read as a zip file"),
        ([tmp_path / "none.zip", course], "There is no file"),
        ([archive, tmp_path], "no released course"),
        ([archive, course, "exam"], "no assignment 'exam'"),
    ):
        monkeypatch.setattr("sys.argv", ["intake", *map(str, arguments)])
        with pytest.raises(SystemExit):
            intake.main()
        assert said in capsys.readouterr().err
