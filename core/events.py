"""How a room tells the rooms above it that something happened, inside the same transaction.

The lower room publishes an event and knows nobody; the composition root subscribes the listeners.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

Listener = Callable[[Session, Any], None]
_listeners: dict[type, list[Listener]] = defaultdict(list)


def subscribe(event_type: type, listener: Listener) -> None:
    """Call ``listener(session, event)`` for every event of this type; subscribing twice is harmless."""
    if listener not in _listeners[event_type]:
        _listeners[event_type].append(listener)


def publish(session: Session, event: object) -> None:
    """Tell the listeners, in the order of their subscription. What they raise undoes the whole transaction."""
    for listener in _listeners[type(event)]:
        listener(session, event)
