"""Pages of depots, places, and the officer's dashboard."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from litestar import Request, Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from sqlalchemy.orm import Session

from core.context import context_of, language_of
from core.languages import N_
from core.pages import form_of, page, render
from core.paging import nth_page
from core.scripts import as_script
from depots.models import Post
from depots.scope import in_scope
from inventory.desk.because import because, profile_names
from inventory.desk.city_map import STATE_WORDS, state_of
from inventory.desk.depot_tabs import documents, due_checks, last_movements, nested, shelves, worst_first
from inventory.desk.depot_view import Tab, dates, depot_head, now_view, place_view, posts
from inventory.faults.faults import close_defect
from inventory.faults.models import Defect
from inventory.fitness.words import WHY_WORDS
from inventory.readiness.crew import POST_WORDS, Holder, read_people, set_crew
from inventory.readiness.dashboard import expiring, group, most_missed, names_of, type_gap, vacancies
from inventory.readiness.figures import DepotFigures
from inventory.readiness.survey import Survey, asked_by, from_memory, survey
from inventory.reports.lists import INCIDENT_WORDS
from inventory.stock.reasons import reason_in
from inventory.stock.within import document_first
from inventory.stock.words import CONDITION_WORDS, KIND_WORDS
from inventory.upkeep.pages import STATE_WORDS as CHECK_WORDS
from inventory.upkeep.service_pages import VERDICT_WORDS
from inventory.watch.raising import ready_under_watch, under_watch
from people.policy import Act, Caller, may_at

Text = Annotated[str | None, QueryParameter(max_length=100)]
Type = Annotated[str | None, QueryParameter(name="type", max_length=8)]
Newer = Annotated[str | None, QueryParameter(pattern="^[0-9A-Z]{8}$")]
Number = Annotated[int, QueryParameter(name="page", ge=1, le=10_000)]
PER_PAGE = 50
ON_THE_BOOKS = "books"
CHOICES = {**{state.value: word for state, word in STATE_WORDS.items()}, ON_THE_BOOKS: N_("complete on the books")}
WORST = 10  # depots on the dashboard; all are a click away


@get("/depots", may=Act.SEE, include_in_schema=False)
async def depots_page(
    request: Request[Any, Any, Any],
    district: Text = None,
    type_code: Type = None,
    number: Number = 1,
    only: Annotated[Literal["", "ready", "held", "short", "books"], QueryParameter(name="state")] = "",
    by: Annotated[Literal["", "low"], QueryParameter()] = "",
) -> Response[str]:
    """The depots within reach, the least ready first, or those with most items low. ``state``: only those."""
    context = context_of(request)
    board = await context.database.survey(
        _depots, await in_scope(request), context.clock.today(), district or None, type_code or None
    )
    rows = [row for row in board["rows"] if not only or only in _states(row)]
    if by == "low":
        rows.sort(key=lambda row: (-row.low, row.code))
    asked: dict[str, Any] = {"states": CHOICES, "state": only, "by": by, "total": len(rows)}
    return page(request, "inventory/depots.html", **board, **asked, **_slice(rows, number))


def _states(row: DepotFigures) -> set[str]:
    """What a depot may be asked for by: its state, and whether all stands on its books, ready or not."""
    return {state_of(row).value} | ({ON_THE_BOOKS} if row.lines_held == row.lines else set())


def _depots(
    session: Session, caller: Caller, today: date, district: str | None, type_code: str | None
) -> dict[str, Any]:
    found = survey(session, caller, today, district, type_code)
    rows = found.once(asked_by(caller, "worst", today, district, type_code), lambda: _worst_first(found.rows))
    return {"rows": rows, **_choices(found), "district": district, "type_code": type_code}


def _choices(found: Survey) -> dict[str, Any]:
    return {"districts": found.districts, "types": found.types}


def _worst_first(rows: list[DepotFigures]) -> list[DepotFigures]:
    return sorted(rows, key=lambda row: (row.lines_ready - row.lines, -row.low, row.code))


def _slice(rows: list[Any], number: int) -> dict[str, Any]:
    shown, pages = nth_page(rows, number, PER_PAGE)
    return {"shown": shown, "number": number, "pages": pages}


@get("/dashboard", may=Act.SEE, include_in_schema=False)
async def dashboard_page(
    request: Request[Any, Any, Any], district: Text = None, type_code: Type = None
) -> Response[str]:
    """Which depots are not ready and why, what expires, what runs low."""
    context = context_of(request)
    asked = _Asked(district or None, type_code or None, language_of(request), context.settings.zone)
    caller, today = await in_scope(request), context.clock.today()
    body = await from_memory(context.database, caller, today, ("dashboard", asked), _dashboard, asked)
    return page(request, "inventory/dashboard.html", body=body)


@dataclass(frozen=True)
class _Asked:
    """What decides how the dashboard is drawn, beside who reads it."""

    district: str | None
    type_code: str | None
    language: str
    zone: ZoneInfo


def _dashboard(session: Session, caller: Caller, today: date, asked: _Asked) -> str:
    """The page's body, drawn once for all who may see the same, for as long as no figure changes."""
    district, type_code = asked.district, asked.type_code
    found = survey(session, caller, today, district, type_code)

    def draw() -> str:
        board = found.once(asked_by(caller, "board", district, type_code), lambda: _board(session, found, today))
        more = {
            "today": today,
            "yesterday": today - timedelta(days=1),
            "district": district,
            "type_code": type_code,
            **_choices(found),
        }
        more["ready_under_watch"] = ready_under_watch(session, today, found)
        more["shown"] = board["rows"][:WORST]
        return render("inventory/dashboard_body.html", asked.language, asked.zone, **board, **more)

    return found.once(asked_by(caller, "drawn", district, type_code, asked.language, asked.zone.key), draw)


def _board(session: Session, found: Survey, today: date) -> dict[str, Any]:
    by_district = group(found.rows, today, "district", names_of(found.districts))
    by_type = group(found.rows, today, "type", names_of(found.types))
    missed = most_missed(session, found.rows)
    buckets = expiring(found.rows, today)
    chart = {"districts": by_district.groups, "missed": missed, "buckets": buckets}
    return {
        "rows": _worst_first(found.rows),
        "total": by_district.total,
        "by_district": by_district.groups,
        "by_type": by_type.groups,
        "missed": missed,
        "vacancies": vacancies(found.rows),
        "buckets": buckets,
        "gap": type_gap(found.announced, found.types),
        "is_announced": found.announced is not None or any(one.headline_count is not None for one in found.types),
        "chart": as_script(chart),
    }


TAB_WORDS = {
    Tab.NOW: N_("Now"),
    Tab.STOCK: N_("Stock by place"),
    Tab.DUE: N_("Checks and dates"),
    Tab.DOCUMENTS: N_("Documents"),
    Tab.PEOPLE: N_("People"),
    Tab.HISTORY: N_("History"),
}


@get("/depots/{code:str}", may=Act.SEE, include_in_schema=False)
async def depot_page(
    request: Request[Any, Any, Any],
    code: FromPath[str],
    done: Text = None,
    label: Newer = None,
    tab: Annotated[Tab, QueryParameter()] = Tab.NOW,
) -> Response[str]:
    """One depot, tab by tab. ``label``: the code after one that was scanned."""
    context = context_of(request)
    today = context.clock.today()
    shown = await context.database.read(_depot, request.user, code, today, context.clock.now(), tab)
    words: dict[str, Any] = {"reason_in": reason_in, "tabs": TAB_WORDS, "why_words": WHY_WORDS, "new_id": uuid4}
    return page(request, "inventory/depot.html", **shown, **words, tab=tab, today=today, done=done, newer=label)


def _depot(session: Session, caller: Caller, code: str, today: date, now: datetime, tab: Tab) -> dict[str, Any]:
    """The head of a depot's page, and what its tab shows."""
    head = depot_head(session, caller, code)
    depot = head.depot
    shown: dict[str, Any] = {"view": head}
    match tab:
        case Tab.NOW:
            shown["now"] = now_view(session, depot.id, today)
            shown["raised"] = under_watch(session, caller, today, code)
            shown["verdict_words"] = VERDICT_WORDS
            shown |= {"because": because, "profile_names": profile_names(session)}
        case Tab.STOCK:
            rows = shelves(session, depot.id, today)
            shown |= {"nests": nested(rows), "wrong": worst_first(rows)}
        case Tab.DUE:
            shown |= {"dates": dates(session, depot.id, today), "checks": due_checks(session, caller, code, today)}
            shown["state_words"] = {state.value: word for state, word in CHECK_WORDS.items()}
        case Tab.DOCUMENTS:
            shown |= {"open": documents(session, depot, now), "now": now, "incident_words": INCIDENT_WORDS}
        case Tab.PEOPLE:
            shown |= {"crew": posts(session, depot.id), "post_words": POST_WORDS}
        case Tab.HISTORY:
            shown |= {"moved": last_movements(session, caller, code), "kind_words": KIND_WORDS}
    return shown


@post("/depots/{code:str}/crew", may=Act.KEEP, include_in_schema=False, status_code=303)
async def crew_form(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
    """Record who holds the crew's posts."""
    context = context_of(request)
    form = await form_of(request)
    posts = {one: Holder(form.get(one, ""), form.get(f"{one}-phone", "")) for one in Post}
    people = read_people(form.get("people", ""))
    await context.database.write(set_crew, request.user, code, people, posts, context.clock.now())
    return Redirect(f"/depots/{code}?tab=people&done=crew", status_code=303)


@get("/places/{place_id:uuid}", may=Act.SEE, include_in_schema=False)
async def place_page(
    request: Request[Any, Any, Any], place_id: FromPath[UUID], cursor: Text = None, label: Newer = None
) -> Response[str]:
    """What stands on a shelf, in a kit, on a vehicle. ``label``: the code after one that was scanned."""
    context = context_of(request)
    view = await context.database.read(place_view, request.user, place_id, context.clock.today(), cursor)
    keeps = may_at(request.user, Act.KEEP, view.depot.id, view.depot.district_code)
    shown: dict[str, Any] = {"view": view, "condition_words": CONDITION_WORDS}
    return page(request, "inventory/place.html", **shown, today=context.clock.today(), newer=label, keeps=keeps)


@post(
    "/defects/{defect_id:uuid}/close",
    may=Act.KEEP,
    guards=[document_first("defect_id", Defect)],
    include_in_schema=False,
    status_code=303,
)
async def close_fault(request: Request[Any, Any, Any], defect_id: FromPath[UUID]) -> Response[Any]:
    """Close a fault with a word on what was done."""
    context = context_of(request)
    form = await form_of(request)
    await context.database.write(close_defect, request.user, defect_id, form.get("note", ""), context.clock.now())
    return Redirect(f"/depots/{form.get('depot', '')}?done=closed", status_code=303)


ROUTES = [depots_page, dashboard_page, depot_page, crew_form, place_page, close_fault]
