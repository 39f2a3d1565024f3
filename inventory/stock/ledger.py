"""The ledger. ``post`` is the one function that changes stock; nothing else writes movements or balances.

It runs in the caller's transaction: the movement, the balances of both places and the depots' figures are written
together or not at all. The callers that choose among balances lock them first (``holdings``), and with each lot
its condition; the order of all locks is told in ``locks.py``. ``post`` writes in that order too, so that two bookings
never wait for each other in a circle.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.columns import table_of
from core.prepared import Prepared, each_column, write_all
from core.upsert import upsert_for
from inventory.stock.carrying import carry, hold_still, into_itself
from inventory.stock.depot_items import add_depot_figures, figures_to_add
from inventory.stock.lines import Line
from inventory.stock.loads import note_load
from inventory.stock.models import Condition, Movement, Stock

ZERO = Decimal(0)
_movement = table_of(Movement)
_stock = table_of(Stock)
_enter_movement = Prepared(insert(_movement).values(each_column(_movement)))


@cache
def _add_to_stock(dialect: str) -> Prepared:
    statement = upsert_for(dialect, _stock).values(each_column(_stock))
    quantity = _stock.c.quantity + statement.excluded.quantity
    return Prepared(statement.on_conflict_do_update(index_elements=["place_id", "lot_id"], set_={"quantity": quantity}))


def post(session: Session, lines: Sequence[Line], person_id: UUID, now: datetime) -> None:
    """Book movements: all of them or, by exception, none.

    ``person_id`` is who books, ``now`` when it is recorded (UTC). Balances inside depots never go below zero: the
    database refuses it (a trigger), should a caller not have checked; and it refuses a request that another transaction
    has booked in the meantime, here or at the COMMIT for which the rows wait: then the verb runs anew.
    """
    if any(line.target.place_id == line.lot_id for line in lines):
        raise into_itself()
    for carrier in sorted({line.lot_id for line in lines if line.holds}):
        hold_still(session, carrier)
    movements = (_enter_movement, [_movement_row(line, person_id, now) for line in lines])
    write_all(session, [movements, _balances(session, lines), _depot_figures(session, lines)])
    for line in lines:
        if line.holds:
            spot = line.target
            followed = carry(session, line.lot_id, spot.place_id, target_outside=spot.outside)
            add_depot_figures(session, followed.figures)
            note_load(session, line.movement_id, followed.moved, spot.depot_id)


def _movement_row(line: Line, person_id: UUID, now: datetime) -> dict[str, Any]:
    return {
        "id": line.movement_id,
        "request_id": line.request_id,
        "line": line.line,
        "digest": line.digest,
        "kind": line.kind,
        "item_id": line.item_id,
        "lot_id": line.lot_id,
        "quantity": line.quantity,
        "from_place_id": line.source.place_id,
        "to_place_id": line.target.place_id,
        "from_depot_id": line.source.depot_id,
        "to_depot_id": line.target.depot_id,
        "person_id": person_id,
        "happened_at": line.happened_at,
        "recorded_at": now,
        "late": line.late,
        "reason": line.reason,
        "incident_id": line.incident_id,
        "entered": line.entered,
    }


def _balances(session: Session, lines: Sequence[Line]) -> tuple[Prepared, list[dict[str, Any]]]:
    changes: dict[tuple[int, int], dict[str, Any]] = {}
    for line in lines:
        for spot, change in ((line.source, -line.quantity), (line.target, line.quantity)):
            key = (line.lot_id.int, spot.place_id.int)  # numbers: of thousands of rows ids are slow to compare
            row = changes.get(key)
            if row is None:
                row = changes[key] = {"place_id": spot.place_id, "lot_id": line.lot_id, "quantity": ZERO}
            row |= {"item_id": line.item_id, "depot_id": spot.depot_id, "outside": spot.outside}
            row["quantity"] += change
    # of a lot, what leaves before what arrives: in between a piece is nowhere, never in two places
    ordered = sorted(changes.items(), key=lambda entry: (entry[0][0], entry[1]["quantity"] > 0, entry[0][1]))
    return _add_to_stock(session.get_bind().dialect.name), [row for _, row in ordered]


def _depot_figures(session: Session, lines: Sequence[Line]) -> tuple[Prepared, list[dict[str, Any]]]:
    figures: dict[tuple[UUID, UUID], list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for line in lines:
        fit = line.condition == Condition.FIT
        for spot, change in ((line.source, -line.quantity), (line.target, line.quantity)):
            if spot.outside:
                continue
            row = figures[spot.depot_id, line.item_id]
            row[0] += change
            if fit and spot.in_reach:
                row[1] += change
    return figures_to_add(session, {key: (held, in_reach) for key, (held, in_reach) in figures.items()})
