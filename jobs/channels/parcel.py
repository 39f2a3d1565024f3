"""The one small interface of the channels: what is to be sent, what came of it, what a channel can do."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Protocol, Self
from uuid import UUID

from core.clock import Clock
from core.settings import Settings
from jobs.channels.addressing import web_address, without_query

TOKEN_MARK = "«token»"  # in a mail about an account, until it goes over the wire: no token is stored


@dataclass(frozen=True)
class Parcel:
    """A claimed message, as it is to be sent. ``address``: a mailbox, or the web address of a robot or webhook."""

    mail_id: UUID
    address: str = field(repr=False)  # a robot's holds its key
    subject: str
    body_text: str
    body_html: str
    message_id: str  # the same on every try, so that receivers can tell
    created_at: datetime
    tries: int
    unsubscribe: str = ""
    channel: str = "mail"
    endpoint_id: UUID | None = None
    generation: int = 1  # which of the endpoint's secrets signs it
    key: str = field(default="", repr=False)  # that signs messages to a robot, where it asks for that
    attempt_id: UUID | None = None
    link_id: UUID | None = None  # of the one-time link whose token stands in for TOKEN_MARK


@dataclass(frozen=True)
class Sent:
    """The other side has it."""

    note: str = ""


@dataclass(frozen=True)
class Later:
    """It may work another time: after ``wait``, else after a pause that grows.

    ``nobody``: the other side is away, breaks off, is too slow or wants less: whatever else goes there would only wait
    as long.
    """

    why: str
    wait: timedelta | None = None
    nobody: bool = False


@dataclass(frozen=True)
class Refused:
    """The other side will never take it. ``gone``: nor anything else, because there is no such mailbox or endpoint."""

    why: str
    gone: bool = False


Outcome = Sent | Later | Refused


class Channel(Protocol):
    """A way out. What it holds open is closed at the end of the ``with``."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None: ...

    def send(self, parcel: Parcel) -> Outcome:
        """Hand over one message. What goes wrong out there is an outcome; what goes wrong in here is raised."""
        ...


@dataclass(frozen=True)
class Letter:
    """News for an endpoint, before its channel puts them into its own form. ``lines``: the worst of ``total``."""

    endpoint_id: UUID
    language: str
    title: str
    base_url: str
    at: datetime
    lines: list[dict[str, Any]] = field(default_factory=list)
    total: int = 0


@dataclass(frozen=True)
class Pace:
    """At most so many messages to one endpoint within a window."""

    most: int
    window: timedelta


@dataclass(frozen=True)
class EndpointChannel:
    """A way out to endpoints that somebody sets up: all that the rest of the house asks of it."""

    word: str
    open: Callable[[Settings, Clock], Channel]
    news: Callable[[Letter], str]  # the body of a message about alerts
    trial: Callable[[Letter], str]  # the body of a message that says nothing but its title
    most: int  # alerts that one message answers for
    hushed: bool = False  # read by people: in the quiet hours only what a life hangs on
    pace: Pace | None = None
    address: Callable[[str, Settings], str] = web_address  # as it is stored, of what was typed in; or it is refused
    masked: Callable[[str], str] = without_query  # the address without what may be a key
    keyed: bool = False  # the other side has a key of its own that signs, to be typed in
    urgent_alone: bool = False  # nothing less than urgent goes
    ready: Callable[[Settings], bool] = lambda _settings: True  # the settings have what it needs
    secret: Callable[[str, UUID, int], str] | None = None  # of the installation, the endpoint and its generation
