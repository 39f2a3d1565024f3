"""A real SMTP server in the test's own process, that can refuse, fail and be away."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller

from tests.serving import free_port


class Mailbox:
    """Receives mail; ``refuses`` names addresses that do not exist here, ``fails`` makes it fail for now."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.refuses: set[str] = set()
        self.fails = False
        self.port = free_port()
        self.controller: Controller | None = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?tls=none"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if address in self.refuses:
            return "550 no such mailbox"
        if self.fails:
            return "451 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.received.append(message)
        return "250 taken"

    def open(self) -> "Mailbox":
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
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
