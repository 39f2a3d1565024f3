"""Dangerous goods that are not stored as they should be."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.quantities import write_quantity
from depots.models import Place
from inventory.stock.hazards import Breach, stored
from jobs.causes.cause import Cause
from jobs.causes.kinds import AlertKind


def hazard_causes(session: Session, depot_ids: Collection[UUID], _today: date, _now: datetime) -> list[Cause]:
    """A place over its cap, or with what is kept apart (T99): one alert for each."""
    breaches = stored(session, depot_ids).breaches()
    ids = {one.place_id for one in breaches}
    places = {place.id: place for place in session.execute(select(Place).where(Place.id.in_(ids))).scalars()}
    return [_cause(one, places[one.place_id]) for one in breaches]


def _cause(one: Breach, place: Place) -> Cause:
    other = one.other.code if one.other else "cap"
    details = {"name_zh": one.hazard.name_zh, "name_en": one.hazard.name_en}
    if one.other is not None:
        details |= {"description_zh": f"{place.path_zh}：{one.hazard.name_zh}与{one.other.name_zh}同处存放"}
        details |= {"description_en": f"{place.path_en}: {one.hazard.name_en} beside {one.other.name_en}"}
    else:
        amount = f"{write_quantity(one.quantity)} > {write_quantity(one.cap)}" if one.cap is not None else ""
        details |= {"description_zh": f"{place.path_zh}：{amount} {one.hazard.unit_zh}"}
        details |= {"description_en": f"{place.path_en}: {amount} {one.hazard.unit_en}"}
    return Cause(f"hazard:{place.id}:{one.hazard.code}:{other}", AlertKind.HAZARD, place.depot_id, details=details)
