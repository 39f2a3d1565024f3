"""Checks that were done, missed or taken from the papers, the newest first."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import and_, select

from core.languages import N_
from depots.models import Depot, Place
from depots.places import path_at
from inventory.catalogue.models import Item
from inventory.clocks.models import Check, MaintenancePlan, Outcome
from inventory.stock import reasons
from inventory.stock.models import Lot
from inventory.upkeep.pages import OUTCOME_WORDS
from office.along import Way
from office.lists.checks import PIECE_COLUMN, PLAN, PLAN_KIND, TASK_COLUMN
from office.lists.common import (
    CATEGORY,
    DEPOT,
    DISTRICT,
    ITEM,
    ITEM_VALUES,
    by_lots_of_items,
    depot_values,
    moment_column,
    seen_at,
    words_of_depot,
    words_of_item,
    words_of_lot,
)
from office.lists.gear import CODE_COLUMN, DEPOT_COLUMN, NUMBER_COLUMN
from office.tables import Chip, Column, Join, Reader, Table
from people.models import Person

MOODS = {Outcome.PASSED: "good", Outcome.FAILED: "bad"}


def _values(_reader: Reader) -> Sequence[Any]:
    return (
        *ITEM_VALUES,
        *depot_values(),
        Lot.id.label("lot"),
        Lot.number,
        Lot.serial,
        MaintenancePlan.task_zh,
        MaintenancePlan.task_en,
        path_at(Place, Check.depot_id, "zh").label("path_zh"),
        path_at(Place, Check.depot_id, "en").label("path_en"),
        Person.name.label("by"),
        Check.outcome,
        Check.done_on,
        Check.period,
        Check.note,
        Check.recorded_at,
    )


OUTCOME = Chip(
    "outcome", N_("Outcome"), lambda _: Check.outcome, {one.value: word for one, word in OUTCOME_WORDS.items()}
)


def _of_plans(plans: Any) -> Any:
    """What was done by such plans, found by the lots of the items that these are for."""
    items = select(MaintenancePlan.item_id).where(plans)
    return and_(plans, Check.lot_id.in_(select(Lot.id).where(Lot.item_id.in_(items))))


CHECKS_DONE = Table(
    name="checks-done",
    title=N_("Checks done"),
    path="/upkeep/done",
    base=Check,
    key=(Check.id,),
    joins=(
        Join(MaintenancePlan, MaintenancePlan.code == Check.plan_code, few=_of_plans),
        Join(Depot, Depot.id == Check.depot_id),
        Join(Lot, Lot.id == Check.lot_id),
        Join(Item, Item.id == Lot.item_id, few=by_lots_of_items(Check.lot_id)),
        Join(Person, Person.id == Check.person_id),
        Join(Place, Place.id == Check.place_id, outer=True),
    ),
    within=lambda reader: (seen_at(reader, Depot),),
    values=_values,
    columns=(
        Column(
            "outcome",
            N_("Outcome"),
            lambda row: OUTCOME_WORDS[row.outcome],
            "badge",
            mood=lambda row: MOODS.get(row.outcome, "warn"),
        ),
        Column("done", N_("Done on"), lambda row: row.done_on, "date", sort=lambda _: Check.done_on, shape=date),
        PIECE_COLUMN,
        CODE_COLUMN,
        NUMBER_COLUMN,
        TASK_COLUMN,
        DEPOT_COLUMN,
        Column("place", N_("Place"), lambda row: (row.path_zh or "", row.path_en or ""), extra=True, width=28),
        Column("by", N_("Handled by"), lambda row: row.by),
        Column("note", N_("Note"), lambda row: reasons.in_both(row.note), width=24),
        Column("period", N_("Was due"), lambda row: row.period, "date", extra=True),
        moment_column("recorded", N_("Recorded"), "recorded_at", Check.recorded_at, along=Way(), extra=True),
    ),
    chips=(
        OUTCOME,
        PLAN_KIND,
        CATEGORY,
        DISTRICT,
        DEPOT,
        ITEM,
        PLAN,
    ),
    words=(words_of_item(Lot.item_id), words_of_depot(Check.depot_id), words_of_lot(Check.lot_id)),
    order="-recorded",
    empty=N_("Nothing was done yet."),
)
