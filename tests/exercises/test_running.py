"""What all checks share: how answers are shown, and that a student's code can do no harm."""

import _thread
import io
import sys
import threading
import time

import nbformat
import pytest
import torch
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from students.asking import ask, state

import workshop_utils as wu
from workshop_utils.checks import result, running
from workshop_utils.checks.running import Mistake, judge
from workshop_utils.figures import style

TODO = "Write it."


def judged(check):
    """The message of a check."""
    return ask(lambda: judge(check, TODO)).message


# --- how an answer is shown ---


@pytest.fixture
def displayed(monkeypatch):
    """What is displayed in a notebook."""
    bundles = []
    monkeypatch.setattr("IPython.get_ipython", lambda: "a notebook")
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: bundles.append(bundle))
    return bundles


def test_an_answer_is_shown_as_text_and_as_a_box(displayed):
    wu.CheckResult(True, "Right: a < b.").show()
    wu.CheckResult(False, "a > b & c").show()
    right, wrong = displayed
    assert right["text/plain"] == "✓ Right: a < b."
    assert wrong["text/plain"] == "✗ a > b & c"
    assert "✓ Right: a &lt; b." in right["text/html"]
    assert "✗ a &gt; b &amp; c" in wrong["text/html"]
    assert 'role="status"' in right["text/html"]


def test_boxes_have_the_colours_of_the_figures(displayed):
    assert (result.BLUE, result.ORANGE) == (style.BLUE, style.ORANGE)
    wu.CheckResult(True, "").show()
    wu.CheckResult(False, "").show()
    assert style.BLUE in displayed[0]["text/html"]
    assert style.ORANGE in displayed[1]["text/html"]


def test_a_terminal_without_the_signs_shows_the_words(monkeypatch):
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", terminal)
    wu.CheckResult(False, "a code of 32×4×4").show()
    terminal.flush()
    assert terminal.buffer.getvalue().decode("cp1252").split() == ["?", "a", "code", "of", "32×4×4"]


def test_a_right_answer_lets_the_notebook_go_on():
    assert wu.CheckResult(True, "Right.").must_pass() is None


def test_a_wrong_answer_stops_the_notebook_and_says_how_to_go_on():
    with pytest.raises(result.StopHere, match="reference solution") as stopped:
        wu.CheckResult(False, "Wrong.").must_pass()
    lines = stopped.value._render_traceback_()
    assert "stops here" in "\n".join(lines)
    assert len("\n".join(lines).splitlines()) == 2


def test_a_notebook_shows_an_answer_once_and_stops_without_a_traceback(tmp_path):
    class_cell = (
        "import torch, workshop_utils as wu\n"
        "class Mine(wu.ConvEncoder):\n"
        "    def forward(self, x):\n"
        "        return self.conv4(x)\n"
        "wu.check_encoder(wu.ConvEncoder)"
    )
    cells = [new_code_cell(class_cell), new_code_cell("wu.check_encoder(Mine).must_pass()")]
    notebook = new_notebook(cells=cells)
    NotebookClient(notebook, allow_errors=True, timeout=120).execute()
    [shown] = notebook.cells[0].outputs
    assert shown.output_type == "display_data"
    assert shown.data["text/plain"].startswith("✓")
    shown, stopped = notebook.cells[1].outputs
    assert "in your line “return self.conv4(x)”" in shown.data["text/plain"]
    assert stopped.output_type == "error"
    assert len("\n".join(stopped.traceback).splitlines()) == 2
    assert "File" not in "".join(stopped.traceback)
    nbformat.validate(notebook)


# --- a student's code can do no harm ---


def test_what_a_check_returns_or_raises_becomes_the_answer():
    assert judged(lambda: "Right.") == "Right."

    def wrong():
        raise Mistake("No.")

    assert judged(wrong) == "No."


def test_settings_that_a_students_code_changes_are_put_back():
    def change():
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)
        torch.rand(10)
        sys.stdout = sys.stderr = None
        return "Right."

    assert judged(change) == "Right."


def test_checks_do_not_depend_on_the_settings_outside():
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        with torch.inference_mode():
            assert ask(wu.check_encoder, wu.ConvEncoder).passed
            assert ask(wu.check_interpolation, wu.interpolate).passed
    finally:
        torch.set_default_dtype(before)


def test_a_loop_that_never_ends_is_ended():
    running = []

    def loop():
        running.append(threading.current_thread())
        while True:
            pass

    assert "loop() was stopped" in judged(loop)
    assert running[0].daemon  # Python could end even if it did not
    running[0].join(1)
    assert not running[0].is_alive()


def test_a_check_works_outside_the_main_thread():
    found = []
    thread = threading.Thread(target=lambda: found.append(wu.check_encoder(wu.ConvEncoder)))
    thread.start()
    thread.join(10)
    assert found[0].passed


def test_ctrl_c_still_interrupts_a_check():
    before = state()

    def wait():
        time.sleep(0.2)
        _thread.interrupt_main()
        end = time.monotonic() + 5  # a thread left over would slow down all later tests
        while time.monotonic() < end:
            pass

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        judge(wait, TODO)
    assert time.monotonic() - began < 4  # it would have gone on for five seconds
    assert state() == before


def test_a_long_line_and_a_long_error_are_shortened():
    def fail():
        raise ValueError("a very long text " * 100)

    assert len(judged(fail)) < 400


def test_addresses_are_left_out():
    def fail():
        raise ValueError(f"not {object()}")

    assert "not <object object>" in judged(fail)


@pytest.mark.parametrize(
    ("source", "meaning"),
    [
        ("torch.rand(2, 3) @ torch.rand(2, 3)", "a linear layer (matrices 2x3 and 2x3)"),
        ("torch.stack([torch.rand(2), torch.rand(3)])", "have different shapes"),
        ("torch.stack([1, 2])", "this list holds a int"),
        ("torch.relu('x')", "a tensor is needed here, but a str is given"),
        ("torch.rand(3).flaten()", "a tensor has no flaten"),
        ("torch.rellu(0)", "torch has no rellu. Is it misspelt?"),
        ("nn.ReLU()", "nn is not imported"),
        ("torch.nn.Linear(2, 3, widht=4)", "there is no argument called widht"),
        ("torch.rand(2)[0][0][0]", "IndexError"),
        ("x = 3; x()", "used as something that it is not"),
        ("torch.nn.Conv2d(4, 4, 3, groups=3)", "Leave out groups="),
        ("torch.ones(2, requires_grad=True).add_(1)", "changed in place"),
        ("[x for x in None]", "something here is None"),
    ],
)
def test_common_errors_are_explained_in_words(source, meaning):
    code = compile(source, "an exercise", "exec")
    assert meaning in judged(lambda: exec(code, {"torch": torch}))


def test_a_variable_without_a_value_is_named():
    def forget():
        total += 1  # noqa: F821
        return total

    assert "total is used before it has a value" in judged(forget)


# --- a busy computer ---


def test_time_that_the_check_itself_needs_does_not_count(monkeypatch):
    monkeypatch.setattr(running, "SECONDS", 0.1)
    monkeypatch.setattr(running._Work, "outermost_function", lambda self: None)
    answer = running.judge(lambda: time.sleep(0.5) or "Right.", "")
    assert answer.passed


def test_no_check_is_waited_for_for_ever(monkeypatch):
    monkeypatch.setattr(running, "LONGEST", 0.2)
    monkeypatch.setattr(running._Work, "outermost_function", lambda self: None)
    answer = running.judge(lambda: time.sleep(0.8) or "Right.", "")
    assert not answer.passed
