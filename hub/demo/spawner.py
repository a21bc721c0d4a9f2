"""A spawner for one computer and one account: every student's server is a process of ours."""

import resource
from collections.abc import Callable

from jupyterhub.spawner import SimpleLocalProcessSpawner


class LimitedProcesses(SimpleLocalProcessSpawner):
    """Limit each process's memory; systemd limits a server and its kernels together."""

    def make_preexec_fn(self, name: str) -> Callable[[], None]:
        """What a server's process does before it becomes the server."""
        to_home, limit = super().make_preexec_fn(name), self.mem_limit

        def preexec() -> None:
            to_home()
            # What is really asked for; RLIMIT_AS would count PyTorch's libraries, too.
            resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))

        return preexec
