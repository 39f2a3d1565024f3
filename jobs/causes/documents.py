"""What the documents ask for: loans overdue, transfers that never arrive, draws unsigned, kits that lack a part."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.quantities import write_quantity
from depots.models import Place, PlaceKind
from inventory.catalogue.models import Item
from inventory.documents.incidents import without_approval
from inventory.documents.kits import KitView, kits_of
from inventory.documents.loans import overdue
from inventory.documents.transfers_view import stuck
from inventory.stock.models import Lot
from inventory.witnessing.counts import uncounted
from jobs.causes.cause import Cause
from jobs.causes.kinds import AlertKind
from jobs.causes.rules import is_urgent


def document_causes(session: Session, depot_ids: Collection[UUID], today: date, now: datetime) -> list[Cause]:
    """All of them, for these depots."""
    ids = list(depot_ids)
    return [
        *_loans(session, ids, now),
        *_transfers(session, ids, now),
        *_draws(session, ids, now),
        *_kits(session, ids, today),
        *_counts(session, ids, now),
    ]


def _counts(session: Session, depot_ids: list[UUID], now: datetime) -> list[Cause]:
    """Controlled gear that nobody has counted for a month (T96)."""
    return [
        Cause(
            f"controlled-count:{depot_id}",
            AlertKind.CHECK_DUE,
            depot_id,
            details={
                "name_zh": "管控物资月度盘点",
                "name_en": "Monthly count of controlled gear",
                "description_zh": f"{number} 项待盘",
                "description_en": f"{number} lines to count",
            },
        )
        for depot_id, number in uncounted(session, depot_ids, now).items()
    ]


def _loans(session: Session, depot_ids: list[UUID], now: datetime) -> list[Cause]:
    return [
        Cause(
            f"loan:{loan.id}",
            AlertKind.OVERDUE_LOAN,
            loan.depot_id,
            due=loan.due_at.date(),
            details={
                "quantity": write_quantity(total),
                "description": " ".join(part for part in (loan.unit, loan.name, loan.phone) if part),
            },
        )
        for loan, total in overdue(session, depot_ids, now)
    ]


def _transfers(session: Session, depot_ids: list[UUID], now: datetime) -> list[Cause]:
    """In the sender's name: until the receiver has signed, it is his (T64)."""
    return [
        Cause(
            f"transfer:{transfer.id}",
            AlertKind.STUCK_TRANSFER,
            transfer.from_depot_id,
            details={"name_zh": f"调往{receiver.name_zh}", "name_en": f"To {receiver.name_en}"},
        )
        for transfer, receiver in stuck(session, depot_ids, now)
    ]


def _draws(session: Session, depot_ids: list[UUID], now: datetime) -> list[Cause]:
    return [
        Cause(
            f"draw:{incident.id}",
            AlertKind.UNSIGNED_DRAW,
            incident.depot_id,
            details={"description": incident.place},
        )
        for incident in without_approval(session, depot_ids, now)
    ]


def _parts(kit: KitView, name: str, between: str) -> str:
    """What a kit lacks: there / should be, part by part."""
    parts = (f"{getattr(p.item, name)} {write_quantity(p.ready)}/{write_quantity(p.should)}" for p in kit.short)
    return between.join(parts)[:300]


def _kits(session: Session, depot_ids: list[UUID], today: date) -> list[Cause]:
    """One alert per kit that names what is missing or past its date (T43)."""
    places: list[Any] = list(
        session.execute(
            select(Place).where(Place.depot_id.in_(depot_ids), Place.kind == PlaceKind.KIT, ~Place.outside)
        ).scalars()
    )
    short = [kit for kit in kits_of(session, today, places) if not kit.ready]
    items = {
        lot_id: item
        for lot_id, item in session.execute(
            select(Lot.id, Item).join(Item, Item.id == Lot.item_id).where(Lot.id.in_([kit.place.id for kit in short]))
        )
    }
    return [
        Cause(
            f"kit:{kit.place.id}",
            AlertKind.INCOMPLETE_KIT,
            kit.place.depot_id,
            urgent=is_urgent(item.code, item.category_code, item.controlled),
            item_id=item.id,
            lot_id=kit.place.id,
            details={"description_zh": _parts(kit, "name_zh", "、"), "description_en": _parts(kit, "name_en", ", ")},
        )
        for kit in short
        if (item := items.get(kit.place.id)) is not None
    ]
