"""Tables of students' answers: name, answer, and the words that the check must say about it."""

from collections.abc import Callable
from typing import Any, NamedTuple


class Answer(NamedTuple):
    name: str
    given: Any
    words: tuple[str, ...] = ()

    def __str__(self):
        return self.name


class Table(list):
    """Answers in the order in which they are written down."""

    def add(self, name: str, given: Any, *words: str) -> None:
        self.append(Answer(name, given, words))

    def __call__(self, *words: str) -> Callable:
        """Add the function or class that is decorated."""

        def note(given):
            self.add(given.__name__, given, *words)
            return given

        return note
