"""Damaged and hostile files, shared folders, processes that are killed."""

import dataclasses
import errno
import io
import os
import pickle
import shutil
import signal
import struct
import subprocess
import sys
import tarfile
import threading
import time
import zlib

import pytest
import torch
from faults.server import Mirror, running
from filelock import FileLock
from making import accept
from PIL import Image
from torchvision import datasets

import workshop_utils as wu
from workshop_utils.files import read_tensors, write_tensors
from workshop_utils.images import cache as image_cache
from workshop_utils.images import cifar10
from workshop_utils.images.image_folder import DataError

CACHE = "cifar10.safetensors"


@pytest.fixture
def settings(settings):
    """Settings that take every image of CIFAR-10 from an empty data folder."""
    settings.data_dir.mkdir(parents=True)
    everything = dataclasses.replace(settings.profile, n_train=None, n_test=None)
    return dataclasses.replace(settings, dataset="cifar10", profile=everything)


def put(source, settings):
    """Copy a file or folder into the data folder."""
    target = settings.data_dir / source.name
    return shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)


def images_of(data):
    return [data.train_images, data.train_labels, data.test_images, data.test_labels]


def same(data, other):
    return all(torch.equal(a, b) for a, b in zip(images_of(data), images_of(other), strict=True))


def refused(settings, match):
    with pytest.raises(DataError, match=match):
        wu.load_data(settings)
    assert not (settings.data_dir / CACHE).exists()


# --- official files ---


def test_the_sums_are_those_that_torchvision_knows():
    official = datasets.CIFAR10
    assert list(cifar10.TRAIN_FILES.items()) == [tuple(pair) for pair in official.train_list]
    assert list(cifar10.TEST_FILES.items()) == [tuple(pair) for pair in official.test_list]
    assert official.tgz_md5 == cifar10.ARCHIVE_MD5


@pytest.fixture
def nothing_is_unpickled(monkeypatch):
    monkeypatch.setattr(pickle, "loads", lambda *_, **__: pytest.fail("unpickled"))


@pytest.mark.usefixtures("nothing_is_unpickled")
def test_a_pickle_that_is_not_the_official_one_is_never_opened(settings, official):
    folder = put(official[0], settings)
    (folder / "data_batch_1").write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    refused(settings, "data_batch_1 is not the official one.*not opened")


@pytest.mark.usefixtures("nothing_is_unpickled")
def test_a_missing_official_file_is_named(settings, official):
    folder = put(official[0], settings)
    (folder / "test_batch").unlink()
    refused(settings, "test_batch cannot be read .No such file.*Unpack the archive")


@pytest.mark.usefixtures("nothing_is_unpickled")
@pytest.mark.parametrize(
    "change", [lambda b: b[:-100], lambda b: b[:-1] + b"x", lambda b: b + b"x"]
)
def test_an_archive_that_is_not_the_official_one_is_never_opened(
    change, settings, official, monkeypatch
):
    archive = put(official[1], settings)
    archive.write_bytes(change(archive.read_bytes()))
    monkeypatch.setattr(tarfile, "open", lambda *_, **__: pytest.fail("opened"))
    refused(settings, "incomplete or not the official archive.*fetch it again")


def test_an_archive_that_cannot_be_read_is_named(settings, official, monkeypatch):
    put(official[1], settings)

    def forbid(file):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(cifar10, "sums_of", forbid)
    refused(settings, r"cifar-10-python.tar.gz cannot be read \(Permission denied\)")


def member(name, content=b"", **about):
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in about.items():
        setattr(info, key, value)
    return info, content


BATCH = f"{cifar10.OFFICIAL_FOLDER}/data_batch_1"
HOSTILE = {
    "an absolute name": [member("/tmp/evil", b"x")],
    "a name that leads out": [member("../evil", b"x")],
    "a link that leads out": [member("link", type=tarfile.SYMTYPE, linkname="/etc/passwd")],
    "a link in the place of a batch": [member(BATCH, type=tarfile.SYMTYPE, linkname="/etc/passwd")],
    "a device in the place of a batch": [member(BATCH, type=tarfile.CHRTYPE)],
    "a folder in the place of a batch": [member(BATCH, type=tarfile.DIRTYPE)],
    "a pickle that runs a command": [member(BATCH, b"cos\nsystem\n(S'false'\ntR.")],
    "a file of zeros that fills the memory": [member(BATCH, bytes(50_000_000))],
    "nothing at all": [],
}


@pytest.mark.usefixtures("nothing_is_unpickled")
@pytest.mark.parametrize("members", HOSTILE.values(), ids=HOSTILE)
def test_even_an_archive_with_the_right_sums_cannot_do_harm(
    members, settings, official, monkeypatch, tmp_path
):
    archive = settings.data_dir / cifar10.ARCHIVE
    with tarfile.open(archive, "w:gz") as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    accept(archive, monkeypatch.setattr)
    before = sorted(tmp_path.rglob("*"))
    refused(settings, "not the official")
    after = [path for path in sorted(tmp_path.rglob("*")) if path.name != "images.lock"]
    assert after == before


# --- a folder of images ---


def test_a_class_folder_that_is_missing_is_named(settings, image_folder):
    shutil.rmtree(image_folder / "test" / "frog")
    refused(settings, "no images in .*frog.*unpack it again")


def png(width, height):
    """A PNG file that says so of itself; its pixels are not there."""

    def chunk(kind, content):
        packed = kind + content
        return struct.pack(">I", len(content)) + packed + struct.pack(">I", zlib.crc32(packed))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels


NO_IMAGES = {
    "a text": (lambda f: f.write_text("hello"), "cannot be read as an image"),
    "an empty file": (lambda f: f.write_bytes(b""), "cannot be read as an image"),
    "a folder": (lambda f: f.mkdir(), "cannot be read as an image"),
    "a link to itself": (lambda f: f.symlink_to(f), "cannot be read as an image"),
    "half a file": (lambda f: f.write_bytes(png(32, 32)), "cannot be read as an image"),
    "another size": (lambda f: Image.new("RGB", (28, 30)).save(f), "is 28×30, but"),
    "a large image": (lambda f: f.write_bytes(png(10_000, 10_000)), "cannot be read as an image"),
    "a bomb": (lambda f: f.write_bytes(png(60_000, 60_000)), "cannot be read as an image"),
}


@pytest.mark.parametrize(("make", "match"), NO_IMAGES.values(), ids=NO_IMAGES)
def test_a_file_that_is_no_image_of_cifar10_is_named(make, match, settings, image_folder):
    file = image_folder / "train" / "cat" / "1.png"
    file.unlink()
    try:
        make(file)
    except OSError:
        pytest.skip("links need a right that this user does not have")
    refused(settings, rf"1\.png {match}")


# --- the cache ---


@pytest.mark.parametrize("damage", [lambda b: b[:-10], lambda b: b[:-1] + bytes([b[-1] ^ 1])])
def test_a_damaged_cache_is_made_again(damage, settings, official, capsys):
    put(official[0], settings)
    whole = wu.load_data(settings)
    cache = settings.data_dir / CACHE
    cache.write_bytes(damage(cache.read_bytes()))
    assert same(wu.load_data(settings), whole)
    assert "damaged or out of date: it is made again" in capsys.readouterr().out
    read_tensors(cache)


def test_better_files_that_came_later_take_the_place_of_the_cache(
    settings, official, image_folder, capsys
):
    wu.load_data(settings)
    put(official[1], settings)
    assert len(wu.load_data(settings).train_images) == 20
    assert "the official archive in the data folder" in capsys.readouterr().out
    wu.load_data(settings)
    assert "the workbook's own cache" in capsys.readouterr().out


def test_the_cache_alone_is_enough_on_a_stick(settings, official, tmp_path):
    put(official[0], settings)
    whole = wu.load_data(settings)
    stick = tmp_path / "stick"
    stick.mkdir()
    shutil.copy(settings.data_dir / CACHE, stick)
    assert same(wu.load_data(dataclasses.replace(settings, data_dir=stick)), whole)


@pytest.mark.parametrize("which", [0, 1])
def test_the_folder_or_archive_itself_may_be_named(which, settings, official, image_folder):
    whole = put(official[which], settings)
    data = wu.load_data(dataclasses.replace(settings, data_dir=whole))
    assert len(data.train_images) == 20
    assert (settings.data_dir / CACHE).exists()
    again = dataclasses.replace(settings, data_dir=settings.data_dir / CACHE)
    assert same(wu.load_data(again), data)


def test_the_folder_of_images_itself_may_be_named(settings, image_folder):
    assert len(wu.load_data(dataclasses.replace(settings, data_dir=image_folder)).test_images) == 20


def full(*_, **__):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_told_and_nothing_is_left_behind(settings, official, monkeypatch, capsys):
    put(official[0], settings)

    def write_half(tensors, filename, metadata):
        filename.write_bytes(b"half")
        full()

    monkeypatch.setattr("workshop_utils.files.save_file", write_half)
    assert len(wu.load_data(settings).train_images) == 20
    assert "could not be kept in" in capsys.readouterr().out
    assert sorted(p.name for p in settings.data_dir.iterdir()) == [official[0].name, "images.lock"]


def test_what_a_killed_writer_left_is_removed(settings, official):
    put(official[0], settings)
    left = settings.data_dir / f"{CACHE}.0123.part"
    left.write_bytes(b"half")
    mine = settings.data_dir / "my notes.part"
    mine.write_text("not of the workbook")
    wu.load_data(settings)
    assert not left.exists()
    assert mine.exists()


# --- folders that can only be read ---


@pytest.fixture
def read_only(settings, monkeypatch):
    """The data folder as if it belonged to somebody else, whoever runs this test."""
    may = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode: path != settings.data_dir and may(path, mode)
    )


@pytest.mark.usefixtures("read_only")
@pytest.mark.parametrize("which", [0, 1])
def test_a_read_only_folder_is_cached_in_the_users_own(
    which, settings, official, users_cache, capsys
):
    put(official[which], settings)
    before = sorted(settings.data_dir.rglob("*"))
    first = wu.load_data(settings)
    assert same(first, wu.load_data(settings))
    assert capsys.readouterr().out.endswith("from the workbook's own cache.\n")
    assert sorted(settings.data_dir.rglob("*")) == before
    assert len(list(users_cache.rglob(CACHE))) == 1


@pytest.mark.usefixtures("read_only")
def test_a_read_only_folder_with_the_cache_needs_nothing_else(settings, official, users_cache):
    tensors = {part: torch.arange(3) for part in image_cache.PARTS}
    about = {"variant": "", "made_from": cifar10.ARCHIVE}
    write_tensors(settings.data_dir / CACHE, tensors, about)
    assert wu.load_data(settings).train_images.tolist() == [0, 1, 2]
    assert not users_cache.exists()


def test_where_nothing_can_be_written_the_images_are_read_each_time(
    settings, official, monkeypatch, users_cache
):
    put(official[0], settings)
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert same(wu.load_data(settings), wu.load_data(settings))
    assert not list(settings.data_dir.glob("*.safetensors"))
    assert not list(users_cache.rglob("*.safetensors"))


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps rights in another way")
def test_everybody_who_shares_a_folder_may_take_its_lock(settings, official):
    put(official[0], settings)
    wu.load_data(settings)
    assert (settings.data_dir / "images.lock").stat().st_mode & 0o777 == 0o666


def test_a_drive_that_knows_no_locks_works(settings, official, monkeypatch):
    def no_locks(*_, **__):
        raise NotImplementedError

    monkeypatch.setattr(FileLock, "acquire", no_locks)
    put(official[0], settings)
    assert len(wu.load_data(settings).train_images) == 20
    assert (settings.data_dir / CACHE).exists()


# --- many notebooks, killed notebooks ---


def test_who_waits_for_another_notebook_is_told(settings, official, capsys):
    put(official[0], settings)
    has_it = threading.Event()

    def prepare():
        with FileLock(settings.data_dir / "images.lock"):
            has_it.set()
            time.sleep(0.3)

    threading.Thread(target=prepare).start()
    has_it.wait()
    assert len(wu.load_data(settings).train_images) == 20
    said = capsys.readouterr().out
    assert said.startswith("Another notebook is preparing the images: waiting for it.")


LOAD = """
import dataclasses, os, signal, sys, time
from pathlib import Path
sys.path.insert(0, {tests!r})
import tarfile
import workshop_utils as wu
from making import accept
from faults.server import Mirror, running
from workshop_utils import files
from workshop_utils.images import cache as image_cache, cifar10, download, mirrors, transfer

folder, official = Path({folder!r}), Path({official!r})
cifar10.TRAIN_FILES = {train!r}
cifar10.TEST_FILES = {test!r}
accept(official, setattr)
mirrors.MIRRORS = ({url!r},)
image_cache.user_cache_path = lambda _: folder / "never"
settings = wu.Settings.from_environment(
    {{"WORKSHOP_DATASET": "cifar10", "WORKSHOP_DATA": str(folder), "WORKSHOP_PROGRESS": "0"}}
)

def slowly(module, name, phase):
    # Say when a phase begins, and take some time in it, so that the kill can fall into it.
    original = getattr(module, name)
    def slow(*args, **kwargs):
        print("phase", phase, flush=True)
        if {slow!r}:
            time.sleep(0.1)
        value = original(*args, **kwargs)
        if {slow!r}:
            time.sleep(0.1)
        return value
    setattr(module, name, slow)

slowly(cifar10, "read_archive", "reading")
slowly(tensor_files, "save_file", "writing")
slowly(files.os, "replace", "naming")
data = wu.load_data(settings)
print("sum", int(data.train_images.sum()), int(data.test_labels.sum()), flush=True)
"""


class Starts:
    """Starts processes that load the images, each from the same server into the same folder."""

    def __init__(self, official, folder, server):
        self.official, self.folder, self.server = official, folder, server

    def start(self, slow=False):
        program = LOAD.format(
            tests=os.path.dirname(__file__),
            folder=str(self.folder),
            official=str(self.official[1]),
            train=cifar10.TRAIN_FILES,
            test=cifar10.TEST_FILES,
            url=self.server.url,
            slow=slow,
        )
        environment = {**os.environ, "WORKSHOP_OFFLINE": "0", "OMP_NUM_THREADS": "1"}
        return subprocess.Popen(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environment
        )

    def ends_well(self, process):
        said, _ = process.communicate(timeout=300)
        assert process.returncode == 0, said
        return said.splitlines()[-1]


@pytest.fixture
def starts(official, tmp_path):
    mirror = Mirror(body=official[1].read_bytes(), speed=200_000)
    with running(mirror):
        yield Starts(official, tmp_path / "shared", mirror)


def right_sum(official):
    batches = [pickle.loads((official[0] / n).read_bytes()) for n in ("data_batch_1", "test_batch")]
    return f"sum {int(batches[0]['data'].sum())} {sum(batches[1]['labels'])}"


def many_start(n, starts, official):
    processes = [starts.start(slow=True) for _ in range(n)]
    assert {starts.ends_well(process) for process in processes} == {right_sum(official)}
    left = sorted(file.name for file in starts.folder.iterdir())
    assert left == [cifar10.ARCHIVE, CACHE, "images.lock"]
    assert len(starts.server.asked) == 1


def test_notebooks_that_start_together_download_once(starts, official):
    many_start(3, starts, official)


@pytest.mark.long
def test_forty_notebooks_that_start_together_download_once(starts, official):
    many_start(40, starts, official)


needs_kill = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no such signal")
PHASES = ("fetching", "reading", "writing", "naming")


def kill_in(phase, after, starts):
    """Start a process, wait for a phase, and kill it so many seconds later."""
    process = starts.start(slow=True)
    for line in process.stdout:
        if line.startswith({"fetching": "Fetching"}.get(phase, f"phase {phase}")):
            break
    else:
        pytest.fail(f"{phase} never began")
    with pytest.raises(subprocess.TimeoutExpired):  # it must still be at work
        process.wait(after)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def survives(phase, after, starts, official):
    kill_in(phase, after, starts)
    assert starts.ends_well(starts.start()) == right_sum(official)
    left = sorted(file.name for file in starts.folder.iterdir())
    assert left == [cifar10.ARCHIVE, CACHE, "images.lock"]
    tensors, _ = read_tensors(starts.folder / CACHE)
    assert len(tensors["train_images"]) == 20


@needs_kill
def test_after_a_kill_the_next_start_ends_with_intact_images(starts, official):
    survives("writing", 0.05, starts, official)


@needs_kill
@pytest.mark.long
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("after", [0.007 * step for step in range(13)])
def test_a_kill_at_any_moment_is_survived(phase, after, starts, official):
    survives(phase, after, starts, official)
