"""What a check found, shown as one line: ✓ or ✗ and a sentence."""

import html
from collections.abc import Mapping
from dataclasses import dataclass

from workshop_utils.say import say

# The colours of style.py, which is not imported here: it would load Matplotlib for a few words.
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#6B6B6B"

# Colours of the text are left to the page, so that it can be read in a light and a dark theme.
BOX = (
    '<div role="status" style="border-left: 6px solid {colour}; padding: 0.4em 0.8em; '
    'margin: 0.2em 0">{text}</div>'
)


class StopHere(Exception):  # noqa: N818 - not an error of the program: the reader is to look up
    """Ends a notebook's run at an exercise that is not right yet."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback, which would only lead into this file."""
        return [str(self)]


@dataclass(frozen=True)
class CheckResult:
    """The answer to an exercise.

    Args:
        passed: whether it is right.
        message: what was seen if it is; what to mend if it is not.
        exercise: name of the exercise, such as "interpolate".
        mistake: short name of the mistake that was made, for statistics; None if there is none.
    """

    passed: bool
    message: str
    exercise: str = ""
    mistake: str | None = None

    def __str__(self) -> str:
        return f"{'✓' if self.passed else '✗'} {self.message}"

    @property
    def colour(self) -> str:
        """Of the box that it is shown in."""
        return BLUE if self.passed else ORANGE

    def for_statistics(self) -> dict[str, object]:
        """What the output's metadata say."""
        return {"exercise": self.exercise, "passed": self.passed, "mistake": self.mistake}

    def must_pass(self) -> None:
        """Go on if the exercise is right.

        Raises:
            StopHere: it is not; a notebook shows two lines and no traceback.
        """
        if not self.passed:
            raise StopHere(
                "The notebook stops here: the exercise is not right yet (see ✗ above).\n"
                "Mend it and run the cell again. If you are stuck, look at the hints; where a line "
                "below them offers the reference solution, it lets you go on."
            )

    def show(self) -> None:
        """Show the answer in the notebook (elsewhere: print it).

        The output's metadata say which exercise it was, and which mistake.
        """
        show_box(str(self), self.colour, {"workshop_check": self.for_statistics()})

    def _ipython_display_(self) -> None:
        """Show nothing: the check has shown it.

        A check is often the last line of a cell. Without this method the answer would appear
        twice, the second time as the cell's result, from which nbgrader reads a mark.
        """


def show_box(text: str, colour: str, metadata: Mapping[str, object]) -> None:
    """Show a text in the notebook, in a box with a coloured edge (elsewhere: print it).

    Args:
        text: one line or several.
        colour: of the edge, as in HTML.
        metadata: of the output, for statistics.
    """
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython():
        box = BOX.format(colour=colour, text=html.escape(text).replace("\n", "<br>"))
        display({"text/plain": text, "text/html": box}, raw=True, metadata=metadata)
    else:
        say(text)
