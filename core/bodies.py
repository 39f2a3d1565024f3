"""JSON bodies, checked against their shape to the letter, so that a refusal names the field."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from litestar import Request

from core.errors import FieldError, Refusal
from core.languages import N_

_PATH = re.compile(r"(?P<message>.*?)(?: - at `\$(?P<path>.*)`)?", re.DOTALL)
_NAMED = re.compile(r"(?:unknown|required) field `(?P<field>[^`]+)`")


def shaped(shape: Any) -> Callable[[Request[Any, Any, Any]], Awaitable[None]]:
    """A ``before_request`` hook that refuses (400, 422) a body that is not of this shape."""
    decoder = msgspec.json.Decoder(shape)

    async def check(request: Request[Any, Any, Any]) -> None:
        body = await request.body()
        try:
            decoder.decode(body)
        except msgspec.ValidationError as error:
            raise _misshapen(str(error)) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Refusal(400, "bad-request", N_("the request is not readable: {why}"), why=str(error)) from None

    return check


def _misshapen(text: str) -> Refusal:
    """The refusal for msgspec's message, such as "Expected `str`, got `int` - at `$[0].quantity`"."""
    found = _PATH.fullmatch(text)
    assert found is not None, "the pattern takes any text"
    parts = [part for part in re.split(r"[.\[\]]", found["path"] or "") if part]
    named = _NAMED.search(found["message"])
    if named is not None:
        parts.append(named["field"])
    field = ".".join(parts) or "body"
    message = N_("{field}: {why}")
    return Refusal(422, "bad-input", message, [FieldError(field, found["message"])], field=field, why=found["message"])


async def refuse_nul(request: Request[Any, Any, Any]) -> None:
    """No address or query holds a NUL: no database would keep it (an application-wide ``before_request`` hook)."""
    if "\x00" in request.scope["path"] or b"%00" in request.scope.get("query_string", b""):
        raise Refusal(400, "bad-request", N_("this address holds characters that cannot be shown or kept"))
