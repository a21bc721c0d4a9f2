"""Tables of text."""

from collections.abc import Iterable, Sequence

from workshop_utils.say import say


def print_table(rows: Iterable[Sequence[object]]) -> None:
    """Print rows, the heading first, in columns as wide as their longest text; numbers right."""
    columns = [[str(cell) for cell in column] for column in zip(*rows, strict=True)]
    aligned = []
    for column in columns:
        width = max(map(len, column))
        is_number = all(text[:1] in "-0123456789" for text in column[1:])
        aligned.append([text.rjust(width) if is_number else text.ljust(width) for text in column])
    for row in zip(*aligned, strict=True):
        say("  ".join(row).rstrip())
