"""``/api/sweeps``: the tags that a reader saw at a place, as lines for a count."""

from typing import Annotated, Any

import msgspec
from litestar import Request, post
from litestar.params import Body

from core.bodies import shaped
from core.context import context_of
from labels.codes.sweeping import SweepAnswer, sweep
from people.policy import Act


class Sweep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``place``: a code on it, or its id. ``tags``: as the reader writes them, as often as it saw each."""

    place: str
    tags: list[str]


@post(
    "/api/sweeps",
    operation_id="readSweep",
    may=Act.TAKE,
    before_request=shaped(Sweep),
    status_code=200,
    summary="What the RFID tags read at a shelf or truck stand for",
)
async def read_sweep(request: Request[Any, Any, Any], data: Annotated[Any, Body(title="What was read")]) -> SweepAnswer:
    """Books nothing: its lines go into a count (``POST /api/entries``, kind ``count``), after a look at the rest."""
    given = msgspec.convert(data, Sweep)
    return await context_of(request).database.read(sweep, request.user, given.place, given.tags)


ROUTES = [read_sweep]
