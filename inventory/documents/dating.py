"""The date that stands on what is there already: a missing one is set, a wrong one corrected (T09).

A date is a fact of the lot, wherever it lies. What bears a lot number is one batch: what one keeper reads holds for all
depots that have some of it; only a later date than the one on the book needs somebody who keeps all these depots, for
it could make something ready that nobody there has looked at. What bears no number is merely entered alike: what lies
here leaves that lot and becomes one of its own, with its own label; the others stay as they are.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from core.errors import bad_field, conflict
from core.events import publish
from core.ids import derived_id
from core.inputs import clean_text, read_day
from core.languages import N_
from depots.models import LYING, Depot, Place, PlaceKind
from inventory.booking.posting import settle
from inventory.catalogue.models import Item, Tracking
from inventory.clocks.clocks import figures_changed
from inventory.clocks.following import dates_moved
from inventory.documents.receiving import DateWord, LabelDate, last_usable_day
from inventory.stock import reasons
from inventory.stock.dating import LotDates, dates_as_text, depots_with, later_change, opened_of, part_of, redate
from inventory.stock.dating_models import DateChange
from inventory.stock.events import DatesRead
from inventory.stock.lines import Line, Spot, outside
from inventory.stock.locks import lock_for_change, lock_items
from inventory.stock.lots import ages
from inventory.stock.models import Expiry, Kind, Lot, Stock
from inventory.telling.scene import Answer, NewEntry, Scene, Verbs
from people.policy import Act, may_at


class SetDate(NewEntry, tag="set-date", kw_only=True):
    """What stands on the label of something that is on the book already. ``place``: where it was read."""

    thing: str
    place: str | None = None
    expiry: LabelDate | None = None
    made_on: str | None = None  # 2020-01 or 2020-01-15
    reason: str = ""  # why the book was wrong: needed where it had a date


@dataclass
class Reading:
    """Dates that were read on a lot, on their way into the book. ``lots``: it, and what was opened of it."""

    scene: Scene
    item: Item
    lots: list[Lot]
    here: UUID
    dates: LotDates
    reason: str

    @property
    def lot(self) -> Lot:
        return self.lots[0]


def set_date(scene: Scene, entry: SetDate) -> Answer:
    """Write down what the label says, for all of the batch; alerts, clocks and readiness follow at once."""
    lot, item = scene.lot(entry.thing, "thing")
    if item.tracking == Tracking.BULK and not ages(item):
        raise bad_field("thing", N_("loose gear bears no date of its own"))
    here = _depot(scene, entry, lot)
    scene.depot_of(here, Act.KEEP)
    lock_items(scene.session, [item.id], alone=False)
    lots = [lot, *opened_of(scene.session, lot)]
    lock_for_change(scene.session, [one.id for one in lots])
    scene.session.refresh(lot)
    if later_change(scene.session, lot.id, scene.happened_at):
        raise conflict("read-later", N_("somebody has read this date again since; look at it once more"))
    reason = clean_text(entry.reason, "reason", 300)
    reading = Reading(scene, item, lots, here, _read(lot, item, entry, scene.today), reason)
    if (lot.expires_on, lot.expiry_precision, lot.made_on, lot.made_precision) == (
        reading.dates.expires_on,
        reading.dates.expiry_precision,
        reading.dates.made_on,
        reading.dates.made_precision,
    ) and (lot.expiry == Expiry.UNKNOWN) == reading.dates.expiry_unknown:
        return _answer_of(lot, changed=False)
    if lot.expiry == Expiry.KNOWN and not reason:
        raise bad_field("reason", N_("there is a date on the book: say why it is wrong"))
    others = depots_with(scene.session, [one.id for one in lots]) - {here}
    if others and item.tracking != Tracking.SERIAL and not lot.number:
        return _split(reading)
    return _for_all(reading, others)


def _depot(scene: Scene, entry: SetDate, lot: Lot) -> UUID:
    """The depot at which the label was read."""
    there = depots_with(scene.session, [lot.id])
    if entry.place is not None:
        place = scene.place(entry.place, "place", Act.KEEP)
        if place.depot_id not in there:
            raise bad_field("place", N_("this is not at that place any more; scan it again"))
        return place.depot_id
    if not there:
        raise bad_field("thing", N_("this is not at that place any more; scan it again"))
    depots = scene.session.execute(select(Depot).where(Depot.id.in_(there)).order_by(Depot.id)).scalars().all()
    mine = [depot for depot in depots if may_at(scene.caller, Act.KEEP, depot.id, depot.district_code)]
    if len(mine) > 1:
        raise bad_field("place", N_("it is at several of your depots: say at which place you read it"))
    seen = [depot for depot in depots if may_at(scene.caller, Act.SEE, depot.id, depot.district_code)]
    if not mine and not seen:
        raise bad_field("thing", N_("this is not at that place any more; scan it again"))
    return (mine or seen)[0].id


def _read(lot: Lot, item: Item, entry: SetDate, today: date) -> LotDates:
    """The dates of the label; what is not told stays as it is on the book."""
    if entry.expiry is None and entry.made_on is None:
        raise bad_field("expiry", N_("say which date stands on it"))
    made_on, by_month = lot.made_on, lot.made_precision == "month"
    expires_on, precision, unknown = lot.expires_on, lot.expiry_precision, lot.expiry == Expiry.UNKNOWN
    if entry.made_on is not None:
        made_on, by_month = read_day(entry.made_on, "made_on")
    if entry.expiry is not None:
        word = entry.expiry.word
        if ages(item):
            raise bad_field("expiry", N_("of this only the date of manufacture is noted"))
        if word == DateWord.NONE and item.expires:
            raise bad_field("expiry.word", N_("this item bears a date; if it cannot be read, say so"))
        expires_on, precision = last_usable_day(
            word, entry.expiry.date, entry.expiry.months, anniversary_counts=item.anniversary_counts
        )
        unknown = word == DateWord.UNKNOWN
        if word == DateWord.MADE:
            made_on, by_month = read_day(entry.expiry.date, "expiry.date")
    if made_on is not None and made_on > today:
        raise bad_field("made_on", N_("this cannot have been made after today"))
    if made_on is not None and expires_on is not None and expires_on < made_on:
        raise bad_field("expiry.date", N_("this date lies before the date of manufacture"))
    return LotDates(expires_on, precision, unknown, made_on, "month" if by_month else "day")


def _for_all(reading: Reading, others: set[UUID]) -> Answer:
    """The whole batch, wherever it lies."""
    scene = reading.scene
    known, before = reading.lot.expiry == Expiry.KNOWN, reading.lot.usable_through
    for one in reading.lots:
        stood = dates_as_text(one)
        redate(scene.session, reading.item, one, reading.dates)
        _note(reading, one, stood)
    after = reading.lot.usable_through
    if others and known and (before is None or after is None or after > before):
        depots = scene.session.execute(select(Depot).where(Depot.id.in_(others))).scalars()
        if not all(may_at(scene.caller, Act.KEEP, depot.id, depot.district_code) for depot in depots):
            message = N_("other depots have this batch too; a later date is set by somebody who keeps all of them")
            raise conflict("shared-lot", message)
    _follow(reading, {one.id for one in reading.lots}, others | {reading.here})
    return _answer_of(reading.lot)


def _split(reading: Reading) -> Answer:
    """What lies here becomes a lot of its own; what is out with a document comes back as it went."""
    scene, lot = reading.scene, reading.lot
    balances = scene.session.execute(
        select(Place, Stock.quantity)
        .join(Stock, Stock.place_id == Place.id)
        .where(Stock.lot_id == lot.id, Stock.depot_id == reading.here, Stock.quantity > 0, Place.kind.in_(LYING))
        .order_by(Place.id)
        .with_for_update(of=Stock)
    ).all()
    if not balances:
        raise bad_field("thing", N_("this is not at that place any more; scan it again"))
    part = part_of(scene.session, reading.item, lot, reading.dates, scene.now)
    between, lines = outside(reading.here, PlaceKind.REPACKED), []
    for place, quantity in balances:
        spot = Spot(place.id, place.depot_id, place.outside, place.in_reach)
        for number, (one, source, target) in enumerate(((lot, spot, between), (part, between, spot))):
            line = Line(
                request_id=derived_id(scene.entry.id, "date", place.id),
                line=number,
                digest=scene.digest,
                kind=Kind.OPEN,
                item_id=reading.item.id,
                item_code=reading.item.code,
                lot_id=one.id,
                condition=one.condition,
                quantity=quantity,
                source=source,
                target=target,
                happened_at=scene.happened_at,
                late=scene.late,
                reason=reading.reason or reasons.DATE_ON_LABEL,
                holds=False,
                controlled=reading.item.controlled,
            )
            lines.append(line)
    settle(scene.session, scene.caller, lines, scene.now)
    _note(reading, part, dates_as_text(lot), split_from=lot.id)
    _follow(reading, {part.id, lot.id}, {reading.here})
    return _answer_of(part, split=True)


def _note(reading: Reading, lot: Lot, before: str, split_from: UUID | None = None) -> None:
    scene = reading.scene
    scene.session.add(
        DateChange(
            id=derived_id(scene.entry.id, "dates", lot.id),
            lot_id=lot.id,
            split_from_id=split_from,
            depot_id=reading.here,
            person_id=scene.caller.person_id,
            entry_id=scene.entry.id,
            before=before,
            after=dates_as_text(lot),
            reason=reading.reason,
            happened_at=scene.happened_at,
            recorded_at=scene.now,
        )
    )


def _follow(reading: Reading, lot_ids: set[UUID], depot_ids: set[UUID]) -> None:
    """Clocks that count from the date of manufacture, the depots' figures, and their alerts."""
    session = reading.scene.session
    dates_moved(session, lot_ids, reading.scene.today)
    figures_changed(session, {(depot_id, reading.item.id) for depot_id in depot_ids})
    session.flush()
    publish(session, DatesRead(sorted(depot_ids), reading.scene.today, reading.scene.now))


def _answer_of(lot: Lot, *, changed: bool = True, split: bool = False) -> Answer:
    return {
        "lot": str(lot.id),
        "changed": changed,
        "split": split,
        "expiry": lot.expiry.value,
        "usable_through": lot.usable_through.isoformat() if lot.usable_through else None,
    }


ENTRIES: Verbs = {SetDate: set_date}
