"""Everything that is drawn."""

import importlib.util
import os
import sys

from workshop_utils.say import say

INLINE = "module://matplotlib_inline.backend_inline"


def _is_there(backend: str) -> bool:
    """Whether a backend that MPLBACKEND names can be had; without it, nothing could be drawn."""
    if backend.startswith("module://"):
        package = backend.removeprefix("module://").split(".")[0]
        return importlib.util.find_spec(package) is not None
    # Where the name is unknown, Matplotlib cannot even be imported.
    del os.environ["MPLBACKEND"]
    import matplotlib

    try:
        matplotlib.use(backend)
    except (ImportError, ValueError):
        return False
    os.environ["MPLBACKEND"] = backend
    return True


backend = os.environ.get("MPLBACKEND")
if backend and "matplotlib" not in sys.modules and not _is_there(backend):
    os.environ["MPLBACKEND"] = INLINE if "ipykernel" in sys.modules else "agg"
    say(f"MPLBACKEND is {backend!r}, which is not there: it is left aside.")
    import matplotlib

    matplotlib.use(os.environ["MPLBACKEND"])
