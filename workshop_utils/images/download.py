"""Downloading CIFAR-10: from several mirrors, resumed where it stopped, checked at the end."""

import errno
import os
import shutil
import time
from pathlib import Path

from tqdm.auto import tqdm

from workshop_utils.images import cifar10
from workshop_utils.images.cifar10 import ARCHIVE, NotFoundError
from workshop_utils.images.mirrors import host_of, mirrors
from workshop_utils.images.transfer import (
    MirrorError,
    NoRangesError,
    SlowError,
    any_answers,
    probe,
    receive,
)
from workshop_utils.settings import progress_bars_wanted

PART = f"{ARCHIVE}.part"  # always the same name: the next start goes on with it
FLOOR = 200_000  # bytes per second; below, another mirror is tried
STEP = 1_000_000  # bytes that count as progress after a failure
PAUSES = (1, 3, 10)  # seconds to wait when no mirror has anything more
EARLIER = "an earlier start"  # who sent what was there before
# A user's share of the disk may be full, too; Windows does not know that number.
DISK_IS_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}


def check_download(data_dir: Path, offline: bool) -> None:
    """Find out whether CIFAR-10 can be fetched, without fetching it.

    Args:
        data_dir: where it is missing.
        offline: True never touches the network.

    Raises:
        NotFoundError: it may not be fetched, or no mirror answers.
    """
    if offline:
        raise NotFoundError(data_dir, "WORKSHOP_OFFLINE=1 forbids to fetch it")
    urls = mirrors()
    if not any_answers(urls, cifar10.SIZE):
        hosts = ", ".join(map(host_of, urls))
        raise NotFoundError(data_dir, f"none of its hosts can be reached ({hosts})")


def download(data_dir: Path) -> Path:
    """Fetch the official archive into `data_dir`; the file appears there only when complete.

    What an interrupted download has left is completed.

    Args:
        data_dir: the folder; it is made if need be.

    Returns:
        The archive.

    Raises:
        NotFoundError: no mirror sent the archive, or it could not be written.
    """
    part = data_dir / PART
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        _check_room(part)
        print("Downloading CIFAR-10 (170 MB). To go on without it, interrupt and set")
        print("WORKSHOP_DATASET=standin before you start the notebook.")
        _Download(part).run()
        os.replace(part, data_dir / ARCHIVE)
    except OSError as error:
        raise _disk_error(part, error) from error
    except KeyboardInterrupt:
        print(f"The download was interrupted at {_so_far(part)}: the next start goes on there.")
        raise
    return data_dir / ARCHIVE


class _Download:
    """What is known while a download runs: which mirrors are left, and what they did.

    Args:
        part: the partial file.
    """

    def __init__(self, part: Path) -> None:
        self.part = part
        self.left = mirrors()
        self.problems: dict[str, str] = {}  # what each mirror did last
        self.failed: set[str] = set()  # since the last progress
        self.speeds: dict[str, float] = {}  # of those that are slow
        self.without_ranges: set[str] = set()
        self.senders = {EARLIER} if _length(part) else set()  # of what is in `part`
        self.one_sender = False  # never mix them again after that went wrong
        self.progress_at = _length(part)
        self.pauses = list(PAUSES)
        self.told = ""  # the last line about who sends
        self.bar = tqdm(
            total=cifar10.SIZE,
            initial=_length(part),
            desc="CIFAR-10",
            unit="B",
            unit_scale=True,
            disable=not progress_bars_wanted(),
        )

    def run(self) -> None:
        """Complete the partial file.

        Raises:
            NotFoundError: no mirror is left.
        """
        with self.bar:
            if _length(self.part) < cifar10.SIZE:
                self.ask_all()
            while not self.is_complete():
                url, floor = self.choose()
                try:
                    self.receive(url, floor)
                except MirrorError as problem:
                    self.note(url, problem)

    def ask_all(self) -> None:
        """Sort out the mirrors that do not answer: all at once, for that takes time."""
        for url, problem in probe(self.left, cifar10.SIZE).items():
            self.note(url, problem)

    def choose(self) -> tuple[str, float]:
        """The next mirror, and the lowest speed to put up with."""
        while True:
            usable = self.usable()
            if not usable:
                raise self.failure()
            ready = [url for url in usable if url not in self.failed]
            fresh = [url for url in ready if url not in self.speeds]
            if fresh:
                return fresh[0], FLOOR
            if ready:  # the fastest of the slow ones, and no more changes
                return max(ready, key=self.speeds.get), 0
            self.pause(usable)

    def usable(self) -> list[str]:
        """Mirrors that are left; those that would have to start anew only if there is no other."""
        return [url for url in self.left if self.can_go_on(url)] or self.left

    def can_go_on(self, url: str) -> bool:
        """Whether a mirror can complete what is there already."""
        mixed = self.one_sender and self.senders - {url}
        return not _length(self.part) or not (mixed or url in self.without_ranges)

    def pause(self, usable: list[str]) -> None:
        """Give the network some time; when that did not help several times, give them up."""
        if not self.pauses:
            self.left = [url for url in self.left if url not in usable]
            self.pauses = list(PAUSES)
            return
        seconds = self.pauses.pop(0)
        self.say(f"No mirror sends anything: trying again in {seconds} seconds.")
        time.sleep(seconds)
        self.failed.clear()
        self.ask_all()

    def receive(self, url: str, floor: float) -> None:
        """Let one mirror send what is lacking."""
        if not self.can_go_on(url):
            self.start_anew()
        if url in self.speeds:
            speed = f"{self.speeds[url] / 1000:.0f} kB/s"
            self.say(f"No other mirror is faster: fetching from {host_of(url)} ({speed}).")
        else:
            self.say(f"Fetching from {host_of(url)}.")
        before = _length(self.part)
        try:
            receive(url, self.part, cifar10.SIZE, floor, self.bar.update)
        finally:
            if _length(self.part) > before:
                self.senders.add(url)

    def note(self, url: str, problem: MirrorError) -> None:
        """Remember what a mirror did, and what follows from that."""
        self.problems[url] = str(problem)
        self.say(f"{host_of(url)} {problem}.")
        if _length(self.part) >= self.progress_at + STEP:
            self.progress_at = _length(self.part)
            self.pauses = list(PAUSES)
            self.failed.clear()
        if problem.final:
            self.left.remove(url)
        elif isinstance(problem, SlowError):
            self.speeds[url] = problem.speed
        elif isinstance(problem, NoRangesError):
            self.without_ranges.add(url)
        else:
            self.failed.add(url)

    def is_complete(self) -> bool:
        """Whether the file is there, all of it and the right one; a wrong one is removed."""
        if _length(self.part) < cifar10.SIZE:
            return False
        if cifar10.sums_of(self.part) == (cifar10.ARCHIVE_MD5, cifar10.ARCHIVE_SHA256):
            return True
        senders = self.senders
        self.start_anew()
        self.progress_at = 0
        if len(senders) == 1 and senders != {EARLIER}:
            self.note(*senders, MirrorError("sent wrong bytes", final=True))
            return False
        # Nobody knows whose bytes are wrong: begin with another mirror, and do not mix.
        self.say("What was fetched piece by piece is damaged: starting anew.")
        self.one_sender = True
        self.left.sort(key=lambda url: url in senders)
        return False

    def start_anew(self) -> None:
        """Throw away what has been fetched."""
        self.part.unlink(missing_ok=True)
        self.senders = set()
        self.bar.update(-self.bar.n)

    def failure(self) -> NotFoundError:
        """What each mirror did last, and what to do about it."""
        did = "; ".join(f"{host_of(url)} {problem}" for url, problem in self.problems.items())
        if not _length(self.part):
            return NotFoundError(self.part.parent, f"the download failed: {did}")
        reason = f"the download failed at {_so_far(self.part)}: {did}"
        return NotFoundError(self.part.parent, reason, "Start again later: it goes on there.")

    def say(self, text: str) -> None:
        """Print a line above the bar, but not the same one twice."""
        if text != self.told:
            self.bar.write(text)
        self.told = text


def _length(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _so_far(part: Path) -> str:
    return f"{_length(part) / 1e6:.0f} of {cifar10.SIZE / 1e6:.0f} MB"


def _check_room(part: Path) -> None:
    """Refuse to begin what the disk has no room for."""
    free = shutil.disk_usage(part.parent).free
    if free < cifar10.SIZE - _length(part):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(part))


def _disk_error(part: Path, error: OSError) -> NotFoundError:
    """What to do when the archive cannot be written; on a full disk, make room again."""
    folder = part.parent
    if error.errno in DISK_IS_FULL:
        part.unlink(missing_ok=True)
        reason = f"the disk of {folder} is full (the archive takes {cifar10.SIZE / 1e6:.0f} MB)"
        advice = "Make room there, or set WORKSHOP_DATA to a folder on another disk."
    else:
        reason = f"it cannot be written to {folder} ({error.strerror or error})"
        advice = "Set WORKSHOP_DATA to a folder of your own."
    return NotFoundError(folder, reason, advice)
