"""Damaged and hostile files, shared folders, processes that are killed."""

import dataclasses
import errno
import io
import os
import pickle
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import time
from pathlib import Path

import pytest
import torch
from filelock import FileLock
from making import accept
from mirror import Mirror
from torchvision import datasets

import workshop_utils as wu
from workshop_utils.files import read_tensors, write_tensors
from workshop_utils.images import cache, cifar10

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


def same(data, other):
    return all(torch.equal(getattr(data, part), getattr(other, part)) for part in cache.PARTS)


def refused(settings, match):
    with pytest.raises(cifar10.DataError, match=match) as error:
        wu.load_data(settings)
    assert not (settings.data_dir / CACHE).exists()
    return str(error.value)


# --- official files ---


def test_the_sums_are_those_that_torchvision_knows():
    assert list(cifar10.TRAIN_FILES.items()) == [tuple(p) for p in datasets.CIFAR10.train_list]
    assert list(cifar10.TEST_FILES.items()) == [tuple(p) for p in datasets.CIFAR10.test_list]


@pytest.fixture
def nothing_is_unpickled(monkeypatch):
    for name in ("load", "loads", "Unpickler"):
        monkeypatch.setattr(pickle, name, lambda *_, **__: pytest.fail("unpickled"))


@pytest.mark.usefixtures("nothing_is_unpickled")
@pytest.mark.parametrize(
    ("name", "change", "match"),
    [
        ("data_batch_1", lambda f: f.write_bytes(b"cos\nsystem\n(S'false'\ntR."), "not opened"),
        ("test_batch", lambda f: f.write_bytes(f.read_bytes()[:-1]), "altered or cut off"),
        ("test_batch", lambda f: f.unlink(), "cannot be read .No such file.*Unpack the archive"),
    ],
    ids=["runs a command", "is cut off", "is missing"],
)
def test_nothing_is_unpickled_where_an_official_file(name, change, match, settings, official):
    change(put(official[0], settings) / name)
    refused(settings, f"{name} .*{match}")


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
    def forbid(file):
        raise PermissionError(errno.EACCES, "Permission denied")

    put(official[1], settings)
    monkeypatch.setattr(cifar10, "sha256_of", forbid)
    refused(settings, r"cifar-10-python.tar.gz cannot be read \(Permission denied\)")


BATCH = f"{cifar10.OFFICIAL_FOLDER}/data_batch_1"
HOSTILE = {
    "a name that leads out": ("../evil", b"x", tarfile.REGTYPE),
    "a link in the place of a batch": (BATCH, b"", tarfile.SYMTYPE),
    "a device in the place of a batch": (BATCH, b"", tarfile.CHRTYPE),
    "a pickle that runs a command": (BATCH, b"cos\nsystem\n(S'false'\ntR.", tarfile.REGTYPE),
}


@pytest.mark.usefixtures("nothing_is_unpickled")
@pytest.mark.parametrize(("name", "content", "kind"), HOSTILE.values(), ids=HOSTILE)
def test_even_an_archive_with_the_right_sum_cannot_do_harm(
    name, content, kind, settings, official, monkeypatch, tmp_path
):
    archive = settings.data_dir / cifar10.ARCHIVE
    with tarfile.open(archive, "w:gz") as tar:
        member = tarfile.TarInfo(name)
        member.size, member.type, member.linkname = len(content), kind, "/etc/passwd"
        tar.addfile(member, io.BytesIO(content))
    accept(archive, monkeypatch.setattr)
    before = {*tmp_path.rglob("*")}
    refused(settings, "data_batch_1 is not the official one")
    assert {*tmp_path.rglob("*")} - before == {settings.data_dir / "images.lock"}


# --- the cache ---


@pytest.mark.parametrize("damage", [lambda b: b[:-10], lambda b: b[:-1] + bytes([b[-1] ^ 1])])
def test_a_damaged_cache_is_made_again(damage, settings, official, capsys):
    put(official[0], settings)
    whole = wu.load_data(settings)
    file = settings.data_dir / CACHE
    file.write_bytes(damage(file.read_bytes()))
    assert same(wu.load_data(settings), whole)
    assert "damaged or out of date: it is made again" in capsys.readouterr().out
    read_tensors(file)


def test_better_files_that_came_later_take_the_place_of_the_cache(
    settings, official, image_folder, capsys
):
    wu.load_data(settings)
    put(official[1], settings)
    for origin in ("the official archive in the data folder", "the workbook's own cache"):
        wu.load_data(settings)
        assert f"from {origin}." in capsys.readouterr().out


@pytest.mark.parametrize("which", ["the official folder", "the official archive", "the images"])
def test_what_is_in_the_data_folder_may_be_named_itself(which, settings, official, request):
    if which == "the images":
        put_there = request.getfixturevalue("image_folder")
    else:
        put_there = put(official[which == "the official archive"], settings)
    data = wu.load_data(dataclasses.replace(settings, data_dir=put_there))
    again = dataclasses.replace(settings, data_dir=settings.data_dir / CACHE)
    assert same(wu.load_data(again), data)


@pytest.mark.parametrize("about", [{"made_from": cifar10.ARCHIVE, "variant": ""}, {}])
def test_the_cache_alone_is_enough_on_a_stick_unless_nobody_knows_what_it_is(about, settings):
    images = torch.arange(3)[:, None, None, None]
    each = (images, torch.arange(3))
    tensors = {part: each["labels" in part].clone() for part in cache.PARTS}
    write_tensors(settings.data_dir / CACHE, tensors, about)
    if about:
        assert torch.equal(wu.load_data(settings).train_images, images)
    else:
        with pytest.raises(cifar10.NotFoundError):
            wu.load_data(settings)


def test_a_full_disk_is_told_and_nothing_is_left_behind(settings, official, monkeypatch, capsys):
    put(official[0], settings)

    def write_half(tensors, filename, metadata):
        filename.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("workshop_utils.files.save_file", write_half)
    assert len(wu.load_data(settings).train_images) == 20
    assert "could not be kept in" in capsys.readouterr().out
    assert sorted(p.name for p in settings.data_dir.iterdir()) == [official[0].name, "images.lock"]


def test_what_a_killed_writer_left_is_removed(settings, official):
    put(official[0], settings)
    left = settings.data_dir / f"{CACHE}.0123.part"
    mine = settings.data_dir / "my notes.part"
    left.touch()
    mine.touch()
    wu.load_data(settings)
    assert (left.exists(), mine.exists()) == (False, True)


# --- a broken copy beside another ---


def half_unpacked(settings, official):
    (put(official[0], settings) / "test_batch").unlink()


def half_fetched(settings, official):
    archive = put(official[1], settings)
    archive.write_bytes(archive.read_bytes()[:-1])


def test_the_archive_takes_the_place_of_a_half_unpacked_folder(settings, official, capsys):
    half_unpacked(settings, official)
    put(official[1], settings)
    assert len(wu.load_data(settings).train_images) == 20
    said, taken = capsys.readouterr().out.splitlines()
    assert "test_batch cannot be read (No such file or directory)." in said
    assert said.endswith("Meanwhile the official archive is taken.")
    assert taken.endswith("from the official archive in the data folder.")
    wu.load_data(settings)  # the cache is of the official files, so nobody looks at the others
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_images_take_the_place_of_official_files_that_are_all_broken(
    settings, official, image_folder, capsys
):
    half_unpacked(settings, official)
    half_fetched(settings, official)
    for origin in ("the folder of images in the data folder", "the workbook's own cache"):
        wu.load_data(settings)
        *said, taken = capsys.readouterr().out.splitlines()
        assert [line.endswith("Meanwhile the folder of images is taken.") for line in said] == [
            1,
            1,
        ]
        assert taken.endswith(f"from {origin}.")


def test_copies_that_are_all_broken_are_all_named(settings, official):
    half_unpacked(settings, official)
    half_fetched(settings, official)
    refused(settings, "test_batch cannot be read .* is incomplete or not the official archive")


def test_a_damaged_cache_with_nothing_beside_it_is_told(settings, capsys):
    (settings.data_dir / CACHE).write_bytes(b"half of it")
    with pytest.raises(cifar10.NotFoundError):
        wu.load_data(settings)
    assert f"{settings.data_dir / CACHE} is damaged, and is not taken." in capsys.readouterr().out


@pytest.mark.parametrize("inside", ["train", "data_batch_1"])
def test_a_folder_that_names_itself_may_be_half_there(inside, settings):
    name = cifar10.IMAGE_FOLDER if inside == "train" else cifar10.OFFICIAL_FOLDER
    (settings.data_dir / name / inside).mkdir(parents=True)
    refused(dataclasses.replace(settings, data_dir=settings.data_dir / name), "again")


# --- shared folders ---

NAMES = [b"course data", b"50%25 #1 \xc3\xa4 \xe5\x90\x8d", b"m\xfcller", b"long" * 40]


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_may_have_any_name(name, settings, image_folder, tmp_path, data, capsys):
    folder = tmp_path / os.fsdecode(name)
    try:
        shutil.move(settings.data_dir, folder)
    except OSError:
        pytest.skip("this system has only names that are UTF-8")
    settings = dataclasses.replace(settings, data_dir=folder, runs_dir=folder / "runs")
    first = wu.load_data(settings)
    assert same(wu.load_data(settings), first)
    assert capsys.readouterr().out.endswith("from the workbook's own cache.\n")
    wu.save_run("mlp", wu.History(), data, settings, model=torch.nn.Conv2d(3, 1, 1))
    assert not wu.find_run("mlp", data, settings).is_shipped


@pytest.mark.parametrize("can_write", ["in the user's own", "nowhere"])
def test_a_folder_that_can_only_be_read_is_left_alone(
    can_write, settings, official, users_cache, monkeypatch, capsys
):
    may = os.access  # as if the folder belonged to somebody else, whoever runs this test
    own = can_write != "nowhere"
    monkeypatch.setattr(os, "access", lambda f, m: own and f != settings.data_dir and may(f, m))
    put(official[1], settings)
    before = {*settings.data_dir.rglob("*")}
    first = wu.load_data(settings)
    assert same(first, wu.load_data(settings))
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.endswith("from the workbook's own cache.") == own
    assert {*settings.data_dir.rglob("*")} == before
    assert len([*users_cache.rglob(CACHE)]) == own


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


# --- many notebooks, killed notebooks ---

LOAD = """
import sys, time
from pathlib import Path
sys.path.insert(0, {tests!r})
import workshop_utils as wu
from making import accept
from workshop_utils import files
from workshop_utils.images import cache, cifar10, download

folder = Path({folder!r})
cifar10.TRAIN_FILES, cifar10.TEST_FILES = {sums!r}
accept(Path({archive!r}), setattr)
download.MIRRORS = ({url!r},)
cache.user_cache_path = lambda _: folder / "never"

def slowly(module, name, phase):
    # Say when a phase begins, and take some time in it, so that the kill can fall into it.
    original = getattr(module, name)
    def slow(*args, **kwargs):
        print(phase, flush=True)
        time.sleep({pause!r})
        value = original(*args, **kwargs)
        time.sleep({pause!r})
        return value
    setattr(module, name, slow)

slowly(cifar10, "read", "reading")
slowly(files, "save_file", "writing")
slowly(files.os, "replace", "naming")
data = wu.load_data(wu.Settings.from_environment())
print("sum", int(data.train_images.sum()), int(data.test_labels.sum()), flush=True)
"""


class Starts:
    """Starts processes that load the images, each from the same server into the same folder."""

    def __init__(self, official, folder, mirror):
        self.official, self.folder, self.mirror = official, folder, mirror

    def start(self, pause=0.0):
        program = LOAD.format(
            tests=str(Path(__file__).parents[1]),
            folder=str(self.folder),
            archive=str(self.official[1]),
            sums=(cifar10.TRAIN_FILES, cifar10.TEST_FILES),
            url=self.mirror.url,
            pause=pause,
        )
        environment = {
            "WORKSHOP_DATASET": "cifar10",
            "WORKSHOP_DATA": str(self.folder),
            "WORKSHOP_OFFLINE": "0",
            "OMP_NUM_THREADS": "1",
        }
        command = [sys.executable, "-c", program]
        environment = {**os.environ, **environment}
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)

    def all_end_well(self, *processes):
        """Each has the right images, and the folder holds an intact cache and no leftovers."""
        unpickled = [pickle.loads((self.official[0] / name).read_bytes()) for name in BOTH]
        right = f"sum {int(unpickled[0]['data'].sum())} {sum(unpickled[1]['labels'])}"
        said = [process.communicate(timeout=300)[0].splitlines() for process in processes]
        assert [lines[-1] for lines in said] == [right] * len(processes), said
        left = sorted(file.name for file in self.folder.iterdir())
        assert left == [cifar10.ARCHIVE, CACHE, "images.lock"]
        tensors, _ = read_tensors(self.folder / CACHE)
        assert len(tensors["train_images"]) == 20
        return said


BOTH = ("data_batch_1", "test_batch")


@pytest.fixture
def starts(official, tmp_path):
    with Mirror(body=official[1].read_bytes(), speed=200_000) as mirror:
        yield Starts(official, tmp_path / "shared", mirror)


@pytest.mark.parametrize("n", [3, pytest.param(40, marks=pytest.mark.long)])
def test_notebooks_that_start_together_download_once(n, starts):
    said = starts.all_end_well(*[starts.start(pause=0.1) for _ in range(n)])
    assert len(starts.mirror.asked) == 1
    assert sum(lines.count("reading") for lines in said) == 1


ONCE = [("writing", 0.05)]
OFTEN = [
    pytest.param(phase, 0.007 * step, marks=pytest.mark.long)
    for phase in ("Fetching", "reading", "writing", "naming")
    for step in range(13)
]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no such signal")
@pytest.mark.parametrize(("phase", "after"), ONCE + OFTEN)
def test_a_kill_at_any_moment_is_survived(phase, after, starts):
    process = starts.start(pause=0.1)
    assert any(line.startswith(phase) for line in process.stdout)
    with pytest.raises(subprocess.TimeoutExpired):  # it must still be at work
        process.wait(after)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    starts.all_end_well(starts.start())
