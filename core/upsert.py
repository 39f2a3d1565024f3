"""INSERT ... ON CONFLICT, which both databases write alike but SQLAlchemy has in two dialects."""

from typing import Any

from sqlalchemy import Insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session


def upsert(session: Session, table: Any) -> Any:
    """An INSERT for the session's database that knows ``on_conflict_do_update`` and ``on_conflict_do_nothing``."""
    return upsert_for(session.get_bind().dialect.name, table)


def upsert_for(dialect: str, table: Any) -> Any:
    """As ``upsert``, for a statement that is built once per kind of database."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def insert_missing(session: Session, table: Any, rows: list[dict[str, Any]], keys: list[str]) -> None:
    """Insert the rows whose ``keys`` are not there yet; leave the others as they are."""
    if rows:
        statement: Insert = upsert(session, table).on_conflict_do_nothing(index_elements=keys)
        session.execute(statement, rows)
