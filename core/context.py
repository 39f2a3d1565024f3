"""The parts that every route needs, passed on instead of global: settings, database, clock."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from core.clock import Clock, Moment
from core.database import Database
from core.languages import LANGUAGES, pick_language
from core.settings import Settings

if TYPE_CHECKING:
    from litestar.connection import ASGIConnection
    from prometheus_client.core import Metric

Figures = Callable[[Session], "Iterable[Metric]"]


@dataclass
class AppContext:
    """The parts that the composition root puts together once."""

    settings: Settings  # as the environment has them, but for what the city itself says (``follow``)
    database: Database
    clock: Clock
    lists: Mapping[str, Any] = field(default_factory=dict)  # every Listing that can be had as a file, by its name
    figures: Sequence[Figures] = ()  # what /metrics reads from the database
    checks: Sequence[Any] = ()  # what ``verify`` looks at besides the inventory's own

    navigation: Callable[[Any, str], Any] = lambda _caller, _path: None  # the frame's, for who is signed in

    def __post_init__(self) -> None:
        self.stated = self.settings  # by the environment and the command line alone

    def follow(self, time_zone: str | None, language: str | None) -> None:
        """Count days, and speak, as the city says; where it says nothing (None), as the environment does."""
        said = {"timezone": time_zone, "language": language}
        settings = self.stated.model_copy(update={name: value for name, value in said.items() if value})
        if (settings.timezone, settings.language) != (self.settings.timezone, self.settings.language):
            self.settings, self.clock.zone = settings, settings.zone
            self.database.count_days_in(settings.zone)

    def moment(self) -> Moment:
        """Now, as the city counts its days and shifts."""
        return Moment(self.clock.now(), self.settings.zone, self.settings.shift_at)


def context_of(connection: "ASGIConnection[Any, Any, Any, Any]") -> AppContext:
    """The context that serves this request."""
    context: AppContext = connection.app.state.context
    return context


def language_of(connection: "ASGIConnection[Any, Any, Any, Any]") -> str:
    """The language of this request: chosen in this browser, else the person's, else the browser's, else the city's.

    A program, which signs in with a token, asks for a language with each request: that comes before its account's.
    """
    chosen = connection.cookies.get("language")
    if chosen in LANGUAGES:
        return chosen
    caller = connection.scope.get("user")
    own, asked = getattr(caller, "language", None), connection.headers.get("accept-language")
    default = context_of(connection).settings.language
    if asked and "authorization" in connection.headers:
        return pick_language(None, asked, own or default)
    return pick_language(own, asked, default)


PROBES = ("/healthz", "/readyz")  # asked by machines that watch: answered whatever the database does


def wants_page(connection: "ASGIConnection[Any, Any, Any, Any]") -> bool:
    """Whether a person with a browser asks (and not a program at ``/api``)."""
    path = connection.scope["path"]
    return not path.startswith(("/api", "/metrics", *PROBES))
