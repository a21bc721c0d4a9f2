"""Fetching a file from one mirror: is it the file, go on where it was cut, never wait for long."""

from __future__ import annotations

import queue
import re
import threading
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import requests

PATIENCE = 6  # seconds to wait for an answer before a host counts as absent
STALL = 10  # seconds without a byte before a transfer counts as stuck
WINDOW = 5  # seconds over which the speed is measured
CHUNK = 2**16  # bytes read at once, or fewer if fewer have come
TRY_LATER = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}


class MirrorError(Exception):
    """A mirror did not send what was asked for; the text says why, after the host's name.

    Args:
        reason: what the mirror did.
        final: whether asking it again is pointless.
    """

    def __init__(self, reason: str, final: bool = False) -> None:
        super().__init__(reason)
        self.final = final


class NoRangesError(MirrorError):
    """The mirror sends files only from their first byte."""


class SlowError(MirrorError):
    """The mirror is slower than was asked for.

    Args:
        speed: in bytes per second.
    """

    def __init__(self, speed: float) -> None:
        super().__init__(f"is slow ({speed / 1000:.0f} kB/s)")
        self.speed = speed


def probe(urls: list[str], size: int) -> dict[str, MirrorError]:
    """Ask all mirrors at once for the first byte of the file.

    Args:
        urls: whom to ask.
        size: how long the file is.

    Returns:
        Those that did not send it within PATIENCE seconds, and why.
    """
    problems = {url: _no_answer() for url in urls}
    for url, problem in _answers(urls, size):
        if problem is None:
            del problems[url]
        else:
            problems[url] = problem
    return problems


def any_answers(urls: list[str], size: int) -> bool:
    """Whether at least one mirror has the file; decided as soon as one has said so.

    Args:
        urls: whom to ask.
        size: how long the file is.
    """
    return any(problem is None for _, problem in _answers(urls, size))


def receive(url: str, part: Path, size: int, floor: float, count: Callable[[int], object]) -> None:
    """Append to a partial file what it still lacks.

    Args:
        url: the mirror.
        part: the partial file; it need not exist.
        size: how long the whole file is.
        floor: the lowest speed to put up with, in bytes per second; 0 for any.
        count: is told how many bytes have been added.

    Raises:
        MirrorError: the mirror did not send them all. What came is in `part`.
        OSError: `part` cannot be written.
    """
    have = part.stat().st_size if part.exists() else 0
    with _open(url, have, "", size) as response, part.open("ab") as file:
        since, came = time.monotonic(), 0
        while have < size:
            chunk = _read(response, min(CHUNK, size - have))
            file.write(chunk)
            count(len(chunk))
            have += len(chunk)
            came += len(chunk)
            seconds = time.monotonic() - since
            if seconds >= WINDOW:
                if came / seconds < floor:
                    raise SlowError(came / seconds)
                since, came = time.monotonic(), 0


def _answers(urls: list[str], size: int) -> Iterator[tuple[str, MirrorError | None]]:
    """Give every mirror and its problem, or None, in the order in which they answer."""
    answers = queue.Queue()

    def ask(url: str) -> None:
        try:
            _open(url, 0, 0, size).close()
            answers.put((url, None))
        except MirrorError as problem:
            answers.put((url, problem))

    # Looking up a name may hang for long without a network, whatever the timeout:
    # so ask in threads, and go on without those that do not come back.
    for url in urls:
        threading.Thread(target=ask, args=(url,), daemon=True).start()
    until = time.monotonic() + PATIENCE
    for _ in urls:
        try:
            yield answers.get(timeout=max(0, until - time.monotonic()))
        except queue.Empty:
            return


def _open(url: str, start: int, last: int | str, size: int) -> requests.Response:
    """Ask for a part of the file; the answer's header says that it will be just this."""
    import requests

    # Without compression: a part of the file is asked for, byte by byte as it is.
    headers = {"Accept-Encoding": "identity"}
    if start or last != "":
        headers["Range"] = f"bytes={start}-{last}"
    try:
        response = requests.get(url, headers=headers, stream=True, timeout=(PATIENCE, STALL))
    except requests.TooManyRedirects:
        raise MirrorError("redirects in circles", final=True) from None
    except (requests.RequestException, ValueError, OSError) as error:
        raise _in_words(error) from error
    try:
        _check_header(response, start, size)
    except MirrorError:
        response.close()
        raise
    return response


def _check_header(response: requests.Response, start: int, size: int) -> None:
    status = response.status_code
    if status >= HTTPStatus.BAD_REQUEST:
        final = status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in TRY_LATER
        raise MirrorError(f"answers with error {status} ({response.reason})", final)
    if "html" in response.headers.get("Content-Type", ""):
        raise MirrorError("sends a web page instead of the file", final=True)
    if status == HTTPStatus.PARTIAL_CONTENT:
        text = response.headers.get("Content-Range", "")
        found = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", text)
        if not found or (int(found[1]), int(found[2])) != (start, size):
            raise MirrorError(f"sends another part than asked for ({text!r})", final=True)
        return
    length = response.headers.get("Content-Length", str(size))
    if status != HTTPStatus.OK or length != str(size):
        raise MirrorError(f"has a file of another length ({length} bytes)", final=True)
    if start:
        raise NoRangesError("cannot go on in the middle of the file")


def _read(response: requests.Response, limit: int) -> bytes:
    """What has come, at least one byte."""
    from urllib3.exceptions import HTTPError, ReadTimeoutError

    try:
        # Not all of `limit`: a host that sends a byte a second would never be found slow.
        chunk = response.raw.read1(limit, decode_content=False)
    except ReadTimeoutError:
        raise MirrorError(f"sent nothing for {STALL} seconds") from None
    except (HTTPError, OSError) as error:
        raise MirrorError("cut the connection") from error
    if not chunk:
        raise MirrorError("cut the connection")
    return chunk


def _no_answer() -> MirrorError:
    return MirrorError(f"does not answer within {PATIENCE} seconds")


def _in_words(error: Exception) -> MirrorError:
    """The errors that a network without internet, or a school's, gives."""
    import requests

    if isinstance(error, requests.Timeout):
        return _no_answer()
    if isinstance(error, requests.exceptions.SSLError):
        return MirrorError("shows a certificate that is not trusted here")
    if isinstance(error, requests.exceptions.ProxyError):
        return MirrorError("is not let through by the proxy")
    if "NameResolution" in repr(error):
        return MirrorError("cannot be found by its name")
    if isinstance(error, requests.ConnectionError):
        return MirrorError("cannot be connected to")
    return MirrorError(f"cannot be asked ({error})", final=True)
