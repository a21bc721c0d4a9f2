"""Run the cells of one notebook: a process of its own, which may be killed without harm.

fair_cells.py starts it. It reads a notebook from stdin, and writes a line of JSON for each cell as
soon as that has been run: what the cell showed, and why no other follows, if none does. Cells that
serve only exercises that have passed by then are left out.
"""

import json
import subprocess
import sys

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output
from nbformat.validator import isvalid

GIGABYTES = 2  # for one process; a kernel that grades a right answer needs less than 1
# Leaves no name in the notebook.
START = '__import__("runpy").run_path("../lenient.py")["start"](get_ipython(), {answers!r})'
LARGEST_NOTEBOOK = 100 * 10**6  # bytes, pictures and all; nbgrader takes no larger files
LONGEST_OUTPUT = 200_000  # characters of one cell


class Client(NotebookClient):
    """Goes on after errors, and keeps no more of a cell's output than somebody would read."""

    n_characters = 0

    def output(
        self, outs: list[NotebookNode], msg: dict, display_id: str | None, cell_index: int
    ) -> NotebookNode | None:
        """Keep an output, unless the cell has written too much already."""
        self.n_characters += len(json.dumps(msg["content"]))
        if self.n_characters > LONGEST_OUTPUT and msg["msg_type"] != "error":
            return None
        return super().output(outs, msg, display_id, cell_index)

    def run(self, cell: NotebookNode, index: int) -> str:
        """Run a cell; why no other can follow, or nothing."""
        self.n_characters = 0
        try:
            self.execute_cell(cell, index)
        except DeadKernelError:
            cell.outputs.append(error("KernelDied", "The kernel died in this cell."))
            return "The kernel died in an earlier cell of this notebook."
        except CellTimeoutError:  # it did not even react to an interrupt
            cell.outputs.append(error("CellTimeoutError", "This cell could not be stopped."))
            return "An earlier cell of this notebook could not be stopped."
        return ""


def error(name: str, text: str) -> NotebookNode:
    """An output that looks like an exception: it costs a check its points."""
    return new_output("error", ename=name, evalue=text, traceback=[text])


def is_check(cell: NotebookNode) -> bool:
    """Whether a cell earns points by being run; an essay earns them from whoever reads it."""
    return cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade", False)


def said(output: NotebookNode) -> str:
    """The text of a check's answer, "✓ ..." or "✗ ..."; empty for other outputs."""
    text = output.get("data", {}).get("text/plain", "")
    return text if isinstance(text, str) and text.startswith(("✓", "✗")) else ""


def note_error(cell: NotebookNode, execute_reply: dict, **_: int) -> None:
    """Show an error that the cell itself did not show, such as that it took too long."""
    said = execute_reply["content"]
    if not any(output.get("ename") == said["ename"] for output in cell.outputs):
        cell.outputs.append(error(said["ename"], said["evalue"]))


def limit_memory_and_files() -> None:
    """Set limits for this process and all that it starts; Windows knows none."""
    try:
        import resource
    except ImportError:
        return
    # RLIMIT_DATA counts what is really asked for. RLIMIT_AS would count PyTorch's libraries too.
    resource.setrlimit(resource.RLIMIT_DATA, (GIGABYTES * 10**9,) * 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10**8,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Run the notebook from stdin, with so many seconds for a cell."""
    seconds = int(sys.argv[1])
    notebook = nbformat.read(sys.stdin, as_version=4)
    start = new_code_cell(START.format(answers=notebook.metadata.get("answers", [])))
    notebook.cells.insert(0, start)
    limit_memory_and_files()
    text = f"The cell was stopped after {seconds} seconds."
    client = Client(
        notebook,
        # Checks end by themselves what takes too long; else the whole notebook's time ends them.
        timeout_func=lambda cell: None if is_check(cell) else seconds,
        interrupt_on_timeout=True,
        error_on_timeout={"ename": "CellTimeoutError", "evalue": text, "traceback": [text]},
        raise_on_iopub_timeout=True,
        allow_errors=True,
        on_cell_error=note_error,
        shutdown_kernel="immediate",
    )
    passed: set[str] = set()
    with client.setup_kernel(cwd="work", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        for index, cell in enumerate(notebook.cells):
            serves = set(cell.metadata.get("serves", ()))
            is_needed = not serves or not serves <= passed
            stopped = client.run(cell, index) if is_needed else ""
            outputs = [one for one in cell.outputs if isvalid(one, "output", 4, 5)]
            if any(said(one).startswith("✓") for one in outputs) and is_check(cell):
                passed |= serves
            print(json.dumps([index - 1, outputs, stopped]), flush=True)
            if stopped:
                break


if __name__ == "__main__":
    main()
