"""Show a function or class from this package in a notebook."""

import ast
import inspect
import textwrap
from typing import Any

from workshop_utils.say import showable


def show_source(thing: Any) -> None:  # noqa: ANN401 - a function, class or method
    """Display the source of a function or class, with its colours.

    Of its docstrings only the first line is shown: the rest is for `help`.

    Args:
        thing: what to show, such as `train` or `BasicConvNet`.
    """
    from IPython.display import Code, display

    display(Code(showable(source_of(thing)), language="python"))


def source_of(thing: Any) -> str:  # noqa: ANN401 - a function, class or method
    """The source of a function or class, with the first line of each docstring."""
    source = shown = textwrap.dedent(inspect.getsource(thing))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and (said := ast.get_docstring(node)):
            docstring = ast.get_source_segment(source, node.body[0])
            if docstring and "\n" in docstring:
                shown = shown.replace(docstring, f'"""{said.splitlines()[0]}"""', 1)
    return shown
