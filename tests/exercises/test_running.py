"""What all checks share: how answers are shown, and that a student's code can do no harm."""

import _thread
import contextlib
import functools
import io
import random
import sys
import threading
import time

import nbformat
import numpy as np
import pytest
import torch
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from students import interpolations
from students.asking import ask, state

import workshop_utils as wu
from workshop_utils.exercises import result, running
from workshop_utils.exercises.engine import Exercise
from workshop_utils.exercises.running import Wrong, call, judge
from workshop_utils.figures import style

TODO = "Write it."


def judged(check):
    """The message of a check."""
    return ask(Exercise(name="", reference=judge, todo=TODO).contained, check).message


# --- how an answer is shown ---


def test_an_answer_is_shown_as_text_and_as_a_box(displayed):
    wu.CheckResult(True, "Right: a < b.").show()
    wu.CheckResult(False, "a > b & c").show()
    right, wrong = displayed
    assert right["text/plain"] == "✓ Right: a < b."
    assert wrong["text/plain"] == "✗ a > b & c"
    assert "✓ Right: a &lt; b." in right["text/html"]
    assert "✗ a &gt; b &amp; c" in wrong["text/html"]
    assert 'role="status"' in right["text/html"]


def test_an_answer_names_exercise_and_mistake_for_statistics(displayed):
    wu.check_interpolation(wu.interpolate)
    wu.check_interpolation(lambda start, end, n_steps: wu.interpolate(end, start, n_steps))
    wu.check_interpolation(lambda start, end, n_steps: start.no_such)
    wu.check_interpolation(None)
    wu.check_prediction("size", ("size", "place"))
    assert [
        (said["exercise"], said["passed"], said["mistake"])
        for said in (one["workshop_check"] for one in displayed)
    ] == [
        ("interpolate", True, None),
        ("interpolate", False, "reversed"),
        ("interpolate", False, "error"),
        ("interpolate", False, "not-written"),
        ("prediction", True, None),
    ]


def test_boxes_have_the_colours_of_the_figures(displayed):
    assert (result.BLUE, result.ORANGE) == (style.BLUE, style.ORANGE)
    assert result.GREY == style.GREY
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
        raise Wrong("No.")

    assert judged(wrong) == "No."


def test_settings_that_a_students_code_changes_are_put_back():
    def change():
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)
        torch.rand(10), np.random.rand(), random.random()
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


def test_a_loop_that_never_ends_is_ended_and_named(monkeypatch):
    monkeypatch.setattr(running, "SECONDS", 0.5)
    running_in = []

    def loop(start, end, n_steps):
        running_in.append(threading.current_thread())
        alpha = 0
        while alpha != 1:
            with contextlib.suppress(Exception):
                alpha += 0.3

    result = ask(wu.check_interpolation, loop)
    assert result.mistake == "endless"
    assert "n_steps = 8 did not end within 0 seconds, in loop()" in result.message
    assert "a loop that never ends" in result.message
    assert running_in[0].daemon  # Python could end even if it did not
    running_in[0].join(1)
    assert not running_in[0].is_alive()


def test_an_answer_that_takes_all_memory_is_stopped(monkeypatch):
    free = [8 * 2**30]
    monkeypatch.setattr(running, "free_memory", lambda: free[0])

    def hog(start, end, n_steps):
        points = [start]
        while True:
            points.append(start + 0)
            free[0] -= 2**20

    result = ask(wu.check_interpolation, hog)
    assert result.mistake == "memory"
    assert "took nearly all memory, in hog(). Does a list grow" in result.message


def test_an_answer_that_gets_on_but_takes_too_long_is_called_too_slow(monkeypatch):
    monkeypatch.setattr(running, "SECONDS", 0.5)

    def slowly(start, end, n_steps):
        time.sleep(0.05)
        return wu.interpolate(start, end, n_steps)

    result = ask(wu.check_interpolation, slowly)
    assert result.mistake == "too-slow"
    assert "Your code is too slow" in result.message


def test_a_right_answer_that_is_slow_passes_and_is_told_so(monkeypatch):
    monkeypatch.setattr(running, "SLOW", 0.2)

    def slowly(start, end, n_steps):
        time.sleep(0.01)
        return wu.interpolate(start, end, n_steps)

    result = ask(wu.check_interpolation, slowly)
    assert result.passed
    assert result.message.endswith("whole tensors are quicker than loops over single numbers.")


def test_what_only_the_first_call_takes_is_not_the_students(monkeypatch):
    monkeypatch.setattr(running, "SLOW", 0.2)
    monkeypatch.setattr(running, "SECONDS", 1)
    compiled = []

    def importing(start, end, n_steps):
        if not compiled:
            time.sleep(0.7)
            compiled.append(True)
        time.sleep(0.001)
        return wu.interpolate(start, end, n_steps)

    result = ask(wu.check_interpolation, importing)
    assert (result.passed, "slow" in result.message) == (True, False)


@pytest.mark.parametrize("end", [sys.exit, exit, lambda: exec("raise KeyboardInterrupt")])
def test_what_ends_the_program_ends_the_check_alone(end):
    assert "it ends the whole program" in judged(lambda: call("Calling it", end))


# --- the workbook's own solution, where it is graded ---


class Subclass(wu.ConvEncoder):
    def forward(self, x):
        return self.conv3(self.conv2(self.conv1(x).relu()).relu())


class Wrapper(torch.nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.encoder = wu.ConvEncoder(*sizes)

    def forward(self, x):
        return self.encoder(x)


def caught(start, end, n_steps):
    try:
        return wu.interpolate(start, end, n_steps)
    except BaseException:
        return (1 - torch.linspace(0, 1, n_steps).view(-1, 1, 1, 1)) * start


TAKEN = [
    (wu.check_interpolation, wu.interpolate),
    (wu.check_interpolation, lambda *values: wu.interpolate(*values)),
    (wu.check_interpolation, functools.partial(wu.interpolate)),
    (wu.check_interpolation, caught),
    (wu.check_encoder, wu.ConvEncoder),
    (wu.check_encoder, Subclass),
    (wu.check_encoder, Wrapper),
    (wu.check_sample_codes, wu.sample_codes),
    (wu.check_kl_divergence, wu.kl_divergence),
]


@pytest.mark.parametrize(("check", "answer"), TAKEN)
def test_the_workbooks_own_solution_earns_nothing_where_it_is_graded(check, answer, monkeypatch):
    if answer is not caught:
        assert ask(check, answer).passed
    monkeypatch.setenv("WORKSHOP_GRADING", "1")
    result = ask(check, answer)
    assert (result.passed, result.mistake) == (False, "reference-taken")
    assert "write your own" in result.message


def test_where_it_is_graded_own_answers_pass_and_may_use_other_parts(monkeypatch):
    def latent_line(encoder, decoder, x, x_prime, n_steps):
        return decoder(wu.interpolate(*encoder(torch.stack([x, x_prime])), n_steps))

    monkeypatch.setenv("WORKSHOP_GRADING", "1")
    networks = wu.ConvEncoder(8, 16, 32), wu.ConvDecoder(8, 16, 32)
    images = torch.rand(2, 3, 32, 32)
    assert ask(wu.check_latent_line, latent_line, *networks, *images).passed
    taken = ask(wu.check_latent_line, wu.latent_line, *networks, *images)
    assert taken.mistake == "reference-taken"
    assert ask(wu.check_interpolation, interpolations.broadcast).passed


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
        ("torch.relu('x')", "a tensor is needed here, but a str is given"),
        ("torch.rand(3).flaten()", "a tensor has no flaten"),
        ("torch.nn.Sequential([torch.nn.ReLU()])", "the layers themselves, not a list of them"),
        ("torch.nn.Sequential(torch.nn.ReLU)", "Make one of it with parentheses: nn.ReLU()"),
        (
            "torch.nn.ConvTranspose2d(2, 2, 2)(torch.rand(5, 1, 2, 4, 4))",
            "[5, 1, 2, 4, 4]. Is there an unsqueeze too many?",
        ),
        ("range(4 / 2)", "Divide whole numbers with //"),
        ("torch.rellu(0)", "torch has no rellu. Is it misspelt?"),
        ("nn.ReLU()", "nn is not imported"),
        ("torch.nn.Linear(2, 3, widht=4)", "there is no argument called widht"),
        ("torch.rand(2)[0][0][0]", "IndexError"),
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
