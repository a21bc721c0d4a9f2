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
        cuts: after how many bytes its answers break off, one after the other; then none does.
        at_cut: whether it says goodbye there ("close"), resets the connection, as if the cable was
            pulled ("reset"), or falls silent ("hang").
        speed: bytes per second; None for as fast as it can.
        status: an error that it answers everything with.
        refusals: how many of its answers are errors 503, probes not counted.
        silent: whether it takes calls and never answers.
        circles: whether it redirects to itself.
        html: whether it says that it sends a web page.
        content_range: what it says to send, whatever it does; probes not counted.
        length: what it says the length is; "" says nothing.
    """

    body: bytes
    ranges: bool = True
    cuts: list = field(default_factory=list)
    at_cut: str = "close"
    speed: float | None = None
    status: int | None = None
    refusals: int = 0
    silent: bool = False
    circles: bool = False
    html: bool = False
    content_range: str | None = None
    length: str | None = None

    def __post_init__(self):
        self.asked = []  # the ranges asked for, in order; probes not counted
        self.stopping = threading.Event()
        mirror = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                mirror.answer(self)

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

    def answer(self, handler):
        wanted = handler.headers.get("Range")
        is_probe = wanted == PROBE
        if not is_probe:
            self.asked.append(wanted)
        if self.silent:
            self.stopping.wait(FOR_EVER)
        elif self.circles:
            handler.send_response(302)
            handler.send_header("Location", self.url)
            handler.end_headers()
        elif self.status or (self.refusals and not is_probe):
            self.refusals -= 1
            handler.send_error(self.status or 503)
        else:
            self.send(handler, wanted, is_probe)

    def send(self, handler, wanted, is_probe):
        first, last = 0, len(self.body) - 1
        if wanted and self.ranges:
            first, _, end = wanted.removeprefix("bytes=").partition("-")
            first, last = int(first), int(end or last)
            content_range = f"bytes {first}-{last}/{len(self.body)}"
            if self.content_range and not is_probe:
                content_range = self.content_range
            handler.send_response(206)
            handler.send_header("Content-Range", content_range)
        else:
            handler.send_response(200)
        part = self.body[first : last + 1]
        handler.send_header("Content-Type", "text/html" if self.html else "application/gzip")
        if self.length != "":
            handler.send_header("Content-Length", self.length or str(len(part)))
        handler.end_headers()
        cut = self.cuts.pop(0) if self.cuts and not is_probe else None
        self.write(handler.wfile, part[:cut])
        if cut is not None and self.at_cut == "hang":
            self.stopping.wait(FOR_EVER)
        if cut is not None and self.at_cut == "reset":
            at_once = struct.pack("ii", 1, 0)  # without waiting for what is still to be sent
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
            handler.rfile.close()  # or the connection stays open
            handler.connection.close()

    def write(self, out, part):
        step = len(part) if self.speed is None else max(1, int(self.speed / 50))
        for start in range(0, len(part), step or 1):
            if self.stopping.is_set():
                return
            out.write(part[start : start + step])
            if self.speed is not None:
                time.sleep(1 / 50)
