"""What lists and figures are about: a depot or a part of the city, chosen once in a browser.

The cookie names who chose: on a browser that several people use nobody works in another's scope unawares. It only
ever narrows; what it names is looked up within the caller's reach (``depots/scope.py``).
"""

from typing import Any
from urllib.parse import quote, unquote

import msgspec

SCOPE_COOKIE = "scope"


class Scope(msgspec.Struct, frozen=True):
    """A choice: of which kind ("district" or "depot"), its code, and its names for the frame to show."""

    person: str
    kind: str
    code: str
    name_zh: str
    name_en: str


def write_scope(scope: Scope) -> str:
    """The scope as a cookie's value."""
    return quote(msgspec.json.encode(scope))


def chosen_scope(cookie: str | None, caller: Any) -> Scope | None:
    """The scope that this caller has chosen in this browser; None where the cookie is another's, or not one of ours."""
    if not cookie or caller is None:
        return None
    try:
        scope = msgspec.json.decode(unquote(cookie), type=Scope)
    except (ValueError, msgspec.MsgspecError):
        return None
    return scope if scope.person == str(caller.person_id) and scope.kind in ("district", "depot") else None
