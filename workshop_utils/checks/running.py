"""Running a student's code: it may raise, print, change settings or never end."""

import contextlib
import ctypes
import io
import random
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from workshop_utils.checks.errors import explain, students_frames
from workshop_utils.checks.result import CheckResult

SECONDS = 1.4  # for one check in all; a right answer needs a tenth of it


class Mistake(Exception):  # noqa: N818 - the student's, not the program's
    """Ends a check: the message says what is wrong with the answer."""


class NotWritten(Exception):  # noqa: N818
    """Ends a check: there is no answer yet."""


class Failed(Exception):  # noqa: N818
    """Ends a check: the student's code raised.

    Args:
        doing: what the check was doing, as the beginning of a sentence.
        error: what was raised.
    """

    def __init__(self, doing: str, error: BaseException) -> None:
        super().__init__(doing)
        self.doing = doing
        self.error = error


class _TimeIsUp(BaseException):
    """Raised inside the student's code: no `except Exception` there stops it."""


def call(doing: str, function: Callable, *args: Any) -> Any:  # noqa: ANN401 - a student's
    """Call a student's function.

    Args:
        doing: the beginning of a sentence that goes on with "stopped".
        function: what to call.
        args: what to call it with, by position.

    Raises:
        Failed: it raised, whatever it was.
    """
    try:
        return function(*args)
    except _TimeIsUp:
        raise
    except BaseException as error:
        raise Failed(doing, error) from error


def judge(check: Callable[[], str], todo: str) -> CheckResult:
    """Run a check to its end, come what may, and show what it found.

    The check runs in a thread of its own, so that it can be left alone if it does not end.

    Args:
        check: returns what it saw, or raises `Mistake`, `NotWritten` or `Failed`.
        todo: what to write, for a student who has not begun.
    """
    found: list[CheckResult] = []
    # A daemon: a thread that cannot be stopped does not keep Python from ending.
    thread = threading.Thread(target=_work, args=(check, todo, found), daemon=True)
    with _everything_as_before():
        thread.start()
        try:
            _wait(thread, SECONDS)
            where = _outermost_function(thread)
        finally:  # also after Ctrl-C
            _stop(thread)
    result = found[0] if found else CheckResult(False, _too_slow(where))
    result.show()
    return result


def _work(check: Callable[[], str], todo: str, found: list[CheckResult]) -> None:
    with contextlib.suppress(_TimeIsUp):
        found.append(_answer(check, todo))


def _answer(check: Callable[[], str], todo: str) -> CheckResult:
    try:
        return CheckResult(True, check())
    except Mistake as mistake:
        return CheckResult(False, str(mistake))
    except NotWritten:
        return CheckResult(False, f"Not written yet. {todo}")
    except Failed as failed:
        return CheckResult(False, explain(failed.error, failed.doing, todo))
    except _TimeIsUp:
        raise
    except BaseException as error:  # such as an __eq__ that raises
        return CheckResult(False, explain(error, "Looking at your answer", todo))


@contextlib.contextmanager
def _everything_as_before() -> Iterator[None]:
    """Let the student's code print, warn and change settings without a trace."""
    dtype = torch.get_default_dtype()
    states = torch.get_rng_state(), np.random.get_state(), random.getstate()
    nowhere = _Nowhere()
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.redirect_stdout(nowhere))
        stack.enter_context(contextlib.redirect_stderr(nowhere))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        torch.set_default_dtype(torch.float32)
        torch.default_generator.manual_seed(0)  # the same answer every time
        try:
            yield
        finally:
            torch.set_rng_state(states[0])
            np.random.set_state(states[1])
            random.setstate(states[2])
            torch.set_default_dtype(dtype)


class _Nowhere(io.TextIOBase):
    """Takes any amount of text and keeps none of it."""

    def write(self, text: str) -> int:
        return len(text)


def _wait(thread: threading.Thread, seconds: float) -> None:
    """Wait in small steps: on Windows, Ctrl-C is only noticed between them."""
    end = time.monotonic() + seconds
    while thread.is_alive() and time.monotonic() < end:
        thread.join(0.05)


def _stop(thread: threading.Thread) -> None:
    """Make a thread's next line of Python raise; again if the student's code catches that."""
    for _ in range(3):
        if not thread.is_alive():
            return
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident), ctypes.py_object(_TimeIsUp)
        )
        _wait(thread, 0.1)


def _outermost_function(thread: threading.Thread) -> str | None:
    """Which of the student's functions a thread has called; None if none."""
    frame = sys._current_frames().get(thread.ident)
    stack = []
    while frame:
        stack.append(frame)
        frame = frame.f_back
    return next((found.f_code.co_name for found in students_frames(reversed(stack))), None)


def _too_slow(where: str | None) -> str:
    place = f"{where}()" if where else "Your code"
    return (
        f"{place} was stopped: it had not ended after more than a second, where a hundredth of "
        "one is enough. Is there a loop that never ends, or a wait (sleep, input)?"
    )
