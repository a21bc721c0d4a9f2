"""How much memory the demo's processes take, looked at every few seconds."""

import threading
from collections import defaultdict
from pathlib import Path

import psutil

from hub.demo.services import processes

KINDS = {  # part of a command -> what it is; the first that is found
    "ipykernel": "a kernel",
    "singleuser": "a student's server",
    "-m jupyterhub ": "the hub",
    "http-proxy": "the proxy",
}


class Watch(threading.Thread):
    """Peaks until `stop`: of all processes together, and of the largest of each kind.

    The sum is of PSS, in which a page that ten kernels share counts for a tenth in each; the peak
    of one is its RSS, what it would take alone.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self.folder, self.ended = folder, threading.Event()
        self.all_together = 0
        self.one: dict[str, int] = defaultdict(int)  # what it is -> bytes

    def run(self) -> None:
        """Look until it is stopped."""
        while not self.ended.wait(3):
            sum_of_pss = 0
            for process in processes(self.folder):
                try:
                    command = " ".join(process.cmdline())
                    pss = _kilobytes(process.pid, "smaps_rollup", "Pss:")
                    peak = _kilobytes(process.pid, "status", "VmHWM:")
                except (psutil.Error, OSError):  # it ended just now
                    continue
                sum_of_pss += pss
                if kind := next((KINDS[part] for part in KINDS if part in command), ""):
                    self.one[kind] = max(self.one[kind], peak)
            self.all_together = max(self.all_together, sum_of_pss)

    def stop(self) -> None:
        """Come to an end."""
        self.ended.set()
        self.join()


def _kilobytes(pid: int, file: str, name: str) -> int:
    lines = Path(f"/proc/{pid}/{file}").read_text(encoding="ascii").splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(name)), 0)
