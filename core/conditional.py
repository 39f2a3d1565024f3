"""Answers that a program may have already: the ETag of a body, and 304 in its place (RFC 9110, 13.1.2)."""

import hashlib
from typing import Any

import msgspec
from litestar import Request, Response


def tag_of(body: Any, *but: str) -> str:
    """The ETag of an answer: of all that is in it but the members named, such as the moment it was asked for."""
    shown = msgspec.to_builtins(body)
    for name in but:
        shown.pop(name, None)
    return tag_of_text(msgspec.json.encode(shown))


def tag_of_text(body: bytes) -> str:
    """The ETag of an answer by the bytes of its body."""
    return f'"{hashlib.sha256(body).hexdigest()[:24]}"'


def holds(if_none_match: str, tag: str) -> bool:
    """Whether the caller has the answer with this ETag; compressed or not, it is the same (weak comparison)."""
    return tag.removeprefix("W/") in [one.strip().removeprefix("W/") for one in if_none_match.split(",")]


def unless_known(
    request: Request[Any, Any, Any],
    body: Any,
    tag: str,
    more: dict[str, str] | None = None,
    media_type: str | None = None,
) -> Response[Any]:
    """The answer, or 304 without it where the caller has exactly this one; ``more``: further headers of both."""
    headers = {"etag": tag, **(more or {})}
    if holds(request.headers.get("if-none-match", ""), tag):
        return Response(None, status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=media_type)
