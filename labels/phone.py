"""What a phone keeps of a depot, so that it works without a signal: its stock with all codes, and its open work."""

from collections import defaultdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from core.quantities import write_quantity
from depots.models import Depot, Place
from depots.places import visible_depot
from inventory.catalogue.models import Item, KitLine
from inventory.documents.incidents import open_incidents, restock_list
from inventory.documents.models import (
    CheckKind,
    CheckResult,
    Handover,
    Loan,
    Proposal,
    ProposalState,
    Seal,
    Transfer,
    TransferLine,
)
from inventory.documents.transfers_view import open_transfers
from inventory.faults.models import Defect, DefectState
from inventory.readiness.completeness import SEAL_ROLE
from inventory.stock.count_models import Count, CountPlace, CountState
from inventory.stock.models import Lot, Stock
from inventory.witnessing.view import HandOutRow, hand_outs
from labels.models import Label
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
    Item.opened_life_days,
    Item.pack_size,
    Item.category_code,
    Item.controlled,
    Item.hard_stop,
    Item.expires,
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


class Work(msgspec.Struct, frozen=True):
    """What stands open at a depot: loans, call-outs, transfers, counts, faults, proposals, hand-outs."""

    at: datetime
    loans: list[Row]
    incidents: list[Row]
    transfers: list[Row]
    counts: list[Row]
    faults: list[Row]
    proposals: list[Row]
    hand_outs: list[Row]


def shelves(session: Session, caller: Caller, code: str, now: datetime, today: date) -> Shelves:
    """A depot's stock for a phone. Eight queries, whatever the city's size."""
    depot = visible_depot(session, caller, code)
    places = list(
        session.execute(
            select(Place).where(Place.depot_id == depot.id, ~Place.outside).order_by(Place.position, Place.path_zh)
        ).scalars()
    )
    stocked = session.execute(
        select(Stock.place_id, Stock.lot_id, Stock.quantity, Lot, *_ITEM)
        .join(Lot, Lot.id == Stock.lot_id)
        .join(Item, Item.id == Stock.item_id)
        .where(Stock.depot_id == depot.id, ~Stock.outside, Stock.quantity > 0)
        .order_by(Item.code, Lot.id)
    ).all()
    items = {row[4]: _item(row[4:]) for row in stocked}
    kit_lines = _kit_lines(session, {row[4] for row in stocked if row.holds is not None}, items)
    seals, checks = _sealed(session, depot.id)
    acts = (Act.TAKE, Act.KEEP, Act.REPORT, Act.APPROVE, Act.ANSWER)
    return Shelves(
        depot={"id": depot.id, "code": depot.code, "zh": depot.name_zh, "en": depot.name_en, "phone": depot.phone},
        may=[act.value for act in acts if may_at(caller, act, depot.id, depot.district_code)],
        at=now,
        today=today,
        places=[_place(place, caller) for place in places],
        items=list(items.values()),
        lots=list({row.lot_id: _lot(row.Lot, row.code) for row in stocked}.values()),
        stock=[(row.place_id, row.lot_id, write_quantity(row.quantity)) for row in stocked],
        codes=_codes(session, depot.id),
        kit_lines=kit_lines,
        seals=seals,
        checks=checks,
    )


def _item(row: Any) -> Row:
    _, code, zh, en, unit_zh, unit_en, tracking, holds, consumable, opened, pack, category, controlled, hard, ends = row
    return {
        "code": code,
        "zh": zh,
        "en": en,
        "unit_zh": unit_zh,
        "unit_en": unit_en,
        "tracking": tracking,
        "holds": holds,
        "consumable": consumable,
        "opens": opened is not None,
        "pack": write_quantity(pack) if pack else None,
        "category": category,
        "controlled": controlled,
        "hard_stop": hard,
        "expires": ends,
    }


def _place(place: Place, caller: Caller) -> Row:
    return {
        "id": place.id,
        "parent": place.parent_id,
        "kind": place.kind,
        "zh": place.path_zh,
        "en": place.path_en,
        "reach": place.in_reach,
        "mine": place.person_id == caller.person_id,
    }


def _lot(lot: Lot, item: str) -> Row:
    return {
        "id": lot.id,
        "item": item,
        "number": lot.serial or lot.number or "",
        "through": lot.usable_through,
        "expiry": lot.expiry,
        "condition": lot.condition,
        "opened": lot.opened_on,
        "home": lot.home_place_id,
    }


def _codes(session: Session, depot_id: UUID) -> dict[str, UUID]:
    """Every code on what the depot has, old ones too: they resolve for ever (T74)."""
    held = select(Stock.lot_id).where(Stock.depot_id == depot_id, ~Stock.outside, Stock.quantity > 0)
    inside = select(Place.id).where(Place.depot_id == depot_id, ~Place.outside)
    rows = session.execute(
        select(Label.code, func.coalesce(Label.lot_id, Label.place_id)).where(
            or_(Label.lot_id.in_(held), Label.place_id.in_(inside))
        )
    )
    return {code: thing for code, thing in rows}


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


def work(session: Session, caller: Caller, code: str, now: datetime) -> Work:
    """A depot's open work for a phone. Twelve queries at most."""
    depot = visible_depot(session, caller, code)
    loans = session.execute(
        select(Loan).where(Loan.depot_id == depot.id, Loan.closed_at.is_(None)).order_by(Loan.due_at)
    ).scalars()
    proposals = []
    if may_at(caller, Act.APPROVE, depot.id, depot.district_code):
        waiting = select(Proposal).where(Proposal.state == ProposalState.OPEN, Proposal.depot_id == depot.id)
        proposals = [_proposal(row) for row in session.execute(waiting.order_by(Proposal.at)).scalars()]
    return Work(
        at=now,
        loans=[_loan(loan, now) for loan in loans],
        incidents=_incidents(session, depot.id, now),
        transfers=_transfers(session, depot),
        counts=_counts(session, depot.id),
        faults=_faults(session, depot.id),
        proposals=proposals,
        hand_outs=[_hand_out(row) for row in hand_outs(session, caller, now, code) if row.state in ("asked", "agreed")],
    )


def _hand_out(row: HandOutRow) -> Row:
    return {
        "id": row.id,
        "zh": row.item_zh,
        "en": row.item_en,
        "lot": row.lot,
        "number": row.mark,
        "quantity": row.quantity,
        "reason": row.reason,
        "asked_by": row.asked_by,
        "witness": row.witness,
        "until": row.ends_at,
        "agreed": row.state == "agreed",
        "mine": row.mine,
        "may_confirm": row.may_confirm,
    }


def _loan(loan: Loan, now: datetime) -> Row:
    return {
        "id": loan.id,
        "borrower": loan.borrower,
        "name": loan.name,
        "unit": loan.unit,
        "phone": loan.phone,
        "due_at": loan.due_at,
        "overdue": loan.due_at < now,
    }


def _proposal(row: Proposal) -> Row:
    return {
        "id": row.id,
        "name": row.name,
        "unit": row.unit,
        "contains": write_quantity(row.contains),
        "gtin": row.gtin,
        "raw": row.raw,
        "note": row.note,
    }


def _incidents(session: Session, depot_id: UUID, now: datetime) -> list[Row]:
    incidents = open_incidents(session, depot_id, now)
    needs = restock_list(session, [row.id for row in incidents])
    return [
        {
            "id": row.id,
            "what": row.kind,
            "channel": row.channel,
            "place": row.place,
            "opened_at": row.opened_at,
            "arrived_at": row.arrived_at,
            "counted_at": row.counted_at,
            "closed": row.closed_at is not None,
            "approved": row.approved_at is not None,
            "ordered_by": row.ordered_by,
            "note": row.note,
            "restock": [
                {
                    "item": need.item.code,
                    "zh": need.item.name_zh,
                    "en": need.item.name_en,
                    "left": write_quantity(need.left),
                    "used": write_quantity(need.used),
                }
                for need in needs[row.id]
            ],
        }
        for row in incidents
    ]


def _transfers(session: Session, depot: Depot) -> list[Row]:
    transfers = open_transfers(session, depot.id)
    ids = [row.id for row in transfers]
    others = {one for row in transfers for one in (row.from_depot_id, row.to_depot_id)} - {depot.id}
    names = {row.id: row for row in session.execute(select(Depot).where(Depot.id.in_(others))).scalars()}
    names[depot.id] = depot
    wanted: dict[UUID, list[Row]] = defaultdict(list)
    for line, item in session.execute(
        select(TransferLine, Item)
        .join(Item, Item.id == TransferLine.item_id)
        .where(TransferLine.transfer_id.in_(ids))
        .order_by(Item.code)
    ):
        quantity = write_quantity(line.quantity)
        wanted[line.transfer_id].append(
            {"item": item.code, "zh": item.name_zh, "en": item.name_en, "quantity": quantity}
        )
    coming: dict[UUID, list[Row]] = defaultdict(list)
    for stock, lot, item in session.execute(
        select(Stock, Lot, Item)
        .join(Lot, Lot.id == Stock.lot_id)
        .join(Item, Item.id == Stock.item_id)
        .where(Stock.place_id.in_(ids), Stock.quantity > 0)
        .order_by(Item.code)
    ):
        coming[stock.place_id].append(
            {
                "lot": lot.id,
                "number": lot.serial or lot.number or "",
                "zh": item.name_zh,
                "en": item.name_en,
                "quantity": write_quantity(stock.quantity),
            }
        )
    return [_transfer(row, depot, names, wanted[row.id], coming[row.id]) for row in transfers]


def _transfer(row: Transfer, depot: Depot, names: dict[UUID, Depot], wanted: list[Row], coming: list[Row]) -> Row:
    giving = row.from_depot_id == depot.id
    other = names[row.to_depot_id if giving else row.from_depot_id]
    return {
        "id": row.id,
        "giving": giving,
        "other_zh": other.name_zh,
        "other_en": other.name_en,
        "other_phone": other.phone,
        "state": row.state,
        "reason": row.reason,
        "asked_at": row.asked_at,
        "sent_at": row.sent_at,
        "wanted": wanted,
        "on_the_way": coming,
        "signed": [row.sender_signed_loss_id is not None, row.receiver_signed_loss_id is not None],
    }


def _counts(session: Session, depot_id: UUID) -> list[Row]:
    """The open counts with their places, and the last handover, signed or not."""
    last = (
        select(Handover.id).where(Handover.depot_id == depot_id).order_by(Handover.given_at.desc()).limit(1)
    ).scalar_subquery()
    rows = session.execute(
        select(Count, Handover, CountPlace.place_id)
        .outerjoin(Handover, Handover.id == Count.id)
        .outerjoin(CountPlace, and_(CountPlace.count_id == Count.id, Count.state == CountState.OPEN))
        .where(Count.depot_id == depot_id, or_(Count.state == CountState.OPEN, Count.id == last))
        .order_by(Count.opened_at)
    )
    found: dict[UUID, Row] = {}
    for count, handover, place_id in rows:
        row = found.setdefault(
            count.id,
            {
                "id": count.id,
                "purpose": count.purpose,
                "open": count.state == CountState.OPEN,
                "note": count.note,
                "opened_at": count.opened_at,
                "places": [],
                "shift_day": handover.shift_day if handover else None,
                "given_by": handover.giver_id if handover and handover.handed_on != "{}" else None,
                "taken": handover is not None and handover.taken_at is not None,
                "handed_on": msgspec.json.decode(handover.handed_on) if handover else None,
                "handover_note": handover.note if handover else "",
            },
        )
        if place_id is not None:
            row["places"].append(place_id)
    return list(found.values())


def _faults(session: Session, depot_id: UUID) -> list[Row]:
    rows = session.execute(
        select(Defect, Item.name_zh, Item.name_en)
        .outerjoin(Lot, Lot.id == Defect.lot_id)
        .outerjoin(Item, Item.id == Lot.item_id)
        .where(Defect.depot_id == depot_id, Defect.state != DefectState.CLOSED)
        .order_by(Defect.reported_at.desc())
        .limit(100)
    )
    return [
        {
            "id": defect.id,
            "lot": defect.lot_id,
            "zh": zh or "",
            "en": en or "",
            "reported": defect.state == DefectState.REPORTED,
            "description": defect.description,
            "at": defect.reported_at,
        }
        for defect, zh, en in rows
    ]
