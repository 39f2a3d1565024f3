"""Kits that lack a part."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.quantities import write_quantity
from depots.models import Place, PlaceKind
from inventory.catalogue.models import Item
from inventory.documents.kit_content import KitView, kits_of
from inventory.stock.models import Lot
from jobs.causes.cause import Cause
from jobs.causes.kinds import AlertKind
from jobs.causes.rules import is_urgent


def _parts(kit: KitView, name: str, between: str) -> str:
    """What a kit lacks: there / should be, part by part."""
    parts = (f"{getattr(p.item, name)} {write_quantity(p.ready)}/{write_quantity(p.should)}" for p in kit.short)
    return between.join(parts)[:300]


def kit_causes(session: Session, depot_ids: Collection[UUID], today: date, _now: datetime) -> list[Cause]:
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
            urgent=is_urgent(item.code, item.category_code, controlled=item.controlled),
            item_id=item.id,
            lot_id=kit.place.id,
            details={"description_zh": _parts(kit, "name_zh", "、"), "description_en": _parts(kit, "name_en", ", ")},
        )
        for kit in short
        if (item := items.get(kit.place.id)) is not None
    ]
