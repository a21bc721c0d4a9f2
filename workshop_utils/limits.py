"""A limit of memory that a student can read about, where a hub has set one.

A kernel that outgrows its server's memory is ended by the system, and the page only says that it
"appears to have died". So the kernel gets a limit of its own, a little below: the cell that asks
for more ends with an error and a sentence, and all variables are still there.
"""

import sys
from collections.abc import Mapping
from typing import Any

from workshop_utils.say import say

SERVER = 200 * 10**6  # bytes that JupyterLab's server takes of the limit
SIGNS = ("allocate memory", "bad_alloc")  # in errors of PyTorch, and of C++


def limit_memory(environment: Mapping[str, str]) -> None:
    """Limit this process to what JupyterHub's MEM_LIMIT leaves for a kernel (Linux).

    Without that variable nothing happens.

    Args:
        environment: names and values; MEM_LIMIT is in bytes.
    """
    if "MEM_LIMIT" not in environment or not sys.platform.startswith("linux"):
        return
    import resource

    import psutil

    # RLIMIT_DATA counts what was asked for, also what was never used: that is added.
    now = psutil.Process().memory_info()
    limit = int(environment["MEM_LIMIT"]) - SERVER + now.data - (now.rss - now.shared)
    _soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))

    from IPython import get_ipython

    if shell := get_ipython():
        shell.events.register("post_run_cell", explain)


def explain(result: Any) -> None:  # noqa: ANN401 - IPython's ExecutionResult
    """Say below a cell that ran out of memory what that means, and what to do next."""
    error = result.error_in_exec
    if isinstance(error, MemoryError) or any(sign in str(error) for sign in SIGNS):
        say(
            "This cell asked for more memory than you have on this server; nothing else is lost.\n"
            "Ask for less (fewer images, a smaller batch), or free some: Kernel, Restart Kernel; "
            "and shut down the kernels of other notebooks."
        )
