"""What lies in faulty or recalled vehicles and kits is out of reach (B34); lots remember their box (T58, B38)."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0022"
branch_labels = None
depends_on = None

_UNFIT = "SELECT lot.id FROM lot WHERE lot.condition <> 'fit'"
# a kit that is not fit itself, on a vehicle that is not, and a kit in a bin of such a vehicle
_INSIDE = f"""
    in_reach AND (
        id IN ({_UNFIT})
        OR parent_id IN ({_UNFIT})
        OR parent_id IN (SELECT inner_place.id FROM place AS inner_place WHERE inner_place.parent_id IN ({_UNFIT}))
    )
"""
_REACHABLE = """
    COALESCE((
        SELECT SUM(stock.quantity) FROM stock
        JOIN place ON place.id = stock.place_id AND place.in_reach
        JOIN lot ON lot.id = stock.lot_id AND lot.condition = 'fit'
        WHERE stock.depot_id = depot_item.depot_id AND stock.item_id = depot_item.item_id
    ), 0)
"""


def upgrade() -> None:
    connection = op.get_bind()
    concerned = [row[0] for row in connection.execute(sa.text(f"SELECT DISTINCT depot_id FROM place WHERE {_INSIDE}"))]
    op.execute(f"UPDATE place SET in_reach = false WHERE {_INSIDE}")
    for depot_id in concerned:
        connection.execute(
            sa.text(
                f"UPDATE depot_item SET in_reach = {_REACHABLE}, dirty = true, changes = changes + 1"
                " WHERE depot_id = :depot"
            ),
            {"depot": depot_id},
        )
    op.execute(
        "UPDATE lot SET pack_size = (SELECT item.pack_size FROM item WHERE item.id = lot.item_id)"
        " WHERE pack_size IS NULL"
    )
