"""What grading a class gave, as a table, and where it differs from what was expected."""

from dataclasses import dataclass

from tools.grading.autograde import Graded
from tools.grading.record import NOT_GRADED, Outcome
from tools.grading.submissions import Submission

LONGEST_REASON = 100


@dataclass(frozen=True)
class Row:
    """One graded submission.

    Args:
        submission: with the points it deserves.
        graded: what happened while it was graded.
        outcomes: exercise -> points in the gradebook, with the reason.
    """

    submission: Submission
    graded: Graded
    outcomes: dict[str, Outcome]

    @property
    def points(self) -> tuple[float, ...]:
        """Points in the gradebook, in the order of the exercises."""
        return tuple(outcome.points for outcome in self.outcomes.values())

    def reasons(self) -> list[str]:
        """Remarks on the whole, then why points were lost where a notebook was graded."""
        lost = [
            f"{name}: {outcome.says}"
            for name, outcome in self.outcomes.items()
            if outcome.points < outcome.most and outcome.says != NOT_GRADED
        ]
        return self.graded.remarks + lost

    def problems(self) -> list[str]:
        """What is not as it should be; empty if all is well."""
        found = [
            f"{name}: {outcome.points:g} points, but the check says {outcome.says!r}"
            for name, outcome in self.outcomes.items()
            if not outcome.agrees
        ]
        if self.points != self.submission.points:
            found.append(f"expected {in_columns(self.submission.points)}")
        if self.submission.says.lower() not in "\n".join(self.reasons()).lower():
            found.append(f"no reason says {self.submission.says!r}")
        return found

    def lines(self) -> list[str]:
        """How the row is printed: points and seconds, and below them the reasons."""
        total = f"{sum(self.points):>5g}"
        first = f"{self.submission.name:<24}{total}   {in_columns(self.points)}"
        first += f"{self.graded.seconds:>7.0f} s   {self.submission.what}"
        reasons = [_shortened(reason) for reason in self.reasons()]
        return [
            first,
            *(f"{'':<24}{reason}" for reason in reasons),
            *(f"{'':<20}!!! {problem}" for problem in self.problems()),
        ]


def heading(most: dict[str, float]) -> list[str]:
    """The lines above the table.

    Args:
        most: exercise -> points that can be had.
    """
    names = ", ".join(f"{name} ({points:g})" for name, points in most.items())
    return [
        f"Exercises: {names}; {sum(most.values()):g} points in all.",
        "",
        f"{'submission':<24}{'sum':>5}   each{'time':>18}     what it is, and why points were lost",
    ]


def in_columns(points: tuple[float, ...]) -> str:
    """Points of the exercises side by side."""
    return "".join(f"{number:<3g}" for number in points)


def _shortened(text: str) -> str:
    """The first sentence, if it is not too long."""
    sentence = text.split(". ")[0]
    return sentence if len(sentence) <= LONGEST_REASON else f"{sentence[:LONGEST_REASON]} ..."
