"""What stands open at a depot, for a phone to store: loans, call-outs, transfers, counts, faults, proposals."""

from collections import defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from core.database import date_in
from core.quantities import write_quantity
from depots.models import Depot, Place
from depots.places import visible_depot
from inventory.catalogue.models import Item
from inventory.documents.incidents import open_incidents
from inventory.documents.models import (
    Handover,
    Loan,
    Proposal,
    ProposalState,
    Transfer,
    TransferLine,
)
from inventory.documents.reclaiming import reclaims_at
from inventory.documents.restocking import restock_list, taken_at
from inventory.documents.shift_share import SEEN_WITHIN, share_of
from inventory.documents.transfers_view import open_transfers
from inventory.faults.models import Defect, DefectState
from inventory.stock.count_models import Count, CountPlace, CountPurpose, CountState
from inventory.stock.models import Lot, Stock
from inventory.stock.reaching import in_own_hands
from inventory.witnessing.view import HandOutRow, hand_outs
from labels.codes.binding import codes_of
from labels.codes.models import Label
from people.policy import Act, Caller, may_at

Row = dict[str, Any]


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
    reclaims: list[Row]  # what is out and may come back, until which day (T62)
    held: list[Row]  # what the caller holds of other depots, also of those that they no longer see


def work(session: Session, caller: Caller, code: str, now: datetime, seen_within: int = SEEN_WITHIN) -> Work:
    """A depot's open work for a phone. Eighteen queries at most.

    ``seen_within``: in so many days the handovers have looked at every place once.
    """
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
        counts=_counts(session, depot.id, seen_within),
        faults=_faults(session, depot.id),
        proposals=proposals,
        hand_outs=[_hand_out(row) for row in hand_outs(session, caller, now, code) if row.state in ("asked", "agreed")],
        reclaims=[
            {"lot": one.lot, "place": one.place, "until": one.until, "in_time": one.in_time}
            for _, _, one in reclaims_at(session, [depot.id], date_in(session, now))
        ],
        held=_held(session, caller, depot.id),
    )


def _held(session: Session, caller: Caller, depot_id: UUID) -> list[Row]:
    """What is in the caller's own hands and belongs to another depot, with the codes on it."""
    rows = session.execute(
        select(Place.id, Stock.quantity, Lot, Item, Depot)
        .join(Stock, Stock.place_id == Place.id)
        .join(Lot, Lot.id == Stock.lot_id)
        .join(Item, Item.id == Stock.item_id)
        .join(Depot, Depot.id == Place.depot_id)
        .where(in_own_hands(caller), Place.depot_id != depot_id, Stock.quantity > 0)
        .order_by(Depot.code, Item.code, Lot.id)
    ).all()
    codes = codes_of(session, Label.lot_id, {row.Lot.id for row in rows}) if rows else {}
    return [
        {
            "id": f"{row.id} {row.Lot.id}",
            "place": row.id,
            "lot": row.Lot.id,
            "code": codes.get(row.Lot.id),
            "number": row.Lot.serial or row.Lot.number or "",
            "quantity": write_quantity(row.quantity),
            "depot": row.Depot.code,
            "depot_zh": row.Depot.name_zh,
            "depot_en": row.Depot.name_en,
            "zh": row.Item.name_zh,
            "en": row.Item.name_en,
            "unit_zh": row.Item.unit_zh,
            "unit_en": row.Item.unit_en,
            "tracking": row.Item.tracking,
        }
        for row in rows
    ]


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
    taken = taken_at(session, [row.id for row in incidents])
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
            "restock_by": row.restock_by,
            "restock": [
                {
                    "item": need.item.code,
                    "zh": need.item.name_zh,
                    "en": need.item.name_en,
                    "left": write_quantity(need.left),
                    "used": write_quantity(need.used),
                    "place": taken.get((row.id, need.item.id)),
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
                "item": item.code,
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


def _counts(session: Session, depot_id: UUID, seen_within: int) -> list[Row]:
    """The open counts with their places, and the last handover, signed or not."""
    last = (
        select(Handover.id)
        .where(Handover.depot_id == depot_id)
        .order_by(Handover.given_at.desc(), Handover.id.desc())
        .limit(1)
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
                "opened_by": count.opened_by_id,
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
    for row in found.values():
        walked = row["open"] and row["purpose"] == CountPurpose.HANDOVER
        row["share"] = share_of(session, depot_id, row["places"], row["opened_at"], seen_within) if walked else []
    return list(found.values())


def _faults(session: Session, depot_id: UUID) -> list[Row]:
    rows = session.execute(
        select(Defect, Item.name_zh, Item.name_en)
        .outerjoin(Lot, Lot.id == Defect.lot_id)
        .outerjoin(Item, Item.id == Lot.item_id)
        .where(Defect.depot_id == depot_id, Defect.state != DefectState.CLOSED)
        .order_by(Defect.reported_at.desc(), Defect.id.desc())
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
