"""The tests with other versions, on environments without packages: nothing is downloaded."""

import subprocess
import sys

import pytest

from tools import versions

THIS = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def resolutions(monkeypatch, tmp_path):
    """What is asked to be resolved, answered with what is put under "answer"."""
    asked = {"answer": ""}

    def resolved(*what):
        asked.setdefault("what", []).append(what)
        if isinstance(asked["answer"], Exception):
            raise asked["answer"]
        return asked["answer"]

    monkeypatch.setattr(versions, "BUILD", tmp_path)
    monkeypatch.setattr(versions, "resolved", resolved)
    monkeypatch.setattr(versions, "GRID", ((), ("linux",)))
    return asked


def row(printed, python):
    """The words in the row of a table that is about this Python."""
    return next(line.split() for line in printed.splitlines() if line.split()[:1] == [python])


def test_what_fails_and_a_python_that_is_not_there_are_rows_and_the_next_is_tried(
    resolutions, monkeypatch, capsys
):
    tries = {"3.99": versions.LOWEST, THIS: versions.NEWEST}
    monkeypatch.setattr(versions, "ENVIRONMENTS", tries)
    assert versions.main(["-c", "raise SystemExit(5)"]) == 1
    printed = capsys.readouterr().out
    assert row(printed, "3.99")[:4] == ["3.99", "lowest-direct", "no", "environment"]
    assert row(printed, THIS)[:3] == [THIS, "highest", "failed"]
    monkeypatch.setattr(versions, "ENVIRONMENTS", {THIS: versions.NEWEST})
    in_its_own = "import sys, pathlib; assert 'versions' in pathlib.Path(sys.prefix).parts"
    assert versions.main(["-c", in_its_own]) == 0
    assert resolutions["what"] == [(THIS, versions.NEWEST)] * 2


def test_requirements_that_cannot_be_met_are_told_and_are_a_failure(
    resolutions, monkeypatch, capsys
):
    monkeypatch.setattr(versions, "ENVIRONMENTS", {})
    monkeypatch.setattr(versions, "GRID", (("3.14",), ("linux", "windows")))
    resolutions["answer"] = "numpy==2.4.0\ntorch==2.9.0\n"
    assert versions.main([]) == 0
    assert row(capsys.readouterr().out, "3.14") == ["3.14", *["2.9.0", "to", "2.9.0"] * 2]
    resolutions["answer"] = subprocess.CalledProcessError(1, "uv")
    assert versions.main([]) == 1
    assert row(capsys.readouterr().out, "3.14") == ["3.14", "none", "none"]
