"""Students' code without what is their own: names, comments, texts, long numbers.

What may stay is known beforehand: the words of Python, of PyTorch, and of the workbook.
"""

import ast
import builtins
import io
import keyword
import math
import tokenize
from collections.abc import Collection
from functools import cache
from pathlib import Path

import numpy as np
import torch

import workshop_utils
from tools.grading.course.needed import NO_PYTHON

LARGEST = 10**6  # of whole numbers: a larger one may be that of a student
UNKNOWN = '"…"'
PACKAGE = Path(workshop_utils.__file__).parent
KNOWN_OBJECTS = (
    builtins, str, list, dict, math, np, torch, torch.Tensor, torch.nn, torch.nn.functional,
    torch.optim,
)  # fmt: skip


def anonymous(source: str, names: Collection[str], released: str) -> str | None:
    """What a cell defines under some names, without a trace of who wrote it.

    Comments and docstrings are gone, unknown texts are dots, and unknown names are name_1, name_2
    and so on, in the order in which they appear.

    Args:
        source: of the cell.
        names: of the functions, classes or values that are looked for.
        released: code that was handed out, whose words may stay.

    Returns:
        The code; None if the cell is no Python, or defines nothing of that name.
    """
    try:
        tree = ast.parse(source)
    except NO_PYTHON:
        return None
    kept = [node for node in tree.body if _defined(node) & set(names)]
    if not kept:
        return None
    code = ast.unparse(_Bare().visit(ast.Module(kept, [])))
    words, texts = (known | more for known, more in zip(_of_package(), _in(released), strict=True))
    renamed: dict[str, str] = {}
    lines = code.splitlines(keepends=True)
    tokens = [*tokenize.generate_tokens(io.StringIO(code).readline)]
    changes = [(token, _replacement(token, words, texts, renamed)) for token in tokens]
    for token, new in reversed(changes):
        if new != token.string:
            (row, start), (_, end) = token.start, token.end
            line = lines[row - 1]
            lines[row - 1] = f"{line[:start]}{new}{line[end:]}"
    return "".join(lines)


def _defined(node: ast.stmt) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else []
    return {getattr(node, "name", "")} | {one.id for one in targets if isinstance(one, ast.Name)}


class _Bare(ast.NodeTransformer):
    """Takes out what would be hard to tell apart in the text."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        """A text that stands alone, such as a docstring, becomes dots."""
        if isinstance(node.value, ast.Constant):
            return ast.Expr(ast.Constant(...))
        return self.generic_visit(node)

    def visit_JoinedStr(self, _node: ast.JoinedStr) -> ast.AST:
        """A text that is put together."""
        return ast.Constant("…")

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """A long number, and bytes."""
        is_long = isinstance(node.value, int) and abs(node.value) >= LARGEST
        return ast.Constant("…" if is_long or isinstance(node.value, bytes) else node.value)


def _replacement(
    token: tokenize.TokenInfo, words: set[str], texts: set[str], renamed: dict[str, str]
) -> str:
    if token.type == tokenize.NAME and token.string not in words:
        return renamed.setdefault(token.string, f"name_{len(renamed) + 1}")
    if token.type == tokenize.STRING and ast.literal_eval(token.string) not in texts:
        return UNKNOWN
    return token.string


@cache
def _of_package() -> tuple[set[str], set[str]]:
    """Words and texts that Python, PyTorch and the workbook's exercises and networks use."""
    words = {*keyword.kwlist, *keyword.softkwlist, *dir(torch.nn.Module)}
    words |= {name for known in KNOWN_OBJECTS for name in dir(known)}
    texts: set[str] = set()
    for folder in ("exercises", "networks"):
        for file in (PACKAGE / folder).glob("*.py"):
            more_words, more_texts = _in(file.read_text(encoding="utf-8"))
            words |= more_words
            texts |= more_texts
    return words, texts


@cache
def _in(code: str) -> tuple[set[str], set[str]]:
    """Names and texts in a program."""
    tokens = [*tokenize.generate_tokens(io.StringIO(code).readline)]
    words = {token.string for token in tokens if token.type == tokenize.NAME}
    nodes = ast.walk(ast.parse(code))
    constants = (node.value for node in nodes if isinstance(node, ast.Constant))
    return words, {value for value in constants if isinstance(value, str)}
