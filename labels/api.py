"""JSON and picture routes of the labels room."""

from typing import Annotated, Any, Literal

from litestar import Request, Response, get
from litestar.params import FromPath, QueryParameter
from sqlalchemy.orm import Session

from core.errors import bad_field
from core.house import House, house_of, language_of
from core.languages import N_
from depots.places import depot_by_code
from labels.drawing import DEFAULT_DPI, DEFAULT_SIZE, DOTS_PER_MM, ROLLS, as_png, as_svg, draw
from labels.sheet import sheet
from labels.states import label_state, our_code
from labels.texts import depot_texts, label_text
from people.policy import Act, Caller

_PICTURES = {"svg": "image/svg+xml", "png": "image/png"}
Size = Annotated[str, QueryParameter(description="width x height in millimetres: 40x30, 60x40 or 70x50")]
Lang = Annotated[Literal["zh", "en"] | None, QueryParameter(description="language of the words; else the caller's")]
Dpi = Annotated[int, QueryParameter(description="of the printer, for .png: 203 or 300")]


@get("/api/labels/{code:str}", may=Act.SEE, summary="What a code is bound to; with .svg or .png: the label to print")
async def get_label(
    request: Request[Any, Any, Any],
    code: FromPath[str],
    size: Size = DEFAULT_SIZE,
    lang: Lang = None,
    dpi: Dpi = DEFAULT_DPI,
) -> Response[Any]:
    """The state of a label as JSON, or its picture."""
    text, dot, kind = code.rpartition(".")
    if dot and kind in _PICTURES:
        return await _picture(request, text, kind, size, lang or language_of(request), dpi)
    house = house_of(request)
    return Response(await house.database.read(label_state, request.user, code, house.clock.today()))


async def _picture(
    request: Request[Any, Any, Any], text: str, kind: str, size: str, language: str, dpi: int
) -> Response[bytes]:
    if size not in ROLLS:
        raise bad_field("size", N_("the sizes are {sizes}"), sizes=", ".join(ROLLS))
    if dpi not in DOTS_PER_MM:
        known = ", ".join(str(dpi) for dpi in DOTS_PER_MM)
        raise bad_field("dpi", N_("printers have one of these dots per inch: {known}"), known=known)
    house = house_of(request)
    words = await house.database.read(label_text, request.user, our_code(text), house.settings.base_url, language)
    drawing = draw(words, size, DOTS_PER_MM[dpi])
    content = as_svg(drawing).encode() if kind == "svg" else as_png(drawing)
    return Response(content, media_type=_PICTURES[kind], headers={"cache-control": "no-store"})


@get("/api/depots/{depot_code:str}/labels.pdf", may=Act.SEE, summary="The labels of a depot on A4 sheets, 24 a page")
async def depot_sheet(request: Request[Any, Any, Any], depot_code: FromPath[str], lang: Lang = None) -> Response[bytes]:
    """In shelf order: the depot, its places, what lives in them."""
    house = house_of(request)
    # Off the loop: a big depot has hundreds of labels, at some 10 ms each
    content = await house.database.offload(_sheet_of, request.user, depot_code, house, lang or language_of(request))
    headers = {"content-disposition": 'attachment; filename="labels.pdf"', "cache-control": "no-store"}
    return Response(content, media_type="application/pdf", headers=headers)


def _sheet_of(session: Session, caller: Caller, depot_code: str, house: House, language: str) -> bytes:
    depot = depot_by_code(session, depot_code)
    return sheet(depot_texts(session, caller, depot, house.settings.base_url, language))


ROUTES = [get_label, depot_sheet]
