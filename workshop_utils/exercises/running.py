"""Running a student's code: it may raise, print, change settings, never end, or not be theirs."""

import contextlib
import ctypes
import gc
import inspect
import os
import random
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from types import CodeType, FrameType
from typing import Any

import numpy as np
import torch

from workshop_utils.exercises.errors import explain, not_written, students_frames
from workshop_utils.exercises.result import CheckResult
from workshop_utils.experiments.memory import free_memory
from workshop_utils.settings import is_graded

SECONDS = 30.0  # that an answer may take, and its first call besides: it may import or compile
LEAST_MEMORY = 2**30  # bytes; with less than that free, an answer is stopped
SLOW = 2.0  # seconds after which a right answer is called slow


class Wrong(Exception):  # noqa: N818 - the student's, not the program's
    """Ends a check: the sentence says what is wrong with the answer.

    Args:
        sentence: what the student reads.
        mistake: its short name, for statistics.
    """

    def __init__(self, sentence: str, mistake: str = "other") -> None:
        super().__init__(sentence)
        self.mistake = mistake


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


class _NotTheirs(BaseException):
    """Raised inside the student's code where it runs the reference solution."""


def call(doing: str, function: Callable, *args: Any) -> Any:  # noqa: ANN401 - a student's
    """Call a student's function, inside a check that `judge` runs.

    Args:
        doing: the beginning of a sentence that goes on with "stopped".
        function: what to call.
        args: what to call it with, by position.

    Raises:
        Failed: it raised, whatever it was.
    """
    work: Any = threading.current_thread()  # a _Work
    work.doing, work.since = doing, time.monotonic()
    try:
        with work.watched():
            return function(*args)
    except (_TimeIsUp, _NotTheirs):
        raise
    except BaseException as error:
        raise Failed(doing, error) from error
    finally:
        work.note(time.monotonic() - work.since)


def value_of(answer: Any, *args: Any) -> Any:  # noqa: ANN401 - a student's
    """What a student's function returns; an answer that is no function is taken as it is."""
    if not callable(answer):
        return answer
    value = call("Calling your function", answer, *args)
    if value is None:
        raise Wrong("Your function returns None. Is the return statement missing?", "no-return")
    return value


def judge(
    check: Callable[[], str],
    todo: str,
    exercise: str = "",
    reference: Callable | None = None,
    trains: bool = False,
) -> CheckResult:
    """Run a check to its end, come what may, and hand back what it found.

    The check runs in a thread of its own, so that it can be left alone if it does not end.

    Args:
        check: returns what it saw, or raises `Wrong`, `NotWritten` or `Failed`; it calls the
            student's code through `call`.
        todo: what to write, for a student who has not begun.
        exercise: its name.
        reference: the solution that the student's code must not use where it is graded.
        trains: whether the code trains networks: that is not called slow.
    """
    work = _Work(check, todo, exercise, reference, trains)
    with _everything_as_before():
        work.start()
        try:
            work.wait_for_student()
            too_slow = work.too_slow()
        finally:  # also after Ctrl-C
            work.stop()
    result = work.result or too_slow
    if result.mistake in ("error", "memory"):
        gc.collect()  # what the student's code held, such as a list that grew without end
    return result


class _Work(threading.Thread):
    """The thread in which a check runs the student's code."""

    ident: int  # it has been started when somebody asks

    def __init__(
        self,
        check: Callable[[], str],
        todo: str,
        exercise: str,
        reference: Callable | None,
        trains: bool,
    ) -> None:
        super().__init__(daemon=True)  # a thread that cannot be stopped lets Python end
        self.result: CheckResult | None = None
        self.doing, self.since = "", time.monotonic()  # the latest call
        self._check, self._todo, self._exercise, self._trains = check, todo, exercise, trains
        self._reserved = _code_of(reference) if is_graded() else frozenset()
        self._taken = False
        self._seconds: float | None = None  # of the student's code after its first call
        self._end = self.since + SECONDS
        self._ended = threading.Event()
        self._gate = threading.Lock()

    def run(self) -> None:
        with contextlib.suppress(_TimeIsUp):  # raised between the next three lines
            with contextlib.suppress(_TimeIsUp):
                self.result = self._answer()
            with self._gate:
                self._ended.set()  # nothing is raised from outside after this line

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Where it is graded, end the student's code when it enters the reference solution."""

        def watch(frame: FrameType, event: str, _arg: Any) -> None:  # noqa: ANN401
            if event == "call" and frame.f_code in self._reserved:
                self._taken = True
                raise _NotTheirs

        before = sys.getprofile()
        sys.setprofile(watch if self._reserved else before)
        try:
            yield
        finally:
            sys.setprofile(before)
            if self._taken:  # even if the student's code has caught it
                raise _NotTheirs

    def note(self, seconds: float) -> None:
        """Count how long a call took; the first may import and compile, and time starts anew."""
        if self._seconds is None:
            self._seconds, self._end = 0.0, time.monotonic() + SECONDS
        else:
            self._seconds += seconds

    def wait_for_student(self) -> None:
        """Until it ends, its time is up, or memory runs short."""
        least = min(LEAST_MEMORY, free_memory() / 2)
        while self.is_alive() and time.monotonic() < self._end and free_memory() > least:
            self.join(0.05)  # in small steps: on Windows, Ctrl-C is only noticed between them

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
            self._end = time.monotonic() + 0.2
            self.wait_for_student()

    def too_slow(self) -> CheckResult:
        """What to say if its time is up: in which function it is, and whether it got on before."""
        frame = sys._current_frames().get(self.ident)
        stack = []
        while frame:
            stack.append(frame)
            frame = frame.f_back
        found = next(students_frames(reversed(stack)), None)
        where = f", in {found.f_code.co_name}()" if found else ""
        if time.monotonic() < self._end:
            said = f"{self.doing} took nearly all memory{where}. Does a list grow without end?"
            return CheckResult(False, said, self._exercise, "memory")
        if time.monotonic() - self.since < SECONDS / 2:
            said = (
                f"Your code is too slow: {SECONDS:.0f} seconds were not enough for all that is "
                "tried. Functions of whole tensors are much quicker than loops over single numbers."
            )
            return CheckResult(False, said, self._exercise, "too-slow")
        said = (
            f"{self.doing or 'Looking at your answer'} did not end within {SECONDS:.0f} "
            f"seconds{where}. Is there a loop that never ends, a wait (sleep, input), or a loop "
            "over single numbers where whole tensors are quicker?"
        )
        return CheckResult(False, said, self._exercise, "endless")

    def _answer(self) -> CheckResult:
        try:
            return CheckResult(True, self._check() + self._slowness(), self._exercise)
        except Wrong as wrong:
            said, mistake = str(wrong), wrong.mistake
        except NotWritten:
            said, mistake = not_written(self._todo), "not-written"
        except Failed as failed:
            said, mistake = explain(failed.error, failed.doing, self._todo), "error"
            if said == not_written(self._todo):
                mistake = "not-written"
        except _NotTheirs:
            said, mistake = NOT_THEIRS, "reference-taken"
        except _TimeIsUp:
            raise
        except BaseException as error:  # such as an __eq__ that raises
            said, mistake = explain(error, "Looking at your answer", self._todo), "error"
        return CheckResult(False, said, self._exercise, mistake)

    def _slowness(self) -> str:
        if not self._seconds or self._seconds < SLOW or self._trains:
            return ""
        return " It is slow, though: whole tensors are quicker than loops over single numbers."


NOT_THEIRS = (
    "This is the workbook's own solution, or built upon it. Where exercises are graded it earns no "
    "points: write your own."
)


def _code_of(reference: Callable | None) -> frozenset[CodeType]:
    """The code of a function, or of the methods of a class."""
    parts = vars(reference).values() if inspect.isclass(reference) else [reference]
    return frozenset(part.__code__ for part in parts if inspect.isfunction(part))


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
