"""Pack what students get, and the solutions for afterwards, as two zips in build/handout/.

    python -m tools.handout.pack

In the first, no notebook, text or module can be read for a graded solution, but for what the lab
itself shows. Checks and `use_solution` need the solutions all the same: the modules that hold them
are in an archive inside the package, from which Python imports. It is a curtain, and hides nothing
from whoever looks behind it. Once the second zip is unpacked over the first, all can be read.
"""

import io
import re
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

from nbformat import NotebookNode

from tools import places
from tools.notebooks import build, editions
from tools.places import BUILD, RECORDED, ROOT
from workshop_utils.exercises.engine import Exercise, exercises
from workshop_utils.files import written_whole

TEXTS = Path(__file__).parent
PACKAGE = ROOT / "workshop_utils"
PAGE = PACKAGE / "inside" / "page"
NAME = "convnet-workbook"
COPIED = (
    "LICENSE",
    "LICENSE-texts.md",
    "docs/data.md",
    "docs/installing.md",
    "environment.yml",
    "pyproject.toml",
    "tools/preflight.py",
)
CURTAIN = "curtain.zip"
# The end of a room's __init__.py, if some of its modules are behind the curtain.
LOOK_THERE_TOO = f"""
from pathlib import Path

# Modules that hold solutions: see “Solutions” in README.md.
__path__.append(str(Path(__file__).parents[1] / "{CURTAIN}" / "{{room}}"))
"""
Files = dict[str, bytes]  # path -> content


def notebooks() -> dict[str, NotebookNode]:
    """The students' notebooks by their paths, from the sources: nobody has written into them."""
    return {
        (Path("notebooks") / source.relative_to(places.SOURCES)).with_suffix(".ipynb").as_posix(): (
            build.build(source, editions.students)
        )
        for source in places.sources()
    }


def shown(notebook: NotebookNode) -> set[str]:
    """Names of the functions and classes whose source a notebook shows."""
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    return set(re.findall(r"^wu\.show_source\((?:wu\.)?(\w+)\)", code, flags=re.MULTILINE))


def with_solutions(in_the_open: set[str]) -> list[Path]:
    """The modules that hold an exercise, or its solution, unless it is in the open anyway."""
    solutions = {
        exercise.reference.__module__
        for exercise in exercises().values()
        if exercise.reference.__name__ not in in_the_open
    }
    return [
        Path(str(module.__file__))
        for name, module in sorted(sys.modules.items())
        if name in solutions
        or name.startswith("workshop_utils.exercises.")
        and any(isinstance(value, Exercise) for value in vars(module).values())
    ]


def for_students(made: dict[str, NotebookNode], hidden: list[Path]) -> Files:
    """What is in the handout, with some modules behind the curtain."""
    files = {name: build.as_text(notebook).encode() for name, notebook in made.items()}
    files |= _read(ROOT, (ROOT / name for name in COPIED))
    files |= _read(ROOT, {*PACKAGE.rglob("*.py")} - {*hidden})
    files |= _read(ROOT, [*RECORDED.rglob("*.json"), *RECORDED.rglob("*.safetensors")])
    files |= _read(ROOT, PAGE.iterdir())
    for room in {module.parent.name for module in hidden}:
        files[f"{PACKAGE.name}/{room}/__init__.py"] += LOOK_THERE_TOO.format(room=room).encode()
    files[f"{PACKAGE.name}/{CURTAIN}"] = _zipped(_read(PACKAGE, hidden))
    files["Makefile"] = (TEXTS / "Makefile").read_bytes()
    files["AGENTS.md"] = (TEXTS / "agents.md").read_bytes()
    files["README.md"] = _readme(files).encode()
    return files


def for_afterwards(hidden: list[Path]) -> Files:
    """What is unpacked over the handout when solutions may be read."""
    return _read(ROOT, [*places.solutions(), *hidden])


def _readme(files: Files) -> str:
    """The students' README.

    Where it says ..., it has what the workbook's own README says under the same heading, but for
    paragraphs that lead to what students do not have.
    """
    ours = (ROOT / "README.md").read_text(encoding="utf-8")
    text = (TEXTS / "readme.md").read_text(encoding="utf-8")
    for heading in re.findall(r"^(#+ .+)\n\n\.\.\.$", text, flags=re.MULTILINE):
        section = ours.partition(f"{heading}\n\n")[2].partition("\n\n## ")[0]
        kept = [each for each in section.split("\n\n") if _leads_only_to(files, each)]
        text = text.replace(f"{heading}\n\n...", "\n\n".join([heading, *kept]))
    return text


def _leads_only_to(files: Files, text: str) -> bool:
    targets = re.findall(r'(?:\]\(|src=")([^)"]+)', text)
    return all(any(f"{name}/".startswith(f"{target}/") for name in files) for target in targets)


def _read(folder: Path, files: Iterable[Path]) -> Files:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def _zipped(files: Files) -> bytes:
    """A zip of some files, the same to the byte whenever and wherever it is made."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            about = zipfile.ZipInfo(name)  # of 1980-01-01
            about.create_system, about.external_attr = 3, 0o644 << 16  # as on Linux
            about.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(about, content)
    return packed.getvalue()


def pack(folder: Path) -> list[Path]:
    """Write both zips into a folder: the handout, and the solutions."""
    made = notebooks()
    hidden = with_solutions(set().union(*map(shown, made.values())))
    packed = {
        folder / f"{NAME}.zip": for_students(made, hidden),
        folder / f"{NAME}-solutions.zip": for_afterwards(hidden),
    }
    for target, files in packed.items():
        with written_whole(target) as part:
            part.write_bytes(_zipped({f"{NAME}/{path}": files[path] for path in files}))
    return list(packed)


def main() -> None:
    """Pack into build/handout/."""
    for file in pack(BUILD / "handout"):
        print(f"{file.relative_to(ROOT)}: {file.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
