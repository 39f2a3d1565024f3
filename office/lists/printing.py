"""Printing the labels of chosen lots: the act of every list whose rows are lots."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request
from sqlalchemy.orm import Session

from core.bodies import misshapen
from core.context import context_of
from core.errors import bad_field
from core.ids import is_id
from core.languages import N_
from labels.drawing.formats import built_in
from labels.labels_api import begin_run
from labels.printing.choosing import Chosen
from labels.printing.own_formats import own_formats
from labels.printing.runs import Wish
from labels.printing.texts import codes_of_lots
from office.tables import Act, Key, Reader
from people.policy import Act as May


async def sizes_beside(request: Request[Any, Any, Any]) -> Mapping[str, Any]:
    """The sizes of labels to choose from."""
    own = await context_of(request).database.read(own_formats)
    return {"sizes": [*built_in(), *own]}


def printing(place: int) -> Act:
    """Print the labels of the chosen rows' lots. ``place``: of the lot's id in a row's key."""

    def codes(session: Session, reader: Reader, keys: Sequence[Key], _said: Mapping[str, str]) -> list[str]:
        found = codes_of_lots(session, reader.caller, {key[place] for key in keys})
        if not found:
            raise bad_field("id", N_("none of these has a label of its own"))
        return found

    return Act("print", N_("Print labels"), codes, May.KEEP, ("size",), "l", then=_begin)


async def _begin(request: Request[Any, Any, Any], codes: list[str], said: Mapping[str, str]) -> str:
    try:
        wish = msgspec.convert({"size": said.get("size") or "a4-24", "language": said["language"]}, Wish)
    except msgspec.ValidationError as fault:
        raise misshapen(str(fault)) from None
    wish = msgspec.structs.replace(wish, chosen=Chosen(codes=codes))
    run_id = UUID(said["form"]) if is_id(said.get("form", "")) else None
    return f"/labels/runs/{await begin_run(context_of(request), request.user, wish, run_id)}"
