"""Identifiers."""

from uuid import NAMESPACE_URL, UUID, uuid5

from uuid_utils.compat import uuid7

_DERIVED = uuid5(NAMESPACE_URL, "urn:readyshelf")


def new_id() -> UUID:
    """A new id whose order follows time (UUID version 7), so that indexes grow at their end."""
    return uuid7()


def derived_id(*parts: object) -> UUID:
    """The same id for the same parts, always: for rows whose identity follows from others."""
    return uuid5(_DERIVED, "/".join(str(part) for part in parts))


def is_id(text: str) -> bool:
    """Whether a text is an id, and not a label's code or a name."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True
