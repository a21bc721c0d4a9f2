"""A server on loopback that sends a file, and misbehaves as it is told."""

import http.server
import socket
import struct
import threading
import time
from dataclasses import dataclass, field

FOR_EVER = 60  # seconds; a test ends long before, and with it the wait
PROBE = "bytes=0-0"  # somebody only wants to know whether the file is there


@dataclass
class Mirror:
    """A server of one file. Without options it does everything right.

    Args:
        body: the file.
        ranges: whether it sends parts of the file.
        headers: what its answers say beside or instead of the truth; None leaves a line out.
        status: what it answers everything with, instead of the file.
        refusals: how many of its answers are errors 503, probes not counted.
        silent: whether it takes calls and never answers.
        cuts: after how many bytes its answers break off, one after the other; then none does.
        at_cut: whether it says goodbye there ("close"), resets the connection, as if the cable was
            pulled ("reset"), or falls silent ("hang").
        speed: bytes per second; None for as fast as it can.
    """

    body: bytes
    ranges: bool = True
    headers: dict = field(default_factory=dict)
    status: int | None = None
    refusals: int = 0
    silent: bool = False
    cuts: list = field(default_factory=list)
    at_cut: str = "close"
    speed: float | None = None

    def __post_init__(self):
        self.asked = []  # the ranges asked for, in order; probes not counted
        self.stopping = threading.Event()
        mirror = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                mirror.answer(self, self.headers.get("Range"))

            def do_CONNECT(self):
                self.send_error(mirror.status)  # as a proxy that lets nobody through

            def log_message(self, *args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, request, client_address):
                pass  # who is sent nonsense hangs up; that is no error of the server's

        self.server = Server(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.url = f"http://{self.host}/cifar-10-python.tar.gz"

    def __enter__(self):
        # Asks often whether to stop: a test is not to wait for it.
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.server.shutdown()
        self.server.server_close()

    def answer(self, handler, wanted):
        first, last, status, cut = 0, len(self.body) - 1, 200, None
        headers = {"Content-Type": "application/gzip"}
        if wanted and self.ranges:
            begin, _, end = wanted.removeprefix("bytes=").partition("-")
            first, last, status = int(begin), int(end or last), 206
            headers["Content-Range"] = f"bytes {first}-{last}/{len(self.body)}"
        part = self.body[first : last + 1]
        headers["Content-Length"] = str(len(part))
        if wanted != PROBE:
            self.asked.append(wanted)
            if self.refusals:
                self.refusals, status = self.refusals - 1, 503
            elif self.cuts:
                cut = self.cuts.pop(0)
        if self.silent:
            self.stopping.wait(FOR_EVER)
            return
        handler.send_response(self.status or status)
        for name, value in {**headers, "Location": self.url, **self.headers}.items():
            if value is not None:
                handler.send_header(name, value)
        handler.end_headers()
        self.write(handler.wfile, part[:cut])
        if cut is not None and self.at_cut == "hang":
            self.stopping.wait(FOR_EVER)
        if cut is not None and self.at_cut == "reset":
            at_once = struct.pack("ii", 1, 0)  # without waiting for what is still to be sent
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
            handler.rfile.close()  # or the connection stays open
            handler.connection.close()

    def write(self, out, part):
        step = len(part) or 1 if self.speed is None else max(1, int(self.speed / 50))
        for start in range(0, len(part), step):
            if self.stopping.is_set():
                return
            out.write(part[start : start + step])
            if self.speed is not None:
                time.sleep(1 / 50)
