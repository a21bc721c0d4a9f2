"""Check that Jupyter runs the notebooks with this Python, which is the one that has the packages.

A kernel that another installation left behind is found first on many a computer.
"""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

from workshop_utils.doctor.findings import FAIL, OK, Finding, Known, in_words, install, run_python

KERNEL = "python3"  # what the notebooks ask for
PATIENCE = 60  # seconds; the first start on a slow laptop may take half of it


class KernelError(Exception):
    """The kernel did not start or did not answer; the text says how."""


def check_kernel(known: Known) -> Finding:
    """The kernel of the notebooks starts, answers, and is this Python."""
    if importlib.util.find_spec("ipykernel") is None:
        return install("There is no Jupyter kernel: the package ipykernel is missing.")
    from jupyter_client.kernelspec import KernelSpecManager

    # Where the kernel is described: in ipykernel itself if nowhere else.
    folder = Path(KernelSpecManager().find_kernel_specs()[KERNEL])
    try:
        executable, prefix = _ask_kernel()
    except KernelError as error:
        return _mend(in_words(error), folder)
    if Path(prefix).resolve() != Path(sys.prefix).resolve():
        return _mend(f"Jupyter runs another Python: {executable}.", folder)
    return Finding(OK, "Jupyter runs the notebooks with this Python")


def _ask_kernel() -> tuple[str, str]:
    """Start the kernel, ask for its `sys.executable` and `sys.prefix`, and stop it."""
    with tempfile.TemporaryFile() as errors:  # a pipe that nobody reads would block the kernel
        try:
            return _talk(errors)
        except Exception as error:  # of the file that describes the kernel, or of the kernel
            errors.seek(0)
            said = errors.read().decode("utf-8", "replace").strip().splitlines()
            last = f" It said last: {said[-1].strip()}" if said else ""
            reason = in_words(error).rstrip(".")
            raise KernelError(f"Jupyter's kernel does not work: {reason}.{last}") from error


def _talk(errors: IO[bytes]) -> tuple[str, str]:
    from jupyter_client import KernelManager

    manager = KernelManager(kernel_name=KERNEL)
    client = None
    try:
        manager.start_kernel(stdout=subprocess.DEVNULL, stderr=errors)
        client = manager.blocking_client()
        client.start_channels()
        client.wait_for_ready(timeout=PATIENCE)
        question = {"here": "(__import__('sys').executable, __import__('sys').prefix)"}
        reply = client.execute(
            "", silent=True, user_expressions=question, reply=True, timeout=PATIENCE
        )
        answer = reply["content"]["user_expressions"]["here"]["data"]["text/plain"]
        return ast.literal_eval(answer)
    finally:
        if client:
            client.stop_channels()
        manager.shutdown_kernel(now=True)


def _mend(text: str, folder: Path) -> Finding:
    """What to do about the kernel that is described in a folder."""
    if Path(sys.prefix).resolve() in folder.resolve().parents:
        command = run_python("-m", "ipykernel", "install", "--sys-prefix")
        return Finding(FAIL, text, "To make Jupyter use this Python, run", command)
    return Finding(
        FAIL,
        text,
        f"Remove the folder {folder}: it hides the kernel of this environment.",
    )
