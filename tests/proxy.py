"""A small real HTTP proxy: passes requests on to this machine, whatever host they name, and writes down which."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import urlsplit

import httpx


class Proxy:
    """Takes requests in absolute form. ``passed``: host and path of each."""

    def __init__(self) -> None:
        self.passed: list[tuple[str, str]] = []
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def _pass_on(self) -> None:
                parts = urlsplit(self.path)
                assert parts.hostname, "a proxy is asked in absolute form"
                proxy.passed.append((parts.hostname, parts.path))
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                kept = {"content-type", "authorization", "accept"}
                headers = {name: value for name, value in self.headers.items() if name.lower() in kept}
                target = parts._replace(netloc=f"127.0.0.1:{parts.port}").geturl()
                ways = {"trust_env": False, "verify": False}  # without TLS nobody need read the certificates
                answer = httpx.request(self.command, target, content=body, headers=headers, **ways)
                self.send_response(answer.status_code)
                self.send_header("content-type", answer.headers.get("content-type", "application/json"))
                self.send_header("content-length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            def do_CONNECT(self) -> None:
                """Note who is asked for behind TLS, and let nobody through."""
                proxy.passed.append((self.path.partition(":")[0], ""))
                self.send_error(502)

            do_GET = do_POST = do_HEAD = _pass_on

            def log_message(self, *_: object) -> None:
                """Nothing: tests read ``passed``."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> "Proxy":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.server.shutdown()
        self.server.server_close()
