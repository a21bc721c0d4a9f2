"""A student who comes to the lab: what a browser would send, without a browser."""

import copy
import json
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import nbformat
import requests
import websocket
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, output_from_msg

COURSE, ASSIGNMENT, NOTEBOOK = "convnet-workbook", "workbook", "01_mlp.ipynb"
FILE = f"{ASSIGNMENT}/{NOTEBOOK}"
BUSY = {429, 500, 502, 503, 504}  # "try again": too many at once, or the hub or proxy is away
N_LINES = 120
LINES = f"""import time
for number in range({N_LINES}):
    print(number, flush=True)
    time.sleep(0.25)"""


@dataclass
class Answer:
    """What came back from a kernel: outputs as a notebook has them, and whether it was an error."""

    outputs: list[NotebookNode] = field(default_factory=list)
    status: str = "lost"

    @property
    def text(self) -> str:
        """What was printed, and of an error its last line."""
        return "".join(
            one.get("text", "") or f"{one.get('ename', '')}: {one.get('evalue', '')}"
            for one in self.outputs
            if one.output_type in ("stream", "error")
        )


class Student:
    """One student with a server of their own.

    Args:
        name: at the hub.
        url: of the proxy.
        password: of the hub.
    """

    def __init__(self, name: str, url: str, password: str) -> None:
        self.name, self.url, self.password = name, url, password
        self.http = requests.Session()
        self.seconds: dict[str, float] = {}  # since the login, of what is in the table
        self.lost = {"lines": 0, "answers": 0}
        self.asked_again = self.starts = 0
        self.at_training = threading.Event()
        self.at_lines = threading.Event()
        self.notebook: NotebookNode = nbformat.v4.new_notebook()
        self.kernel = ""
        self.socket: websocket.WebSocket | None = None
        self.session = uuid.uuid4().hex
        self._begin = time.monotonic()

    # --- requests ---

    def ask(
        self,
        method: str,
        path: str,
        fine: tuple[int, ...] = (200, 201, 202, 204),
        **rest: Any,  # noqa: ANN401 - for requests
    ) -> requests.Response:
        """Send a request, again and again while what answers is busy or away.

        Raises:
            RuntimeError: another answer than one of `fine`.
        """
        while True:
            try:
                reply = self.http.request(method, self.url + path, timeout=60, **rest)
                # A page, not data: the hub answers, since the proxy does not know the server yet.
                page = path.startswith("/user/") and reply.text.lstrip().startswith("<")
                if reply.status_code in fine and not page:
                    return reply
                if reply.status_code not in BUSY and not page:
                    said = f"{reply.status_code} {reply.text[:300]}"
                    raise RuntimeError(f"{self.name}: {method} {path}: {said}")
            except requests.RequestException:
                pass
            self.asked_again += 1
            time.sleep(1)

    def mine(self, method: str, path: str, **rest: Any) -> Any:  # noqa: ANN401 - JSON
        """Send a request to one's own server; the JSON of the answer."""
        reply = self.ask(method, f"/user/{self.name}/{path}", **rest)
        return reply.json() if reply.content else None

    def note(self, what: str) -> None:
        """Note how long it took until now."""
        self.seconds[what] = time.monotonic() - self._begin

    # --- from the login to the kernel ---

    def log_in(self) -> None:
        """Fill in the hub's form, as a browser does, and take a token."""
        self._begin = time.monotonic()
        self.ask("GET", "/hub/login")
        form = {"username": self.name, "password": self.password, "_xsrf": self._xsrf()}
        self.ask("POST", "/hub/login", data=form, allow_redirects=False, fine=(302,))
        self.ask("GET", "/hub/token")
        path = f"/hub/api/users/{self.name}/tokens"
        token = self.ask("POST", path, headers={"X-XSRFToken": self._xsrf()}, json={}).json()
        self.headers = {"Authorization": f"token {token['token']}"}
        self.http = requests.Session()
        self.http.headers.update(self.headers)

    def _xsrf(self) -> str:
        return next(one.value or "" for one in self.http.cookies if one.name == "_xsrf")

    def start_server(self) -> None:
        """Ask for a server, again if it could not start, and wait until it is ready."""
        about = f"/hub/api/users/{self.name}"
        while not (server := self.ask("GET", about).json()["servers"].get("", {})).get("ready"):
            if not server.get("pending"):
                self.ask("POST", f"{about}/server", fine=(201, 202, 400))  # 400: it starts already
                self.starts += 1
            time.sleep(0.5)
        self.note("server ready")

    def server_started(self) -> str:
        """When the own server was started: it changes if the server is lost."""
        return self.mine("GET", "api/status")["started"]

    def kernel_ids(self) -> list[str]:
        """The kernels of the own server."""
        return [one["id"] for one in self.mine("GET", "api/kernels")]

    def start_kernel(self) -> None:
        """Open the notebook with a kernel."""
        wanted = {"path": FILE, "type": "notebook", "name": NOTEBOOK, "kernel": {"name": "python3"}}
        self.kernel = self.mine("POST", "api/sessions", json=wanted)["kernel"]["id"]

    # --- a cell ---

    def _connect(self) -> websocket.WebSocket:
        """Join the kernel, or join it again: the server has kept what it said meanwhile."""
        address = f"ws{self.url[4:]}/user/{self.name}/api/kernels/{quote(self.kernel)}/channels"
        while True:
            try:
                return websocket.create_connection(
                    f"{address}?session_id={self.session}",
                    header=self.headers,
                    timeout=60,
                )
            except (websocket.WebSocketException, OSError):
                self.asked_again += 1
                time.sleep(1)

    def _send(self, kind: str, content: dict) -> str:
        header = {
            "msg_id": uuid.uuid4().hex,
            "msg_type": kind,
            "session": self.session,
            "username": self.name,
            "version": "5.3",
        }
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
        text = json.dumps(message | {"channel": "shell", "buffers": []})
        while True:
            self.socket = self.socket or self._connect()
            try:
                self.socket.send(text)
                return header["msg_id"]
            except (websocket.WebSocketException, OSError):
                self.socket = None

    def run(self, code: str) -> Answer:
        """Run a cell, and wait for its end, whatever happens to the connection.

        An answer whose status is "lost" ran, but its end was never told; one whose status is
        "died" lost its kernel.
        """
        answer, mine, after = Answer(), self._send("execute_request", {"code": code}), ""
        status, idle = "", False
        begun, answered = False, set[str]()
        while not (status and idle):
            try:
                assert self.socket  # _send has connected it
                message = json.loads(self.socket.recv())
            except websocket.WebSocketTimeoutException:
                continue
            except (websocket.WebSocketException, OSError, ValueError):
                self.socket = None
                # What a kernel says on one channel comes in order, so this is answered after the
                # cell; and its "idle" comes after the cell's outputs.
                after, answered = self._send("kernel_info_request", {}), set()
                continue
            kind, content = message["msg_type"], message["content"]
            parent = message["parent_header"].get("msg_id")
            if kind == "status" and content["execution_state"] in ("restarting", "dead"):
                answer.status = "died"
                return answer
            if parent == after:
                answered.add(content.get("execution_state", "reply"))
                if answered >= {"reply", "idle"} and begun:
                    return answer
                if answered >= {"reply", "idle"}:  # the request was lost: a student runs it again
                    mine, after = self._send("execute_request", {"code": code}), ""
            if parent != mine:
                continue
            begun = True
            if kind == "execute_reply":
                status = content["status"]
            elif kind == "status":
                idle = content["execution_state"] == "idle"
            elif kind in ("stream", "display_data", "execute_result", "error"):
                answer.outputs.append(output_from_msg(message))
        answer.status = status
        return answer

    # --- the assignment ---

    def assignment(self, action: str) -> None:
        """What nbgrader's list of assignments does when a button is clicked."""
        body = {"assignment_id": ASSIGNMENT, "course_id": COURSE}
        self.mine("POST", f"assignments/{action}", json=body)

    def hand_in(self) -> None:
        """Hand in what was done: the other notebooks are removed."""
        for other in self.mine("GET", f"api/contents/{ASSIGNMENT}")["content"]:
            if other["name"] != NOTEBOOK:
                self.mine("DELETE", f"api/contents/{other['path']}")
        self.assignment("submit")

    def has_feedback(self) -> bool:
        """Whether there is a page of feedback in the own folder."""
        folder = f"api/contents/{ASSIGNMENT}/feedback"
        found = self.mine("GET", folder)["content"]
        pages = [
            page
            for one in found
            for page in self.mine("GET", f"api/contents/{one['path']}")["content"]
        ]
        return any(page["name"] == NOTEBOOK.replace(".ipynb", ".html") for page in pages)

    def another_kernel(self) -> "Student":
        """The same student with one more kernel, in no notebook."""
        other = copy.copy(self)
        other.kernel = self.mine("POST", "api/kernels", json={"name": "python3"})["id"]
        other.session, other.socket = uuid.uuid4().hex, None
        return other

    def open(self) -> None:
        """Read the notebook from the server."""
        content = self.mine("GET", f"api/contents/{FILE}")["content"]
        self.notebook = nbformat.from_dict(content)

    def save(self) -> None:
        """Write the notebook to the server."""
        wanted = {"type": "notebook", "format": "json", "content": self.notebook}
        self.mine("PUT", f"api/contents/{FILE}", json=wanted)

    def work_through(self, answers: list[str]) -> None:
        """Answer and run every cell, and save after each.

        After the training, a cell of one's own prints numbered lines for half a minute: none of
        them may be lost.

        Args:
            answers: the sources of all cells of code, but those for whoever is stuck.
        """
        code = [cell for cell in self.notebook.cells if cell.cell_type == "code"]
        code = [cell for cell in code if "student" not in cell.metadata.get("tags", [])]
        for cell, answer in zip(code, answers, strict=True):
            if not cell.metadata.get("nbgrader", {}).get("locked"):
                cell.source = answer
            if "train(mlp" in cell.source:
                self.at_training.set()
            self._run_and_save(cell)
            if "train(mlp" in cell.source:
                self.at_lines.set()
                lines = new_code_cell(LINES)
                self.notebook.cells.insert(self.notebook.cells.index(cell) + 1, lines)
                self._run_and_save(lines)

    def _run_and_save(self, cell: NotebookNode) -> None:
        answer = self.run(cell.source)
        cell.outputs, cell.execution_count = answer.outputs, None
        if cell.source == LINES:
            expected = "".join(f"{number}\n" for number in range(N_LINES))
            self.lost["lines"] += len(set(expected.split()) - set(answer.text.split()))
        if answer.status == "lost":
            self.lost["answers"] += 1
        elif answer.status != "ok":
            raise RuntimeError(f"{self.name}: {cell.source[:80]!r} ended with: {answer.text}")
        self.save()
