"""Where a transaction meets what its request says of the thing that it changes; ``matching.py`` says what that is."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy.orm import Session

Params = ParamSpec("Params")
Result = TypeVar("Result")
WITHIN: ContextVar[Session | None] = ContextVar("within", default=None)  # the transaction in which a route is asked


class Condition(Protocol):
    """What a request says of the thing that it changes."""

    met: bool

    def hold(self, session: Session) -> None:
        """Refuse if the thing is not as the caller saw it."""


CONDITION: ContextVar[Condition | None] = ContextVar("condition", default=None)


def on_condition(
    verb: Callable[Concatenate[Session, Params], Result],
) -> Callable[Concatenate[Session, Params], Result]:
    """The verb, with what its request says of the thing looked at first."""
    condition = CONDITION.get()
    if condition is None or condition.met:
        return verb

    def held(session: Session, /, *args: Params.args, **kwargs: Params.kwargs) -> Result:
        condition.hold(session)
        return verb(session, *args, **kwargs)

    return held


def condition_met() -> None:
    """The request has written: what it writes next, it changed itself."""
    if (condition := CONDITION.get()) is not None:
        condition.met = True
