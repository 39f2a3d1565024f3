"""The book against what was acknowledged: what is lost, and what is doubled."""

from collections import Counter
from collections.abc import Collection
from pathlib import Path
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.database import Database
from inventory.stock.models import Movement, Stock


def balances(session: Session, takes: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """What lies where, in the book's own thousandths."""
    wanted = set(takes)
    rows = session.execute(select(Stock.lot_id, Stock.place_id, Stock.quantity).where(~Stock.outside))
    return {key: int(held * 1000) for lot, place, held in rows if (key := (str(lot), str(place))) in wanted}


def compare(
    session: Session, acknowledged: dict[str, tuple[str, str]], before: dict[tuple[str, str], int]
) -> dict[str, int]:
    """What the book says of what was acknowledged: lost is not there, doubled took more than it said."""
    there: set[str] = set()
    ids = [UUID(one) for one in acknowledged]
    for at in range(0, len(ids), 500):
        there |= {
            str(one)
            for one in session.execute(
                select(Movement.request_id).where(Movement.request_id.in_(ids[at : at + 500]))
            ).scalars()
        }
    taken = Counter(acknowledged.values())
    after = balances(session, before)
    missing = {key: before[key] - after.get(key, 0) - 1000 * taken[key] for key in before}
    return {
        "acknowledged": len(ids),
        "lost": len(set(acknowledged) - there),
        "doubled": sum(left for left in missing.values() if left > 0) // 1000,
        "not_taken": -sum(left for left in missing.values() if left < 0) // 1000,
    }


def database_bytes(database: Database) -> int:
    """How large it is by now."""
    if database.is_sqlite:
        path = Path(str(database.url.database))
        return sum(one.stat().st_size for one in path.parent.glob(f"{path.name}*"))
    with database.transaction(writes=False) as session:
        return int(session.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
