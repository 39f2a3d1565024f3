"""A real SMTP server in the test's own process, that can refuse, fail and be away."""

import asyncio
import ssl
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from core.settings import ROOT
from tests.serving import free_port

TLS = ROOT / "tests" / "tls"  # a certificate of our own for 127.0.0.1, and its key: for tests alone


class Mailbox:
    """Receives mail; ``refuses`` names addresses that do not exist here, ``fails`` makes it fail for now.

    ``drops`` breaks off in the middle of a message, ``waits`` is so many seconds slow to take one. ``tls``: "tls" from
    the first byte, "starttls" on demand, both with the certificate in tests/tls; then ``login`` is asked for.
    """

    def __init__(self, tls: str = "none", login: tuple[str, str] | None = None) -> None:
        self.tls, self.login = tls, login
        self.logins = 0
        self.encrypted: list[bool] = []
        self.drops = False
        self.waits = 0.0
        self.received: list[EmailMessage] = []
        self.refuses: set[str] = set()
        self.fails = False
        self.port = free_port()
        self.controller: Controller | None = None

    @property
    def url(self) -> str:
        login = f"{self.login[0]}:{self.login[1]}@" if self.login else ""
        return f"smtp://{login}127.0.0.1:{self.port}?tls={self.tls}"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if address in self.refuses:
            return "550 no such mailbox"
        if self.fails:
            return "451 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.drops:
            server.transport.abort()
            return "421 gone"
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.received.append(message)
        self.encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
        await asyncio.sleep(self.waits)
        return "250 taken"

    def _authenticate(self, _server: Any, _session: Any, _envelope: Any, _how: str, data: Any) -> AuthResult:
        self.logins += 1
        return AuthResult(success=self.login == (data.login.decode(), data.password.decode()), handled=False)

    def open(self) -> "Mailbox":
        more: dict[str, Any] = {}
        if self.tls != "none":
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(TLS / "certificate.pem", TLS / "key.pem")
            more = {"ssl_context": context} if self.tls == "tls" else {"tls_context": context, "require_starttls": True}
        if self.login:
            # the protocol's class does not see that the connection was encrypted from its first byte
            more |= {"authenticator": self._authenticate, "auth_required": True}
            more |= {"auth_require_tls": self.tls == "starttls"}
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, **more)
        self.controller.start()
        return self

    def close(self) -> None:
        if self.controller is not None:
            self.controller.stop()
            self.controller = None

    def to(self, address: str) -> list[EmailMessage]:
        """What came for an address."""
        return [message for message in self.received if message["To"] == address]


def text_of(message: EmailMessage, kind: str = "plain") -> str:
    """The plain or HTML part of a mail."""
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())
