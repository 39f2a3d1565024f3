"""Mail by SMTP: one connection for many mails, opened anew when it breaks."""

import smtplib
import ssl
from dataclasses import replace
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from types import TracebackType
from typing import Any

from core.settings import SmtpServer, read_sender
from jobs.channels.parcel import TOKEN_MARK, Later, Outcome, Parcel, Refused, Sent
from people.links import token_of

TIMEOUT_SECONDS = 30


def message_of(parcel: Parcel, sender: str) -> EmailMessage:
    """The mail as it goes over the wire: plain text first, HTML as the alternative."""
    message = EmailMessage()
    message["Subject"] = " ".join(parcel.subject.split())
    name, address = read_sender(sender)
    message["From"] = Address(name, addr_spec=address)
    message["To"] = parcel.address
    message["Date"] = format_datetime(parcel.created_at)
    message["Message-ID"] = parcel.message_id
    message["Auto-Submitted"] = "auto-generated"
    if parcel.unsubscribe:  # RFC 2369 and, for the one click, RFC 8058
        message["List-Unsubscribe"] = f"<{parcel.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(parcel.body_text)
    message.add_alternative(parcel.body_html, subtype="html")
    return message


class SmtpChannel:
    """Hands mails to the mail server."""

    def __init__(self, server: SmtpServer, sender: str, timeout: float = TIMEOUT_SECONDS, secret: str = "") -> None:
        self.server, self.sender, self.timeout, self.secret = server, sender, timeout, secret
        self.smtp: smtplib.SMTP | None = None

    def __enter__(self) -> "SmtpChannel":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.smtp is not None:
            self.smtp.close() if error else self._farewell(self.smtp)

    def send(self, parcel: Parcel) -> Outcome:
        """Hand over one mail."""
        try:
            message = message_of(self._with_token(parcel), self.sender)
        except (ValueError, MessageError) as error:  # a header that cannot be written
            return Refused(f"this mail cannot be written: {error}")
        if not _is_one_address(message):
            return Refused("this is not one address that mail can be sent to", gone=True)
        try:
            self.smtp = self.smtp or self._connect()
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            return _not_let_in(error)
        return self._hand_over(self.smtp, message, parcel.address)

    def _with_token(self, parcel: Parcel) -> Parcel:
        """The mail with its one-time link whole."""
        if parcel.link_id is None:
            return parcel
        token = token_of(self.secret, parcel.link_id)
        text, html = (body.replace(TOKEN_MARK, token) for body in (parcel.body_text, parcel.body_html))
        return replace(parcel, body_text=text, body_html=html)

    def _hand_over(self, smtp: smtplib.SMTP, message: EmailMessage, address: str) -> Outcome:
        try:
            smtp.send_message(message, to_addrs=[address])
        except smtplib.SMTPRecipientsRefused as error:
            code, reason = error.recipients[address]
            text = f"{code} {reason.decode(errors='replace')}"
            return Refused(text, gone=code in (550, 551, 553)) if code >= 500 else Later(text)
        except smtplib.SMTPDataError as error:
            text = f"{error.smtp_code} {_words(error.smtp_error)}"
            return Refused(text) if error.smtp_code >= 500 else Later(text)
        except smtplib.SMTPNotSupportedError as error:  # an address beyond ASCII, and a server without SMTPUTF8
            return Refused(f"the mail server does not take this address: {error}")
        except ValueError as error:
            return Refused(f"this mail cannot be written: {error}")
        except smtplib.SMTPServerDisconnected as error:
            self._drop()
            return Later(f"the mail server broke off: {error}", nobody=True)
        except smtplib.SMTPSenderRefused as error:
            self._drop()
            return Later(f"{error.smtp_code} {_words(error.smtp_error)}")
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            return Later(f"{type(error).__name__}: {error}", nobody=True)
        return Sent()

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        server = self.server
        smtp = (
            smtplib.SMTP_SSL(server.host, server.port, timeout=self.timeout, context=context)
            if server.tls == "tls"
            else smtplib.SMTP(server.host, server.port, timeout=self.timeout)
        )
        try:
            if server.tls == "starttls":
                smtp.starttls(context=context)
            if server.user:
                smtp.login(server.user, server.password or "")
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _drop(self) -> None:
        if self.smtp is not None:
            self.smtp.close()
            self.smtp = None

    @staticmethod
    def _farewell(smtp: smtplib.SMTP) -> None:
        try:
            smtp.quit()
        except (smtplib.SMTPException, OSError):  # all mails are settled: how the server says goodbye is its own affair
            smtp.close()


def _is_one_address(message: EmailMessage) -> bool:
    header: Any = message["To"]
    addresses = header.addresses
    return len(addresses) == 1 and bool(addresses[0].username and addresses[0].domain) and not header.defects


def _not_let_in(error: Exception) -> Later:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        words = f"{error.smtp_code} {_words(error.smtp_error)}"
        return Later(f"the mail server refuses to let us in: {words}", nobody=True)
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return Later(f"the mail server broke off: {error}", nobody=True)
    return Later(f"{type(error).__name__}: {error}", nobody=True)


def _words(said: bytes | str) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else said
