"""The open alerts as a table: the most dangerous first, taken on, put aside and assigned many at a time."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, case, func, literal, select
from sqlalchemy.orm import Session, aliased

from core.languages import N_, in_both
from depots.models import Depot, District
from inventory.catalogue.models import Item
from inventory.stock.models import Lot
from jobs.alerts.alerts import ALERT_COLUMNS, AlertRow, alert_row
from jobs.alerts.models import Alert, AlertAssignment
from jobs.causes.kinds import KIND_WORDS, RANK
from office.tables import Act, Chip, Column, Reader, Table
from people.models import Person
from people.policy import Act as May
from people.policy import reach

STATE_WORDS = {"new": N_("nobody is at it"), "taken": N_("taken on"), "aside": N_("put aside")}
URGENT_WORDS = {"yes": N_("urgent"), "no": N_("not urgent")}
WHO_WORDS = {"me": N_("assigned to me"), "other": N_("assigned to others"), "nobody": N_("assigned to nobody")}
NO_DAY = date(9999, 12, 31)  # sorts behind every due date
BAD = frozenset({"recall", "expired", "discrepancy", "defect", "hazard", "unwitnessed"})
_assignee: Any = aliased(Person)


def _source(reader: Reader, columns: Sequence[Any], wide: bool) -> Select[Any]:
    joined = (
        select(*columns)
        .select_from(Alert)
        .join(Depot, Depot.id == Alert.depot_id)
        .outerjoin(AlertAssignment, AlertAssignment.alert_id == Alert.id)
        .where(Alert.resolved_at.is_(None), reach(reader.caller, May.SEE, Depot.id, Depot.district_code))
    )
    if not wide:
        return joined
    return (
        joined.outerjoin(Item, Item.id == Alert.item_id)
        .outerjoin(Lot, Lot.id == Alert.lot_id)
        .outerjoin(Person, Person.id == Alert.acknowledged_by_id)
        .outerjoin(_assignee, _assignee.id == AlertAssignment.person_id)
    )


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


def _item_code(_reader: Reader) -> Any:
    return func.coalesce(Item.code, literal(""))


def _names_of(table: Any) -> Callable[[Session, Sequence[str]], Mapping[str, tuple[str, str]]]:
    def names(session: Session, codes: Sequence[str]) -> Mapping[str, tuple[str, str]]:
        rows = session.execute(select(table.code, table.name_zh, table.name_en).where(table.code.in_(codes)))
        return {code: (zh, en) for code, zh, en in rows}

    return names


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


def _shown(row: Any) -> dict[str, Any]:
    return {"alert": alert_row(row), "assignee": row.assignee, "aside": row.stands == "aside"}


def _of(name: str) -> Any:
    return lambda row: getattr(row["alert"], name)


ALERTS = Table(
    name="alerts",
    title=N_("Alerts"),
    path="/alerts",
    id=Alert.id,
    source=_source,
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
        Column("what", N_("Item"), _what, link=_page, sort=lambda _: func.coalesce(Item.name_zh, ""), wide=True),
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
        Chip("assigned", N_("Assigned"), _who, WHO_WORDS),
        Chip("district", N_("District"), lambda _: Depot.district_code, names=_names_of(District)),
        Chip("depot", N_("Depot"), lambda _: Depot.code, names=_names_of(Depot), many=True),
        Chip("item", N_("Item"), _item_code, names=_names_of(Item), many=True, wide=True),
    ),
    words=(Item.name_zh, Item.name_en, Item.code, Depot.name_zh, Depot.name_en, Depot.code, Lot.serial, Lot.number),
    order="danger",
    acts=(
        Act("take", N_("Take on"), key="t"),
        Act("aside", N_("Put aside until"), "until", "s"),
        Act("assign", N_("Assign to"), "account", "a"),
    ),
    export="alerts",
    shown=_shown,
)
