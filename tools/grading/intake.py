"""Put what students handed in on Moodle or Canvas where nbgrader looks for it.

    python -m tools.grading.intake submissions.zip ../my-course
    python -m tools.grading.intake submissions.zip ../my-course homework

The zip file is what "Download all submissions" gives. A renamed notebook is known by what is left
of its name, or by what is in it; of several the newest is taken. No path that stands in the file is
followed out of the student's folder, and nothing is replaced without a word.
"""

import argparse
import contextlib
import io
import json
import os
import re
import time
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from tools.grading.course.contained import LARGEST_NOTEBOOK
from workshop_utils.files import written_whole

LARGEST_STUDENT = 5 * LARGEST_NOTEBOOK  # bytes that one student hands in, unpacked
MOST_FILES = 1000  # of one student
DEPTH = 2  # zip files in the one that was downloaded
# Moodle: "Name_12345_assignsubmission_file_", a folder or the beginning of a file's name.
MOODLE = re.compile(r"(?:^|/)(?P<name>[^/]+)_(?P<id>\d+)_assignsubmission_file[_/]*(?P<file>.+)")
# Canvas: "lastnamefirstname_LATE_12345_67890_01_mlp-1.ipynb", with numbers of student and file.
CANVAS = re.compile(r"(?P<name>[^/_]+)(?i:_late)?_(?P<id>\d+)_(?P<upload>\d+)_(?P<file>[^/]+)")
# What systems and front ends put beside files; the time of handing in is not for students to say.
JUNK = re.compile(r"(^|/)(__MACOSX|\.[^./][^/]*|Thumbs\.db|desktop\.ini|timestamp\.txt)(/|$)", re.I)
UNREADABLE = (RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error, EOFError, OSError)


@dataclass(frozen=True)
class HandedIn:
    """A file that a student has handed in.

    Args:
        student: the id for nbgrader: small Latin letters, digits and hyphens.
        name: of the file, as the student called it, with folders.
        upload: Canvas' number of the upload, which grows with time; elsewhere 0.
        changed: when, in seconds since 1970.
        content: its bytes.
    """

    student: str
    name: str
    upload: int
    changed: float
    content: bytes

    @property
    def age(self) -> tuple[int, float, int]:
        """What orders files by time; of two from the same second, by the (1) or -1 at the end."""
        number = re.search(r"[-(](\d+)\)?$", PurePosixPath(self.name).stem)
        return self.upload, self.changed, int(number[1]) if number else 0


@dataclass
class Intake:
    """What became of a zip file.

    Args:
        students: who has handed in a notebook.
        n_notebooks: how many were recognised; of several versions of one, only the newest counts.
        remarks: what was chosen or replaced, in sentences.
        unknown: files that were not taken, and why not.
    """

    students: set[str] = field(default_factory=set)
    n_notebooks: int = 0
    remarks: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        n, n_unknown = len(self.students), len(self.unknown)
        last = f"{n} student{'s' * (n != 1)}, {self.n_notebooks} notebooks"
        last += f"; {n_unknown} not taken." if n_unknown else "; everything was recognised."
        return "\n".join([*self.remarks, *(f"Not taken: {one}" for one in self.unknown), last])


def take_in(archive: Path, course: Path, assignment: str | None = None) -> Intake:
    """Write what was handed in to submitted/<student>/<assignment>/ of a course.

    Args:
        archive: the zip file.
        course: the folder that `tools.grading.release` has made.
        assignment: whose notebooks to look for; without it, those of all assignments.

    Raises:
        ValueError: the file or the folder is not what it should be; the text says what to do.
    """
    files = (course / "release").glob(f"{assignment or '*'}/*.ipynb")
    released = {file.stem: (file.parent.name, _sources(file.read_bytes())) for file in files}
    if not released:
        what = f"assignment {assignment!r}" if assignment else "released course"
        raise ValueError(f"There is no {what} in {course}. Make it with tools.grading.release.")
    if not archive.is_file():
        raise ValueError(f"There is no file {archive}: give the zip as your course system made it.")
    found = Intake()
    by_student: dict[str, list[HandedIn]] = {}
    try:
        with zipfile.ZipFile(archive) as opened:
            for one in _handed_in(opened, found):
                by_student.setdefault(one.student, []).append(one)
    except (zipfile.BadZipFile, OSError) as error:
        said = f"{archive} cannot be read as a zip file ({error}). Download it again."
        raise ValueError(said) from error
    for student, theirs in sorted(by_student.items()):
        _put(student, theirs, released, course / "submitted" / student, found)
    return found


# --- reading ---


@dataclass
class _Sender:
    """A student, and how much has been unpacked by now."""

    id: str
    n_bytes: int = 0
    n_files: int = 0


def _handed_in(opened: zipfile.ZipFile, found: Intake) -> Iterator[HandedIn]:
    """All files of all students."""
    senders: dict[str, _Sender] = {}
    for info in opened.infolist():
        path = _path(info)
        if info.is_dir() or JUNK.search(path):
            continue
        match = MOODLE.search(path) or CANVAS.fullmatch(PurePosixPath(path).name)
        if not match:
            found.unknown.append(f"{path}: its name is none of Moodle's or Canvas'.")
            continue
        student = _student_id(match["name"], match["id"])
        sender = senders.setdefault(student, _Sender(student))
        upload = int(match.groupdict().get("upload") or 0)
        for name, changed, content in _unpacked(opened, info, match["file"], sender, found):
            yield HandedIn(student, name, upload, changed, content)


def _unpacked(
    opened: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    name: str,
    sender: _Sender,
    found: Intake,
    depth: int = 0,
) -> Iterator[tuple[str, float, bytes]]:
    """A file of a student's, or those in it if it is a zip file: name, time, content."""
    where = f"{sender.id}: {name}"
    room = min(LARGEST_NOTEBOOK, LARGEST_STUDENT - sender.n_bytes)
    sender.n_files += 1
    try:
        with opened.open(info) as file:
            content = file.read(room + 1)  # whatever size the zip file says it has
        sender.n_bytes += len(content)
        if len(content) > room or sender.n_files > MOST_FILES:
            found.unknown.append(f"{where}: it is too large, or one of too many files.")
        elif not name.lower().endswith(".zip"):
            yield name, _seconds(info), content
        elif depth == DEPTH:
            found.unknown.append(f"{where}: it is a zip file in a zip file in a zip file.")
        else:
            with zipfile.ZipFile(io.BytesIO(content)) as inner:
                for each in inner.infolist()[:MOST_FILES]:
                    path = _path(each)
                    if not (each.is_dir() or JUNK.search(path)):
                        yield from _unpacked(inner, each, path, sender, found, depth + 1)
    except UNREADABLE as error:
        found.unknown.append(f"{where}: it cannot be unpacked ({error}).")


def _path(info: zipfile.ZipInfo) -> str:
    """The name of an entry; tools that write UTF-8 do not always say so."""
    path = info.filename
    if not info.flag_bits & 0x800:
        with contextlib.suppress(UnicodeError):
            path = path.encode("cp437").decode("utf-8")
    return unicodedata.normalize("NFC", path.replace("\\", "/"))


def _seconds(info: zipfile.ZipInfo) -> float:
    try:
        return time.mktime((*info.date_time, 0, 0, -1))
    except (ValueError, OverflowError):  # a date that does not exist
        return 0.0


def _student_id(name: str, number: str) -> str:
    """The same for the same student every time, whatever letters the name has."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return "-".join([*re.findall(r"[a-z0-9]+", plain), number])[-60:].strip("-")


def _sources(content: bytes) -> set[str]:
    """What stands in the cells of a notebook; of what is none, nothing."""
    try:
        cells = json.loads(content)["cells"]
        sources = ("".join(cell["source"]).strip() for cell in cells)
        return {source for source in sources if source}
    except (ValueError, TypeError, KeyError, RecursionError):
        return set()


# --- recognising and writing ---

Released = dict[str, tuple[str, set[str]]]  # name of a notebook -> its assignment, what is in it


def _put(
    student: str, files: list[HandedIn], released: Released, folder: Path, found: Intake
) -> None:
    """Write the files of one student."""
    notebooks: dict[str, list[HandedIn]] = {}
    others = []
    for one in files:
        if not one.name.lower().endswith(".ipynb"):
            others.append(one)
        elif known := _recognised(one, released):
            notebooks.setdefault(known, []).append(one)
        else:
            found.unknown.append(f"{student}: {one.name}: it is like no notebook of the course.")
    for known, versions in sorted(notebooks.items()):
        newest = max(versions, key=lambda one: one.age)
        names = [one.name for one in versions if one is not newest]
        if names:
            said = f"{student}: of {known}, {newest.name} is the newest; not {', '.join(names)}."
            found.remarks.append(said)
        elif PurePosixPath(newest.name).stem != known:
            found.remarks.append(f"{student}: {newest.name} is taken as {known}.")
        _write(folder / released[known][0] / f"{known}.ipynb", newest, found)
    if notebooks:
        found.students.add(student)
        found.n_notebooks += len(notebooks)
    for assignment in {released[known][0] for known in notebooks}:
        for one in sorted(others, key=lambda one: one.age):
            _write(folder / assignment / _inside(one.name), one, found)
    if others and not notebooks:
        names = [one.name for one in others]
        found.unknown.append(f"{student}: {', '.join(names)}: there is no notebook beside it.")


def _recognised(one: HandedIn, released: Released) -> str | None:
    """Which notebook it is: by a name that holds the released one's, or by what is in it."""
    stem = f"_{_plain(PurePosixPath(one.name).stem)}_"
    by_name = [known for known in released if f"_{_plain(known)}_" in stem]
    if len(by_name) == 1:
        return by_name[0]
    sources = _sources(one.content)
    shared = {known: len(sources & theirs) for known, (_, theirs) in released.items()}
    best, *others = sorted(shared, key=lambda known: shared[known], reverse=True)
    most_of_others = max((shared[known] for known in others), default=0)
    return best if shared[best] > 2 * most_of_others + 2 else None


def _plain(stem: str) -> str:
    """A name without its spelling: "01-MLP (1)" and "01 mlp 1" are the same."""
    return re.sub(r"[\W_]+", "_", unicodedata.normalize("NFKC", stem).casefold()).strip("_")


def _inside(name: str) -> PurePosixPath:
    """A path that stays inside a folder and that every system can write."""
    parts = [re.sub(r'[<>:"|?*\x00-\x1f]', "_", part).strip(" ") for part in name.split("/")]
    return PurePosixPath(*(part for part in parts if part.strip(".")))


def _write(file: Path, one: HandedIn, found: Intake) -> None:
    """Write a file, unless a newer one is there; an older one is kept beside it."""
    where = f"{one.student}: {file.name}"
    if file.exists():
        before = file.read_bytes()
        if before == one.content:
            return
        if file.stat().st_mtime > one.changed:
            found.remarks.append(f"{where} in the course is newer than the one in the zip: kept.")
            return
        earlier = file.with_name(f"{file.name}.earlier")
        earlier.unlink(missing_ok=True)
        file.rename(earlier)
        found.remarks.append(f"{where} in the course was older: it is {earlier.name} now.")
    with written_whole(file) as part:
        part.write_bytes(one.content)
        os.utime(part, (one.changed, one.changed))


def main() -> None:
    """Take in the zip file that the command names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archive", type=Path, help="the zip file from Moodle or Canvas")
    parser.add_argument("course", type=Path, help="the folder made by tools.grading.release")
    parser.add_argument("assignment", nargs="?", help="only this one's notebooks")
    wanted = parser.parse_args()
    try:
        print(take_in(wanted.archive, wanted.course.resolve(), wanted.assignment))
    except ValueError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
