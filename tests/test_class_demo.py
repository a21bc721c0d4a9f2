import collections
import json
import re
import sys

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook

import class_demo
from classroom import kernels, page
from classroom.kernels import Seat, ShortOfMemoryError, attend

LIMIT = 120  # seconds; nothing here takes a tenth of it, even on a busy computer
MEMORY = collections.namedtuple("Memory", "available")
GOOD = "print(sum(range(10)))"
REPORT = """
from IPython.display import display
def report_result(metric, verdict):
    about = {"dataset": "stand-in", "variant": "", "profile": "quick"}
    result = {"metric": metric, "verdict": verdict, **about}
    display({"text/plain": "said"}, raw=True, metadata={"workshop_result": result})
"""


@pytest.fixture
def seat(tmp_path):
    """Make a seat whose notebook has one cell."""

    def make(source):
        folder = tmp_path / f"kernel-{len(list(tmp_path.glob('*.ipynb')))}"
        file = tmp_path / f"{folder.name}.ipynb"
        nbformat.write(new_notebook(cells=[new_code_cell(source)]), file)
        return Seat(folder, file)

    return make


def test_two_kernels_at_once_come_to_the_end_and_are_measured(seat):
    # Kept busy until it has been looked at.
    busy = "import time\nend = time.time() + 3\nwhile time.time() < end: sum(range(1000))"
    seen = attend([seat(busy), seat(busy)], {}, LIMIT)
    assert seen.lost == []
    pids = {one.process.pid for one in seen.seats}
    assert len(pids) == 2 and psutil.Process().pid not in pids
    for one in seen.seats:
        assert one.seconds > 3
        assert one.cpu_seconds > 0
        assert one.unique_bytes < one.peak_bytes
    assert max(one.unique_bytes for one in seen.seats) < seen.peak_bytes
    summary = seen.summary()
    assert (summary["kernels"], summary["lost"]) == (2, 0)
    assert summary["disk_bytes_most"] > 0  # IPython's history lies in the kernel's own folder


@pytest.mark.skipif(not kernels.HAS_PSS, reason="only Linux knows PSS")
def test_memory_that_kernels_share_is_counted_once(seat):
    source = "import numpy, time\nhere = numpy.ones(10**7)\ntime.sleep(3)"  # 80 MB each
    seen = attend([seat(source) for _ in range(3)], {}, LIMIT)
    unique = sum(one.unique_bytes for one in seen.seats)
    assert 240e6 < unique <= seen.peak_bytes < sum(one.peak_bytes for one in seen.seats)


def test_each_kernel_keeps_its_trained_networks_in_a_folder_of_its_own(seat):
    source = "import os, pathlib\npathlib.Path(os.environ['WORKSHOP_RUNS']).mkdir()"
    one, other = seat(source), seat(source)
    assert attend([one, other], {}, LIMIT).lost == []
    assert (one.folder / "runs").is_dir() and (other.folder / "runs").is_dir()


def test_a_kernel_that_dies_is_lost_and_the_others_go_on(seat):
    seen = attend([seat("import os; os._exit(1)"), seat(GOOD)], {}, LIMIT)
    assert [one.folder.name for one in seen.lost] == ["kernel-0"]
    assert "died" in seen.lost[0].problem
    assert seen.summary()["lost"] == 1


def test_a_kernel_with_an_error_is_lost_and_the_error_is_named(seat):
    seen = attend([seat("1 / 0"), seat(GOOD)], {}, LIMIT)
    assert [one.problem for one in seen.seats] == ["ZeroDivisionError: division by zero", ""]


def test_a_kernel_that_hangs_is_stopped_in_time_and_named(seat):
    hanging = seat("import time; time.sleep(1000)")
    seen = attend([hanging], {}, 3)
    assert hanging.problem == "stopped: it still ran after 3 seconds"
    assert not hanging.process.is_running()
    assert seen.seconds < LIMIT


def test_when_memory_runs_short_all_kernels_are_stopped_with_words(seat, monkeypatch):
    hanging = seat("open('begun', 'w').close()\nimport time; time.sleep(1000)")
    begun = hanging.notebook.with_name("begun")
    monkeypatch.setattr(psutil, "virtual_memory", lambda: MEMORY(0 if begun.exists() else 1e12))
    with pytest.raises(ShortOfMemoryError, match="so all were stopped. Start fewer"):
        attend([hanging], {}, LIMIT)
    assert not hanging.process.is_running()


def test_a_result_outside_the_recorded_range_counts_as_lost(seat):
    call = 'report_result("cnn_test_accuracy", "{}")'
    outside = seat(REPORT + call.format("OUTSIDE the recorded range"))
    inside = seat(REPORT + call.format("inside the recorded range"))
    attend([outside, inside], {}, LIMIT)
    assert outside.problem == "cnn_test_accuracy outside the recorded range"
    assert inside.problem == ""


def test_a_missing_result_counts_as_lost(seat):
    silent = seat(REPORT + 'if False:\n    report_result("cnn_test_accuracy", "inside")')
    attend([silent], {}, LIMIT)
    assert silent.problem == "it reported nothing instead of cnn_test_accuracy"


# --- the demonstration ---


@pytest.fixture
def demo(monkeypatch, tmp_path):
    """Run the command with a tiny notebook, in folders that are thrown away."""
    for name in ("solutions", "results", "docs/source"):
        (tmp_path / name).mkdir(parents=True)
    notebook = new_notebook(cells=[new_code_cell(GOOD)])
    nbformat.write(notebook, tmp_path / "solutions" / "01_tiny.ipynb")
    shared = tmp_path / "class" / "shared"
    monkeypatch.setattr(class_demo, "SOLUTIONS", tmp_path / "solutions")
    monkeypatch.setattr(class_demo, "FOLDER", tmp_path / "class")
    monkeypatch.setattr(class_demo, "SHARED", shared)
    monkeypatch.setattr(class_demo, "ROOT", tmp_path)
    monkeypatch.setattr(class_demo, "CLASS_FILE", tmp_path / "results" / "class.json")
    monkeypatch.setattr(class_demo, "write_page", lambda: None)
    prefetched = f"import pathlib; pathlib.Path({str(shared)!r}).mkdir(parents=True, exist_ok=True)"
    monkeypatch.setattr(class_demo, "PREFETCH", prefetched)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["class_demo.py", *arguments])
        return class_demo.main()

    return run


def test_the_demonstration_writes_what_it_measured(demo, capsys):
    assert demo("--kernels", "2") == 0
    written = json.loads(class_demo.CLASS_FILE.read_text(encoding="utf-8"))["class"]
    assert written["notebook"] == "01_tiny"
    kernels_of = {name: one["kernels"] for name, one in written["runs"].items()}
    assert kernels_of == {
        "alone": 1,
        "few_on_every_core": 2,
        "few_with_one_thread": 2,
        "together": 2,
    }
    assert "few with one thread" in capsys.readouterr().out


def test_other_parts_of_the_file_stay(demo):
    class_demo.CLASS_FILE.write_text('{"students": 1}', encoding="utf-8")
    class_demo.save("class", {"runs": 2})
    written = json.loads(class_demo.CLASS_FILE.read_text(encoding="utf-8"))
    assert written == {"students": 1, "class": {"runs": 2}}


def test_a_student_begins_without_networks_of_the_last_time(demo):
    left = class_demo.FOLDER / "student" / "runs" / "mlp.safetensors"
    left.parent.mkdir(parents=True)
    left.touch()
    source = (
        f"import os\nassert not os.path.exists({str(left)!r})\nprint(os.environ['WORKSHOP_RUNS'])"
    )
    call = 'report_result("cnn_test_accuracy", "inside the recorded range")'
    cells = [new_code_cell(source), new_code_cell(REPORT + call)]
    nbformat.write(new_notebook(cells=cells), class_demo.SOLUTIONS / "01_tiny.ipynb")
    assert demo("--students") == 0
    written = json.loads(class_demo.CLASS_FILE.read_text(encoding="utf-8"))["students"]
    assert (written["dataset"], written["profile"]) == ("stand-in", "quick")
    assert list(written["notebooks"]) == ["01_tiny"]


def test_nothing_is_written_if_a_kernel_was_lost(demo, capsys):
    broken = new_notebook(cells=[new_code_cell("raise ValueError('no')")])
    nbformat.write(broken, class_demo.SOLUTIONS / "01_tiny.ipynb")
    assert demo("--students") == 1
    said = capsys.readouterr().out
    assert "kernel-01 lost: ValueError: no" in said
    assert "Nothing written" in said
    assert not class_demo.CLASS_FILE.exists()


def test_no_class_is_started_if_one_kernel_alone_is_lost(demo, capsys):
    broken = new_notebook(cells=[new_code_cell("raise ValueError('no')")])
    nbformat.write(broken, class_demo.SOLUTIONS / "01_tiny.ipynb")
    assert demo("--kernels", "2") == 1
    said = capsys.readouterr().out
    assert "no class was started" in said
    assert "together" not in said


def test_more_kernels_than_there_is_memory_for_are_not_started(demo, capsys, monkeypatch):
    lasting = new_notebook(cells=[new_code_cell("import time\ntime.sleep(2)")])
    nbformat.write(lasting, class_demo.SOLUTIONS / "01_tiny.ipynb")
    monkeypatch.setattr(kernels, "RESERVE", 0)
    # One kernel takes more than half of that.
    monkeypatch.setattr(psutil, "virtual_memory", lambda: MEMORY(40e6))
    assert demo("--kernels", "2") == 1
    said = capsys.readouterr().out
    assert re.search(r"2 kernels may need \d+\.\d GB of memory, but 0\.0 GB are free", said)
    assert "together" not in said


# --- the page ---


def test_the_page_holds_the_measured_numbers():
    text = page.PAGE.read_text(encoding="utf-8")
    assert text == page.page(), "run: python tools/class_demo.py --page"


def test_a_new_measurement_changes_the_page(monkeypatch, tmp_path):
    measured = json.loads(page.CLASS_FILE.read_text(encoding="utf-8"))
    measured["class"]["runs"]["together"]["peak_bytes_together"] = 123_450_000_000
    file = tmp_path / "class.json"
    file.write_text(json.dumps(measured), encoding="utf-8")
    monkeypatch.setattr(page, "CLASS_FILE", file)
    assert "123.45 GB" in page.page()


def test_the_page_reckons_by_the_formulas_it_states():
    numbers = page.numbers()
    thirty = numbers["sizes"][0]
    guarantee = float(numbers["guarantee_gb"])
    assert guarantee >= float(numbers["peak_gb"]) + page.SERVER_GB - 0.01
    assert float(numbers["limit_gb"]) > guarantee
    assert thirty["memory_gb"] == pytest.approx(30 * guarantee + page.SYSTEM_GB, abs=1)
    seconds = max(numbers["full"].values())
    cores = 30 * seconds * page.CORES_OF_RECORD / (page.WAIT * 60)
    assert thirty["cores"]["cifar10"] == pytest.approx(cores, abs=1)
