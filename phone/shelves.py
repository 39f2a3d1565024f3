"""What a phone stores of a depot, so that it works without a signal: its stock with all codes."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from core.quantities import write_quantity
from depots.models import Place
from depots.places import is_standing, visible_depot
from inventory.catalogue.models import MEASURE, Item, ItemFile, KitLine
from inventory.clocks.blocking import is_blocked
from inventory.documents.models import (
    CheckKind,
    CheckResult,
    Seal,
)
from inventory.finding.models import Need, Synonym
from inventory.fitness.judging import SEAL_ROLE
from inventory.stock.models import Lot, Stock
from inventory.stock.origins import OUT, goes_back_at
from labels.codes.models import Label
from people.policy import Act, Caller, may_at

Row = dict[str, Any]
_ITEM: tuple[Any, ...] = (
    Item.id,
    Item.code,
    Item.name_zh,
    Item.name_en,
    Item.unit_zh,
    Item.unit_en,
    Item.tracking,
    Item.holds,
    Item.consumable,
    Item.reclaim_months,
    Item.opened_life_days,
    Item.pack_size,
    Item.category_code,
    Item.controlled,
    Item.hard_stop,
    Item.hazard_code,
    Item.expires,
    Item.sizes,
    *MEASURE,
)


class Shelves(msgspec.Struct, frozen=True):
    """What lies where in a depot, and what every code of it stands for. Ids are the database's own."""

    depot: Row
    may: list[str]
    at: datetime
    today: date
    places: list[Row]
    items: list[Row]
    lots: list[Row]
    stock: list[tuple[UUID, UUID, str]]  # place, lot, quantity
    codes: dict[str, UUID]  # code on a label -> lot or place
    kit_lines: list[Row]
    seals: list[Row]
    checks: list[Row]
    back: list[tuple[UUID, UUID, UUID, str]]  # who has it, lot, the place to which it goes back, how much


def shelves(session: Session, caller: Caller, code: str, now: datetime, today: date) -> Shelves:
    """A depot's stock for a phone. Thirteen queries, whatever the city's size."""
    depot = visible_depot(session, caller, code)
    places = list(
        session.execute(
            select(Place)
            .where(Place.depot_id == depot.id, ~Place.outside, is_standing())
            .order_by(Place.position, Place.path_zh)
        ).scalars()
    )
    stocked = session.execute(
        select(
            *(Stock.place_id, Stock.lot_id, Stock.quantity, Lot, *_ITEM),
            is_blocked(Lot.id, Stock.depot_id, today).label("unchecked"),
        )
        .join(Lot, Lot.id == Stock.lot_id)
        .join(Item, Item.id == Stock.item_id)
        .where(Stock.depot_id == depot.id, ~Stock.outside, Stock.quantity > 0)
        .order_by(Item.code, Lot.id)
    ).all()
    items = {row[4]: _item(row[4:-1]) for row in stocked}
    kit_lines = _kit_lines(session, {row[4] for row in stocked if row.holds is not None}, items)
    _add_files(session, items)
    _add_words(session, items)
    seals, checks = _sealed(session, depot.id)
    acts = (Act.TAKE, Act.KEEP, Act.REPORT, Act.APPROVE, Act.ANSWER)
    return Shelves(
        depot={"id": depot.id, "code": depot.code, "zh": depot.name_zh, "en": depot.name_en, "phone": depot.phone},
        may=[act.value for act in acts if may_at(caller, act, depot.id, depot.district_code)],
        at=now,
        today=today,
        places=[_place(place, caller) for place in places],
        items=list(items.values()),
        lots=list({row.lot_id: _lot(row.Lot, row.code, unchecked=row.unchecked) for row in stocked}.values()),
        stock=[(row.place_id, row.lot_id, write_quantity(row.quantity)) for row in stocked],
        codes=_codes(session, depot.id),
        kit_lines=kit_lines,
        seals=seals,
        checks=checks,
        back=_back(session, depot.id, places, stocked),
    )


def _back(session: Session, depot_id: UUID, places: list[Place], stocked: Sequence[Any]) -> list[Any]:
    """Where what is out goes when it comes back (K1): the phone shows it, and books just that."""
    holders = {place.id for place in places if place.kind in OUT}
    out = [(row.place_id, row.lot_id, row.quantity) for row in stocked if row.place_id in holders]
    lots = {row.lot_id: (row.Lot.item_id, row.Lot.home_place_id) for row in stocked}
    found = goes_back_at(session, depot_id, out, lots)
    return [(holder, lot, target, write_quantity(quantity)) for holder, lot, target, quantity in found]


def _item(values: Any) -> Row:
    row = dict(zip((column.key for column in _ITEM), values, strict=True))
    per, pack = row["measure_per"], row["pack_size"]
    return {
        "code": row["code"],
        "zh": row["name_zh"],
        "en": row["name_en"],
        "unit_zh": row["unit_zh"],
        "unit_en": row["unit_en"],
        "tracking": row["tracking"],
        "holds": row["holds"],
        "consumable": row["consumable"] and row["reclaim_months"] is None,  # else the app books it as used up (T62)
        "opens": row["opened_life_days"] is not None,
        "pack": write_quantity(pack) if pack else None,
        "category": row["category_code"],
        "controlled": row["controlled"],
        "hard_stop": row["hard_stop"],
        "expires": row["expires"],
        "hazard": row["hazard_code"],
        "sizes": row["sizes"].split(),
        "measure": {"per": write_quantity(per), "zh": row["measure_zh"], "en": row["measure_en"]} if per else None,
    }


def _add_files(session: Session, items: dict[UUID, Row]) -> None:
    """The photo and the papers of an item, where it has any: their addresses, not what they hold."""
    rows = session.execute(select(ItemFile).where(ItemFile.item_id.in_(items)).order_by(ItemFile.added_at, ItemFile.id))
    for file in rows.scalars():
        told = {"id": file.id, "kind": file.kind, "title": file.title}
        items[file.item_id].setdefault("files", []).append(told)


def _add_words(session: Session, items: dict[UUID, Row]) -> None:
    """Other names of the items, and the troubles that they help with: the phone finds by them without a signal."""
    words: dict[str, list[str]] = defaultdict(list)
    for item_id, word in session.execute(
        select(Synonym.item_id, Synonym.word).where(Synonym.item_id.in_(items)).order_by(Synonym.word)
    ):
        words[items[item_id]["code"]].append(word)
    for need in session.execute(select(Need).order_by(Need.code)).scalars():
        for code in need.items.split():
            words[code] += [need.name_zh, need.name_en, *need.words.split("|")]
    for item in items.values():
        if item["code"] in words:
            item["words"] = " ".join(words[item["code"]])


def _place(place: Place, caller: Caller) -> Row:
    return {
        "id": place.id,
        "parent": place.parent_id,
        "kind": place.kind,
        "zh": place.path_zh,
        "en": place.path_en,
        "reach": place.in_reach,
        "mine": place.person_id == caller.person_id,
        "position": place.position,
    }


def _lot(lot: Lot, item: str, *, unchecked: bool) -> Row:
    return {
        "id": lot.id,
        "item": item,
        "number": lot.serial or lot.number or "",
        "through": lot.usable_through,
        "expiry": lot.expiry,
        "condition": lot.condition,
        "opened": lot.opened_on,
        "unchecked": bool(unchecked),  # a check that blocks its use is overdue
        "home": lot.home_place_id,
        "size": lot.size,
        "charge": lot.charge,
    }


def _codes(session: Session, depot_id: UUID) -> dict[str, UUID]:
    """Every code on what the depot has, old ones too: they resolve for ever (T74)."""
    held = select(Stock.lot_id).where(Stock.depot_id == depot_id, ~Stock.outside, Stock.quantity > 0)
    inside = select(Place.id).where(Place.depot_id == depot_id, ~Place.outside)
    # Two questions in one: asked as "this or that", PostgreSQL would read the labels of the whole city
    of_lots = select(Label.code, Label.lot_id).where(Label.lot_id.in_(held))
    of_places = select(Label.code, Label.place_id).where(Label.place_id.in_(inside))
    return {code: thing for code, thing in session.execute(union_all(of_lots, of_places)) if thing}


def _kit_lines(session: Session, kit_items: set[UUID], items: dict[UUID, Row]) -> list[Row]:
    """The lists of the kits and vehicles that the depot has; adds to ``items`` what they should hold and do not."""
    rows = session.execute(
        select(KitLine.kit_item_id, KitLine.quantity, *_ITEM)
        .join(Item, Item.id == KitLine.item_id)
        .where(KitLine.kit_item_id.in_(kit_items), KitLine.role != SEAL_ROLE)
        .order_by(Item.code)
    ).all()
    for row in rows:
        items.setdefault(row[2], _item(row[2:]))
    codes = {item_id: item["code"] for item_id, item in items.items()}
    return [{"kit": codes[row[0]], "item": row.code, "quantity": write_quantity(row.quantity)} for row in rows]


def _sealed(session: Session, depot_id: UUID) -> tuple[list[Row], list[Row]]:
    seals = session.execute(
        select(Seal).join(Place, Place.id == Seal.place_id).where(Place.depot_id == depot_id, Seal.broken_at.is_(None))
    ).scalars()
    checks = session.execute(
        select(CheckResult.place_id, func.max(CheckResult.at))
        .where(CheckResult.depot_id == depot_id, CheckResult.kind != CheckKind.ROUND)
        .group_by(CheckResult.place_id)
    )
    return (
        [
            {"place": seal.place_id, "number": seal.number, "at": seal.put_at, "short": msgspec.json.decode(seal.short)}
            for seal in seals
        ],
        [{"place": place_id, "at": at} for place_id, at in checks],
    )
