"""Events by which a room notifies the rooms above it, inside the same transaction.

The lower room publishes an event and knows nobody. The composition root gathers what the rooms subscribe to and gives
the listeners to the database, which opens every session with them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

Listener = Callable[[Session, Any], None]
Subscription = tuple[type, Listener]
Listeners = Mapping[type, Sequence[Listener]]


def listeners_of(subscriptions: Iterable[Subscription]) -> Listeners:
    """The listeners by the type of event, in the order of their subscription."""
    listeners: dict[type, list[Listener]] = defaultdict(list)
    for event_type, listener in subscriptions:
        listeners[event_type].append(listener)
    return dict(listeners)


def publish(session: Session, event: object) -> None:
    """Call the session's listeners with the event. What they raise undoes the whole transaction."""
    listeners: Listeners = session.info["listeners"]
    for listener in listeners.get(type(event), ()):
        listener(session, event)
