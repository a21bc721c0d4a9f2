"""Run in the kernel before a notebook's cells: what fails on this computer alone costs nothing.

A notebook from elsewhere mounts a drive, installs packages, asks for another way to show figures.
Lines for the shell and magic commands do nothing here. In a cell that holds an answer, a statement
that fails for want of a module, a file, the network or somebody at the keyboard does not keep the
rest from being run; in others, no error does.
"""

import ast
from collections.abc import Iterable, Iterator
from typing import Any

from IPython.core.error import StdinNotImplementedError

KEPT = ("run", "time", "timeit")  # commands that run a student's code
FAILS_HERE = (ImportError, OSError, EOFError, NameError, StdinNotImplementedError)


class Quiet(dict):
    """Magic commands, of which most do nothing."""

    def get(self, name: str, default: object = None) -> object:
        """The command of that name."""
        return super().get(name, default) if name in KEPT else lambda *_: None


class GoOn(ast.NodeTransformer):
    """Lets a cell go on after a statement that has failed, and shows why it did."""

    def __init__(self, answers: Iterable[str]) -> None:
        self.answers = set(answers)

    def visit_Module(self, cell: ast.Module) -> ast.Module:
        """Put every statement but the last one into a `try`."""
        errors = "get_ipython().fails_here" if self.answers & set(_bound(cell)) else "Exception"
        cell.body[:-1] = [_attempt(statement, errors) for statement in cell.body[:-1]]
        return ast.fix_missing_locations(cell)


def _bound(cell: ast.Module) -> Iterator[str]:
    """Names that get a value somewhere in a cell."""
    for node in ast.walk(cell):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.alias):
            yield node.asname or node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _attempt(statement: ast.stmt, errors: str) -> ast.stmt:
    if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
        return statement  # must stand first
    attempt = ast.parse(f"try: ...\nexcept {errors}: get_ipython().showtraceback()").body[0]
    assert isinstance(attempt, ast.Try)
    attempt.body = [statement]
    return ast.copy_location(attempt, statement)


def start(shell: Any, answers: Iterable[str]) -> None:  # noqa: ANN401 - IPython's
    """Make a kernel lenient.

    Args:
        shell: the kernel's.
        answers: names that answers define.
    """
    shell.fails_here = FAILS_HERE
    shell.system = lambda _: None
    shell.magics_manager.magics["line"] = Quiet(shell.magics_manager.magics["line"])
    shell.ast_transformers.append(GoOn(answers))
