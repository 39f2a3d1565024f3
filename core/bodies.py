"""JSON bodies, checked against their shape to the letter, so that a refusal names the field."""

import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import date, datetime
from functools import cache
from typing import Any

import msgspec
from litestar import Request

from core.errors import FieldError, Refusal, bad_field
from core.languages import N_
from core.misfits import in_both, in_words

FIRST_YEAR, LAST_YEAR = 1900, 2200
_PATH = re.compile(r"(?P<message>.*?)(?: - at (?:`key` in )?`\$(?P<path>.*)`)?", re.DOTALL)
_NAMED = re.compile(r"(?:unknown|required) field `(?P<field>[^`]+)`")


def shaped(shape: Any) -> Callable[[Request[Any, Any, Any]], Awaitable[None]]:
    """A ``before_request`` hook that refuses (400, 422) a body that is not of this shape."""
    decoder = msgspec.json.Decoder(shape)

    async def check(request: Request[Any, Any, Any]) -> None:
        body = await request.body()
        try:
            check_instants(decoder.decode(body))
        except msgspec.ValidationError as error:
            raise misshapen(str(error)) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise unreadable(error) from None

    check.shape = shape  # type: ignore[attr-defined]  # for the test that walks them all
    return check


def unreadable(error: Exception) -> Refusal:
    """The refusal (400) of a body that is no JSON."""
    if isinstance(error, RecursionError):
        return Refusal(400, "bad-request", N_("what was sent is nested too deeply"))
    if isinstance(error, UnicodeDecodeError):
        return Refusal(400, "bad-request", N_("the text sent is not UTF-8"))
    return Refusal(400, "bad-request", N_("the request is not readable: {why}"), why=in_both(str(error)))


def misshapen(text: str) -> Refusal:
    """The refusal for msgspec's message, such as "Expected `str`, got `int` - at `$[0].quantity`"."""
    found = _PATH.fullmatch(text)
    assert found is not None, "the pattern takes any text"
    parts = [part for part in re.split(r"[.\[\]]", found["path"] or "") if part]
    named = _NAMED.search(found["message"])
    if named is not None:
        parts.append(named["field"])
    field = ".".join(parts) or "body"
    why, params = in_words(found["message"])
    faults = [FieldError(field, why, params)]
    return Refusal(422, "bad-input", N_("{field}: {why}"), faults, field=field, why=in_both(found["message"]))


def check_instants(value: Any, field: str = "") -> None:
    """Refuse (422) an instant without its zone and a date beyond what calendars and databases agree on (B15)."""
    if isinstance(value, date):
        check_date(value, field or "body")
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            check_instants(getattr(value, name), f"{field}.{name}" if field else name)
    elif isinstance(value, list | tuple):
        for number, part in enumerate(value):
            check_instants(part, f"{field}.{number}" if field else str(number))
    elif isinstance(value, dict):
        for name, part in value.items():
            check_instants(part, f"{field}.{name}" if field else str(name))


def check_date(value: date, field: str) -> None:
    """Refuse (422) a date or instant that cannot be used, naming its field."""
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise bad_field(field, N_("dates lie between {first} and {last}"), first=FIRST_YEAR, last=LAST_YEAR)
    if isinstance(value, datetime) and value.tzinfo is None:
        raise bad_field(field, N_("a time needs its zone, such as 2026-11-23T09:00:00+08:00"))


async def check_address(request: Request[Any, Any, Any]) -> None:
    """An address holds no NUL, which no database takes, and its dates can be used (an application-wide hook)."""
    refuse_nul(request)
    if not request.scope.get("query_string"):
        return
    for name in _dates_asked(request.route_handler):
        for text in request.query_params.getall(name, []):
            with suppress(ValueError):  # what is no date at all the framework refuses, naming it too
                check_date(datetime.fromisoformat(text) if len(text) > 10 else date.fromisoformat(text), name)


@cache
def _dates_asked(handler: Any) -> list[str]:
    """The query parameters of a route that are dates or instants."""
    parameters = handler.parsed_fn_signature.parameters.items()
    return [
        name
        for name, field in parameters
        if any(isinstance(kind, type) and issubclass(kind, date) for kind in _kinds(field))
    ]


def _kinds(field: Any) -> list[Any]:
    return [field.annotation, *(inner.annotation for inner in field.inner_types)]


def refuse_nul(request: Request[Any, Any, Any]) -> None:
    """Refuse (400) an address or a query that holds a NUL."""
    if "\x00" in request.scope["path"] or b"%00" in request.scope.get("query_string", b""):
        raise Refusal(400, "bad-request", N_("this address holds characters that cannot be shown or kept"))
