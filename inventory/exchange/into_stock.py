"""Opening stock from a file: each row is a quantity received onto a shelf, booked through the ledger.

All rows are lines of one request, whose id is the import's: the whole file is booked once, or in the end not at all.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from core.columns import table_of
from core.events import publish
from core.languages import N_
from core.quantities import write_quantity
from depots.models import Place, PlaceKind
from depots.places import add_places, new_place, standing_place_id
from inventory.booking.posting import settle
from inventory.catalogue.models import Item, Tracking
from inventory.exchange.amounts import amount_of, counts_boxes, no_box
from inventory.exchange.cells import Day
from inventory.exchange.journal import Journal
from inventory.exchange.known import (
    Shelves,
    known_depots,
    known_items,
    likely_in,
    path_key,
    path_parts,
    shelves_by_depot,
    the_depot,
    the_item,
    the_size,
)
from inventory.exchange.preview import SHOWN, Preview
from inventory.exchange.reading import Row, WrongField
from inventory.exchange.stock_assets import StockAssets
from inventory.exchange.stock_fields import is_aside, note_of
from inventory.exchange.stock_serials import Serials
from inventory.exchange.stock_taken import Mark, Taken, next_line, show, still_so
from inventory.stock.carrying import carrier_place
from inventory.stock.events import LotsCreated
from inventory.stock.holdings import CARRIERS
from inventory.stock.lines import Line, Spot, outside
from inventory.stock.locks import share_carriers
from inventory.stock.lots import LotFacts, ages, come_back, make_lot, natural_key
from inventory.stock.models import Condition, Kind, Lot
from inventory.stock.rules import keeps_until
from people.policy import Caller

_LEVELS = (PlaceKind.ROOM, PlaceKind.BAY, PlaceKind.SHELF, PlaceKind.BIN)


class IntoStock:
    """Takes the rows of opening stock."""

    def __init__(
        self,
        session: Session,
        caller: Caller,
        run_id: UUID,
        digest: str,
        now: datetime,
        today: date,
        *,
        make_places: bool = False,
    ) -> None:
        self.session, self.caller, self.run_id, self.digest = session, caller, run_id, digest
        self.now, self.today, self.make_places = now, today, make_places
        self.items, self.depots = known_items(session, caller), known_depots(session, caller)
        self.shelves: dict[UUID, Shelves] = {}
        self.serials = Serials(session)
        self.lots: dict[str, tuple[UUID, Condition]] = {}  # by natural key, as far as met
        self.boxes: dict[str, Decimal | None] = {}  # by natural key, of the rows that count boxes
        self.taken: list[Taken] = []
        self.pieces = 0  # the movements that they make
        self.new_places: list[Place] = []
        self.again: list[Place] = []  # retired ones that the rows need
        self.figures = {"movements": 0, "lots": 0, "places": 0}
        self.lines, self.preview = next_line(session, run_id), Preview({})
        self.in_reach: dict[UUID, bool] = {}  # of vehicles and kits, as it stood when they were held
        self.back: set[UUID] = set()  # vehicles and kits that come back
        self.journal = Journal(session, run_id)
        self.journal.go_on()
        self.assets = StockAssets(session, caller, run_id, now)

    def use(self, session: Session, now: datetime) -> None:
        """Go on by a session that sees what has been committed since, at this moment."""
        self.session = self.serials.session = self.assets.session = self.journal.session = session
        self.now = self.assets.now = now
        self.items.likely = likely_in(session)
        self.lots.clear()
        self.boxes.clear()

    def mark(self) -> Mark:
        """What is to be remembered of the rows that stand."""
        return Mark(dict(self.figures), self.assets.entered, dict(self.assets.batches))

    def follow(self, mark: Mark) -> None:
        """Go on after the rows that another importer of this run has entered."""
        self.figures |= mark.figures
        self.assets.entered = mark.asset_facts
        self.assets.batches |= mark.batches

    def still_so(self) -> bool:
        """Whether the rows that were taken would be taken just so by what is there now."""
        return still_so(self.session, self.caller, self.taken, self.shelves, self.new_places)

    def take(self, row: Row) -> None:
        depot = the_depot(self.depots, row.get("depot"))
        item = the_item(self.items, row.get("item"))
        in_boxes = counts_boxes(row, item)
        facts = self._facts(row, item)
        quantity = amount_of(row, item, self._box_of(row, item, facts) if in_boxes else Decimal(1))
        if item.tracking == Tracking.SERIAL:
            self.serials.check(item, quantity, facts.serial, facts.maker)
        spot, note = self._spot(row, depot.id), note_of(row)
        amount, unit = row.get("quantity")
        entered = f"{write_quantity(amount)} {row.get('unit') or unit}".strip()[:40]
        asset = self.assets.of(row, item, facts, quantity, in_boxes=in_boxes)
        where = f"{depot.code} {row.get('place')}"
        taken = Taken(item, facts, quantity, spot, entered, note, asset, row.number, where)
        self.taken.append(taken)
        self.figures["movements"] += taken.movements
        self.pieces += taken.movements

    def _box_of(self, row: Row, item: Item, facts: LotFacts) -> Decimal:
        """How many are in a box: of the lot, where the book has it already, before the item's (T58, B38)."""
        key = natural_key(item, facts, self.run_id)
        if key not in self.boxes:
            size = select(Lot.pack_size).where(Lot.natural_key == key)
            self.boxes[key] = self.session.execute(size).scalar() or item.pack_size
        box = self.boxes[key]
        if box is None:
            raise no_box(row, item)
        return box

    def _facts(self, row: Row, item: Item) -> LotFacts:
        serial, number, maker = row.get("serial"), row.get("number"), row.get("maker")
        made_on, ends = self._dates(row, item)
        stamp: Day | None = row.get("made_on")
        precision = "month" if stamp and stamp.precision == "month" else "day"  # T26
        size = the_size(item, row.get("size"))
        if serial and item.tracking != Tracking.SERIAL:
            raise WrongField(
                "serial",
                N_("{item} is not kept piece by piece"),
                N_("take the serial number out, or change how the catalogue tracks the item"),
                item=(item.name_zh, item.name_en),
            )
        if item.tracking == Tracking.BULK:
            for field in ("number", "expires_on"):
                if row.get(field) is not None and row.get(field) != Day(None):
                    raise WrongField(
                        field,
                        N_("{item} is kept without lots; this would be lost"),
                        N_("empty the cell, or let the catalogue track the item by lot"),
                        item=(item.name_zh, item.name_en),
                    )
            return LotFacts(made_on=made_on, made_precision=precision, size=size) if ages(item) else LotFacts(size=size)
        return LotFacts(
            number=number,
            serial=serial,
            maker=maker,
            made_on=made_on,
            made_precision=precision,
            expires_on=ends.on,
            expiry_precision=ends.precision,
            expiry_unknown=ends.unknown,
            size=size,
        )

    def _dates(self, row: Row, item: Item) -> tuple[date | None, Day]:
        made: Day | None = row.get("made_on")
        ends: Day = row.get("expires_on") or Day(None, unknown=item.expires and item.tracking == Tracking.LOT)
        made_on = made.on if made else None
        if made_on is not None and made is not None and made.precision == "month":
            made_on = made_on.replace(day=1)  # the earliest it can have been: age is never told too low
        if made_on and made_on > self.today:
            raise WrongField("made_on", N_("this date lies in the future"), N_("write the date of manufacture"))
        if made_on and row.get("expires_on") is None and item.expires and item.shelf_life_months:
            ends = Day(
                keeps_until(made_on, item.shelf_life_months, anniversary_counts=item.anniversary_counts), "calc"
            )  # T08
        if made_on and ends.on and ends.on < made_on:
            raise WrongField(
                "expires_on",
                N_("this date lies before the date of manufacture"),
                N_("compare both dates with the label; they may be exchanged"),
            )
        return made_on, ends

    def _spot(self, row: Row, depot_id: UUID) -> Spot:
        if is_aside(row):
            return Spot(standing_place_id(depot_id, PlaceKind.HOLD), depot_id, outside=False, in_reach=False)
        if depot_id not in self.shelves:
            self.shelves[depot_id] = shelves_by_depot(self.session, [depot_id]).get(depot_id, Shelves())
        shelves, said = self.shelves[depot_id], row.get("place")
        spot = shelves.find(said)
        if spot is not None:
            return spot
        parts = path_parts(said)
        if not self.make_places or not 1 <= len(parts) <= len(_LEVELS) or max(map(len, parts)) > 100:
            raise WrongField(
                "place",
                N_("{value} is not a place of this depot, or several places are called so"),
                N_("write its names from the room down, as in 器材库 › A柜 › A1层, or let missing places be entered"),
                value=said,
            )
        return self._make_place(shelves, depot_id, parts)

    def _make_place(self, shelves: Shelves, depot_id: UUID, parts: list[str]) -> Spot:
        parent: Place | None = None
        spot: Spot | None = None
        for depth, name in enumerate(parts):
            path = "/".join(parts[: depth + 1])
            spot = shelves.spots.get(path_key(path))
            if spot is not None:
                parent = shelves.rows[spot.place_id]
                continue
            again = shelves.retired.pop(path_key(path), None)
            if again is not None:  # made by an import that was taken back: the corrected file finds it again
                self.again.append(again)
                parent, spot = again, shelves.add(again)
                continue
            kind = PlaceKind.SHELF if depth == len(parts) - 1 and depth < 3 else _LEVELS[depth]
            position = shelves.last_position + 10
            parent = new_place(depot_id, kind, name, name, self.now, parent=parent, position=position)
            spot = shelves.add(parent)
            self.new_places.append(parent)
            self.figures["places"] += 1
        assert spot is not None, "a path has at least one part"
        return spot

    def drop(self) -> None:
        """Only looking: what would be new is counted, nothing is entered."""
        self.figures.pop("lots", None)  # which are new, only the entry finds out
        show(self.session, self.preview, self.taken[: SHOWN - len(self.preview.rows)])
        self.forget()

    def forget(self) -> None:
        """Forget the rows that were taken."""
        self.taken.clear()
        self.pieces = 0

    def write(self) -> None:
        if not self.taken:
            return
        if self.new_places:
            self._enter(self.new_places)
            self.new_places = []
        self._use_again()
        new_lots: list[Lot] = []
        self._know_lots()
        arriving = [(taken, *self._lot_for(taken, new_lots)) for taken in self._pieces()]
        self._enter_lots(new_lots)
        self._make_carriers(arriving)
        held = self._held(new_lots)
        self._hold_carriers()
        lines = [self._line(taken, lot_id, held.get(lot_id, condition)) for taken, lot_id, condition in arriving]
        settle(self.session, self.caller, lines, self.now)
        self.assets.enter({lot_id: taken.asset for taken, lot_id, _ in arriving if taken.asset})
        self.session.expunge_all()  # what was entered is not looked at again: memory stays bounded
        self.forget()

    def _use_again(self) -> None:
        if self.again:
            here = Place.id.in_([place.id for place in self.again])
            self.session.execute(update(Place).where(here).values(retired_at=None))
            for place in self.again:
                place.retired_at = None
            self.again = []

    def _enter_lots(self, lots: list[Lot]) -> None:
        if lots:
            self.session.execute(insert(table_of(Lot)), [lot.model_dump() for lot in lots])
            publish(self.session, LotsCreated([lot.id for lot in lots], self.now))
            self.figures["lots"] += len(lots)

    def _pieces(self) -> Iterator[Taken]:
        for taken in self.taken:
            yield from [replace(taken, quantity=Decimal(1))] * int(taken.quantity) if taken.apart else [taken]

    def _hold_carriers(self) -> None:
        """Vehicles and kits that the rows put gear into stay as they are from here on, and are read so."""
        ids = {taken.spot.place_id for taken in self.taken}
        carriers = {
            place.id
            for shelves in self.shelves.values()
            for place in shelves.rows.values()
            if place.id in ids and place.kind in CARRIERS
        }
        if carriers:
            share_carriers(self.session, carriers)
            now = select(Place.id, Place.in_reach).where(Place.id.in_(carriers))
            self.in_reach |= {place_id: in_reach for place_id, in_reach in self.session.execute(now)}

    def _held(self, new_lots: list[Lot]) -> dict[UUID, Condition]:
        """The new lots that a standing recall has put on hold in the moment they were entered."""
        found: dict[UUID, Condition] = {}
        ids = [lot.id for lot in new_lots]
        for start in range(0, len(ids), 2000):
            statement = select(Lot.id, Lot.condition).where(Lot.id.in_(ids[start : start + 2000]))
            found.update((row[0], row[1]) for row in self.session.execute(statement))
        return found

    def _know_lots(self) -> None:
        keys = {
            natural_key(taken.item, taken.facts, self.run_id)
            for taken in self.taken
            if taken.item.tracking != Tracking.SERIAL or taken.facts.serial
        } - self.lots.keys()
        wanted = sorted(keys)
        for start in range(0, len(wanted), 2000):
            statement = select(Lot.natural_key, Lot.id, Lot.condition)
            for key, lot_id, condition in self.session.execute(
                statement.where(Lot.natural_key.in_(wanted[start : start + 2000]))
                .order_by(Lot.id)
                .with_for_update(read=True, key_share=True)  # their condition stays until the goods are booked
            ):
                self.lots[key] = (lot_id, condition)

    def _lot_for(self, taken: Taken, new_lots: list[Lot]) -> tuple[UUID, Condition]:
        lot = make_lot(taken.item, taken.facts, self.now)
        if taken.item.tracking != Tracking.SERIAL or taken.facts.serial:
            known = self.lots.get(lot.natural_key)
            if known is not None and taken.item.tracking == Tracking.SERIAL:
                come_back(self.session, self.session.get_one(Lot, known[0]), lot)
            if known is not None:
                return known
        if taken.item.tracking == Tracking.SERIAL:
            lot.home_place_id = taken.spot.place_id if taken.spot.in_reach else None
        else:
            self.lots[lot.natural_key] = (lot.id, lot.condition)
        new_lots.append(lot)
        return lot.id, lot.condition

    def _enter(self, places: list[Place]) -> None:
        """Enter places, and note them: the undo takes back those that nothing else uses."""
        add_places(self.session, places, self.now)
        for place in places:
            self.journal.note(table_of(Place), {"id": place.id}, None, {})
        self.journal.flush()

    def _make_carriers(self, arriving: list[tuple[Taken, UUID, Condition]]) -> None:
        """A vehicle or kit is a place too, with its piece's id."""
        places = []
        for taken, lot_id, condition in arriving:
            item = taken.item
            if item.holds is None:
                continue
            if self.session.get(Place, lot_id) is not None:
                self.back.add(lot_id)  # it was on the book before: its place comes along
                continue
            if not item.carries:  # a device is a place once something is put into it (T41)
                continue
            shelves = self.shelves[taken.spot.depot_id]
            place = carrier_place(
                item,
                lot_id,
                taken.facts.serial or "",
                taken.spot.depot_id,
                self.now,
                parent=shelves.rows[taken.spot.place_id],
                position=shelves.last_position + 10,
            )
            place.in_reach = taken.spot.in_reach and condition == Condition.FIT
            shelves.add(place)
            places.append(place)
        if places:
            self._enter(places)

    def _line(self, taken: Taken, lot_id: UUID, condition: Condition) -> Line:
        number, self.lines = self.lines, self.lines + 1
        return Line(
            request_id=self.run_id,
            line=number,
            digest=self.digest,
            kind=Kind.RECEIVE,
            item_id=taken.item.id,
            item_code=taken.item.code,
            lot_id=lot_id,
            condition=condition,
            quantity=taken.quantity,
            source=outside(taken.spot.depot_id, PlaceKind.SUPPLIER),
            target=replace(taken.spot, in_reach=self.in_reach.get(taken.spot.place_id, taken.spot.in_reach)),
            happened_at=self.now,
            reason=taken.note,
            entered=taken.entered,
            holds=lot_id in self.back,  # else its place is made where the piece is, with nothing in it
            controlled=taken.item.controlled,
        )

    def finish(self) -> dict[str, Any]:
        self.assets.finish()
        return self.figures | self.preview.told()
