"""A provider of OpenID Connect that answers whatever a test wants, over real HTTP: for what a good one never says."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

CLIENT, SECRET = "readyshelf", "a secret of the client that is long enough"


class BadProvider:
    """Signs ``claims``; ``about`` and ``userinfo`` change what it says of itself and of people."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {"alg": "RS256", "kid": "one"}
        self.signer: Any = self.key
        self.about: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.token_status = 200
        self.asked: list[dict[str, list[str]]] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._send(200, provider.answer(self.path))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                provider.asked.append({**parse_qs(body), "authorization": [self.headers.get("authorization", "")]})
                self._send(provider.token_status, provider.tokens())

            def _send(self, status: int, said: Any) -> None:
                content = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                """Nothing: tests read what was asked from ``asked``."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def good(self, nonce: str, /, **changes: Any) -> None:
        """What a good provider would sign, but for the changes; None leaves a claim out."""
        now = int(time.time()) if "now" not in changes else int(changes.pop("now"))
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "subject-1",
            "nonce": nonce,
            "iat": now,
            "exp": now + 300,
            "preferred_username": "keeper",
            **changes,
        }
        self.claims = {name: value for name, value in claims.items() if value is not None}
        self.header, self.signer = {"alg": "RS256", "kid": self.key.kid}, self.key

    def signed_with_our_secret(self) -> None:
        self.header, self.signer = {"alg": "HS256"}, OctKey.import_key(SECRET)

    def answer(self, path: str) -> Any:
        if path.startswith("/.well-known"):
            ways = {"authorization_endpoint": "/auth", "token_endpoint": "/token", "jwks_uri": "/jwks"}
            ways["userinfo_endpoint"] = "/me"
            return {"issuer": self.issuer, **{name: self.issuer + way for name, way in ways.items()}, **self.about}
        if path.startswith("/jwks"):
            return KeySet([self.key]).as_dict(private=False)
        return self.userinfo

    def tokens(self) -> Any:
        if self.token_status != 200:
            return {"error": "invalid_grant"}
        token = jwt.encode(self.header, self.claims, self.signer, algorithms=[self.header["alg"]])
        return {"access_token": "access", "token_type": "Bearer", "id_token": token}
