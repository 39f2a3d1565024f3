"""Pages about labels: what a depot has to print and to stick, one label with its history, sizes with a live preview."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.addresses import is_trial
from core.bodies import misshapen
from core.context import AppContext, context_of, language_of
from core.errors import bad_field, not_found
from core.ids import is_id
from core.languages import N_
from core.pages import form_of, page
from depots.models import Depot, Place
from depots.places import shelves_of, visible_depot
from labels.codes.codes import read_scan, spoken
from labels.codes.fastening import bind, report_mistaken, set_outdoor, unbind
from labels.codes.foreign import link, unlink
from labels.codes.models import Label
from labels.codes.states import label_state, our_code
from labels.drawing.dots import DEFAULT_SIZE
from labels.drawing.drawing import as_svg, draw
from labels.drawing.formats import FIELDS, NAMES, built_in, of_size
from labels.drawing.label_text import LabelText
from labels.labels_api import begin_run
from labels.printing.addresses import addresses_of, newest_address
from labels.printing.choosing import Chosen
from labels.printing.lists import fading, history, missing, never_bound, rolls_of_blanks, second_codes, unlabelled
from labels.printing.own_formats import keep_format, own_formats, read_format
from labels.printing.printers import read_printers
from labels.printing.runs import Wish, own_runs, progress_of
from labels.printing.sending import print_label
from labels.printing.texts import codes_of_places
from people.policy import PUBLIC, Act, Caller, may, may_at, reach

Code = Annotated[str | None, QueryParameter(max_length=20)]
SAMPLE_CODE = "7K3M9QXA"
_TO = Redirect
Ids = Annotated[str, QueryParameter(max_length=4000)]
MOST_CHOSEN = 200


@get("/labels", may=Act.SEE, include_in_schema=False)
async def labels_page(request: Request[Any, Any, Any], depot: Code = None, places: Ids = "") -> Response[str]:
    """What is to be printed and to be stuck at a depot; blank rolls; one's own print runs.

    ``places``: ids of places, parted by commas, whose labels are chosen.
    """
    context = context_of(request)
    shown = await context.database.read(_desk, request.user, context, depot, places)
    return page(request, "labels/desk.html", spoken=spoken, **shown)


def _desk(session: Session, caller: Caller, context: AppContext, code: str | None, places: str) -> dict[str, Any]:
    statement = select(Depot).where(reach(caller, Act.SEE, Depot.id, Depot.district_code)).order_by(Depot.code)
    depots = list(session.execute(statement.limit(2)).scalars())
    depot = visible_depot(session, caller, code.strip()) if code else next(iter(depots), None)
    printed, base = newest_address(session), context.settings.label_base
    shown: dict[str, Any] = {
        "many": len(depots) > 1,
        "depot": depot,
        "formats": {**built_in(), **own_formats(session)},
        "rolls": rolls_of_blanks(session),
        "runs": own_runs(session, caller, context.clock.now()),
        "base": base,
        "trial": is_trial(base),
        "changed_from": printed if printed and printed != base else None,
        "missing": [],
        "unlabelled": [],
        "fading": [],
        "may_keep": False,
        "chosen": codes_of_places(session, caller, [UUID(one) for one in places.split(",") if is_id(one)]),
    }
    if depot is None:
        return shown
    return shown | {
        "missing": missing(session, caller, depot),
        "unlabelled": unlabelled(session, caller, depot),
        "fading": fading(session, [depot.id], context.clock.today()),
        "may_keep": may_at(caller, Act.KEEP, depot.id, depot.district_code),
    }


@post("/labels/run", may=Act.KEEP, include_in_schema=False, status_code=303)
async def start_run_here(request: Request[Any, Any, Any]) -> Response[Any]:
    """Start a print run from the page's form."""
    context, form = context_of(request), await form_of(request)
    run_id = await begin_run(context, request.user, _wish(form, language_of(request)))
    return _TO(f"/labels/runs/{run_id}", status_code=303)


def _wish(form: dict[str, str], language: str) -> Wish:
    given = {name: form[name] for name in ("size", "start", "right", "down", "blank", "note") if form.get(name)}
    chosen = Chosen(
        codes=form.get("codes", "").split()[:MOST_CHOSEN] if form.get("which") == "chosen" else [],
        depot=form.get("depot") or None,
        everywhere=form.get("which") == "everywhere",
        never=form.get("which") == "never",
    )
    if chosen.everywhere:
        chosen = msgspec.structs.replace(chosen, depot=None)
    if not (chosen.codes or chosen.depot or chosen.everywhere or form.get("blank")):
        raise bad_field("depot", N_("say which labels are to be printed"))
    try:
        return msgspec.convert(
            {**given, "language": form.get("language") or language, "chosen": chosen}, Wish, strict=False
        )
    except msgspec.ValidationError as fault:
        raise misshapen(str(fault)) from None


@get("/labels/runs/{run_id:uuid}", may=Act.KEEP, include_in_schema=False)
async def run_page(request: Request[Any, Any, Any], run_id: FromPath[UUID]) -> Response[str]:
    """How far a print run is, and its file when it is ready. The page asks again by itself."""
    context = context_of(request)
    run = await context.database.read(progress_of, request.user, run_id, context.clock.now())
    return page(request, "labels/run.html", run=run)


@get("/labels/rolls/{roll_id:uuid}", may=Act.SEE, include_in_schema=False)
async def roll_page(request: Request[Any, Any, Any], roll_id: FromPath[UUID]) -> Response[str]:
    """The codes of a roll that are printed and on nothing yet."""
    codes = await context_of(request).database.read(never_bound, roll_id)
    return page(request, "labels/roll.html", codes=codes[:1000], number=len(codes), spoken=spoken)


@get("/labels/{code:str}", may=Act.SEE, include_in_schema=False)
async def label_page(request: Request[Any, Any, Any], code: FromPath[str], done: Code = None) -> Response[str]:
    """One label: how it looks, what it is on, what was done with it, and what a keeper can do with it."""
    context, code = context_of(request), our_code(code)
    shown = await context.database.read(_label, request.user, context, code)
    return page(request, "labels/label.html", code=code, spoken=spoken(code), done=_DONE.get(done or ""), **shown)


ACT_WORDS = {
    "printed": N_("printed"),
    "bound": N_("bound"),
    "unbound": N_("taken off"),
    "replaced": N_("replaced"),
    "outdoor": N_("outdoors"),
    "indoor": N_("indoors"),
    "mistaken": N_("on the wrong thing"),
}
_DONE = {
    "bind": N_("Bound. Scanning it opens the thing from now on."),
    "unbind": N_("Taken off. Scanned, it still opens the item; another label is its main one now."),
    "print": N_("Noted as printed."),
    "sent": N_("Sent to the printer."),
    "outdoor": N_("Noted."),
    "mistaken": N_("Reported. A keeper will have a look."),
    "link": N_("Linked. Scanning that code opens the thing from now on."),
}


def _place_of(session: Session, label: Label) -> UUID | None:
    """The place that a label is on; a vehicle or kit is one under its piece's id."""
    place = session.get(Place, label.place_id or label.lot_id) if label.place_id or label.lot_id else None
    return place.id if place is not None else None


def _label(session: Session, caller: Caller, context: AppContext, code: str) -> dict[str, Any]:
    state = label_state(session, caller, code, context.clock.today())
    row = session.get_one(Label, code)
    own = session.execute(
        select(Depot).where(reach(caller, Act.KEEP, Depot.id, Depot.district_code)).order_by(Depot.code).limit(2)
    ).scalars()
    depots = list(own)
    return {
        "state": state,
        "row": row,
        "place_id": _place_of(session, row),
        "acts": history(session, code),
        "second": second_codes(session, row.lot_id, row.place_id) if row.lot_id or row.place_id else [],
        "formats": {**built_in(), **own_formats(session)},
        "printers": read_printers(context.settings.label_printers),
        "may_keep": bool(depots),
        # Who keeps one depot chooses from its shelves; who keeps many scans or types
        "shelves": shelves_of(session, [depots[0].id]) if len(depots) == 1 else [],
        "home": depots[0] if len(depots) == 1 else None,
        "words": ACT_WORDS,
    }


@post("/labels/{code:str}/{act:str}", may=Act.REPORT, include_in_schema=False, status_code=303)
async def act_on_label(request: Request[Any, Any, Any], code: FromPath[str], act: FromPath[str]) -> Response[Any]:
    """Bind, take off, note a print, say that it is outdoors or on the wrong thing, link a second code."""
    context, form, code = context_of(request), await form_of(request), our_code(code)
    if act not in _ACTS:
        raise not_found(N_("there is nothing of this kind to do with a label"))
    if act == "print":
        printer = form.get("printer") or None
        size, language = form.get("size") or DEFAULT_SIZE, form.get("language") or language_of(request)
        await context.database.offload(_printed, context, request.user, code, size, printer, language)
        return _TO(f"/labels/{code}?done={'sent' if printer else 'print'}", status_code=303)
    await context.database.write(_ACTS[act], request.user, code, form, context.clock.now())
    return _TO(f"/labels/{code}?done={act}", status_code=303)


def _printed(
    _session: Session, context: AppContext, caller: Caller, code: str, size: str, printer: str | None, language: str
) -> None:
    print_label(context, caller, code, size, printer, language)


def _to(form: dict[str, str]) -> str:
    return form.get("to", "").strip() or form.get("shelf", "")


_ACTS: dict[str, Any] = {
    "bind": lambda session, who, code, form, now: bind(session, who, code, _to(form), form.get("reason", ""), now),
    "unbind": lambda session, who, code, form, now: unbind(session, who, code, form.get("reason", ""), now),
    "outdoor": lambda session, who, code, form, now: set_outdoor(
        session, who, code, now, outdoor=form.get("outdoor") == "yes"
    ),
    "mistaken": lambda session, who, code, form, now: report_mistaken(session, who, code, form.get("reason", ""), now),
    "link": lambda session, who, code, form, now: link(session, who, form.get("text", ""), code, now),
    "unlink": lambda session, who, _code, form, _now: unlink(session, who, form.get("text", "")),
    "print": None,
}


@get("/label-sizes", may=Act.SEE, include_in_schema=False)
async def sizes_page(request: Request[Any, Any, Any], size: Code = None) -> Response[str]:
    """The sizes of labels as data, with a live preview; an administrator may keep one of his own."""
    context = context_of(request)
    own = await context.database.read(own_formats)
    form = of_size(size or DEFAULT_SIZE, own)
    return page(
        request,
        "labels/sizes.html",
        form=form,
        formats={**built_in(), **own},
        fields=FIELDS,
        names=NAMES,
        may_keep=may(request.user, Act.ADMINISTER),
    )


@get("/label-sizes/preview.svg", may=Act.SEE, include_in_schema=False)
async def preview(request: Request[Any, Any, Any]) -> Response[bytes]:
    """A label in the size that the address describes, with the words that it names."""
    context, asked = context_of(request), dict(request.query_params)
    own = await context.database.read(own_formats, asked.get("size", DEFAULT_SIZE))
    form = read_format({**asked, "code": ""}, of_size(asked.get("size", DEFAULT_SIZE), own))
    text = _sample(context, asked, language_of(request))
    return Response(
        as_svg(draw(text, form)).encode(), media_type="image/svg+xml", headers={"cache-control": "no-store"}
    )


def _sample(context: AppContext, asked: dict[str, str], language: str) -> LabelText:
    return LabelText(
        url=addresses_of(context.settings).of(SAMPLE_CODE),
        code=SAMPLE_CODE,
        name_zh=asked.get("name_zh", "")[:200] or "手提式ABC干粉灭火器 MFZ/ABC4 (4kg)",
        name_en=asked.get("name_en", "")[:200] or "Portable ABC dry-powder extinguisher 4 kg",
        depot="STR-0001 示例园区应急站" if language == "zh" else "STR-0001 Sample park depot",
        place="器材库 › A柜 › A2层" if language == "zh" else "Store › Bay A › Shelf A2",
        number="编号 SN-2024-0001" if language == "zh" else "No. SN-2024-0001",
        next_date="有效期至 2029-05-01" if language == "zh" else "Use by 2029-05-01",
        weight="5.8 kg",
        phone="0755-00000001",
        language=asked.get("language", language),
    )


@post("/label-sizes", may=Act.ADMINISTER, include_in_schema=False, status_code=303)
async def keep_size(request: Request[Any, Any, Any]) -> Response[Any]:
    """Store the size under a name of one's own."""
    context, form = context_of(request), await form_of(request)
    code = form.get("code", "").strip().lower()
    await context.database.write(_keep, request.user, code, form, context.clock.now())
    return _TO(f"/label-sizes?size={code}", status_code=303)


def _keep(session: Session, caller: Caller, code: str, form: dict[str, str], now: Any) -> None:
    base = of_size(form.get("size", DEFAULT_SIZE), own_formats(session))
    keep_format(session, caller, code, read_format({**form, "code": ""}, base), now)


@get("/8004/{asset:str}", may=PUBLIC, include_in_schema=False)
async def by_asset(asset: FromPath[str]) -> Response[Any]:
    """A label that carries a GS1 Digital Link (AI 8004): the owner's prefix, then our code."""
    scan = read_scan(f"https://label/8004/{asset}")
    if scan.code is None:
        raise not_found(N_("no label with this code was ever made"))
    return _TO(f"/q/{scan.code}", status_code=303)


ROUTES = [
    labels_page,
    start_run_here,
    run_page,
    roll_page,
    label_page,
    act_on_label,
    sizes_page,
    preview,
    keep_size,
    by_asset,
]
