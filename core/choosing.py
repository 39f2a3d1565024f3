"""``?fields=code,name_zh``: of each row of a list only what the caller asks for.

The rows are cut at the edge, out of the text that the route answers: a route knows nothing of it, and who does not ask
pays nothing. Such an answer has a media type of its own, since it is not of the shape that is described for the list.
"""

from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any, get_args, get_origin
from urllib.parse import parse_qs

import msgspec
from litestar.connection import ASGIConnection
from litestar.handlers import HTTPRouteHandler
from litestar.response import Response

from core.errors import FieldError, Refusal
from core.languages import N_
from core.paging import Page

NAME = "fields"
MEDIA_TYPE = "application/vnd.readyshelf.fields+json"
# The names that a request has chosen: the edge sets it anew for each, the request's route says what may be chosen
CHOSEN: ContextVar[list[str] | None] = ContextVar("chosen", default=None)
_Row = dict[str, msgspec.Raw]


def asks_for_fields(query: bytes) -> bool:
    """Whether a query string chooses fields."""
    return query.startswith(b"fields=") or b"&fields=" in query


def read_choice(connection: ASGIConnection[Any, Any, Any, Any], handler: HTTPRouteHandler) -> None:
    """Remember which fields a request chooses; refuse (400) unknown names, naming those that there are."""
    query = connection.scope.get("query_string", b"")
    chosen = CHOSEN.get()
    if chosen is None or not asks_for_fields(query) or not connection.scope["path"].startswith("/api/"):
        return
    there = fields_of(handler)
    if not there:
        raise _refused(N_("this answer is no list of rows whose fields could be chosen; leave fields out"))
    said = ",".join(parse_qs(query.decode("latin-1")).get(NAME, [])).split(",")
    wanted = list(dict.fromkeys(name.strip() for name in said if name.strip()))
    if not wanted or not set(wanted) <= set(there):
        raise _refused(N_("these are the fields: {names}"), names=", ".join(there))
    chosen[:] = wanted


def _refused(message: str, **params: Any) -> Refusal:
    return Refusal(400, "bad-input", message, [FieldError(NAME, message, params)], **params)


def fields_of(handler: HTTPRouteHandler) -> tuple[str, ...]:
    """The fields of a list's rows, as they are named in its answer; none where a route answers no list."""
    row = _row_of(handler.opt.get("shows") or handler.parsed_fn_signature.return_type.annotation)
    if row is None:
        return ()
    return tuple(field.encode_name for field in msgspec.structs.fields(row))


def _row_of(kind: Any) -> type[msgspec.Struct] | None:
    origin, args = get_origin(kind), get_args(kind)
    if isinstance(origin, type) and issubclass(origin, Response):
        return _row_of(args[0])
    row = args[0] if origin in (list, Page) else None
    return row if isinstance(row, type) and issubclass(row, msgspec.Struct) else None


def cut(body: bytes, names: Sequence[str]) -> bytes:
    """A list's text with the named fields alone of each row, in the order asked for."""
    if body.startswith(b"["):
        return msgspec.json.encode(_rows(msgspec.json.decode(body, type=list[_Row]), names))
    page = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    rows = _rows(msgspec.json.decode(page["items"], type=list[_Row]), names)
    return msgspec.json.encode({**page, "items": rows})


def _rows(rows: list[_Row], names: Sequence[str]) -> list[_Row]:
    return [{name: row[name] for name in names if name in row} for row in rows]
