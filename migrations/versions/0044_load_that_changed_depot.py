"""What vehicles and kits took along to other depots, as lines; those of the past by the movements (B31)."""

from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

KEYS = {
    "movement_id": "movement",
    "place_id": "place",
    "lot_id": "lot",
    "item_id": "item",
    "from_depot_id": "depot",
    "to_depot_id": "depot",
}
MOVED = """SELECT movement.id, movement.lot_id, movement.recorded_at, movement.from_depot_id, movement.to_depot_id
    FROM movement JOIN place ON place.id = movement.lot_id JOIN place AS target ON target.id = movement.to_place_id
    WHERE movement.from_depot_id <> movement.to_depot_id AND NOT target.outside"""
CHANGES = """SELECT from_place_id, to_place_id, lot_id, item_id, quantity, recorded_at FROM movement
    WHERE from_place_id IN (SELECT id FROM place WHERE kind IN ('vehicle', 'kit'))
    OR to_place_id IN (SELECT id FROM place WHERE kind IN ('vehicle', 'kit'))"""


def upgrade() -> None:
    op.create_table(
        "carried_load",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in KEYS),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("movement_id", "place_id", "lot_id", name="pk_carried_load"),
        *(
            sa.ForeignKeyConstraint([name], [f"{table}.id"], name=f"fk_carried_load_{name}_{table}")
            for name, table in KEYS.items()
        ),
    )
    connection = op.get_bind()
    moved = connection.execute(sa.text(MOVED)).all()
    if moved:
        _fill(connection, moved)


def _fill(connection: sa.Connection, moved: Any) -> None:
    """The load of a carrier is what was recorded up to the moment at which it went."""
    changes: dict[Any, dict[Any, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for source, target, lot, item, quantity, at in connection.execute(sa.text(CHANGES)):
        changes[source][lot].append((at, -quantity, item))
        changes[target][lot].append((at, quantity, item))
    rows = []
    for movement, carrier, at, source, target in moved:
        waiting = [carrier]
        while waiting:
            place = waiting.pop()
            for lot, parts in changes[place].items() if place in changes else ():
                quantity = sum(change for when, change, _ in parts if when <= at)
                if quantity <= 0:
                    continue
                waiting.append(lot)
                rows.append((movement, place, lot, parts[0][2], quantity, source, target))
    names = ("movement_id", "place_id", "lot_id", "item_id", "quantity", "from_depot_id", "to_depot_id")
    insert = sa.text(f"INSERT INTO carried_load ({', '.join(names)}) VALUES ({', '.join(f':{n}' for n in names)})")
    for start in range(0, len(rows), 1000):
        connection.execute(insert, [dict(zip(names, row, strict=True)) for row in rows[start : start + 1000]])
