"""Mirrors on loopback that send a file, and misbehave as they are told."""

import http.server
import socket
import struct
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field

FOR_EVER = 60  # seconds; a test ends long before, and with it the wait
PROBE = "bytes=0-0"


@dataclass
class Mirror:
    """A server of one file. Without options it does everything right.

    Args:
        body: the file.
        ranges: whether it sends parts of the file.
        cuts: after how many bytes its answers break off, one after the other; then none does.
        hangs: whether it falls silent there, instead of closing the connection.
        resets: whether it resets the connection there, as if the cable was pulled.
        speed: bytes per second; None for as fast as it can.
        status: an error that it answers everything with.
        refusals: how many of its answers are errors 503, probes not counted.
        silent: whether it takes calls and never answers.
        circles: whether it redirects to itself.
        html: whether it says that it sends a web page.
        content_range: what it says to send, whatever it does.
        length: what it says the length is; "" says nothing.
    """

    body: bytes
    ranges: bool = True
    cuts: list = field(default_factory=list)
    hangs: bool = False
    resets: bool = False
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
        self.url = f"http://127.0.0.1:{self.server.server_port}/cifar-10-python.tar.gz"
        # Asks often whether to stop: a test is not to wait for it.
        run = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        run.start()

    def stop(self):
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
            if first > last:
                handler.send_error(416)
                return
            content_range = self.content_range or f"bytes {first}-{last}/{len(self.body)}"
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
        if cut is not None and self.hangs:
            self.stopping.wait(FOR_EVER)
        if cut is not None and self.resets:
            at_once = struct.pack("ii", 1, 0)  # without waiting for what is still to be sent
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
            handler.rfile.close()  # or the connection stays open
            handler.connection.close()

    def write(self, out, part):
        if self.speed is None:
            out.write(part)
            return
        step = max(1, int(self.speed / 50))
        for start in range(0, len(part), step):
            if self.stopping.is_set():
                return
            out.write(part[start : start + step])
            time.sleep(1 / 50)


@contextmanager
def running(*mirrors):
    """Stop the mirrors at the end."""
    try:
        yield [mirror.url for mirror in mirrors]
    finally:
        for mirror in mirrors:
            mirror.stop()
