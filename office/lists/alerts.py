"""The open alerts as a table: the most dangerous first, taken on, put aside and assigned many at a time."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Request
from sqlalchemy import case, func, literal
from sqlalchemy.orm import Session, aliased

from core.clock import day_begins
from core.context import context_of
from core.languages import N_, in_both
from depots.models import Depot
from inventory.catalogue.models import Item
from inventory.stock.models import Lot
from jobs.alerts.alerts import ALERT_COLUMNS, AlertRow, alert_row, read_until
from jobs.alerts.bulk import assign_to, put_aside, take_on
from jobs.alerts.models import Alert, AlertAssignment
from jobs.causes.kinds import KIND_WORDS, RANK
from jobs.running.overview import looked_at
from jobs.running.wishes import SWEEP, may_ask_for, waiting
from office.lists.common import DEPOT, DISTRICT, names_of, seen_at, words_of_depot, words_of_item, words_of_lot
from office.lists.gear import NO_DAY
from office.lists.movements import person_names
from office.tables import Act, Chip, Column, Join, Key, Reader, Table
from people.models import Person
from people.policy import Act as May

STATE_WORDS = {"new": N_("nobody is at it"), "taken": N_("taken on"), "aside": N_("put aside")}
URGENT_WORDS = {"yes": N_("urgent"), "no": N_("not urgent")}
WHO_WORDS = {"me": N_("assigned to me"), "other": N_("assigned to others"), "nobody": N_("assigned to nobody")}
SINCE_WORDS = {"day": N_("today"), "week": N_("in the last 7 days"), "older": N_("over a week ago")}
BAD = frozenset({"recall", "expired", "discrepancy", "defect", "hazard", "unwitnessed"})
_assignee: Any = aliased(Person)


def _danger(_reader: Reader) -> Any:
    """Where a life hangs on it before the others, and the worst kind first."""
    return case(RANK, value=Alert.kind) + case((Alert.urgent, 0), else_=len(RANK))


def _state(reader: Reader) -> Any:
    return case(
        (Alert.snoozed_until > reader.today, "aside"), (Alert.acknowledged_at.is_not(None), "taken"), else_="new"
    )


def _who(reader: Reader) -> Any:
    mine = AlertAssignment.person_id == reader.caller.person_id
    return case((AlertAssignment.person_id.is_(None), "nobody"), (mine, "me"), else_="other")


def _since(reader: Reader) -> Any:
    """By the depots' calendar."""
    begins = day_begins(reader.today, reader.moment.zone)
    return case(
        (Alert.opened_at >= begins, "day"),
        (Alert.opened_at >= begins - timedelta(days=7), "week"),
        else_="older",
    )


def _assignee_account(_reader: Reader) -> Any:
    return func.coalesce(_assignee.account, literal(""))


def _item_code(_reader: Reader) -> Any:
    return func.coalesce(Item.code, literal(""))


def _what(row: Any) -> tuple[str, str]:
    one: AlertRow = row["alert"]
    return one.name_zh or one.note_zh, one.name_en or one.note_en


def _note(row: Any) -> Any:
    one: AlertRow = row["alert"]
    if "minimum" in one.details:
        return f"{one.details['ready']} / {one.details['minimum']}"
    return (one.note_zh, one.note_en) if one.name_zh else one.lot_number or ""


def _page(row: Any) -> str | None:
    one: AlertRow = row["alert"]
    if one.details.get("label"):
        return f"/labels/{one.details['label']}"
    return f"/lots/{one.lot}" if one.lot else None


def _at_it(row: Any) -> Any:
    one: AlertRow = row["alert"]
    who = row["assignee"] or one.acknowledged_by or ""
    if row["aside"]:  # not for ever: what was put aside until a day that is over is taken on
        return in_both(N_("put aside until {day} by {who}"), day=f"{one.snoozed_until}", who=who)
    return who


def _ids(keys: Sequence[Key]) -> list[UUID]:
    return [key[0] for key in keys]


def _take_on(session: Session, reader: Reader, keys: Sequence[Key], _said: Mapping[str, str]) -> int:
    return take_on(session, reader.caller, _ids(keys), reader.now)


def _put_aside(session: Session, reader: Reader, keys: Sequence[Key], said: Mapping[str, str]) -> int:
    return put_aside(session, reader.caller, _ids(keys), read_until(dict(said)), reader.now, reader.today)


def _assign(session: Session, reader: Reader, keys: Sequence[Key], said: Mapping[str, str]) -> int:
    return assign_to(session, reader.caller, _ids(keys), said.get("account", ""), reader.now)


def _mine(id: str, row: Any) -> tuple[str, str] | None:
    return None if row["alert"].acknowledged_at else (f"/alerts/{id}/acknowledge", N_("I am at it"))


async def _beside(request: Request[Any, Any, Any]) -> Mapping[str, Any]:
    looked, asked = await context_of(request).database.read(_last_look)
    return {"looked": looked, "asked": asked, "may_look": may_ask_for(request.user, SWEEP)}


def _last_look(session: Session) -> tuple[Any, Any]:
    """When a sweep last looked, and since when one that somebody asked for waits."""
    return looked_at(session), waiting(session).get(SWEEP)


def _shown(row: Any) -> dict[str, Any]:
    return {"alert": alert_row(row), "assignee": row.assignee, "aside": row.stands == "aside"}


def _of(name: str) -> Any:
    return lambda row: getattr(row["alert"], name)


ALERTS = Table(
    name="alerts",
    title=N_("Alerts"),
    path="/alerts",
    key=(Alert.id,),
    base=Alert,
    joins=(
        Join(Depot, Depot.id == Alert.depot_id),
        Join(AlertAssignment, AlertAssignment.alert_id == Alert.id, outer=True),
        Join(Item, Item.id == Alert.item_id, outer=True),
        Join(Lot, Lot.id == Alert.lot_id, outer=True),
        Join(Person, Person.id == Alert.acknowledged_by_id, outer=True),
        Join(_assignee, _assignee.id == AlertAssignment.person_id, outer=True),
    ),
    within=lambda reader: (
        Alert.resolved_at.is_(None),
        seen_at(reader, Depot),
    ),
    values=lambda reader: (*ALERT_COLUMNS, _assignee.name.label("assignee"), _state(reader).label("stands")),
    columns=(
        Column(
            "danger",
            N_("What it is"),
            lambda row: KIND_WORDS[row["alert"].kind],
            "badge",
            mood=lambda row: "bad" if row["alert"].urgent or row["alert"].kind.value in BAD else "warn",
            sort=_danger,
            shape=int,
        ),
        Column("what", N_("Item"), _what, link=_page, sort=lambda _: func.coalesce(Item.name_zh, "")),
        Column("note", N_("Note"), _note),
        Column(
            "depot",
            N_("Depot"),
            lambda row: (row["alert"].depot_zh, row["alert"].depot_en),
            link=lambda row: f"/depots/{row['alert'].depot}",
            sort=lambda _: Depot.code,
        ),
        Column("due", N_("Date"), _of("due"), "date", sort=lambda _: func.coalesce(Alert.due, NO_DAY), shape=date),
        Column("opened", N_("Opened"), _of("opened_at"), "moment", sort=lambda _: Alert.opened_at, shape=datetime),
        Column("who", N_("Who is at it"), _at_it),
    ),
    chips=(
        Chip("urgent", N_("Urgency"), lambda _: case((Alert.urgent, "yes"), else_="no"), URGENT_WORDS),
        Chip("kind", N_("Kind"), lambda _: Alert.kind, {kind.value: word for kind, word in KIND_WORDS.items()}),
        Chip("state", N_("State"), _state, STATE_WORDS),
        Chip("since", N_("Opened"), _since, SINCE_WORDS, ordered=True),
        Chip("assigned", N_("Assigned"), _who, WHO_WORDS),
        DISTRICT,
        DEPOT,
        Chip("assignee", N_("Answers for it"), _assignee_account, names=person_names, many=True),
        Chip("item", N_("Item"), _item_code, names=names_of(Item), many=True),
    ),
    words=(words_of_item(Alert.item_id), words_of_depot(Alert.depot_id), words_of_lot(Alert.lot_id)),
    order="danger",
    acts=(
        Act("take", N_("Take on"), _take_on, May.ANSWER, key="t"),
        Act("aside", N_("Put aside until"), _put_aside, May.ANSWER, ("until",), "s"),
        Act("assign", N_("Assign to"), _assign, May.APPROVE, ("account",), "a"),
    ),
    shown=_shown,
    per_row=_mine,
    beside=_beside,
    above="office/lists/looked.html",
    empty="",
)
