"""A code stays with the thing that it was on: labels that were taken off lead there again (T74).

A vehicle or kit, which is a piece and a place, has one label: the second one, of the place, leads to the piece.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

_THINGS = ("lot_id", "place_id", "depot_id")
_EVENT = sa.table("label_event", *map(sa.column, ("code", "act", "at", *_THINGS)))
_LABEL = sa.table("label", *map(sa.column, ("code", "created_at", "replaced_by", *_THINGS)))


def upgrade() -> None:
    connection = op.get_bind()
    _of_pieces(connection)
    _taken_off(connection)


def _of_pieces(connection: sa.Connection) -> None:
    """A vehicle's or kit's place has its piece's id."""
    lot = sa.table("lot", sa.column("id"))
    second = sa.select(_LABEL.c.code, _LABEL.c.place_id).join(lot, lot.c.id == _LABEL.c.place_id)
    for code, piece in connection.execute(second).all():
        standing = _standing(connection, code, {"lot_id": piece})
        change = sa.update(_LABEL).where(_LABEL.c.code == code)
        connection.execute(change.values(lot_id=piece, place_id=None, replaced_by=standing))


def _standing(connection: sa.Connection, code: str, thing: dict[str, Any]) -> str | None:
    """The label that stands for a thing, but for this one."""
    same = [_LABEL.c[name] == value for name, value in thing.items() if value is not None]
    found = connection.execute(
        sa.select(_LABEL.c.code)
        .where(*same, _LABEL.c.code != code, _LABEL.c.replaced_by.is_(None))
        .order_by(_LABEL.c.created_at.desc(), _LABEL.c.code.desc())
        .limit(1)
    )
    return found.scalar_one_or_none()


def _taken_off(connection: sa.Connection) -> None:
    blank = sa.and_(*(_LABEL.c[name].is_(None) for name in _THINGS))
    taken_off = sa.select(_LABEL.c.code, *(_EVENT.c[name] for name in _THINGS)).where(
        blank, _EVENT.c.code == _LABEL.c.code, _EVENT.c.act == "unbound"
    )
    # of a label that was on several things one after the other, the last one stays
    last: dict[str, Any] = {row.code: row for row in connection.execute(taken_off.order_by(_EVENT.c.at))}
    for code, row in last.items():
        thing = {name: getattr(row, name) for name in _THINGS}
        if any(thing.values()):
            change = sa.update(_LABEL).where(_LABEL.c.code == code)
            connection.execute(change.values(**thing, replaced_by=_standing(connection, code, thing)))
