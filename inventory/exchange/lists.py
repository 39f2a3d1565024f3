"""The inventory's lists as files."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import day_begins
from core.languages import N_
from depots.lists import depot_filters, depots, places
from depots.models import Depot, District, PlaceKind, Subdistrict
from depots.places import visible_depot
from inventory.booking.movements import Filters, movements
from inventory.desk.depot_view import depot_lines
from inventory.desk.gear_lists import lots, stock
from inventory.finding.search import items_called
from inventory.fitness.words import WHY_WORDS
from inventory.listing.listing import AT_ONCE, Asked, Column, Listing, all_pages, either, of, words
from inventory.readiness.survey import depot_figures
from inventory.stock.lists import items
from inventory.stock.reasons import reason_column
from inventory.stock.words import (
    CONDITION_WORDS,
    EXPIRY_WORDS,
    KIND_WORDS,
    LEVEL_WORDS,
    STATUS_WORDS,
    TRACKING_WORDS,
    YES_NO,
)
from people.policy import Act, reach

_WHY = Column(N_("Why not ready"), lambda row, _: WHY_WORDS.get(row.why), "word", 16)


def _depots(session: Session, asked: Asked) -> Iterator[Any]:
    conditions = depot_filters(asked.text("district"), asked.text("type"), asked.text("tag"), asked.text("q"))
    return all_pages(lambda cursor: depots(session, asked.caller, conditions, AT_ONCE, cursor))


def _readiness(session: Session, asked: Asked) -> Iterator[Any]:
    rows = depot_figures(session, asked.caller, asked.today, asked.text("district"), asked.text("type"))
    yield from sorted(rows, key=lambda row: (row.lines_ready - row.lines, -row.low, row.code))


def _places(session: Session, asked: Asked) -> Iterator[Any]:
    return all_pages(
        lambda cursor: places(session, asked.caller, asked.text("depot"), None, limit=AT_ONCE, cursor=cursor)
    )


def _items(session: Session, asked: Asked) -> Iterator[Any]:
    category, q = asked.text("category"), asked.text("q")
    called = items_called(session, q) if q else ()
    return all_pages(lambda cursor: items(session, category, q, AT_ONCE, cursor, called))


def _lots(session: Session, asked: Asked) -> Iterator[Any]:
    return all_pages(
        lambda cursor: lots(
            session, asked.caller, asked.text("depot"), asked.text("item"), asked.today, limit=AT_ONCE, cursor=cursor
        )
    )


class _Of:
    """A row with the depot that it belongs to."""

    def __init__(self, depot: Depot, row: Any) -> None:
        self.depot, self._row = depot.code, row

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, name)


def _depots_asked(session: Session, asked: Asked) -> list[Depot]:
    """The depot that is asked for, or every one within reach."""
    code = asked.text("depot")
    if code is not None:
        return [visible_depot(session, asked.caller, code)]
    statement = select(Depot).where(reach(asked.caller, Act.SEE, Depot.id, Depot.district_code)).order_by(Depot.code)
    return list(session.execute(statement).scalars())


def _stock(session: Session, asked: Asked) -> Iterator[Any]:
    place, item = asked.id("place"), asked.text("item")
    for depot in _depots_asked(session, asked):
        for row in all_pages(
            lambda cursor, depot_id=depot.id: stock(
                session, depot_id, asked.today, limit=AT_ONCE, cursor=cursor, place_id=place, item=item
            )  # type: ignore[misc]
        ):
            yield _Of(depot, row)


def _in_measure(row: Any, language: str) -> str:
    measure = row.measure
    return f"{measure.quantity} {getattr(measure, f'unit_{language}')}" if measure else ""


def _requirements(session: Session, asked: Asked) -> Iterator[Any]:
    for depot in _depots_asked(session, asked):
        for line in depot_lines(session, asked.caller, depot.code, asked.today):
            yield _Of(depot, line)


def _movements(session: Session, asked: Asked) -> Iterator[Any]:
    since, until = asked.day("since"), asked.day("until")
    filters = Filters(
        depot=asked.text("depot"),
        place=asked.id("place"),
        item=asked.text("item"),
        lot=asked.id("lot"),
        person=asked.text("person"),
        since=day_begins(since, asked.zone) if since else None,
        until=day_begins(until + timedelta(days=1), asked.zone) if until else None,
        incident=asked.id("incident"),
    )
    return all_pages(lambda cursor: movements(session, asked.caller, filters, AT_ONCE, cursor))


# With somebody, at a call-out, on the way, at the workshop
IS_OUT = frozenset({PlaceKind.HOLDER, PlaceKind.INCIDENT, PlaceKind.TRANSIT, PlaceKind.WORKSHOP})
DEPOTS = Listing(
    "depots",
    N_("Depots"),
    (
        of("code", N_("Depot code"), "code"),
        of("name_zh", N_("Chinese name"), width=24),
        of("name_en", N_("English name"), width=24),
        of("type", N_("Type"), "code", 8),
        of("district", N_("District"), "code", 10),
        of("subdistrict", N_("Sub-district"), "code"),
        Column(N_("Specialties"), lambda row, _: " ".join(row.add_ons), "text", 12),
        of("address_zh", N_("Address"), width=30),
        of("address_en", N_("English address"), width=30),
        of("lat", N_("Latitude"), "number", 10),
        of("lon", N_("Longitude"), "number", 10),
        of("phone", N_("Phone"), "code"),
        of("hours", N_("Hours"), width=10),
        of("area_m2", N_("Area in m²"), "number", 8),
        of("crew", N_("Crew"), "number", 8),
        words("status", N_("State"), STATUS_WORDS, 8),
    ),
    _depots,
)
READINESS = Listing(
    "readiness",
    N_("Readiness of the depots"),
    (
        of("code", N_("Depot code"), "code"),
        either("name", N_("Depot")),
        of("district", N_("District"), "code", 10),
        of("type", N_("Type"), "code", 8),
        Column(N_("Ready"), lambda row, _: YES_NO[row.lines_ready == row.lines], "word", 8),
        of("lines", N_("Required"), "number", 10),
        of("lines_held", N_("Held"), "number", 10),
        of("lines_ready", N_("Lines ready"), "number", 10),
        of("low", N_("Low stock"), "number", 10),
    ),
    _readiness,
)
PLACES = Listing(
    "places",
    N_("Places"),
    (
        of("depot", N_("Depot code"), "code"),
        either("path", N_("Place"), 40),
        Column(N_("In reach"), lambda row, _: YES_NO[row.in_reach], "word", 10),
    ),
    _places,
)
ITEMS = Listing(
    "items",
    N_("Catalogue"),
    (
        of("code", N_("Item code"), "code"),
        of("name_zh", N_("Chinese name"), width=28),
        of("name_en", N_("English name"), width=28),
        of("category", N_("Category"), "code", 8),
        of("unit_zh", N_("Unit"), width=8),
        of("unit_en", N_("English unit"), width=8),
        words("tracking", N_("Tracking"), TRACKING_WORDS),
        Column(N_("Has a date"), lambda row, _: YES_NO[row.expires], "word", 8),
        Column(N_("Is used up"), lambda row, _: YES_NO[row.consumable], "word", 8),
    ),
    _items,
)
LOTS = Listing(
    "lots",
    N_("Lots in stock"),
    (
        of("depot", N_("Depot code"), "code"),
        of("item", N_("Item code"), "code"),
        of("number", N_("Lot number"), "code", 16),
        of("serial", N_("Serial number"), "code", 16),
        of("quantity", N_("Quantity"), "number", 10),
        of("usable_through", N_("Use by"), "date", 12),
        words("expiry", N_("Date"), EXPIRY_WORDS),
        words("condition", N_("Condition"), CONDITION_WORDS, 10),
        of("ready", N_("Ready"), "number", 10),
        _WHY,
    ),
    _lots,
)
STOCK = Listing(
    "stock",
    N_("Stock"),
    (
        of("depot", N_("Depot code"), "code"),
        either("place", N_("Place"), 28),
        of("item", N_("Item code"), "code", 12),
        either("item", N_("Item")),
        of("quantity", N_("Quantity"), "number", 10),
        either("unit", N_("Unit"), 8),
        of("number", N_("Lot number"), "code", 14),
        of("serial", N_("Serial number"), "code", 14),
        of("usable_through", N_("Use by"), "date", 12),
        words("condition", N_("Condition"), CONDITION_WORDS, 10),
        of("maker", N_("Maker")),
        of("made_on", N_("Made on"), "date", 12),
        Column(N_("Is out"), lambda row, _: YES_NO[row.place_kind in IS_OUT], "word", 8),
        Column(N_("In the second measure"), _in_measure, width=12),
        of("size", N_("Clothing size"), width=8),
        _WHY,
    ),
    _stock,
)
REQUIREMENTS = Listing(
    "requirements",
    N_("Requirements and what is there"),
    (
        of("depot", N_("Depot code"), "code"),
        of("subject", N_("Item code"), "code"),
        either("name", N_("Item")),
        words("level", N_("Level"), LEVEL_WORDS),
        of("minimum", N_("Minimum"), "number", 10),
        of("held", N_("Held"), "number", 10),
        of("ready", N_("Ready"), "number", 10),
        of("short", N_("Short"), "number", 10),
        of("why", N_("Because of"), width=24),
    ),
    _requirements,
)
MOVEMENTS = Listing(
    "movements",
    N_("Movements"),
    (
        of("recorded_at", N_("Recorded"), "moment", 17),
        of("happened_at", N_("Happened"), "moment", 17),
        words("kind", N_("Kind"), KIND_WORDS, 10),
        of("item", N_("Item code"), "code", 12),
        either("item", N_("Item")),
        of("lot_number", N_("Lot or serial number"), "code", 14),
        of("quantity", N_("Quantity"), "number", 10),
        either("source", N_("From place")),
        either("target", N_("To place")),
        of("depot", N_("Depot code"), "code", 12),
        of("person_name", N_("Handled by"), width=12),
        reason_column("reason", N_("Reason")),
    ),
    _movements,
)


def _districts(session: Session, asked: Asked) -> Iterator[Any]:
    rows = (
        select(
            District.code,
            District.name_zh,
            District.name_en,
            Subdistrict.code.label("part"),
            Subdistrict.name_zh.label("part_zh"),
            Subdistrict.name_en.label("part_en"),
            Subdistrict.lat,
            Subdistrict.lon,
            Subdistrict.spread_km,
        )
        .outerjoin(Subdistrict, Subdistrict.district_code == District.code)
        .order_by(District.code, Subdistrict.code)
    )
    return iter(session.execute(rows))


DISTRICTS = Listing(
    "districts",
    N_("Districts and sub-districts"),
    (
        of("code", N_("District code"), "code"),
        of("name_zh", N_("District"), width=20),
        of("name_en", N_("English name of the district"), width=20),
        of("part", N_("Sub-district code"), "code"),
        of("part_zh", N_("Sub-district"), width=20),
        of("part_en", N_("English name of the sub-district"), width=20),
        of("lat", N_("Latitude"), "number", 10),
        of("lon", N_("Longitude"), "number", 10),
        of("spread_km", N_("Land for sure within km of the centre"), "number", 10),
    ),
    _districts,
)
LISTINGS = (DEPOTS, DISTRICTS, READINESS, PLACES, ITEMS, LOTS, STOCK, REQUIREMENTS, MOVEMENTS)
