"""What the reference files give anew of lines that the city has made its own: shown, and taken or left line by line."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from core.audit import record
from core.errors import not_found
from core.given import offers, settle_offer
from core.languages import N_
from core.quantities import write_quantity
from depots.city_models import City
from depots.models import District, ItemGroup, ItemGroupMember, ParLevel, Profile, Requirement, Subdistrict
from depots.requirements import work_out_requirements
from inventory.catalogue.models import Category, Hazard, Item, KitLine
from inventory.clocks.models import MaintenancePlan
from inventory.clocks.plans import recalculate
from inventory.editing.following import follow, readiness_of_item
from inventory.finding.models import CapabilityPart, Need, Synonym
from inventory.readiness.counting import forget_figures
from inventory.stock.locks import lock_items
from inventory.stock.meaning import require_same_meaning
from people.policy import Act, Caller, require_city

SHOWN = 100  # of a table on the page


@dataclass(frozen=True)
class Kind:
    """A table of the reference: what it is called, and what its rows are known by."""

    table: Any
    words: str
    key: tuple[str, ...] = ("code",)


KINDS = {
    str(kind.table.__tablename__): kind
    for kind in (
        Kind(Item, N_("Items")),
        Kind(Category, N_("Categories")),
        Kind(KitLine, N_("Kit contents"), ("kit_item_id", "item_id")),
        Kind(Requirement, N_("Requirements"), ("profile_code", "subject", "valid_from")),
        Kind(ParLevel, N_("Par levels"), ("profile_code", "item_id")),
        Kind(ItemGroup, N_("Groups of items")),
        Kind(ItemGroupMember, N_("Groups of items"), ("group_code", "item_id")),
        Kind(MaintenancePlan, N_("Plans")),
        Kind(Synonym, N_("Other words"), ("item_id", "word")),
        Kind(Hazard, N_("Storage classes")),
        Kind(Profile, N_("Depot types and specialties")),
        Kind(City, N_("The city"), ("id",)),
        Kind(District, N_("Districts")),
        Kind(Subdistrict, N_("Sub-districts")),
        Kind(Need, N_("Needs")),
        Kind(CapabilityPart, N_("Capabilities"), ("capability", "part")),
    )
}


class Field(msgspec.Struct, frozen=True):
    """A column in which the city's line and the files' differ."""

    name: str
    here: str
    given: str


class Difference(msgspec.Struct, frozen=True):
    """A line that the city has changed and that the files give anew otherwise than before."""

    table: str
    key: str
    title: str
    fields: list[Field]


class Differences(msgspec.Struct, frozen=True):
    """All of a table, or the first of them."""

    table: str
    words: str
    number: int
    rows: list[Difference]


def differences(session: Session, most: int = SHOWN) -> list[Differences]:
    """What waits to be taken or left, by table."""
    codes: dict[Any, str] = {str(one): code for one, code in session.execute(select(Item.id, Item.code))}
    found = []
    for name, kind in KINDS.items():
        offered = offers(session, kind.table)
        if offered:
            keys = list(offered)[:most]
            rows = [_difference(session, kind, name, key, offered[key], codes) for key in keys]
            found.append(Differences(name, kind.words, len(offered), rows))
    return found


def _difference(
    session: Session, kind: Kind, name: str, key: str, given: dict[str, Any], codes: dict[Any, str]
) -> Difference:
    row = _row(session, kind, key, lock=False)
    said = {column: None if row is None else _plain(getattr(row, column)) for column in given}
    fields = [
        Field(column, codes.get(said[column], said[column] or ""), codes.get(_plain(value), _plain(value) or ""))
        for column, value in given.items()
        if said[column] != _plain(value)
    ]
    words = [codes.get(part, str(part)) for part in msgspec.json.decode(key)]
    words += [str(given[column]) for column in ("name_zh", "task_zh") if given.get(column)]
    return Difference(name, key, " · ".join(words), fields)


def _plain(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return write_quantity(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _row(session: Session, kind: Kind, key: str, *, lock: bool) -> Any:
    try:
        parts = msgspec.json.decode(key)
        values = [_typed(column, part) for column, part in zip(kind.key, parts, strict=True)]
    except (msgspec.DecodeError, ValueError, TypeError):
        raise not_found(N_("there is nothing offered here any more")) from None
    here = and_(*(getattr(kind.table, column) == value for column, value in zip(kind.key, values, strict=True)))
    statement = select(kind.table).where(here)
    if kind.table is ParLevel:
        statement = statement.order_by(ParLevel.valid_from).limit(1)
    return session.execute(statement.with_for_update() if lock else statement).scalar_one_or_none()


def _typed(column: str, part: Any) -> Any:
    if column in ("item_id", "kit_item_id"):
        return UUID(part)
    return date.fromisoformat(part) if column == "valid_from" else part


def settle(
    session: Session, caller: Caller, table: str, keys: list[str] | None, *, take: bool, now: datetime, today: date
) -> int:
    """Take what the files give these lines of a table (None: all that wait), or leave them as they are; how many.

    404 for what is not offered; 409 for what would change the meaning of quantities that there are.
    """
    kind = KINDS.get(table)
    if kind is None or keys == []:
        raise not_found(N_("there is nothing offered here any more"))
    offered = offers(session, kind.table)
    wanted = list(offered) if keys is None else keys
    if any(key not in offered for key in wanted):
        raise not_found(N_("there is nothing offered here any more"))
    require_city(caller, Act.APPROVE)
    changed = [
        row for key in wanted if (row := _settle_one(session, caller, kind, key, offered[key], take=take, now=now))
    ]
    if changed:
        _FOLLOWED.get(kind.table, _nothing)(session, changed, today)
    return len(wanted)


def _settle_one(
    session: Session, caller: Caller, kind: Kind, key: str, given: dict[str, Any], *, take: bool, now: datetime
) -> tuple[Any, list[str]] | None:
    row = _row(session, kind, key, lock=True)
    before = {} if row is None else {name: _plain(getattr(row, name)) for name in given}
    after = {name: _plain(value) for name, value in given.items()}
    changed = [name for name in given if before.get(name) != after[name]]
    if take and isinstance(row, Item):
        lock_items(session, [row.id], alone=True)
        values = {**given, "pack_size": Decimal(given["pack_size"]) if given.get("pack_size") else None}
        require_same_meaning(session, [(row, {name: values[name] for name in changed})])
    settle_offer(session, kind.table, key, take=take, row=row)
    session.flush()
    told = {"before": {name: before.get(name) for name in changed}, "after": {name: after[name] for name in changed}}
    act = "reference-taken" if take else "reference-left"
    record(session, caller.person_id, now, act, str(kind.table.__tablename__), key, **told)
    return (row, changed) if take and row is not None else None


Changed = list[tuple[Any, list[str]]]


def _nothing(_session: Session, _changed: Changed, _today: date) -> None:
    """Readers look at these tables themselves."""


def _items(session: Session, changed: Changed, _today: date) -> None:
    for item, names in changed:
        follow(session, item, names)


def _kits(session: Session, changed: Changed, _today: date) -> None:
    for kit_id in {line.kit_item_id for line, _ in changed}:
        readiness_of_item(session, kit_id)


def _requirements(session: Session, _changed: Changed, today: date) -> None:
    work_out_requirements(session, today)
    forget_figures(session)


def _plans(session: Session, changed: Changed, _today: date) -> None:
    for plan, _ in changed:
        recalculate(session, plan.item_id, {plan.code})


_FOLLOWED: dict[Any, Callable[[Session, Changed, date], None]] = {
    Item: _items,
    KitLine: _kits,
    MaintenancePlan: _plans,
    **dict.fromkeys((Requirement, ParLevel, ItemGroupMember, Profile), _requirements),
}
