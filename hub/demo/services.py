"""What the demo starts: the proxy and the hub, as systemd would, and their end."""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import requests

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PROXY = ROOT / "build" / "hub" / "node_modules" / ".bin" / "configurable-http-proxy"
MARK = "DEMO_FOLDER"  # a variable of every process that belongs to the demo


class Service:
    """A program that can be killed and started again.

    Args:
        command: and its arguments.
        environment: all its variables.
        log: file that its lines are added to.
    """

    def __init__(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        self.command, self.environment, self.log = command, environment, log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.log.parent,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End it at once, as a crash does; what it started goes on."""
        assert self.process
        self.process.kill()
        self.process.wait()


class Hub:
    """A hub and its proxy on this computer alone.

    Args:
        folder: of its database, its logs, and everybody's home.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.password = secrets.token_hex()
        public, self.hub_port, api = free_ports(3)
        self.url = f"http://127.0.0.1:{public}"
        hub_url = f"http://127.0.0.1:{self.hub_port}"
        scripts = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        own = {
            "PATH": scripts,
            "PYTHONPATH": str(ROOT),
            "CONFIGPROXY_AUTH_TOKEN": secrets.token_hex(),
            "DEMO_PASSWORD": self.password,
            MARK: str(folder),
        }
        environment = os.environ | own
        self.proxy = Service(
            [
                str(PROXY),
                *("--ip=127.0.0.1", f"--port={public}"),
                *("--api-ip=127.0.0.1", f"--api-port={api}"),
                *(f"--default-target={hub_url}", f"--error-target={hub_url}/hub/error"),
            ],
            environment,
            folder / "proxy.log",
        )
        self.hub = Service(
            [
                *(sys.executable, "-m", "jupyterhub", f"--config={HERE / 'jupyterhub_config.py'}"),
                f"--JupyterHub.bind_url={self.url}",
                f"--JupyterHub.hub_bind_url={hub_url}",
                f"--ConfigurableHTTPProxy.api_url=http://127.0.0.1:{api}",
            ],
            environment,
            folder / "hub.log",
        )

    def start(self) -> None:
        """Start the proxy, then the hub; come back when it answers."""
        self.proxy.start()
        self.hub.start()
        self.wait()

    def wait(self, seconds: float = 120) -> None:
        """Until the hub answers through the proxy.

        Raises:
            RuntimeError: it does not; the text holds the end of its log.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if requests.get(f"{self.url}/hub/api", timeout=5).ok:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.2)
        log = self.hub.log.read_text(encoding="utf-8", errors="replace")
        raise RuntimeError(f"The hub did not start within {seconds} seconds:\n{log[-3000:]}")

    def kill_hub(self) -> None:
        """Kill the hub, and the culler that it started, as systemd would."""
        assert self.hub.process
        children = psutil.Process(self.hub.process.pid).children()
        self.hub.kill()
        for child in children:
            with contextlib.suppress(psutil.Error):
                if "jupyterhub_idle_culler" in child.cmdline():
                    child.kill()

    def stop(self) -> None:
        """End all processes of the demo, the students' too."""
        for one in processes(self.folder):
            stop(one, signal.SIGTERM)
        end = time.monotonic() + 20
        while time.monotonic() < end and processes(self.folder):
            time.sleep(0.2)
        for one in processes(self.folder):
            stop(one, signal.SIGKILL)


def processes(folder: Path) -> list[psutil.Process]:
    """All processes that belong to a demo in this folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == str(folder):
                found.append(process)
        except psutil.Error:  # ended just now, or somebody else's
            continue
    return found


def stop(process: psutil.Process, how: signal.Signals) -> None:
    """Send a signal to a process that may have ended already."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(how)


def free_ports(number: int) -> list[int]:
    """Ports of this computer that nobody uses."""
    sockets = [socket.socket() for _ in range(number)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def missing() -> str:
    """What has to be installed before the demo can start; empty if nothing."""
    if not sys.platform.startswith("linux"):
        return "The demo needs Linux: it limits and measures memory as only Linux can."
    if not PROXY.exists() or not shutil.which("node"):
        return "The proxy is not installed: make hub-demo does that, and needs Node.js 20 and npm."
    return ""
