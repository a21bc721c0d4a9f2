"""What can go wrong with a mirror, what the student reads then, and how it ends.

`python tests/faults/table.py` prints it; tests/test_download.py lets each of them happen.
"""

import sys
from dataclasses import dataclass, field

LENGTH = 300_000  # bytes of the archive in the tests
HALF = LENGTH // 2
COMPLETE = "the archive is complete"
REFUSED = "nothing is kept, and the sentence says what to do"


@dataclass(frozen=True)
class Fault:
    """A misbehaviour of the first mirror; the second does everything right.

    Args:
        name: what happens.
        first: options of the first mirror, see `faults.server.Mirror`.
        reads: what the student reads about it, after the mirror's name.
        alone: how it ends if there is no second mirror. With one, it always ends well.
        body: what the first mirror sends instead of the archive.
    """

    name: str
    first: dict
    reads: str
    alone: str = REFUSED
    body: bytes | None = field(default=None, repr=False)


FAULTS = [
    Fault("takes calls and never answers", {"silent": True}, "does not answer within"),
    Fault("does not have the file", {"status": 404}, "answers with error 404 (Not Found)"),
    Fault("is overloaded", {"status": 503}, "answers with error 503 (Service Unavailable)"),
    Fault("is overloaded for a moment", {"refusals": 1}, "answers with error 503", COMPLETE),
    Fault("redirects in circles", {"circles": True}, "redirects in circles"),
    Fault("sends a web page, asking to log in", {"html": True}, "sends a web page instead"),
    Fault(
        "says a wrong length", {"ranges": False, "length": "12345"}, "has a file of another length"
    ),
    Fault("has a shorter file", {}, "sends another part than asked for", body=b"x" * 999),
    Fault(
        "has a longer file, without ranges",
        {"ranges": False},
        "has a file of another length (300001 bytes)",
        body=b"x" * (LENGTH + 1),
    ),
    Fault("has other bytes", {}, "sent wrong bytes", body=b"x" * LENGTH),
    Fault(
        "has other bytes, and hides how many",
        {"ranges": False, "length": ""},
        "sent wrong bytes",
        body=b"x" * (LENGTH + 1),
    ),
    Fault(
        "sends another part than asked for",
        {"content_range": f"bytes 7-{LENGTH - 1}/{LENGTH}"},
        "sends another part than asked for",
    ),
    Fault("cuts the connection", {"cuts": [HALF]}, "cut the connection", COMPLETE),
    Fault("cuts it before the first byte", {"cuts": [0]}, "cut the connection", COMPLETE),
    Fault(
        "resets the connection", {"cuts": [HALF], "resets": True}, "cut the connection", COMPLETE
    ),
    Fault(
        "cuts it, and never said how long the file is",
        {"cuts": [HALF], "length": ""},
        "cut the connection",
        COMPLETE,
    ),
    Fault("stalls", {"cuts": [HALF], "hangs": True}, "sent nothing for", COMPLETE),
    Fault(
        "cuts the connection and cannot go on",
        {"cuts": [HALF], "ranges": False},
        "cut the connection",
        COMPLETE,
    ),
    Fault("is slow", {"speed": 400_000}, "is slow", COMPLETE),
]


def main() -> None:
    """Print the table as Markdown."""
    sys.stdout.reconfigure(encoding="utf-8")
    print("| a mirror … | you read that it … | without another mirror |")
    print("|---|---|---|")
    for fault in FAULTS:
        print(f"| {fault.name} | {fault.reads} … | {fault.alone} |")


if __name__ == "__main__":
    main()
