"""A real HTTP server in the test's own process that takes calls, refuses them, is slow, breaks off, or limits them."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.serving import free_port


@dataclass(frozen=True)
class Call:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Receiver:
    """Answers what ``answer`` says: a status, a body and headers; ``drops`` breaks off, ``waits`` is slow (seconds)."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.status, self.body, self.headers = 200, '{"errcode":0,"errmsg":"ok"}', {}  # type: tuple[int, str, dict[str, str]]
        self.drops = False
        self.waits = 0.0
        self.judge: Callable[[Call], str] | None = None  # makes the body of the answer
        self.port = free_port()
        self.server: ThreadingHTTPServer | None = None

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}/send?key=very-secret-key"

    def open(self) -> "Receiver":
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                call = Call(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                receiver.calls.append(call)
                if receiver.drops:
                    self.connection.close()
                    return
                time.sleep(receiver.waits)
                said = (receiver.judge(call) if receiver.judge else receiver.body).encode()
                self.send_response(receiver.status)
                for name, value in {**receiver.headers, "Content-Length": str(len(said))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_: object) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:  # a caller that gave up is what some tests are about
                pass

        self.server = Quiet(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, args=[0.05], daemon=True).start()
        return self

    def close(self) -> None:
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None
