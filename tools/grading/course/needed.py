"""What an answer needs, by the names that cells define and use.

A notebook that is handed in holds more than answers: trainings, plots, downloads, what waits or
fails. Only the cells that an answer or its check needs are run, and an answer is found by what it
defines, wherever its cell stands and whatever a front end has done to that cell's metadata.
"""

import ast
import re
import symtable
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

# What a text raises that is no Python, or too deep to be read.
NO_PYTHON = (SyntaxError, ValueError, RecursionError, MemoryError)
CELL_MAGIC = re.compile(r"\A\s*%%.*\n?")
TIMED = re.compile(r"^(\s*)%time(it)? ", flags=re.MULTILINE)
DEFINED = re.compile(r"^(?:(?:async )?def |class )(\w+)|^(\w+) *=[^=]", flags=re.MULTILINE)
# What is done to names does not show in the code.
BEYOND_NAMES = re.compile(
    r"\A\s*%%(writefile|file)\b|^\s*%run\b|\bimport \*|(?<!\.)\b(exec|eval|globals|setattr)\("
    r"|\bsys\.path\.",
    flags=re.MULTILINE,
)
# Statements after which a name is another one for sure. Loops, conditions and attempts may not be.
CERTAIN = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom),
    *(ast.Assign, ast.AnnAssign, ast.With),
)


@dataclass(frozen=True)
class Code:
    """What a cell does to names.

    Args:
        defines: names that have a value, or another one, after the cell was run.
        replaces: those of them whose earlier values do not matter.
        changes: names of things that are changed: an item, an attribute, or by a method.
        imports: names of those that it defines which are imported.
        uses: names that the cell, or what it defines, needs.
        plain: the code without comments and layout, to compare it with other code.
        beyond_names: whether it does what names do not show.
    """

    defines: frozenset[str] = frozenset()
    replaces: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()
    imports: frozenset[str] = frozenset()
    uses: frozenset[str] = frozenset()
    plain: str = ""
    beyond_names: bool = False


NOTHING = Code()


@lru_cache(maxsize=1000)
def read(source: str) -> Code:
    """What a cell of code does; of one that is no Python, what its lines begin with."""
    beyond_names = bool(BEYOND_NAMES.search(source))
    code = TIMED.sub(r"\1", CELL_MAGIC.sub("", source))
    try:
        python = TransformerManager().transform_cell(code)
        tree = ast.parse(python)
        names = symtable.symtable(python, "cell", "exec")
    except NO_PYTHON:
        found = frozenset(filter(None, (name for pair in DEFINED.findall(code) for name in pair)))
        return Code(defines=found, plain=source.strip(), beyond_names=beyond_names)
    used = frozenset(_used(names))
    certain = ast.Module([one for one in tree.body if isinstance(one, CERTAIN)], [])
    return Code(
        _bound(names),
        _bound(symtable.symtable(ast.unparse(certain), "cell", "exec")),
        used & frozenset(_changed(tree)),
        frozenset(symbol.get_name() for symbol in names.get_symbols() if symbol.is_imported()),
        used,
        ast.dump(tree),
        beyond_names,
    )


def _bound(scope: symtable.SymbolTable) -> frozenset[str]:
    symbols = scope.get_symbols()
    return frozenset(s.get_name() for s in symbols if s.is_assigned() or s.is_imported())


def _used(scope: symtable.SymbolTable) -> Iterator[str]:
    """Names that the code of a scope, and of those within, looks for in the notebook."""
    is_top = scope.get_type() == "module"
    for symbol in scope.get_symbols():
        if symbol.is_referenced() and (is_top or symbol.is_global()):
            yield symbol.get_name()
    for child in scope.get_children():
        yield from _used(child)


def _changed(tree: ast.Module) -> Iterator[str]:
    """Names of things that get an item or an attribute, or whose method is called for its effect.

    A function of a module is called in the same way: `slice_of` sorts those out.
    """
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()):
                yield from _root(node)
            case ast.Expr(value=ast.Call(func=ast.Attribute() as method)):
                yield from _root(method)


def _root(node: ast.AST) -> Iterator[str]:
    """The name that a chain of attributes, items and calls begins with."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    if isinstance(node, ast.Name):
        yield node.id


def slice_of(cells: Sequence[Code], names: Collection[str], modules: Collection[str]) -> list[int]:
    """The places of the cells that have to be run for names to have their values after the last.

    Args:
        cells: what each does, in order.
        names: that are looked for.
        modules: names of what is imported: no call of a function in there changes it.
    """
    wanted = set(names)
    while True:
        missing, found = set(wanted), []
        for place in reversed(range(len(cells))):
            cell = cells[place]
            if cell.beyond_names or missing & (cell.defines | cell.changes.difference(modules)):
                found.append(place)
                missing = (missing - cell.replaces) | cell.uses
        more = uses_of(cells, found)
        if more <= wanted:  # functions look for names when they are called, not where they stand
            return found[::-1]
        wanted |= more


def uses_of(cells: Sequence[Code], places: Collection[int]) -> set[str]:
    """Names that any of the cells uses."""
    return {name for place in places for name in cells[place].uses}


# --- a notebook, and what was released ---


@dataclass(frozen=True)
class Exercise:
    """A graded exercise as it was released.

    Args:
        name: under which nbgrader knows the cell for the answer; the check is check-<name>.
        check: its source.
        answers: names that the check looks at, and that the answer defines.
        stub: what was handed out in place of an answer.
    """

    name: str
    check: Code
    answers: frozenset[str]
    stub: Code


class Released:
    """A notebook as it was handed out: its exercises, and what it gives for them.

    Args:
        cells: of the released notebook.
    """

    def __init__(self, cells: Sequence[NotebookNode]) -> None:
        self.cells = cells
        codes = [code_of(cell) for cell in cells]
        marked = {grade_id(cell): code for cell, code in zip(cells, codes, strict=True)}
        self.exercises = []
        for name, stub in marked.items():
            if check := marked.get(f"check-{name}"):
                exercise = Exercise(name, check, stub.defines & check.uses, stub)
                self.exercises.append(exercise)
        self.answers = {name for exercise in self.exercises for name in exercise.answers}
        # What no answer is needed for holds, whatever has become of it in a submission.
        self.given: list[int] = []
        depends = set(self.answers)
        for place, code in enumerate(codes):
            if code.uses & depends:
                depends |= code.defines
            elif code.defines and not code.defines & depends:
                self.given.append(place)
        self.codes = codes


@dataclass(frozen=True)
class Found:
    """Where an exercise stands in a submission; places are numbers of cells.

    Args:
        answers: the cells that define what the exercise asks for, other than the stub.
        answer: the last of them, or the cell that has the exercise's mark, or the stub.
        check: the check, if it is there.
    """

    answers: list[int]
    answer: int | None
    check: int | None


def find(cells: Sequence[NotebookNode], released: Released) -> dict[str, Found]:
    """Find the exercises of a notebook in a submission."""
    codes = [code_of(cell) for cell in cells]
    marked = {grade_id(cell): place for place, cell in enumerate(cells)}
    stubs = {exercise.stub.plain for exercise in released.exercises}
    found = {}
    for exercise in released.exercises:

        def usable(mark: str) -> int | None:
            """The cell with a mark, unless what it says belongs to another."""
            place = marked.get(mark)
            if place is None or cells[place].cell_type != "code":
                return None
            return None if codes[place].defines & released.answers else place

        places = range(len(codes))
        answers = [
            place
            for place in places
            if (codes[place].defines | codes[place].changes) & exercise.answers
            and codes[place].plain not in stubs
        ]
        same = [place for place in places if codes[place].plain == exercise.check.plain]
        stub = [place for place in places if codes[place].plain == exercise.stub.plain]
        known = answers or stub
        answer = known[-1] if known else usable(exercise.name)
        check = same[-1] if same else usable(f"check-{exercise.name}")
        found[exercise.name] = Found(answers, answer, check)
    return found


def code_of(cell: NotebookNode) -> Code:
    """What a cell does; a text does nothing."""
    return read(cell.source) if cell.cell_type == "code" else NOTHING


def grade_id(cell: NotebookNode) -> str:
    """The name in a cell's mark; empty if it has none, or one that is none of nbgrader's."""
    mark = cell.metadata.get("nbgrader")
    return str(mark.get("grade_id", "")) if isinstance(mark, dict) else ""


# --- what is run ---


@dataclass(frozen=True)
class Step:
    """A cell that is run.

    Args:
        source: its code.
        serves: names of the exercises that need it.
        place: the cell of the submission that shows what it shows; None for none.
        is_check: whether it earns points.
    """

    source: str
    serves: frozenset[str]
    place: int | None = None
    is_check: bool = False


def steps(cells: Sequence[NotebookNode], released: Released) -> list[Step]:
    """What has to be run of a submission whose checks are in place, in this order.

    A check is run below each cell that answers its exercise, until it passes, and at the end if a
    function needs something from further below. What was released is run as it was released: for
    the answers once, ahead of all, and for a check again right before it.
    """
    given = [(released.cells[i].source, released.codes[i]) for i in released.given]
    codes = [code_of(cell) for cell in cells]
    ahead = given + [
        (cells[place].source, codes[place])
        for exercise in released.exercises
        for place in range(len(cells))
        if codes[place].plain == exercise.stub.plain
    ]
    known = {code.plain for _, code in ahead} | {one.check.plain for one in released.exercises}
    codes = [NOTHING if code.plain in known else code for code in codes]

    modules = {name for code in [*codes, *(code for _, code in ahead)] for name in code.imports}
    serves = defaultdict(set)  # place -> the exercises that need this cell
    serves_ahead = defaultdict(set)
    checks: dict[int, list[Step]] = defaultdict(list)  # place -> what is run below it
    for exercise, found in zip(released.exercises, find(cells, released).values(), strict=True):
        assert found.check is not None
        name = frozenset({exercise.name})
        names = exercise.check.uses - exercise.answers
        check = [
            *(Step(given[each][0], name) for each in _slice(given, names, modules)),
            Step(cells[found.check].source, name, found.check, is_check=True),
        ]
        before: set[int] = set()
        for place in [*found.answers, len(cells) - 1]:
            needed = {*slice_of(codes[: place + 1], exercise.answers, modules)}
            if not found.answers and found.answer is not None:
                needed.add(found.answer)
            if place in found.answers or not found.answers or needed != before:
                checks[place] += check
            before = needed
            for each in needed:
                serves[each].add(exercise.name)
            for each in _slice(ahead, uses_of(codes, needed) | exercise.answers, modules):
                serves_ahead[each].add(exercise.name)

    found_steps = [Step(ahead[i][0], frozenset(serves_ahead[i])) for i in sorted(serves_ahead)]
    for place, cell in enumerate(cells):
        if place in serves:
            found_steps.append(Step(cell.source, frozenset(serves[place]), place))
        found_steps += checks[place]
    return found_steps


def _slice(
    cells: Sequence[tuple[str, Code]], names: Collection[str], modules: Collection[str]
) -> list[int]:
    return slice_of([code for _, code in cells], names, modules)
