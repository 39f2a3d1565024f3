"""A vehicle or kit that was received piece by piece, not imported, becomes the place that it is (T39, T47)."""

from typing import Any

import sqlalchemy as sa
from alembic import op

import core.columns

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

_PLACE = sa.table(
    "place",
    sa.column("id", sa.Uuid()),
    sa.column("depot_id", sa.Uuid()),
    sa.column("parent_id", sa.Uuid()),
    *(sa.column(name, sa.String()) for name in ("kind", "name_zh", "name_en", "path_zh", "path_en")),
    sa.column("position", sa.Integer()),
    sa.column("outside", sa.Boolean()),
    sa.column("in_reach", sa.Boolean()),
    sa.column("created_at", core.columns.Instant(timezone=True)),
)
_ITEM = sa.table("item", *(sa.column(name) for name in ("id", "holds", "name_zh", "name_en")))
_LOT = sa.table("lot", sa.column("id", sa.Uuid()), sa.column("item_id"), sa.column("serial"), sa.column("condition"))
_STOCK = sa.table("stock", *(sa.column(name) for name in ("lot_id", "place_id", "quantity", "outside")))
_STORAGE = ("room", "bay", "shelf", "bin", "vehicle", "kit")


def upgrade() -> None:
    connection = op.get_bind()
    carriers = (
        sa.select(
            *(_LOT.c.id, _LOT.c.serial, _LOT.c.condition, _ITEM.c.holds, _ITEM.c.name_zh, _ITEM.c.name_en),
            *(_PLACE.c.depot_id, _PLACE.c.id.label("parent_id"), _PLACE.c.kind, _PLACE.c.path_zh, _PLACE.c.path_en),
            *(_PLACE.c.position, _PLACE.c.in_reach, _PLACE.c.created_at),
        )
        .select_from(_STOCK)
        .join(_LOT, _LOT.c.id == _STOCK.c.lot_id)
        .join(_ITEM, _ITEM.c.id == _LOT.c.item_id)
        .join(_PLACE, _PLACE.c.id == _STOCK.c.place_id)
        .where(
            _ITEM.c.holds.in_(("vehicle", "kit")),
            sa.not_(_PLACE.c.outside),
            _STOCK.c.quantity > 0,
            _LOT.c.id.not_in(sa.select(sa.alias(_PLACE, "known").c.id)),
        )
    )
    rows = [_place_of(row) for row in connection.execute(carriers)]
    if rows:
        connection.execute(_PLACE.insert(), rows)


def _place_of(row: Any) -> dict[str, Any]:
    mark = row.serial or str(row.id)[-6:]
    names = {language: f"{getattr(row, f'name_{language}')} {mark}"[:100] for language in ("zh", "en")}
    return {
        "id": row.id,
        "depot_id": row.depot_id,
        "parent_id": row.parent_id if row.kind in _STORAGE else None,
        "kind": row.holds,
        **{f"name_{language}": name for language, name in names.items()},
        **{
            f"path_{language}": f"{getattr(row, f'path_{language}')} › {name}"[:300] for language, name in names.items()
        },
        "position": row.position + 1,
        "outside": False,
        "in_reach": row.in_reach and row.condition == "fit",
        "created_at": row.created_at,
    }
