import dataclasses
import errno
import hashlib
import os
import random
import re
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from faults import table
from faults.server import Mirror, running
from faults.table import COMPLETE, FAULTS, HALF, LENGTH, REFUSED

import workshop_utils as wu
from workshop_utils import __main__
from workshop_utils.images import cifar10, download, mirrors, standin, transfer
from workshop_utils.images.cifar10 import ARCHIVE, NotFoundError
from workshop_utils.images.dataset import CIFAR10, STANDIN
from workshop_utils.settings import Settings

FAST = 10_000_000  # bytes per second, of a floor that slow mirrors do not reach


@pytest.fixture
def body(monkeypatch):
    """A small archive; sizes and times fit it."""
    body = random.Random(0).randbytes(LENGTH)
    monkeypatch.setattr(cifar10, "SIZE", LENGTH)
    monkeypatch.setattr(cifar10, "ARCHIVE_MD5", hashlib.md5(body).hexdigest())
    monkeypatch.setattr(cifar10, "ARCHIVE_SHA256", hashlib.sha256(body).hexdigest())
    monkeypatch.setattr(download, "STEP", 1)
    monkeypatch.setattr(download, "PAUSES", (0, 0, 0))
    monkeypatch.setattr(download, "FLOOR", 0)
    monkeypatch.setattr(transfer, "STALL", 0.3)
    monkeypatch.setattr(transfer, "WINDOW", 0.2)
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
                    continue
                mirror = Mirror(**{"body": body, **options})
                urls += stack.enter_context(running(mirror))
                started.append(mirror)
            monkeypatch.setattr(mirrors, "MIRRORS", tuple(urls))
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


# --- every fault of the table ---


def prepare(fault, monkeypatch):
    """Options of the first mirror, and a patience and a floor that the fault comes up against."""
    if fault.first.get("silent"):
        monkeypatch.setattr(transfer, "PATIENCE", 0.5)
        monkeypatch.setattr(download, "PAUSES", ())
    if "speed" in fault.first:
        monkeypatch.setattr(download, "FLOOR", FAST)
    body = {} if fault.body is None else {"body": fault.body}
    return {**fault.first, "cuts": list(fault.first.get("cuts", [])), **body}


def by_name(fault):
    return fault.name


@pytest.mark.parametrize("fault", FAULTS, ids=by_name)
def test_another_mirror_takes_the_place_of_one_that(
    fault, serve, body, tmp_path, monkeypatch, capsys
):
    serve(prepare(fault, monkeypatch), {})
    assert download.download(tmp_path) == tmp_path / ARCHIVE
    assert_complete(tmp_path, body)
    assert fault.reads in capsys.readouterr().out


@pytest.mark.parametrize("fault", FAULTS, ids=by_name)
def test_the_end_is_clear_with_no_mirror_but_one_that(fault, serve, body, tmp_path, monkeypatch):
    [mirror] = serve(prepare(fault, monkeypatch))
    if fault.alone == COMPLETE:
        download.download(tmp_path)
        assert_complete(tmp_path, body)
        return
    assert fault.alone == REFUSED
    said = assert_refused(tmp_path)
    assert f"the download failed: 127.0.0.1:{mirror.server.server_port} {fault.reads}" in said
    assert f"put {ARCHIVE} into a folder and set WORKSHOP_DATA to it" in said
    assert list(tmp_path.iterdir()) == []


# --- going on ---


def test_what_was_fetched_before_is_not_fetched_again(serve, body, tmp_path, part):
    [mirror] = serve({})
    part.write_bytes(body[:HALF])
    download.download(tmp_path)
    assert_complete(tmp_path, body)
    assert mirror.asked == [f"bytes={HALF}-"]


def test_after_a_cut_another_mirror_sends_only_the_rest(serve, body, tmp_path):
    _, second = serve({"cuts": [HALF]}, {})
    download.download(tmp_path)
    assert_complete(tmp_path, body)
    assert second.asked == [f"bytes={HALF}-"]


def test_whole_answers_are_never_appended_to_a_part(serve, body, tmp_path, part):
    [mirror] = serve({"ranges": False})
    part.write_bytes(body[:HALF])
    download.download(tmp_path)
    assert_complete(tmp_path, body)
    assert mirror.asked == [f"bytes={HALF}-", None]


def test_a_mirror_that_can_go_on_is_preferred_to_starting_anew(serve, body, tmp_path, part):
    first, second = serve({"ranges": False}, {})
    part.write_bytes(body[:HALF])
    download.download(tmp_path)
    assert_complete(tmp_path, body)
    assert first.asked == second.asked == [f"bytes={HALF}-"]


def test_a_mirror_that_cannot_go_on_is_used_when_no_other_sends(serve, body, tmp_path, part):
    serve({"ranges": False}, {"refusals": 99})
    part.write_bytes(body[:HALF])
    download.download(tmp_path)
    assert_complete(tmp_path, body)


def test_a_part_that_is_complete_needs_no_mirror(serve, body, tmp_path, part):
    [mirror] = serve({})
    part.write_bytes(body)
    download.download(tmp_path)
    assert_complete(tmp_path, body)
    assert mirror.asked == []


def test_a_part_that_is_too_long_is_thrown_away(serve, body, tmp_path, part):
    serve({})
    part.write_bytes(body + b"more")
    download.download(tmp_path)
    assert_complete(tmp_path, body)


def test_a_damaged_part_is_fetched_anew_and_no_mirror_is_blamed(
    serve, body, tmp_path, part, capsys
):
    [mirror] = serve({})
    part.write_bytes(b"x" * HALF)
    download.download(tmp_path)
    assert_complete(tmp_path, body)
    assert mirror.asked == [f"bytes={HALF}-", None]
    said = capsys.readouterr().out
    assert "piece by piece is damaged: starting anew" in said
    assert "wrong bytes" not in said


def test_of_two_senders_the_one_with_wrong_bytes_is_blamed(serve, body, tmp_path, capsys):
    wrong, right = serve({"body": b"x" * LENGTH, "cuts": [HALF]}, {"cuts": [HALF // 2]})
    download.download(tmp_path)
    assert_complete(tmp_path, body)
    said = capsys.readouterr().out
    assert said.count("starting anew") == 1
    assert f":{right.server.server_port} sent wrong bytes" not in said


def test_after_damage_a_mirror_that_sent_nothing_yet_is_next(serve, body, tmp_path):
    *_, third = serve({"body": b"x" * LENGTH, "cuts": [HALF]}, {}, {})
    download.download(tmp_path)
    assert_complete(tmp_path, body)
    assert third.asked == [None]


def test_a_whole_part_of_wrong_bytes_is_fetched_anew(serve, body, tmp_path, part):
    [mirror] = serve({})
    part.write_bytes(b"x" * LENGTH)
    download.download(tmp_path)
    assert_complete(tmp_path, body)
    assert mirror.asked == [None]


def test_after_damage_pieces_of_two_mirrors_are_not_mixed_again(serve, body, tmp_path, part):
    first, second = serve({"cuts": [HALF, HALF]}, {"refusals": 99})
    part.write_bytes(b"x" * HALF)
    first.cuts = [HALF // 2, HALF // 2, HALF // 2, HALF]
    download.download(tmp_path)
    assert_complete(tmp_path, body)
    assert None not in second.asked[:-1]


def test_a_cut_at_any_byte_is_survived_by_one_mirror_alone(serve, body, tmp_path):
    cuts = random.Random(1)
    [mirror] = serve({"cuts": [cuts.randrange(LENGTH // 20) for _ in range(8)]})
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
    serve({"cuts": [HALF] + [0] * 99})
    said = assert_refused(tmp_path)
    assert "the download failed at 0 of 0 MB" in said
    assert "cut the connection. Start again later: it goes on there." in said
    assert part.read_bytes() == body[:HALF]


# --- speed ---


def test_a_slow_mirror_is_left_for_a_fast_one(serve, body, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "FLOOR", 100_000)
    slow, fast = serve({"speed": 20_000}, {})
    download.download(tmp_path)
    assert_complete(tmp_path, body)
    assert len(slow.asked) == len(fast.asked) == 1


def test_when_all_are_slow_the_fastest_goes_on_to_the_end(
    serve, body, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(download, "FLOOR", FAST)
    slow, faster, slowest = serve({"speed": 60_000}, {"speed": 600_000}, {"speed": 20_000})
    download.download(tmp_path)
    assert_complete(tmp_path, body)
    assert len(slow.asked) == len(slowest.asked) == 1
    assert len(faster.asked) == 2
    said = capsys.readouterr().out.splitlines()
    last = f"No other mirror is faster: fetching from 127.0.0.1:{faster.server.server_port} ("
    assert said[-1].startswith(last)


def test_a_byte_now_and_then_counts_as_slow(serve, body, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "FLOOR", 1000)
    serve({"speed": 50}, {})
    download.download(tmp_path)
    assert_complete(tmp_path, body)


# --- mirrors ---


def test_a_tutors_mirror_is_asked_before_all_others(serve, body, tmp_path, monkeypatch):
    own, official = serve({}, {})
    monkeypatch.setenv("WORKSHOP_MIRRORS", f"{own.url} {official.url}")
    assert mirrors.mirrors() == [own.url, official.url]
    monkeypatch.setattr(mirrors, "MIRRORS", (official.url,))
    download.download(tmp_path)
    assert len(own.asked) == 1
    assert official.asked == []


@pytest.mark.parametrize("wrong", ["D:/data", "ftp://there/a", "http:///a", "http://[/a"])
def test_a_mirror_that_is_no_address_is_refused_at_once(wrong):
    with pytest.raises(ValueError, match=f"WORKSHOP_MIRRORS names {re.escape(repr(wrong))}"):
        Settings.from_environment({"WORKSHOP_MIRRORS": f"http://here/ {wrong}"})


def test_no_message_shows_a_password():
    assert mirrors.host_of("https://me:secret@example.org:80/a") == "example.org:80"


def test_all_official_mirrors_are_addresses_and_the_slow_one_is_last():
    assert len({mirrors.host_of(url) for url in mirrors.MIRRORS}) == len(mirrors.MIRRORS) == 5
    assert all(url.startswith("https://") for url in mirrors.MIRRORS)
    assert mirrors.host_of(mirrors.MIRRORS[-1]) == "www.cs.toronto.edu"


def test_a_dead_mirror_is_passed_by(serve, body, tmp_path, capsys):
    serve(None, {})
    download.download(tmp_path)
    assert_complete(tmp_path, body)
    assert "cannot be connected to" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://no.invalid/", "cannot be found by its name"),
        ("http://*.invalid/", "cannot be asked"),
    ],
)
def test_a_name_that_nobody_knows_is_named(body, tmp_path, monkeypatch, url, reason):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    monkeypatch.setattr(mirrors, "MIRRORS", (url,))
    assert reason in assert_refused(tmp_path)


@pytest.mark.parametrize(
    ("error", "reason"),
    [("SSLError", "a certificate that is not trusted"), ("ProxyError", "not let through")],
)
def test_a_schools_network_is_recognised(body, tmp_path, monkeypatch, error, reason):
    import requests

    def fail(*_, **__):
        raise getattr(requests.exceptions, error)

    monkeypatch.setattr(requests, "get", fail)
    assert reason in assert_refused(tmp_path)


def test_many_dead_mirrors_cost_no_more_time_than_one(serve, monkeypatch, tmp_path):
    monkeypatch.setattr(transfer, "PATIENCE", 1)
    monkeypatch.setattr(transfer, "STALL", 60)
    serve(*[{"silent": True}] * 10)
    started = time.monotonic()
    with pytest.raises(NotFoundError, match="none of its hosts can be reached"):
        download.check_download(tmp_path, offline=False)
    assert time.monotonic() - started < 8  # one after the other: 10 seconds


def test_one_mirror_that_answers_is_enough_to_go_on(serve, monkeypatch, tmp_path):
    monkeypatch.setattr(transfer, "PATIENCE", 60)
    monkeypatch.setattr(transfer, "STALL", 60)
    serve({"silent": True}, None, {"html": True}, {})
    started = time.monotonic()
    download.check_download(tmp_path, offline=False)
    assert time.monotonic() - started < 30


def test_the_wait_for_the_network_is_within_ten_seconds():
    assert transfer.PATIENCE < 10


# --- the disk ---


def test_a_disk_without_room_is_told_before_the_download(serve, tmp_path, part, monkeypatch):
    [mirror] = serve({})
    part.write_bytes(b"some")
    usage = type(download.shutil.disk_usage(tmp_path))
    monkeypatch.setattr(download.shutil, "disk_usage", lambda _: usage(10**9, 10**9, 1000))
    said = assert_refused(tmp_path)
    assert f"the disk of {tmp_path} is full" in said
    assert "Make room there, or set WORKSHOP_DATA to a folder on another disk." in said
    assert mirror.asked == []
    assert not part.exists()


def test_a_disk_that_gets_full_is_told_and_left_empty(serve, tmp_path, monkeypatch):
    serve({})

    def full(url, part, *_):
        part.write_bytes(b"some")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(download, "receive", full)
    assert "is full" in assert_refused(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_told(serve, tmp_path):
    serve({})
    (tmp_path / "file").touch()
    said = assert_refused(tmp_path / "file")
    assert f"it cannot be written to {tmp_path / 'file'} (" in said
    assert "Set WORKSHOP_DATA to a folder of your own." in said


def test_what_cannot_be_written_to_any_more_is_kept(serve, body, tmp_path, part, monkeypatch):
    serve({})
    part.write_bytes(body[:HALF])

    def denied(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(download, "receive", denied)
    assert "(Permission denied)" in assert_refused(tmp_path)
    assert part.read_bytes() == body[:HALF]


# --- interruptions ---


def test_an_interrupted_download_says_that_it_goes_on(
    serve, body, tmp_path, part, monkeypatch, capsys
):
    serve({}, {})
    receive = download.receive

    def interrupt(url, part, *_):
        part.write_bytes(body[:HALF])
        raise KeyboardInterrupt

    monkeypatch.setattr(download, "receive", interrupt)
    with pytest.raises(KeyboardInterrupt):
        download.download(tmp_path)
    assert "interrupted at 0 of 0 MB: the next start goes on there." in capsys.readouterr().out
    assert part.read_bytes() == body[:HALF]
    monkeypatch.setattr(download, "receive", receive)
    download.download(tmp_path)
    assert_complete(tmp_path, body)


KILLED = """
import sys
from pathlib import Path
from workshop_utils import cifar10, download, mirrors
mirrors.MIRRORS = (sys.argv[1],)
cifar10.SIZE, download.FLOOR = int(sys.argv[3]), 0
download.download(Path(sys.argv[2]))
"""


def test_a_download_that_was_killed_goes_on(serve, body, tmp_path, part):
    [mirror] = serve({"cuts": [HALF], "hangs": True})
    command = [sys.executable, "-c", KILLED, mirror.url, str(tmp_path), str(LENGTH)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        until = time.monotonic() + 50
        while not (part.exists() and part.stat().st_size) and time.monotonic() < until:
            time.sleep(0.05)
        process.kill()
    kept = part.stat().st_size
    assert 0 < kept <= HALF
    download.download(tmp_path)
    assert_complete(tmp_path, body)
    assert mirror.asked[1:] == [f"bytes={kept}-"]


# --- what is shown ---


def test_host_changes_and_reasons_are_told_in_order(serve, body, tmp_path, capsys):
    first, second = serve({"cuts": [HALF]}, {})
    download.download(tmp_path)
    said = re.sub(r"127\.0\.0\.1:\d+", "HOST", capsys.readouterr().out).splitlines()
    assert said[0].startswith("Downloading CIFAR-10 (170 MB).")
    assert said[2:] == ["Fetching from HOST.", "HOST cut the connection.", "Fetching from HOST."]


def test_the_bar_begins_where_the_last_start_ended(
    serve, body, tmp_path, part, monkeypatch, capsys
):
    monkeypatch.setenv("WORKSHOP_PROGRESS", "1")
    serve({})
    part.write_bytes(body[:HALF])
    download.download(tmp_path)
    shown = capsys.readouterr().err
    assert "50%" in shown
    assert "100%" in shown


def test_without_progress_bars_nothing_is_drawn(serve, tmp_path, capsys):
    serve({})
    download.download(tmp_path)
    assert capsys.readouterr().err == ""


# --- loading and fetching ahead of the lab ---


@pytest.fixture
def online(settings, monkeypatch):
    """Settings that allow the network; the archive and the stand-in hold a few images."""
    draw = standin.draw_standin
    monkeypatch.setattr(standin, "draw_standin", lambda: draw(20, 10))
    monkeypatch.setattr(cifar10, "read_archive", lambda archive: draw(30, 10))
    monkeypatch.setenv("WORKSHOP_OFFLINE", "0")
    monkeypatch.setenv("WORKSHOP_DATA", str(settings.data_dir))
    return dataclasses.replace(settings, dataset="auto", offline=False)


def test_cifar10_is_downloaded_where_it_is_not_found(serve, body, online):
    serve({})
    assert wu.load_data(online).name == CIFAR10
    assert (online.data_dir / ARCHIVE).read_bytes() == body


def test_without_a_usable_mirror_the_stand_in_takes_the_place(serve, online, capsys):
    [mirror] = serve({"html": True})
    assert wu.load_data(online).name == STANDIN
    host = f"127.0.0.1:{mirror.server.server_port}"
    said = capsys.readouterr().out
    assert f"none of its hosts can be reached ({host})" in said
    assert "The stand-in takes its place." in said


def test_wrong_bytes_never_become_cifar10(serve, online, capsys):
    serve({"body": b"x" * LENGTH})
    assert wu.load_data(online).name == STANDIN
    assert "sent wrong bytes" in capsys.readouterr().out
    with pytest.raises(NotFoundError, match="sent wrong bytes"):
        wu.load_data(dataclasses.replace(online, dataset="cifar10"))


def test_a_host_that_never_answers_is_given_up(serve, online, monkeypatch):
    monkeypatch.setattr(transfer, "PATIENCE", 0.5)
    monkeypatch.setattr(transfer, "STALL", 60)
    serve({"silent": True})
    started = time.monotonic()
    assert wu.load_data(online).name == STANDIN
    assert time.monotonic() - started < 30


def test_a_name_that_is_never_looked_up_is_given_up(body, online, monkeypatch):
    monkeypatch.setattr(transfer, "PATIENCE", 0.5)
    forget = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: forget.wait(60) and [])
    started = time.monotonic()
    assert wu.load_data(online).name == STANDIN
    assert time.monotonic() - started < 30
    forget.set()


def test_the_images_can_be_fetched_ahead_of_the_lab(serve, online, monkeypatch, capsys):
    serve({})
    monkeypatch.setenv("WORKSHOP_DATASET", "standin")  # asked for by name, CIFAR-10 is meant
    assert __main__.main(["data"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"CIFAR-10 is ready: {online.data_dir / 'cifar10.safetensors'}"


def test_images_that_cannot_be_fetched_ahead_are_an_error(serve, online, monkeypatch, capsys):
    serve({"html": True})
    assert __main__.main(["data"]) == 1
    assert "none of its hosts can be reached" in capsys.readouterr().err
    monkeypatch.setenv("WORKSHOP_MIRRORS", "nonsense")
    assert __main__.main(["data"]) == 1
    assert "WORKSHOP_MIRRORS names 'nonsense'" in capsys.readouterr().err


def test_readme_shows_the_faults_that_are_tested():
    tests = Path(__file__).parent
    assert table.markdown() in (tests.parent / "README.md").read_text(encoding="utf-8")
    written = "".join(file.read_text(encoding="utf-8") for file in tests.glob("test_*.py"))
    for row in table.SURVIVED:
        assert f"def {row.test}(" in written
