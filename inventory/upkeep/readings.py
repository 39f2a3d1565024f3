"""What meters show, and the plans that fall due by them."""

from decimal import Decimal
from typing import Literal
from uuid import UUID

from sqlalchemy import func, select

from core.clock import local_date
from core.errors import bad_field, not_found
from core.languages import N_
from core.quantities import write_quantity
from inventory.catalogue.models import Tracking
from inventory.clocks.clocks import (
    clock_of,
    figures_changed,
)
from inventory.clocks.models import MaintenancePlan, Meter, Reading
from inventory.clocks.rules import metered
from inventory.stock.models import Lot
from inventory.telling.scene import Answer, NewEntry, Scene
from inventory.upkeep.subjects import subjects_of, where_kept
from people.policy import Act


class ReadMeter(NewEntry, tag="reading", kw_only=True):
    """What a piece's meter shows: engine hours, charge cycles, kilometres."""

    thing: str
    meter: Literal["hours", "cycles", "km"]
    value: str


def note_reading(scene: Scene, lot: Lot, meter: Meter, value: Decimal) -> None:
    """Record what a meter shows. It never runs backwards; a late fact that seems to is kept but moves no date."""
    session = scene.session
    before = session.execute(
        select(func.max(Reading.value)).where(Reading.lot_id == lot.id, Reading.meter == meter)
    ).scalar_one()
    if before is not None and value < before:
        if not scene.late:
            message = N_("the meter showed {before} before; it does not run backwards")
            raise bad_field("value", message, before=write_quantity(before))
        return
    session.add(
        Reading(
            lot_id=lot.id,
            meter=meter,
            value=value,
            person_id=scene.caller.person_id,
            happened_at=scene.happened_at,
            recorded_at=scene.now,
        )
    )
    codes = select(MaintenancePlan.code).where(
        MaintenancePlan.item_id == lot.item_id, MaintenancePlan.meter == meter.value
    )
    keys = [(lot.id, code) for code in session.execute(codes).scalars()]
    if not keys:
        return
    stale: set[tuple[UUID, UUID]] = set()
    for subject in subjects_of(scene, keys).values():
        clock = metered(subject.rule, clock_of(subject.row), value, local_date(scene.happened_at, scene.moment.zone))
        stale |= subject.set_clock(clock, scene.today)
    figures_changed(session, stale)
    session.flush()


def record_reading(scene: Scene, entry: ReadMeter) -> Answer:
    """Record a reading; a plan by meter falls due as soon as its interval is reached."""
    lot, item = scene.lot(entry.thing, "thing")
    if item.tracking != Tracking.SERIAL:
        raise bad_field("thing", N_("a meter belongs to a single piece; of a batch there is none to read"))
    places = where_kept(scene.session, {lot.id})
    if not places:
        raise not_found()
    scene.depot_of(next(iter(places))[1], Act.TAKE)
    try:
        value = Decimal(entry.value)
    except ArithmeticError:
        value = Decimal("NaN")
    if not value.is_finite() or not 0 <= value < 10**9 or value != round(value, 3):
        raise bad_field("value", N_("this is not a number of at most three decimals"))
    note_reading(scene, lot, Meter(entry.meter), value)
    return {"lot": str(lot.id), "meter": entry.meter, "value": write_quantity(value)}
