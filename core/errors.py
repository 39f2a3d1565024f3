"""Refusals: what a verb raises when it will not do a thing, in words for people.

The edge turns a refusal into problem+json (RFC 9457) for programs and into a page for people, in their language.
"""

from typing import Any
from uuid import UUID

import msgspec

from core.languages import N_

# The same for what was never made and for what lies beyond the caller's reach (rule 10)
NO_SUCH_THING = N_("there is no such thing, or it is not at one of your depots")


class FieldError(msgspec.Struct, frozen=True):
    """One thing that is wrong with one field of what was sent."""

    field: str
    message: str
    params: dict[str, Any] = {}


class Refusal(Exception):
    """A verb declines. ``message`` is an English text id; ``params`` fill its ``{names}``.

    ``kind`` is the last part of the problem's ``type`` and does not change once published.
    ``extra`` members go into the problem document as they are (such as what is still there).
    """

    def __init__(
        self,
        status: int,
        kind: str,
        message: str,
        fields: list[FieldError] | None = None,
        extra: dict[str, Any] | None = None,
        **params: Any,
    ) -> None:
        super().__init__(message.format(**params) if params else message)
        self.status = status
        self.kind = kind
        self.message = message
        self.params = params
        self.fields = fields or []
        self.extra = extra or {}

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled whole: it may come from a process beside the server."""
        return _again, (self.status, self.kind, self.message, self.fields, self.extra, self.params)


def _again(status: int, kind: str, message: str, fields: Any, extra: Any, params: dict[str, Any]) -> Refusal:
    return Refusal(status, kind, message, fields, extra, **params)


def bad_field(field: str, message: str, **params: Any) -> Refusal:
    """422: one field of the input cannot be used; says which and why."""
    return Refusal(422, "bad-input", message, [FieldError(field, message, params)], **params)


def not_found(message: str = NO_SUCH_THING, **params: Any) -> Refusal:
    """404: there is no such thing, or the caller may not see it."""
    return Refusal(404, "not-found", message, **params)


def conflict(kind: str, message: str, extra: dict[str, Any] | None = None, **params: Any) -> Refusal:
    """409: the request is sound but what is there stands against it."""
    return Refusal(409, kind, message, extra=extra, **params)


def id_reused(id: UUID | None = None) -> Refusal:
    """409: whoever names what they send has named something else so before."""
    message = N_("this id was used before for something else")
    return conflict("id-reused", message, None if id is None else {"id": str(id)})


def forbidden(message: str, **params: Any) -> Refusal:
    """403: signed in, but this role may not do this."""
    return Refusal(403, "forbidden", message, **params)


def too_many(message: str, retry_after_seconds: int, **params: Any) -> Refusal:
    """429: too often; try again after the given seconds."""
    return Refusal(429, "too-many", message, extra={"retry_after": retry_after_seconds}, **params)
