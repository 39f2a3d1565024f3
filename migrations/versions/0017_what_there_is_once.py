"""What there is once: one open proposal and one service of a piece, one piece per maker and serial number.

What stands twice in a filled database is put right first, the way the verbs would have: the first (for labels: the
last) stands, the others are closed with a word why. Two pieces with one serial number nobody can tell apart from
here: both stay, and ``migrate`` and ``verify`` name them. The triggers are in the rooms' ``guards.py``.

A refusal of the database says so by its class on PostgreSQL, as it does on SQLite: a balance below zero too.
"""

import hashlib
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

OPEN_SCRAP = sa.text("state IN ('proposed', 'approved')")
AWAY = sa.text("back_at IS NULL")
OPEN_PROPOSAL = sa.text("state = 'open' AND gtin IS NOT NULL")
HAS_SERIAL = sa.text("serial IS NOT NULL")
WHY = "closed when the database was brought up to date: another one of the same was open"


def upgrade() -> None:
    _close_the_second()
    _replace_older_labels()
    _name_pieces()
    _unique("uq_scrap_lot_id_open", "scrap", ["lot_id"], OPEN_SCRAP)
    _unique("uq_service_lot_id_away", "service", ["lot_id"], AWAY)
    _unique("uq_proposal_depot_id_gtin_open", "proposal", ["depot_id", "gtin"], OPEN_PROPOSAL)
    op.create_index("ix_lot_serial", "lot", ["serial"], sqlite_where=HAS_SERIAL, postgresql_where=HAS_SERIAL)
    if op.get_bind().dialect.name == "postgresql":
        _stock_refusal(" USING ERRCODE = 'check_violation'")


def _unique(name: str, table: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, table, columns, unique=True, sqlite_where=where, postgresql_where=where)


def _stock_refusal(using: str) -> None:
    op.execute(
        "CREATE OR REPLACE FUNCTION stock_not_negative() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION 'stock inside a depot below zero'{using}; END $$"
    )


def _close_the_second() -> None:
    """Of several open ones the first stands (an approved proposal before one that is only proposed)."""
    for table, same, open_, first, closes in (
        (
            "scrap",
            "lot_id",
            OPEN_SCRAP.text,
            "CASE state WHEN 'approved' THEN 0 ELSE 1 END, proposed_at, id",
            f"state = 'rejected', decided_at = proposed_at, decision_note = '{WHY}'",
        ),
        ("service", "lot_id", AWAY.text, "sent_at DESC, id", f"back_at = sent_at, outcome = 'mended', note = '{WHY}'"),
        ("proposal", "depot_id, gtin", OPEN_PROPOSAL.text, "at, id", f"state = 'rejected', note = '{WHY}'"),
    ):
        op.execute(
            f"UPDATE {table} SET {closes} WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER"
            f" (PARTITION BY {same} ORDER BY {first}) AS turn FROM {table} WHERE {open_}) AS ranked WHERE turn > 1)"
        )


def _replace_older_labels() -> None:
    """Of several labels of a piece, a place or a depot the newest stands; the others go on resolving."""
    serial = " AND lot_id IN (SELECT lot.id FROM lot JOIN item ON item.id = lot.item_id WHERE item.tracking = 'serial')"
    for thing, which in (("lot_id", serial), ("place_id", ""), ("depot_id", "")):
        op.execute(
            "UPDATE label SET replaced_by = (SELECT newest.code FROM label AS newest"
            f" WHERE newest.{thing} = label.{thing} AND newest.replaced_by IS NULL"
            " ORDER BY newest.created_at DESC, newest.code DESC LIMIT 1)"
            f" WHERE code IN (SELECT code FROM (SELECT code, row_number() OVER (PARTITION BY {thing}"
            f" ORDER BY created_at DESC, code DESC) AS turn FROM label WHERE {thing} IS NOT NULL"
            f" AND replaced_by IS NULL{which}) AS ranked WHERE turn > 1)"
        )


def _name_pieces() -> None:
    """The key of a piece with a serial number says item, maker and number; of two the one that is there has it."""
    bind = op.get_bind()
    lot = sa.table("lot", sa.column("id", sa.Uuid()), sa.column("natural_key", sa.String()))
    pieces = bind.execute(
        sa.text(
            "SELECT lot.id AS id, item.id AS item_id, lot.maker AS maker, lot.serial AS serial,"
            " EXISTS (SELECT 1 FROM stock WHERE stock.lot_id = lot.id AND NOT stock.outside AND stock.quantity > 0)"
            " AS here FROM lot JOIN item ON item.id = lot.item_id"
            " WHERE lot.serial IS NOT NULL AND item.tracking = 'serial' ORDER BY lot.received_at, lot.id"
        ).columns(id=sa.Uuid(), item_id=sa.Uuid())
    ).all()
    keys: dict[str, object] = {}
    for piece in sorted(pieces, key=lambda piece: not piece.here):
        number = _plain(piece.serial)
        if number:
            told = f"{piece.item_id.hex}/{_plain(piece.maker or '')}/{number}"
            keys.setdefault(f"piece/{hashlib.sha256(told.encode()).hexdigest()}", piece.id)
    if keys:
        change = sa.update(lot).where(lot.c.id == sa.bindparam("piece")).values(natural_key=sa.bindparam("key"))
        bind.execute(change, [{"piece": piece, "key": key} for key, piece in keys.items()])


def _plain(text: str) -> str:
    shown = (char for char in unicodedata.normalize("NFKC", text) if unicodedata.category(char) != "Cf")
    return "".join(shown).strip().upper()
