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

    def carry_out(self, session: Session, act: Callable[[], Result]) -> Result:
        """The outcome of a change that is made only while the thing is as the caller saw it."""

    def headers(self) -> list[tuple[bytes, bytes]]:
        """What the answer says of the thing as it has become."""


CONDITION: ContextVar[Condition | None] = ContextVar("condition", default=None)


def on_condition(
    verb: Callable[Concatenate[Session, Params], Result],
) -> Callable[Concatenate[Session, Params], Result]:
    """The verb, with what its request says of the thing looked at first, and how the thing is then noted."""
    condition = CONDITION.get()
    if condition is None:
        return verb

    def held(session: Session, /, *args: Params.args, **kwargs: Params.kwargs) -> Result:
        return condition.carry_out(session, lambda: verb(session, *args, **kwargs))

    return held


def condition_met() -> None:
    """The request has written: what it writes next, it changed itself."""
    if (condition := CONDITION.get()) is not None:
        condition.met = True
