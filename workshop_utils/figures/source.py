"""Show a function or class from this package in a notebook."""

import inspect
from typing import Any


def show_source(thing: Any) -> None:  # noqa: ANN401 - a function, class or method
    """Display the source of a function or class, with its colours.

    Args:
        thing: what to show, such as `train` or `BasicConvNet`.
    """
    from IPython.display import Code, display

    display(Code(inspect.getsource(thing), language="python"))
