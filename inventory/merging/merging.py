"""A line of the catalogue is merged into another: first looked at with all that follows, then done, for good."""

from datetime import date, datetime

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.audit import record
from core.errors import bad_field, conflict
from core.events import publish
from core.languages import N_
from core.quantities import write_quantity
from depots.models import Requirement
from inventory.catalogue.models import Item, KitLine
from inventory.clocks.models import MaintenancePlan
from inventory.clocks.plans import recalculate
from inventory.editing.following import readiness_of_item
from inventory.editing.items import read_sizes, the_item
from inventory.merging.asked import ask_of_other
from inventory.merging.named import name_other
from inventory.merging.obstacles import Obstacle, obstacles
from inventory.stock.events import ItemMerged
from inventory.stock.locks import lock_items
from inventory.stock.merging import held_of, move_stock
from people.policy import Act, Caller, require_city


class Merge(msgspec.Struct, forbid_unknown_fields=True):
    """Into which line; ``sure``: what follows was looked at, and that it cannot be taken back is understood."""

    into: str
    sure: bool = False


class Consequences(msgspec.Struct, frozen=True):
    """What merging would do, and what stands against it. Numbers are decimal strings."""

    item: str
    item_zh: str
    item_en: str
    into: str
    into_zh: str
    into_en: str
    unit_zh: str
    unit_en: str
    obstacles: list[Obstacle]
    quantity: str  # inside depots, of the line that goes
    lots: int
    depots: int
    profiles: list[str]  # that ask for it
    kits: list[str]  # in which it belongs
    own_parts_go: bool  # both lines have contents: those of the line that is left stand
    plans: list[str]  # of upkeep, that will hold for the other line's gear as well
    used_up_differs: bool
    dates_differ: bool


def consequences(session: Session, caller: Caller, code: str, into_code: str, today: date) -> Consequences:
    """What merging one line into another would do. Nothing is written."""
    item, into = _both(session, code, into_code)
    require_city(caller, Act.APPROVE)
    lots, depots, quantity = held_of(session, item.id)
    profiles = select(Requirement.profile_code).where(Requirement.item_id == item.id, Requirement.minimum > 0)
    kits = select(Item.code).join(KitLine, KitLine.kit_item_id == Item.id).where(KitLine.item_id == item.id)
    plans = select(MaintenancePlan.code).where(MaintenancePlan.item_id == item.id, MaintenancePlan.active)
    lists = select(func.count(KitLine.kit_item_id.distinct())).where(KitLine.kit_item_id.in_((item.id, into.id)))
    dates = ("expires", "retire_age_months", "opened_life_days")
    return Consequences(
        *(item.code, item.name_zh, item.name_en, into.code, into.name_zh, into.name_en),
        *(into.unit_zh, into.unit_en),
        obstacles=obstacles(session, item, into, today),
        quantity=write_quantity(quantity),
        lots=lots,
        depots=depots,
        profiles=sorted(set(session.execute(profiles).scalars())),
        kits=list(session.execute(kits.order_by(Item.code)).scalars()),
        own_parts_go=session.execute(lists).scalar_one() == 2,
        plans=list(session.execute(plans.order_by(MaintenancePlan.code)).scalars()),
        used_up_differs=item.consumable != into.consumable,
        dates_differ=any(getattr(item, name) != getattr(into, name) for name in dates),
    )


def _both(session: Session, code: str, into_code: str) -> tuple[Item, Item]:
    item = the_item(session, code)
    into = session.execute(select(Item).where(Item.code == into_code.strip())).scalar_one_or_none()
    if into is None:
        raise bad_field("into", N_("there is no item with the code {code}"), code=into_code.strip()[:32])
    return item, into


def merge(session: Session, caller: Caller, code: str, wish: Merge, now: datetime, today: date) -> Item:
    """Let one line of the catalogue become another: its gear, its minimums, its words, its plans, its open alerts.

    The ledger stays as it was told: what was booked under the old line is read under it, and what lay where at this
    moment is written down beside it. Refuses (409) where the two do not mean the same, or something is under way.
    """
    item, into = _both(session, code, wish.into)
    require_city(caller, Act.APPROVE)
    if not wish.sure:
        raise bad_field("sure", N_("this cannot be taken back: look at what follows, and say that it is meant"))
    _hold(session, item, into)
    against = obstacles(session, item, into, today)
    if against:
        text, params = against[0]
        raise conflict("cannot-merge", text, **params)
    lots, depots, quantity = held_of(session, item.id)
    into.sizes = read_sizes(" ".join(dict.fromkeys([*into.sizes.split(), *item.sizes.split()])))
    item.active, item.merged_into_id, item.merged_at = False, into.id, now
    for earlier in session.execute(select(Item).where(Item.merged_into_id == item.id)).scalars():
        earlier.merged_into_id = into.id
    session.flush()
    move_stock(session, item, into, caller.person_id, now)
    name_other(session, item, into, today)
    asked = ask_of_other(session, item, into, today)
    recalculate(session, into.id, ())
    readiness_of_item(session, into.id)
    publish(session, ItemMerged(item.id, item.code, into.id, into.code, now))
    told = {"into": into.code, "lots": lots, "depots": depots, "quantity": write_quantity(quantity), "asked": asked}
    record(session, caller.person_id, now, "item-merged", "item", item.code, after=told)
    record(session, caller.person_id, now, "item-took-in", "item", into.code, after={"item": item.code})
    return into


def _hold(session: Session, item: Item, into: Item) -> None:
    """Both lines, alone: no lot of either is entered, and none is merged elsewhere, until the transaction ends."""
    lock_items(session, [item.id, into.id], alone=True)
    session.refresh(item)
    session.refresh(into)
