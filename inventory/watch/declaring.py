"""Watches declared, ended early, and listed. Who declared and ended them, and why, is kept."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import bad_field, conflict, forbidden, id_reused, not_found
from core.inputs import clean_text
from core.languages import N_
from core.quantities import read_quantity
from depots.models import District, Profile
from inventory.catalogue.models import Category, Item
from inventory.catalogue.naming import item_named
from inventory.watch.models import Watch, WatchKind, WatchLevel
from inventory.watch.rules import in_force
from people.models import Person
from people.policy import GRANTS, Act, Caller, may_in_city

_Text = Annotated[str, msgspec.Meta(max_length=32)]


class DeclareWatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A watch as it is declared: where, whom, what, how much more, how long. What is left empty narrows nothing."""

    id: UUID
    kind: WatchKind
    level: WatchLevel
    reason: str
    days: Annotated[int, msgspec.Meta(ge=1, le=60)]
    district: _Text = ""
    profile: _Text = ""
    category: _Text = ""
    item: _Text = ""
    factor: _Text = "1"
    added: _Text = "0"
    begins_on: date | None = None


class WatchRow(msgspec.Struct, frozen=True):
    """A watch in lists. ``state`` is computed: coming, in-force, or over."""

    id: UUID
    kind: WatchKind
    level: WatchLevel
    state: str
    district_zh: str
    district_en: str
    profile_zh: str
    profile_en: str
    what_zh: str
    what_en: str
    factor: str
    added: str
    begins_on: date
    ends_on: date
    reason: str
    declared_by: str
    declared_at: datetime
    ended_on: date | None
    ended_by: str | None
    ended_reason: str


_SAID = (
    "kind",
    "level",
    "district_code",
    "profile_code",
    "category_code",
    "item_id",
    "factor",
    "added",
    "ends_on",
    "reason",
)


def declare(session: Session, caller: Caller, wish: DeclareWatch, now: datetime, today: date) -> Watch:
    """Declare a watch, once; who answers for its district or for the city may. Nothing else is changed by it."""
    _require_right(caller, wish.district or None)
    watch = _watch(session, caller, wish, now, today)
    there = session.get(Watch, wish.id)
    if there is not None:
        if there.declared_by_id != caller.person_id or any(getattr(there, one) != getattr(watch, one) for one in _SAID):
            raise id_reused(wish.id)
        return there
    session.add(watch)
    session.flush()
    return watch


def _require_right(caller: Caller, district: str | None) -> None:
    if may_in_city(caller, Act.APPROVE):
        return
    for duty in caller.duties:
        if district and Act.APPROVE in GRANTS[duty.role] and duty.depot_id is None and duty.district_code == district:
            return
    raise forbidden(N_("this concerns more than your district; somebody who answers for it does it"))


def _watch(session: Session, caller: Caller, wish: DeclareWatch, now: datetime, today: date) -> Watch:
    begins = wish.begins_on or today
    if not today <= begins <= today + timedelta(days=30):
        raise bad_field("begins_on", N_("a watch begins today or within thirty days"))
    factor = read_quantity(wish.factor, "factor")
    added = read_quantity(wish.added, "added") if wish.added.strip("0.") else factor * 0
    if factor < 1 or factor > 20:
        raise bad_field("factor", N_("a watch raises: the factor is from 1 to 20"))
    if factor == 1 and added == 0:
        raise bad_field("factor", N_("say by how much: a factor above 1 or an added amount"))
    if wish.category and wish.item:
        raise bad_field("item", N_("name a category or an item, not both"))
    for field, code, table in (
        ("district", wish.district, District),
        ("profile", wish.profile, Profile),
        ("category", wish.category, Category),
    ):
        if code and session.get(table, code) is None:
            raise bad_field(field, N_("this is not known"))
    item: Any = None
    if wish.item:
        item = item_named(session, wish.item)
        if item is None:
            raise bad_field("item", N_("there is no item with the code {code}"), code=wish.item)
    return Watch(
        id=wish.id,
        kind=wish.kind,
        level=wish.level,
        district_code=wish.district or None,
        profile_code=wish.profile or None,
        category_code=wish.category or None,
        item_id=item.id if item is not None else None,
        factor=factor,
        added=added,
        begins_on=begins,
        ends_on=begins + timedelta(days=wish.days - 1),
        reason=clean_text(wish.reason, "reason", 300, required=True),
        declared_by_id=caller.person_id,
        declared_at=now,
    )


def end_early(session: Session, caller: Caller, watch_id: UUID, reason: str, today: date) -> Watch:
    """End a watch before its last day; from today on it is not in force. Refuses (409) one that is over."""
    watch = session.get(Watch, watch_id, with_for_update=True)
    if watch is None:
        raise not_found(N_("there is no such watch"))
    _require_right(caller, watch.district_code)
    if watch.ended_on is not None or watch.ends_on < today:
        raise conflict("over", N_("this watch is over already"))
    watch.ended_reason = clean_text(reason, "reason", 300, required=True)
    watch.ended_on, watch.ended_by_id = today, caller.person_id
    session.flush()
    return watch


def watches(session: Session, today: date, limit: int = 100) -> list[WatchRow]:
    """The newest watches, those in force first. Six queries at most."""
    found = list(
        session.execute(select(Watch).order_by(Watch.declared_at.desc(), Watch.id.desc()).limit(limit)).scalars()
    )
    names: dict[Any, tuple[str, str]] = {None: ("", "")}
    for table in (District, Profile, Category):
        names |= {
            (table, code): (zh, en)
            for code, zh, en in session.execute(select(table.code, table.name_zh, table.name_en))
        }
    ids = {watch.item_id for watch in found if watch.item_id is not None}
    items = select(Item.id, Item.name_zh, Item.name_en).where(Item.id.in_(ids))
    names |= {(Item, item_id): (zh, en) for item_id, zh, en in session.execute(items)} if ids else {}
    people = {watch.declared_by_id for watch in found} | {watch.ended_by_id for watch in found if watch.ended_by_id}
    called = dict(session.execute(select(Person.id, Person.name).where(Person.id.in_(people))).all())
    rows = [_row(watch, names, called, today) for watch in found]
    return sorted(rows, key=lambda row: ("in-force", "coming", "over").index(row.state))


def _row(watch: Watch, names: dict[Any, tuple[str, str]], called: dict[UUID, str], today: date) -> WatchRow:
    over = watch.ends_on < today or watch.ended_on is not None
    state = "in-force" if in_force(watch, today) else "over" if over else "coming"
    what: Any = (Category, watch.category_code) if watch.category_code else None
    what = (Item, watch.item_id) if watch.item_id else what
    return WatchRow(
        watch.id,
        watch.kind,
        watch.level,
        state,
        *names[(District, watch.district_code) if watch.district_code else None],
        *names[(Profile, watch.profile_code) if watch.profile_code else None],
        *names[what],
        f"{watch.factor.normalize():f}",
        f"{watch.added.normalize():f}",
        watch.begins_on,
        watch.ends_on,
        watch.reason,
        called[watch.declared_by_id],
        watch.declared_at,
        watch.ended_on,
        called.get(watch.ended_by_id) if watch.ended_by_id else None,
        watch.ended_reason,
    )
