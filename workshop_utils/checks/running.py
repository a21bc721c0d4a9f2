"""Running a student's code: it may raise, print, change settings or never end."""

import contextlib
import ctypes
import os
import random
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from workshop_utils.checks.errors import explain, not_written, students_frames
from workshop_utils.checks.result import CheckResult

SECONDS = 1.2  # of the student's code in one check; a right answer needs a tenth of it
LONGEST = 10.0  # seconds for a check that is held up by something else


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


def value_of(answer: Any, *args: Any) -> Any:  # noqa: ANN401 - a student's
    """What a student's function returns; an answer that is no function is taken as it is.

    Args:
        answer: a function or a value.
        args: what to call the function with, by position.

    Raises:
        Failed: the function raised.
        Mistake: the function returns nothing.
    """
    if not callable(answer):
        return answer
    value = call("Your function", answer, *args)
    if value is None:
        raise Mistake("Your function returns None. Is the return statement missing?")
    return value


def judge(check: Callable[[], str], todo: str) -> CheckResult:
    """Run a check to its end, come what may, and show what it found.

    The check runs in a thread of its own, so that it can be left alone if it does not end.

    Args:
        check: returns what it saw, or raises `Mistake`, `NotWritten` or `Failed`.
        todo: what to write, for a student who has not begun.
    """
    work = _Work(check, todo)
    with _everything_as_before():
        work.start()
        try:
            work.wait_for_student(SECONDS)
            where = work.outermost_function()
        finally:  # also after Ctrl-C
            work.stop()
    result = work.result or CheckResult(False, _too_slow(where))
    result.show()
    return result


class _Work(threading.Thread):
    """The thread in which a check runs the student's code."""

    def __init__(self, check: Callable[[], str], todo: str) -> None:
        super().__init__(daemon=True)  # a thread that cannot be stopped lets Python end
        self.result: CheckResult | None = None
        self._check, self._todo = check, todo
        self._ended = threading.Event()
        self._gate = threading.Lock()

    def run(self) -> None:
        with contextlib.suppress(_TimeIsUp):  # raised between the next three lines
            with contextlib.suppress(_TimeIsUp):
                self.result = _answer(self._check, self._todo)
            with self._gate:
                self._ended.set()  # nothing is raised from outside after this line

    def wait_for_student(self, seconds: float) -> None:
        """Until it ends, or the student's code has been running for so long.

        What the check itself needs does not count: on a busy computer that can be a second.
        """
        spent, since = 0.0, time.monotonic()
        end = since + LONGEST
        while self.is_alive() and spent < seconds and since < end:
            self.join(0.05)
            now = time.monotonic()
            if self.outermost_function():
                spent += now - since
            since = now

    def wait(self, seconds: float) -> None:
        """Wait in small steps: on Windows, Ctrl-C is only noticed between them."""
        end = time.monotonic() + seconds
        while self.is_alive() and time.monotonic() < end:
            self.join(0.05)

    def stop(self) -> None:
        """Make the next line of Python raise; once more if the student's code catches that."""
        for _ in range(2):
            # Python must not lose the exception: while one waits to be raised, all its threads
            # are slow, and with a debugger in Python 3.11 they stand still.
            with self._gate:
                if self._ended.is_set() or not self.is_alive():
                    return
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(self.ident), ctypes.py_object(_TimeIsUp)
                )
            self.wait(0.2)

    def outermost_function(self) -> str | None:
        """Which of the student's functions is running, in which others may be; None if none."""
        frame = sys._current_frames().get(self.ident)
        stack = []
        while frame:
            stack.append(frame)
            frame = frame.f_back
        return next((found.f_code.co_name for found in students_frames(reversed(stack))), None)


def _answer(check: Callable[[], str], todo: str) -> CheckResult:
    try:
        return CheckResult(True, check())
    except Mistake as mistake:
        return CheckResult(False, str(mistake))
    except NotWritten:
        return CheckResult(False, not_written(todo))
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
    with contextlib.ExitStack() as stack:
        nowhere = stack.enter_context(open(os.devnull, "w", encoding="utf-8", errors="replace"))
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


def _too_slow(where: str | None) -> str:
    place = f"{where}()" if where else "Your code"
    return (
        f"{place} was stopped: it had not ended after more than a second, where a hundredth of "
        "one is enough. Is there a loop that never ends, or a wait (sleep, input)?"
    )
