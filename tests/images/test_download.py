"""Mirrors that misbehave in every way, networks without internet, disks, interruptions."""

import dataclasses
import errno
import hashlib
import os
import random
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
from mirror import Mirror

import workshop_utils as wu
from workshop_utils import __main__
from workshop_utils.images import cifar10, download, standin
from workshop_utils.images.cifar10 import ARCHIVE, NotFoundError
from workshop_utils.images.dataset import CIFAR10, STANDIN
from workshop_utils.settings import Settings

LENGTH = 300_000  # bytes of the archive in these tests
HALF = LENGTH // 2
PORTAL = {"headers": {"Content-Type": "text/html"}}  # of a network that asks to log in
FAST = 10_000_000  # bytes per second, of a floor that slow mirrors do not reach


@pytest.fixture
def body(monkeypatch):
    """A small archive; sizes and times fit it."""
    body = random.Random(0).randbytes(LENGTH)
    monkeypatch.setattr(cifar10, "ARCHIVE_SIZE", LENGTH)
    monkeypatch.setattr(cifar10, "ARCHIVE_SHA256", hashlib.sha256(body).hexdigest())
    monkeypatch.setattr(download, "STEP", 1)
    monkeypatch.setattr(download, "PAUSES", (0, 0, 0))
    monkeypatch.setattr(download, "FLOOR", 0)
    monkeypatch.setattr(download, "WINDOW", 0.2)
    monkeypatch.delenv("WORKSHOP_MIRRORS", raising=False)
    return body


@pytest.fixture
def serve(body, monkeypatch):
    """Let these mirrors be the only ones, each described by its options; a dead one by None."""
    with ExitStack() as stack:

        def start(*all_options):
            started, urls = [], []
            for options in all_options:
                if options is None:
                    with socket.create_server(("127.0.0.1", 0)) as closed:
                        urls.append(f"http://127.0.0.1:{closed.getsockname()[1]}/")
                else:
                    started.append(stack.enter_context(Mirror(**{"body": body, **options})))
                    urls.append(started[-1].url)
            monkeypatch.setattr(download, "MIRRORS", tuple(urls))
            return started

        yield start


@pytest.fixture
def part(tmp_path):
    """Where the partial file lies."""
    return tmp_path / download.PART


def assert_complete(folder, body):
    assert [file.name for file in folder.iterdir()] == [ARCHIVE]
    assert (folder / ARCHIVE).read_bytes() == body


def assert_refused(folder):
    with pytest.raises(NotFoundError) as refused:
        download.download(folder)
    assert str(refused.value).startswith(f"CIFAR-10 is not in {folder}, and")
    return str(refused.value)


# --- every fault of a mirror ---

COMPLETE = "the archive is complete"
REFUSED = "nothing is kept, and the sentence says what to do"
OTHER = b"x" * LENGTH
# What the mirror does; its options; what is read of it, after its name; how it ends with no other.
FAULTS = [
    ("takes calls and never answers", {"silent": True}, "does not answer within", REFUSED),
    ("does not have the file", {"status": 404}, "answers with error 404 (Not Found)", REFUSED),
    ("is overloaded", {"status": 503}, "answers with error 503 (Service Unavailable)", REFUSED),
    ("is overloaded for a moment", {"refusals": 1}, "answers with error 503", COMPLETE),
    ("redirects in circles", {"status": 302}, "redirects in circles", REFUSED),
    ("sends a web page, asking to log in", PORTAL, "sends a web page instead", REFUSED),
    (
        "says a wrong length",
        {"ranges": False, "headers": {"Content-Length": "12345"}},
        "has a file of another length",
        REFUSED,
    ),
    ("has a shorter file", {"body": OTHER[:999]}, "has a file of another length", REFUSED),
    (
        "has a longer file, without ranges",
        {"ranges": False, "body": OTHER + b"x"},
        "has a file of another length (300001 bytes)",
        REFUSED,
    ),
    ("has other bytes", {"body": OTHER}, "sent wrong bytes", REFUSED),
    (
        "has other bytes, and hides how many",
        {"ranges": False, "headers": {"Content-Length": None}, "body": OTHER + b"x"},
        "sent wrong bytes",
        REFUSED,
    ),
    (
        "sends another part than asked for",
        {"headers": {"Content-Range": f"bytes 7-{LENGTH - 1}/{LENGTH}"}},
        "sends another part than asked for",
        REFUSED,
    ),
    ("cuts the connection", {"cuts": [HALF]}, "cut the connection", COMPLETE),
    ("cuts it before the first byte", {"cuts": [0]}, "cut the connection", COMPLETE),
    ("resets the connection", {"cuts": [HALF], "at_cut": "reset"}, "cut the connection", COMPLETE),
    (
        "cuts it, and never said how long the file is",
        {"cuts": [HALF], "headers": {"Content-Length": None}},
        "cut the connection",
        COMPLETE,
    ),
    ("stalls", {"cuts": [HALF], "at_cut": "hang"}, "sent nothing for", COMPLETE),
    (
        "cuts the connection and cannot go on",
        {"cuts": [HALF], "ranges": False},
        "cut the connection",
        COMPLETE,
    ),
    ("is slow", {"speed": 400_000}, "is slow", COMPLETE),
]
of_each_fault = pytest.mark.parametrize(
    ("options", "reads", "alone"), [fault[1:] for fault in FAULTS], ids=[f[0] for f in FAULTS]
)


@pytest.fixture
def first(options, body, monkeypatch):
    """Options of the first mirror, with a patience and a floor that it comes up against."""
    if "silent" in options or options.get("at_cut") == "hang":
        monkeypatch.setattr(download, "PATIENCE", 1)
    if "speed" in options:
        monkeypatch.setattr(download, "FLOOR", FAST)
    return {**options, "cuts": list(options.get("cuts", []))}


@of_each_fault
def test_another_mirror_takes_the_place_of_one_that(
    first, reads, alone, serve, body, tmp_path, capsys
):
    serve(first, {})
    assert download.download(tmp_path) == tmp_path / ARCHIVE
    assert_complete(tmp_path, body)
    assert reads in capsys.readouterr().out


@of_each_fault
def test_the_end_is_clear_with_no_mirror_but_one_that(first, reads, alone, serve, body, tmp_path):
    [mirror] = serve(first)
    if alone == COMPLETE:
        download.download(tmp_path)
        assert_complete(tmp_path, body)
    else:
        said = assert_refused(tmp_path)
        assert f"none of its hosts sends it ({mirror.host}: {reads}" in said
        assert f"put {ARCHIVE} into a folder and set WORKSHOP_DATA to it" in said
        assert list(tmp_path.iterdir()) == []


def test_the_documentation_shows_what_is_tested():
    text = (Path(__file__).parents[2] / "docs" / "robustness.md").read_text(encoding="utf-8")
    for name, _, reads, alone in FAULTS:
        assert f"| {name} | … {reads} … | {alone} |" in text


# --- going on ---


def test_after_a_cut_another_mirror_sends_only_the_rest(serve, body, tmp_path, capsys):
    first, second = serve({"cuts": [HALF]}, {})
    download.download(tmp_path)
    assert_complete(tmp_path, body)
    assert second.asked == [f"bytes={HALF}-"]
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("Downloading CIFAR-10 (170 MB).")
    assert said[2:] == [
        f"Fetching from {first.host}.",
        f"{first.host} cut the connection.",
        f"Fetching from {second.host}.",
    ]


@pytest.mark.parametrize(
    ("other", "asked"),
    [({}, [f"bytes={HALF}-"]), ({"refusals": 99}, [f"bytes={HALF}-", None])],
    ids=["can", "does not either"],
)
def test_a_mirror_that_cannot_go_on_starts_anew_unless_another(
    other, asked, serve, body, tmp_path, part
):
    first, _ = serve({"ranges": False}, other)
    part.write_bytes(body[:HALF])
    download.download(tmp_path)
    assert_complete(tmp_path, body)
    assert first.asked == asked


@pytest.mark.parametrize(
    ("change", "asked"),
    [
        (lambda body: body, []),
        (lambda body: body + b"more", [None]),
        (lambda body: body[:HALF], [f"bytes={HALF}-"]),
        (lambda body: OTHER, [None]),
        (lambda body: OTHER[:HALF], [f"bytes={HALF}-", None]),
    ],
    ids=["is complete", "is too long", "is half of it", "is wrong", "begins with wrong bytes"],
)
def test_a_download_goes_on_with_an_earlier_part_that(
    change, asked, serve, body, tmp_path, part, capsys
):
    [mirror] = serve({})
    part.write_bytes(change(body))
    download.download(tmp_path)
    assert_complete(tmp_path, body)
    assert mirror.asked == asked
    assert "wrong bytes" not in capsys.readouterr().out


def test_of_two_senders_the_one_with_wrong_bytes_is_left(serve, body, tmp_path, capsys):
    wrong, right = serve({"body": OTHER, "cuts": [HALF]}, {"cuts": [HALF // 2]})
    download.download(tmp_path)
    assert_complete(tmp_path, body)
    said = capsys.readouterr().out
    assert said.count("starting anew") == 1
    assert f"{right.host} sent wrong bytes" not in said


def test_mirrors_that_spoil_each_others_bytes_are_given_up(serve, tmp_path):
    mirrors = serve({"body": OTHER, "cuts": [HALF] * 99}, {"cuts": [HALF // 2] * 99})
    assert_refused(tmp_path)
    assert all(len(mirror.asked) < 20 for mirror in mirrors)


def test_a_cut_at_any_byte_is_survived_by_one_mirror_alone(serve, body, tmp_path):
    cuts = random.Random(1)
    [mirror] = serve({"cuts": [cuts.randrange(1, LENGTH // 20) for _ in range(8)]})
    download.download(tmp_path)
    assert_complete(tmp_path, body)
    assert len(mirror.asked) == 9


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
def test_thirty_cuts_at_random_bytes_of_three_mirrors_are_survived(seed, serve, body, tmp_path):
    cuts = random.Random(seed)
    serve(*({"cuts": [cuts.randrange(LENGTH // 60) for _ in range(10)]} for _ in range(3)))
    download.download(tmp_path)
    assert_complete(tmp_path, body)


def test_a_mirror_that_never_gets_further_is_given_up(serve, tmp_path, part, body):
    [mirror] = serve({"cuts": [HALF] + [0] * 99})
    said = assert_refused(tmp_path)
    assert f"its download stopped at 0 of 0 MB ({mirror.host}: cut the connection)" in said
    assert "Start again later: it goes on there." in said
    assert part.read_bytes() == body[:HALF]


# --- speed ---


def test_when_all_are_slow_the_quickest_goes_on_to_the_end(serve, body, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "FLOOR", FAST)
    slow, quickest, slowest = serve({"speed": 60_000}, {"speed": 400_000}, {"speed": 20_000})
    download.download(tmp_path)
    assert_complete(tmp_path, body)
    assert [len(mirror.asked) for mirror in (slow, quickest, slowest)] == [1, 2, 1]


def test_a_byte_now_and_then_counts_as_slow(serve, body, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(download, "FLOOR", 1000)
    serve({"speed": 50}, {})
    download.download(tmp_path)
    assert_complete(tmp_path, body)
    assert "is slow (0 kB/s)" in capsys.readouterr().out


# --- names and networks ---


def test_a_tutors_mirror_is_asked_before_all_others(serve, body, tmp_path, monkeypatch):
    own, official = serve({}, {})
    monkeypatch.setattr(download, "MIRRORS", (official.url,))
    monkeypatch.setenv("WORKSHOP_MIRRORS", f"{own.url} {official.url}")
    assert download.mirrors() == [own.url, official.url]
    download.download(tmp_path)
    assert (len(own.asked), len(official.asked)) == (1, 0)


@pytest.mark.parametrize("wrong", ["D:/data", "ftp://there/a", "http:///a", "http://[/a"])
def test_a_mirror_that_is_no_address_is_refused_at_once(wrong):
    with pytest.raises(ValueError, match=f"WORKSHOP_MIRRORS names {re.escape(repr(wrong))}"):
        Settings.from_environment({"WORKSHOP_MIRRORS": f"http://here/ {wrong}"})


def test_no_message_shows_a_password():
    assert download.host_of("https://me:secret@example.org:80/a") == "example.org:80"


def test_all_official_mirrors_are_addresses_and_the_slow_one_is_last():
    hosts = [download.host_of(url) for url in download.MIRRORS]
    assert len(set(hosts)) == 5
    assert all(url.startswith("https://") for url in download.MIRRORS)
    assert hosts[-1] == "www.cs.toronto.edu"


def test_a_dead_mirror_is_passed_by(serve, body, tmp_path, capsys):
    serve(None, {})
    download.download(tmp_path)
    assert_complete(tmp_path, body)
    assert "cannot be connected to" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://no.invalid/", "no.invalid: cannot be found by its name"),
        ("http://*.invalid/", r"\*.invalid: cannot be asked"),
    ],
)
def test_a_name_that_nobody_knows_is_named(body, tmp_path, monkeypatch, url, reason):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    monkeypatch.setattr(download, "MIRRORS", (url,))
    assert re.search(reason, assert_refused(tmp_path))


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (requests.exceptions.SSLError, "a certificate that is not trusted"),
        (requests.exceptions.ProxyError, "is not let through by the proxy"),
        (requests.exceptions.ConnectTimeout, "does not answer within"),
    ],
)
def test_a_schools_network_is_recognised(body, tmp_path, monkeypatch, error, reason):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(requests, "get", fail)
    assert reason in assert_refused(tmp_path)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (407, "is not let through by the proxy (407 Proxy Authentication Required)"),
        (403, "is not let through by the proxy (403 Forbidden)"),
        (None, "is behind a proxy that cannot be reached"),
    ],
)
def test_what_the_proxy_answers_is_told(serve, tmp_path, monkeypatch, status, reason):
    serve({"status": status} if status else None)
    monkeypatch.setenv("https_proxy", download.MIRRORS[0])
    monkeypatch.setattr(download, "MIRRORS", ("https://example.org/cifar-10-python.tar.gz",))
    assert f"none of its hosts sends it (example.org: {reason})" in assert_refused(tmp_path)


def test_a_certificate_is_told_from_an_answer_that_is_not_encrypted(serve, tmp_path, monkeypatch):
    [mirror] = serve({})
    monkeypatch.setattr(download, "MIRRORS", (f"https://{mirror.host}/",))
    assert f"({mirror.host}: does not encrypt what it sends)" in assert_refused(tmp_path)
    why = "certificate verify failed: self-signed certificate (_ssl.c:1006)"
    refused = ssl.SSLCertVerificationError(1, f"[SSL: CERTIFICATE_VERIFY_FAILED] {why}")

    def fail(*_, **__):
        raise requests.exceptions.SSLError(refused)

    monkeypatch.setattr(requests, "get", fail)
    assert "that is not trusted here (self-signed certificate)" in assert_refused(tmp_path)


def test_many_silent_mirrors_cost_no_more_time_than_one(serve, monkeypatch, tmp_path):
    monkeypatch.setattr(download, "PATIENCE", 1)
    serve(*[{"silent": True}] * 10)
    started = time.monotonic()
    ten_hosts = r"\((127.0.0.1:\d+, ){9}127.0.0.1:\d+: does not answer within 1 seconds\)"
    with pytest.raises(NotFoundError, match=ten_hosts):
        download.check_download(tmp_path, offline=False)
    assert time.monotonic() - started < 8  # one after the other: 10 seconds


def test_one_mirror_that_answers_is_enough_to_begin(serve, monkeypatch, tmp_path):
    monkeypatch.setattr(download, "PATIENCE", 60)
    serve({"silent": True}, None, PORTAL, {})
    started = time.monotonic()
    download.check_download(tmp_path, offline=False)
    assert time.monotonic() - started < 30


def test_the_wait_for_the_network_is_within_ten_seconds():
    assert download.PATIENCE < 10


# --- the disk, and interruptions ---


def fails_with(error, body):
    def receive(url, part, *_):
        part.write_bytes(body[:HALF])
        raise error

    return receive


def test_a_folder_that_cannot_be_made_is_told(serve, tmp_path):
    serve({})
    (tmp_path / "file").touch()
    said = assert_refused(tmp_path / "file")
    assert f"it cannot be written to {tmp_path / 'file'} (" in said
    assert "Set WORKSHOP_DATA to a folder of your own." in said


@pytest.mark.parametrize(
    ("number", "says", "is_kept"),
    [
        (errno.ENOSPC, "the disk of .* is full .*Make room there, or set WORKSHOP_DATA to", False),
        (errno.EACCES, r"cannot be written to .* \(Permission denied\)", True),
    ],
)
def test_what_was_fetched_is_kept_unless_the_disk_is_full(
    number, says, is_kept, serve, body, tmp_path, part, monkeypatch
):
    serve({})
    error = OSError(number, os.strerror(number))
    monkeypatch.setattr(download, "_receive", fails_with(error, body))
    assert re.search(says, assert_refused(tmp_path))
    assert part.exists() == is_kept


def test_an_interrupted_download_says_that_it_goes_on(
    serve, body, tmp_path, part, monkeypatch, capsys
):
    [mirror] = serve({})
    with monkeypatch.context() as patch:
        patch.setattr(download, "_receive", fails_with(KeyboardInterrupt, body))
        with pytest.raises(KeyboardInterrupt):
            download.download(tmp_path)
    assert "interrupted at 0 of 0 MB: the next start goes on there." in capsys.readouterr().out
    download.download(tmp_path)
    assert_complete(tmp_path, body)
    assert mirror.asked == [f"bytes={HALF}-"]


KILLED = """
import sys
from pathlib import Path
from workshop_utils.images import cifar10, download
download.MIRRORS = (sys.argv[1],)
cifar10.ARCHIVE_SIZE, download.FLOOR = int(sys.argv[3]), 0
download.download(Path(sys.argv[2]))
"""


def test_a_download_that_was_killed_goes_on(serve, body, tmp_path, part):
    [mirror] = serve({"cuts": [HALF], "at_cut": "hang"})
    command = [sys.executable, "-c", KILLED, mirror.url, str(tmp_path), str(LENGTH)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        until = time.monotonic() + 50
        while not (part.exists() and part.stat().st_size) and time.monotonic() < until:
            time.sleep(0.05)
        process.kill()
    kept = part.stat().st_size
    assert 0 < kept <= HALF
    assert not (tmp_path / ARCHIVE).exists()
    download.download(tmp_path)
    assert_complete(tmp_path, body)
    assert mirror.asked[1:] == [f"bytes={kept}-"]


@pytest.mark.parametrize("wanted", ["0", "1"])
def test_the_bar_begins_where_the_last_start_ended(
    wanted, serve, body, tmp_path, part, monkeypatch, capsys
):
    monkeypatch.setenv("WORKSHOP_PROGRESS", wanted)
    serve({})
    part.write_bytes(body[:HALF])
    download.download(tmp_path)
    shown = re.findall(r"\d+%", capsys.readouterr().err)
    assert (shown[0], shown[-1]) == ("50%", "100%") if wanted == "1" else shown == []


# --- loading, and fetching ahead of the lab ---


@pytest.fixture
def online(settings, monkeypatch):
    """Settings that allow the network; the archive and the stand-in hold a few images."""
    draw = standin.draw_standin
    monkeypatch.setattr(standin, "draw_standin", lambda: draw(20, 10))
    monkeypatch.setattr(cifar10, "read", lambda archive: (draw(30, 10), ""))
    monkeypatch.setenv("WORKSHOP_OFFLINE", "0")
    monkeypatch.setenv("WORKSHOP_DATA", str(settings.data_dir))
    return dataclasses.replace(settings, dataset="auto", offline=False)


def test_wrong_bytes_never_become_cifar10(serve, online, capsys):
    [mirror] = serve({"body": OTHER})
    assert wu.load_data(online).name == STANDIN
    assert "sent wrong bytes" in capsys.readouterr().out
    assert len(mirror.asked) == 1  # who sends 170 MB of them is not asked for more
    with pytest.raises(NotFoundError, match="sent wrong bytes"):
        wu.load_data(dataclasses.replace(online, dataset="cifar10"))


def test_a_name_that_is_never_looked_up_is_given_up(body, online, monkeypatch):
    monkeypatch.setattr(download, "PATIENCE", 0.5)
    forget = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: forget.wait(60) and [])
    started = time.monotonic()
    assert wu.load_data(online).name == STANDIN
    assert time.monotonic() - started < 30
    forget.set()


def test_cifar10_is_fetched_in_a_notebook_or_ahead_of_the_lab(
    serve, body, online, monkeypatch, capsys
):
    serve({})
    assert wu.load_data(online).name == CIFAR10
    assert (online.data_dir / ARCHIVE).read_bytes() == body
    assert capsys.readouterr().out.endswith("from a fresh download.\n")
    monkeypatch.setenv("WORKSHOP_DATASET", "standin")  # asked for by name, CIFAR-10 is meant
    assert __main__.main(["data"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"CIFAR-10 is ready: {online.data_dir / 'cifar10.safetensors'}"


def test_what_cannot_be_fetched_is_an_error_ahead_of_the_lab_and_no_obstacle_in_it(
    serve, online, monkeypatch, capsys
):
    [mirror] = serve(PORTAL)
    why = f"none of its hosts sends it ({mirror.host}: sends a web page instead of the file)"
    assert wu.load_data(online).name == STANDIN
    said = capsys.readouterr().out
    assert why in said
    assert "The stand-in takes its place." in said
    assert __main__.main(["data"]) == 1
    assert why in capsys.readouterr().err
    monkeypatch.setenv("WORKSHOP_MIRRORS", "nonsense")
    assert __main__.main(["data"]) == 1
    assert "WORKSHOP_MIRRORS names 'nonsense'" in capsys.readouterr().err
