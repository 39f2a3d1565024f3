"""The ledger: a row per movement, the newest first. A line is seen by whoever may see either of its depots."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import case, select
from sqlalchemy.orm import Session, aliased

from core.clock import day_begins
from core.languages import N_
from depots.models import Depot, District, Place
from depots.places import path_at
from inventory.booking.models import MovementWitness
from inventory.catalogue.models import Item
from inventory.stock import reasons
from inventory.stock.models import Lot, Movement
from inventory.stock.words import KIND_WORDS, YES_NO
from office.along import Way
from office.lists.common import (
    CATEGORY,
    ITEM,
    ITEM_VALUES,
    UNIT_VALUES,
    by_lots_of_items,
    depot_values,
    districts_seen,
    either_depot,
    moment_column,
    names_of,
    seen_at,
    words_of_depot,
    words_of_item,
    words_of_lot,
)
from office.lists.gear import CODE_COLUMN, DEPOT_COLUMN, ITEM_COLUMN, NUMBER_COLUMN, UNIT_COLUMN
from office.tables import Chip, Column, Join, Reader, Table, Words
from people.models import Person

_from: Any = aliased(Depot)
_to: Any = aliased(Depot)
_source: Any = aliased(Place)
_target: Any = aliased(Place)
_second: Any = aliased(Person)
LATE_WORDS = {"yes": N_("yes"), "no": N_("no")}
WHEN_WORDS = {
    "today": N_("today"),
    "yesterday": N_("yesterday"),
    "week": N_("in the last 7 days"),
    "month": N_("in the last 30 days"),
    "older": N_("older"),
}


def _when(reader: Reader) -> Any:
    """By the depots' calendar."""
    begins = day_begins(reader.today, reader.moment.zone)
    return case(
        (Movement.recorded_at >= begins, "today"),
        (Movement.recorded_at >= begins - timedelta(days=1), "yesterday"),
        (Movement.recorded_at >= begins - timedelta(days=6), "week"),
        (Movement.recorded_at >= begins - timedelta(days=29), "month"),
        else_="older",
    )


def person_names(session: Session, accounts: Sequence[str]) -> Mapping[str, tuple[str, str]]:
    """The names of the people with these accounts."""
    rows = session.execute(select(Person.account, Person.name).where(Person.account.in_(accounts)))
    return {account: (name, name) for account, name in rows}


def _values(_reader: Reader) -> Sequence[Any]:
    return (
        Movement.recorded_at,
        Movement.happened_at,
        Movement.kind,
        Movement.quantity,
        Movement.late,
        Movement.reason,
        *ITEM_VALUES,
        *UNIT_VALUES,
        Lot.id.label("lot"),
        Lot.number,
        Lot.serial,
        *depot_values(_from),
        *depot_values(_to, "to_depot"),
        path_at(_source, Movement.from_depot_id, "zh").label("source_zh"),
        path_at(_source, Movement.from_depot_id, "en").label("source_en"),
        path_at(_target, Movement.to_depot_id, "zh").label("target_zh"),
        path_at(_target, Movement.to_depot_id, "en").label("target_en"),
        Person.name.label("person"),
        _second.name.label("witness"),
    )


_AT_DEPOT = either_depot(Movement.from_depot_id, Movement.to_depot_id)
KIND = Chip(
    "kind", N_("What happened"), lambda _: Movement.kind, {kind.value: word for kind, word in KIND_WORDS.items()}
)
MOVEMENTS = Table(
    name="movements",
    title=N_("Movements"),
    path="/movements",
    base=Movement,
    key=(Movement.id,),
    joins=(
        Join(_from, _from.id == Movement.from_depot_id),
        Join(_to, _to.id == Movement.to_depot_id),
        Join(Item, Item.id == Movement.item_id, few=by_lots_of_items(Movement.lot_id)),
        Join(Lot, Lot.id == Movement.lot_id),
        Join(_source, _source.id == Movement.from_place_id),
        Join(_target, _target.id == Movement.to_place_id),
        Join(Person, Person.id == Movement.person_id),
        Join(MovementWitness, MovementWitness.movement_id == Movement.id, outer=True),
        Join(_second, _second.id == MovementWitness.witness_id, outer=True),
    ),
    within=lambda reader: (seen_at(reader, _from, _to),),
    values=_values,
    columns=(
        moment_column("recorded", N_("Recorded"), "recorded_at", Movement.recorded_at, along=Way()),
        Column("kind", N_("What happened"), lambda row: KIND_WORDS[row.kind], "word"),
        ITEM_COLUMN,
        CODE_COLUMN,
        NUMBER_COLUMN,
        Column("quantity", N_("Quantity"), lambda row: row.quantity, "number", width=10),
        UNIT_COLUMN,
        Column("from", N_("From place"), lambda row: (row.source_zh, row.source_en), width=24),
        Column("to", N_("To place"), lambda row: (row.target_zh, row.target_en), width=24),
        DEPOT_COLUMN,
        Column("by", N_("Handled by"), lambda row: row.person),
        Column("reason", N_("Reason"), lambda row: reasons.in_both(row.reason), width=24),
        moment_column("happened", N_("Happened"), "happened_at", Movement.happened_at, extra=True),
        Column(
            "to_depot",
            N_("To depot"),
            lambda row: (row.to_depot_zh, row.to_depot_en),
            link=lambda row: f"/depots/{row.to_depot}",
            extra=True,
            width=24,
        ),
        Column("witness", N_("Second person"), lambda row: row.witness or "", extra=True),
        Column("late", N_("Recorded later"), lambda row: YES_NO[row.late], "word", extra=True),
    ),
    chips=(
        Chip("when", N_("When"), _when, WHEN_WORDS, ordered=True),
        KIND,
        Chip("late", N_("Recorded later"), lambda _: case((Movement.late, "yes"), else_="no"), LATE_WORDS),
        CATEGORY,
        Chip("district", N_("District"), lambda _: _from.district_code, names=names_of(District), known=districts_seen),
        Chip("depot", N_("Depot"), None, names=names_of(Depot), many=True, where=_AT_DEPOT),
        Chip("from_depot", N_("From depot"), lambda _: _from.code, names=names_of(Depot), many=True),
        ITEM,
        Chip("person", N_("Handled by"), lambda _: Person.account, names=person_names, many=True),
    ),
    words=(
        words_of_item(Movement.item_id),
        words_of_depot(Movement.from_depot_id),
        words_of_depot(Movement.to_depot_id),
        words_of_lot(Movement.lot_id),
        Words((Person.name, Person.account), Movement.person_id, Person.id),
        Words((Movement.reason,)),
    ),
    order="-recorded",
    empty=N_("Nothing has moved yet."),
)
