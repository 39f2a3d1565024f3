"""JSON and picture routes of the labels room."""

import asyncio
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Request, Response, get
from litestar.params import FromPath, QueryParameter
from sqlalchemy.orm import Session

from core.apart import apart, apart_over, unseen
from core.context import AppContext, context_of, language_of
from depots.models import Place
from depots.places import visible_depot
from inventory.stock.within import PLACE_FIRST
from labels.codes.states import LabelState, label_state
from labels.drawing.dots import DEFAULT_DPI, DEFAULT_SIZE
from labels.drawing.formats import of_size
from labels.drawing.sheet import Fit, sheet
from labels.printing.addresses import addresses_of
from labels.printing.door import door_of
from labels.printing.door_text import Door, door_pdf
from labels.printing.own_formats import own_formats
from labels.printing.printing import MEDIA, Wanted, label_file
from labels.printing.texts import depot_texts
from people.policy import Act, Caller

Size = Annotated[str, QueryParameter(description="a format's code, such as 40x30, 60x40, 70x50, 30x15, a4-24")]
SheetSize = Annotated[str, QueryParameter(description="a4-21, a4-24 or a4-65, or a roll's format: a label a page")]
Lang = Annotated[Literal["zh", "en"] | None, QueryParameter(description="language of the words; else the caller's")]
Dpi = Annotated[int, QueryParameter(description="of the label printer: 203 or 300")]
Start = Annotated[int, QueryParameter(description="PDF on a sheet: the first sticker still there, from 1")]
Right = Annotated[float, QueryParameter(description="PDF: millimetres by which this printer prints too far left")]
Down = Annotated[float, QueryParameter(description="PDF: millimetres by which this printer prints too high")]
Frames = Annotated[bool, QueryParameter(description="PDF: outline the stickers, to find the two corrections")]


@get(
    "/api/labels/{code:str}",
    shows=LabelState,
    files=tuple(MEDIA.values()),
    may=Act.SEE,
    summary="What a code is bound to; with .svg, .png, .pdf, .zpl or .tspl: the label to print",
)
async def get_label(
    request: Request[Any, Any, Any],
    code: FromPath[str],
    *,
    size: Size = DEFAULT_SIZE,
    lang: Lang = None,
    dpi: Dpi = DEFAULT_DPI,
    start: Start = 1,
    right: Right = 0.0,
    down: Down = 0.0,
    frames: Frames = False,
) -> Response[Any]:
    """The state of a label as JSON, or the label itself in a printable form."""
    context = context_of(request)
    text, dot, kind = code.rpartition(".")
    if not dot or kind not in MEDIA:
        return Response(await context.database.look(label_state, request.user, code, context.clock.today()))
    wanted = Wanted(kind, size, lang or language_of(request), dpi, Fit(start, right, down, frames))
    # Off the loop: fitting the font into a PDF takes a third of a second
    run = context.database.survey if kind == "pdf" else context.database.read
    content = await run(label_file, request.user, text, wanted, addresses_of(context.settings))
    return Response(content, media_type=MEDIA[kind], headers={"cache-control": "no-store"})


@get(
    "/api/depots/{depot_code:str}/labels.pdf",
    operation_id="getDepotLabels",
    files=("application/pdf",),
    may=Act.SEE,
    summary="The labels of a depot, on A4 sheets unless told",
)
async def depot_sheet(
    request: Request[Any, Any, Any],
    depot_code: FromPath[str],
    *,
    lang: Lang = None,
    size: SheetSize = "a4-24",
    start: Start = 1,
    right: Right = 0.0,
    down: Down = 0.0,
    frames: Frames = False,
) -> Response[bytes]:
    """In shelf order: the depot, its places, what lives in them."""
    context = context_of(request)
    wanted = Wanted("pdf", size, lang or language_of(request), fit=Fit(start, right, down, frames))
    content = await context.database.survey(_sheet_of, request.user, depot_code, context, wanted)
    headers = {"content-disposition": 'attachment; filename="labels.pdf"', "cache-control": "no-store"}
    return Response(content, media_type="application/pdf", headers=headers)


@get(
    "/api/places/{place_id:uuid}/door.pdf",
    operation_id="getDoorSheet",
    files=("application/pdf",),
    may=Act.SEE,
    guards=[PLACE_FIRST],
    summary="The sheet for a cabinet's door: what is in it, until when, and its symbol",
)
async def door_sheet(request: Request[Any, Any, Any], place_id: FromPath[UUID], lang: Lang = None) -> Response[bytes]:
    """Of a room, cabinet, shelf, kit or vehicle. Regulated gear is not on it: who passes by can read it."""
    context = context_of(request)
    door = await context.database.read(_door_of, place_id, context, lang or language_of(request))
    content = await asyncio.to_thread(apart, door_pdf, door)
    headers = {"content-disposition": 'inline; filename="door.pdf"', "cache-control": "no-store"}
    return Response(content, media_type="application/pdf", headers=headers)


def _door_of(session: Session, place_id: UUID, context: AppContext, language: str) -> Door:
    place = session.get_one(Place, place_id)
    return door_of(session, place, addresses_of(context.settings), context.clock.today(), language)


def _sheet_of(session: Session, caller: Caller, depot_code: str, context: AppContext, wanted: Wanted) -> bytes:
    depot = visible_depot(session, caller, depot_code)
    form = of_size(wanted.size, own_formats(session, wanted.size))
    texts = depot_texts(session, caller, depot, addresses_of(context.settings), wanted.language)
    return apart_over(texts, unseen, sheet, form, wanted.fit)


ROUTES = [get_label, depot_sheet, door_sheet]
