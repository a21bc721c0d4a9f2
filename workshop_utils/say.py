"""Saying something, also where the console knows few letters."""

import sys


def say(text: object) -> None:
    """Print a text; letters that cannot be shown, such as × or ✓ on some consoles, become `?`."""
    print(showable(str(text)))


def showable(text: str) -> str:
    """A text as the console can show it; in notebooks, and wherever there is UTF-8, as it is."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)
