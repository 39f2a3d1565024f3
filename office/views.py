"""Saved views: a list as somebody has filtered, ordered and grouped it, under a name."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core.columns import table_of
from core.errors import bad_field, not_found
from core.ids import new_id
from core.inputs import clean_text
from core.languages import N_
from core.limits import lock_key
from core.upsert import upsert
from office.models import SavedView
from people.policy import Caller

MOST = 30  # of one list


def views_of(session: Session, caller: Caller, name: str) -> list[SavedView]:
    """The caller's own views of a list, by name."""
    mine = (SavedView.person_id == caller.person_id, SavedView.list == name)
    return list(session.execute(select(SavedView).where(*mine).order_by(SavedView.name)).scalars())


def save_view(session: Session, caller: Caller, list_name: str, name: str, query: str, now: datetime) -> None:
    """Save a view; under a name that there is, in its place."""
    name = clean_text(name, "name", 60, required=True)
    if len(query) > 1000:
        raise bad_field("query", N_("this view holds too many filters"))
    lock_key(session, "views", f"{caller.person_id}/{list_name}")  # two at once are counted one after the other
    mine = (SavedView.person_id == caller.person_id, SavedView.list == list_name)
    others = select(func.count()).select_from(SavedView).where(*mine, SavedView.name != name)
    if session.execute(others).scalar_one() >= MOST:
        raise bad_field("name", N_("there are {most} views of this list already; remove one first"), most=MOST)
    row: dict[str, Any] = {"id": new_id(), "person_id": caller.person_id, "list": list_name, "name": name}
    statement = upsert(session, table_of(SavedView)).values(row | {"query": query, "saved_at": now})
    changes = {"query": statement.excluded.query, "saved_at": statement.excluded.saved_at}
    session.execute(statement.on_conflict_do_update(index_elements=["person_id", "list", "name"], set_=changes))


def remove_view(session: Session, caller: Caller, view_id: UUID) -> None:
    """Remove one of the caller's own."""
    mine = (SavedView.id == view_id, SavedView.person_id == caller.person_id)
    if session.execute(delete(SavedView).where(*mine).returning(SavedView.id)).first() is None:
        raise not_found(N_("there is no such view of yours"))
