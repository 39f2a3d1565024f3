"""Mail by SMTP: one connection for many mails, opened anew when it breaks."""

import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from types import TracebackType
from uuid import UUID

from core.settings import SmtpServer

TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Parcel:
    """A claimed mail, as it is to be sent."""

    mail_id: UUID
    address: str
    subject: str
    body_text: str
    body_html: str
    message_id: str
    created_at: datetime
    tries: int
    unsubscribe: str = ""


class RefusedForGood(Exception):
    """The mail server will never take this mail. ``bounced``: because there is no such mailbox."""

    def __init__(self, reason: str, bounced: bool = False) -> None:
        super().__init__(reason)
        self.bounced = bounced


class NobodyAnswers(Exception):
    """The mail server is away, breaks off or is too slow: the other mails would only wait as long."""


def message_of(parcel: Parcel, sender: str) -> EmailMessage:
    """The mail as it goes over the wire: plain text first, HTML as the alternative."""
    message = EmailMessage()
    message["Subject"] = " ".join(parcel.subject.split())
    message["From"] = sender
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

    def __init__(self, server: SmtpServer, sender: str, timeout: float = TIMEOUT_SECONDS) -> None:
        self.server, self.sender, self.timeout = server, sender, timeout
        self.smtp: smtplib.SMTP | None = None

    def __enter__(self) -> "SmtpChannel":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.smtp is not None:
            self.smtp.close() if error else self._farewell(self.smtp)

    def send(self, parcel: Parcel) -> None:
        """Hand over one mail.

        Raises RefusedForGood; smtplib.SMTPException when this mail may work later; NobodyAnswers.
        """
        try:
            self.smtp = self.smtp or self._connect()
            self.smtp.send_message(message_of(parcel, self.sender))
        except smtplib.SMTPRecipientsRefused as error:
            code, reason = error.recipients[parcel.address]
            if code >= 500:
                text = f"{code} {reason.decode(errors='replace')}"
                raise RefusedForGood(text, bounced=code in (550, 551, 553)) from error
            raise
        except smtplib.SMTPDataError as error:
            if error.smtp_code >= 500:
                raise RefusedForGood(f"{error.smtp_code} {error.smtp_error!r}") from error
            raise
        except smtplib.SMTPServerDisconnected as error:
            self._drop()
            raise NobodyAnswers(str(error)) from error
        except smtplib.SMTPException:
            self._drop()
            raise
        except OSError as error:
            self._drop()
            raise NobodyAnswers(f"{type(error).__name__}: {error}") from error

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
