"""What can go wrong, what the student reads then, and how it ends.

`python tests/faults/table.py` writes it into README.md. tests/test_download.py lets each fault of a
mirror happen; the others name their test.
"""

import sys
from dataclasses import dataclass, field
from pathlib import Path

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


@dataclass(frozen=True)
class Survived:
    """Something else that may happen, before, during or after a lab.

    Args:
        name: what happens.
        reads: what the student reads about it; "" for nothing.
        ends: how it ends.
        test: the test that lets it happen.
    """

    name: str
    reads: str
    ends: str
    test: str


SURVIVED = [
    Survived(
        "the process is killed while it downloads, reads or writes (52 times)",
        "",
        "the next start ends with intact images and leaves nothing else behind",
        "test_a_kill_at_any_moment_is_survived",
    ),
    Survived(
        "forty notebooks start at once on one folder",
        "Another notebook is preparing the images: waiting for it.",
        "one of them downloads, all have the same images",
        "test_forty_notebooks_that_start_together_download_once",
    ),
    Survived(
        "the archive is cut off or altered",
        "… is incomplete or not the official archive",
        "it is not opened",
        "test_an_archive_that_is_not_the_official_one_is_never_opened",
    ),
    Survived(
        "an archive holds links, devices, names that lead out, or far too much",
        "… is not the official one: it was altered or cut off, and is not opened.",
        "nothing is written or run",
        "test_even_an_archive_with_the_right_sums_cannot_do_harm",
    ),
    Survived(
        "a pickle is not the official one",
        "… is not the official one: it was altered or cut off, and is not opened.",
        "it is not opened",
        "test_a_pickle_that_is_not_the_official_one_is_never_opened",
    ),
    Survived(
        "a folder of images lacks a class",
        "There are no images in …",
        "nothing is kept, and the sentence says what to do",
        "test_a_class_folder_that_is_missing_is_named",
    ),
    Survived(
        "a file is no image, or not 32×32, or would fill the memory",
        "… cannot be read as an image: replace or remove it.",
        "nothing is kept, and the sentence says what to do",
        "test_a_file_that_is_no_image_of_cifar10_is_named",
    ),
    Survived(
        "the cache is cut off, or one bit of it is altered",
        "The cache file … is damaged or out of date: it is made again.",
        "it is made again",
        "test_a_damaged_cache_is_made_again",
    ),
    Survived(
        "the disk is full",
        "The images could not be kept in … for the next time",
        "the notebook goes on; nothing half-written is left",
        "test_a_full_disk_is_told_and_nothing_is_left_behind",
    ),
    Survived(
        "the data folder can only be read",
        "",
        "the cache is kept in the user's own folder",
        "test_a_read_only_folder_is_cached_in_the_users_own",
    ),
    Survived(
        "a training is interrupted",
        "Interrupted. Network and history are as they were after epoch 2 of 4.",
        "with `resume=True` it goes on, bit for bit as if nothing had happened",
        "test_after_an_interruption_training_goes_on_bit_for_bit",
    ),
    Survived(
        "the kernel is killed in a training",
        "Going on after epoch 2 of 4.",
        "one epoch is lost at most",
        "test_a_killed_kernel_loses_one_epoch_at_most",
    ),
    Survived(
        "two notebooks train the same network",
        "Another notebook is training 'mlp' now",
        "the epochs of the first are kept, and not mixed with the other's",
        "test_two_notebooks_do_not_mix_their_epochs",
    ),
    Survived(
        "the disk is full in a training",
        "This epoch could not be kept",
        "the training goes on",
        "test_a_full_disk_does_not_stop_a_training",
    ),
]


def markdown() -> str:
    """Both tables, as they stand in README.md."""
    lines = ["| what happens | you read | how it ends |", "|---|---|---|"]
    lines += [f"| {row.name} | {row.reads or '–'} | {row.ends} |" for row in SURVIVED]
    lines += ["", "| a mirror … | you read that it … | with no other mirror |", "|---|---|---|"]
    lines += [f"| {fault.name} | {fault.reads} … | {fault.alone} |" for fault in FAULTS]
    return "\n".join(lines)


def main() -> None:
    """Write both tables into README.md."""
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from tools.places import between_marks, write_readme

    write_readme(lambda text: between_marks(text, "faults", markdown()))


if __name__ == "__main__":
    main()
