"""A bad line between phone and server: every answer of the API comes late, and some never come, though all was done."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

QUIET = 1.0  # seconds after an answer within which the app asks what follows from it
Answer = tuple[int, dict[str, str], bytes]
_HOP = {"connection", "transfer-encoding", "content-length", "content-encoding", "host", "keep-alive"}


class Line:
    """What the line does. ``instead`` may answer in the server's place: a portal, a firewall, a deploy."""

    def __init__(self, server: str, port: int) -> None:
        self.server = server
        self.url = f"http://127.0.0.1:{port}"
        self.delay = 0.0  # seconds
        self.lose_every = 0  # so many answers: the last of them is lost
        self.instead: Callable[[str, str], Answer | None] = lambda _method, _path: None
        self.asked: list[tuple[str, str]] = []
        self._lock = threading.Lock()
        self._under_way = 0
        self._last = time.monotonic()

    @contextmanager
    def carrying(self) -> Iterator[None]:
        """While a request and its answer are on the line."""
        with self._lock:
            self._under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1
                self._last = time.monotonic()

    def is_quiet(self) -> bool:
        """Whether nothing is on its way, and whatever the last answer made the app ask has been answered too."""
        with self._lock:
            return not self._under_way and time.monotonic() > self._last + QUIET

    def is_lost(self, method: str, path: str) -> bool:
        with self._lock:
            self.asked.append((method, path))
            return bool(self.lose_every) and len(self.asked) % self.lose_every == 0


@contextmanager
def bad_line(server: str) -> Iterator[Line]:
    """A proxy before the server, on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            with line.carrying():
                self._answer()

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            answer = line.instead(self.command, self.path)
            if answer is None:
                answer = _forward(server, self.command, self.path, dict(self.headers), body)
            if self.path.startswith("/api/"):
                time.sleep(line.delay)
                if line.is_lost(self.command, self.path):
                    self.close_connection = True
                    return
            status, headers, content = answer
            self.send_response_only(status)
            for name, value in headers.items():
                for part in value.split("\n"):
                    self.send_header(name, part)
            if status != 304:
                self.send_header("content-length", str(len(content)))
            self.end_headers()
            if status != 304:
                self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _pass_on

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: the tests look at ``asked``."""

    proxy = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    proxy.daemon_threads = True
    line = Line(server, proxy.server_address[1])
    thread = threading.Thread(target=proxy.serve_forever, daemon=True)
    thread.start()
    yield line
    proxy.shutdown()
    proxy.server_close()


def _forward(server: str, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
    sent = {name: value for name, value in headers.items() if name.lower() not in _HOP | {"accept-encoding"}}
    try:
        # Without `verify` each request reads the certificates of the world: 30 ms of CPU for a line that has no TLS
        got = httpx.request(method, server + path, headers=sent, content=body, timeout=60, verify=False)
    except httpx.TransportError:
        return 502, {"content-type": "text/html"}, b"<h1>502 Bad Gateway</h1>"
    kept: dict[str, str] = {}
    for name, value in got.headers.multi_items():
        if name.lower() not in _HOP:
            kept[name] = f"{kept[name]}\n{value}" if name in kept else value
    return got.status_code, kept, got.content
