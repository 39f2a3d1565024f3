"""Reading the audit trail: who did what, when, from where, to whom or what; what was before and after."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import String, Uuid, column, select, tuple_, union_all
from sqlalchemy import table as named_table
from sqlalchemy.orm import Session, aliased

from core.clock import day_begins
from core.columns import table_of
from core.errors import bad_field
from core.ids import is_id
from core.languages import N_
from core.models import AuditEntry
from core.paging import PAGE_DEFAULT, Page, page_of, read_cursor, typed_bound
from people.models import Person
from people.policy import Act, Caller, require_city
from people.posts import DEPOT_NAMES, DISTRICT_OF, SUBDISTRICT_OF


class AuditRow(msgspec.Struct, frozen=True):
    """An entry. ``by`` is an account as it is called today; none: nobody was signed in, or the program by itself."""

    id: UUID
    at: datetime
    by: str | None
    by_name: str | None
    address: str
    act: str
    kind: str
    subject: str
    subject_name: str | None  # of a person: as they are called today
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    @property
    def changes(self) -> list[tuple[str, str, str]]:
        """What was before and what after, by name; of what a list was asked for, each filter by its own."""
        before, after = _opened(self.before), _opened(self.after)
        return [(name, _words(before.get(name)), _words(after.get(name))) for name in sorted({*before, *after})]


def _opened(facts: dict[str, Any] | None) -> dict[str, Any]:
    filters = (facts or {}).get("filters")
    if not isinstance(filters, dict):
        return facts or {}
    return {**filters, **{name: value for name, value in (facts or {}).items() if name != "filters"}}


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_words(one)}" for name, one in value.items())
    if isinstance(value, bool):
        return N_("yes") if value else N_("no")
    if isinstance(value, list):
        return ", ".join(_words(one) for one in value)
    return "" if value is None else str(value)


@dataclass(frozen=True)
class TrailFilters:
    """What to list. ``by`` is an account; ``subject`` an id, a code or an account."""

    by: str | None = None
    act: str | None = None
    kind: str | None = None
    subject: str | None = None
    since: date | None = None
    until: date | None = None


def trail(
    session: Session,
    caller: Caller,
    filters: TrailFilters,
    limit: int = PAGE_DEFAULT,
    cursor: str | None = None,
) -> Page[AuditRow]:
    """The entries, newest first; for auditors and administrators of the whole city."""
    require_city(caller, Act.AUDIT)
    doer = aliased(Person)
    table = table_of(AuditEntry)
    order = (table.c.recorded_at, table.c.id)
    statement = (
        select(table, doer.account.label("by"), doer.name.label("by_name"))
        .select_from(table)
        .outerjoin(doer, doer.id == table.c.by_id)
        .where(*_wanted(session, table, filters))
        .order_by(table.c.recorded_at.desc(), table.c.id.desc())
        .limit(limit + 1)
    )
    after = read_cursor(cursor, tuple[datetime, UUID])
    if after is not None:
        statement = statement.where(tuple_(*order) < typed_bound(after, order))
    rows = session.execute(statement).all()
    names = _names(session, {row.subject for row in rows if row.kind == "person"})
    return page_of(list(rows), limit, lambda row: (row.recorded_at, row.id), lambda row: _shown(row, names))


def _names(session: Session, ids: set[str]) -> dict[str, str]:
    known = [UUID(one) for one in ids if is_id(one)]
    if not known:
        return {}
    rows = session.execute(select(Person.id, Person.name, Person.account).where(Person.id.in_(known)))
    return {str(person_id): f"{name} ({account})" for person_id, name, account in rows}


INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
# Whose rows the trail names by id, and the column that people know them by
NAMED = {"requirements": ("requirement_version", "title"), "import": ("import_run", "file_name"),
         "endpoint": ("endpoint", "name"), "proposal": ("proposal", "raw")}  # fmt: skip


def instant_of(value: str) -> datetime | None:
    """The moment that a stored value is, so that a page shows it as the clock on the wall has it."""
    return datetime.fromisoformat(value) if INSTANT.fullmatch(value) else None


def titles_of(session: Session, rows: Sequence[AuditRow]) -> dict[str, str]:
    """What versions, imports, endpoints and proposals are called of which the trail stores the id."""
    found: list[Any] = []
    for kind, (name, title) in NAMED.items():
        ids = [UUID(one) for one in {row.subject for row in rows if row.kind == kind} if is_id(one)]
        if ids:
            known = named_table(name, column("id", Uuid()), column(title, String()))
            found.append(select(known.c.id.label("id"), known.c[title].label("title")).where(known.c.id.in_(ids)))
    return {str(row.id): row.title for row in session.execute(union_all(*found))} if found else {}


PLACES = {"depot", "depot_id", "district", "district_code", "subdistrict"}  # what changes call a role's place


def places_in(session: Session, rows: Sequence[AuditRow]) -> dict[str, Any]:
    """The names of the depots, districts and sub-districts of which the trail stores the id or the code."""
    parts = (part or {} for row in rows for part in (row.before, row.after))
    told = {value for part in parts for name, value in part.items() if name in PLACES and isinstance(value, str)}
    named: dict[str, Any] = {}
    for table, key, wanted in (
        (DEPOT_NAMES, DEPOT_NAMES.c.id, {UUID(value) for value in told if is_id(value)}),
        (DISTRICT_OF, DISTRICT_OF.c.code, {value for value in told if not is_id(value)}),
        (SUBDISTRICT_OF, SUBDISTRICT_OF.c.code, {value for value in told if not is_id(value)}),
    ):
        if wanted:
            found = session.execute(select(key.label("key"), table.c.name_zh, table.c.name_en).where(key.in_(wanted)))
            named |= {str(row.key): row for row in found}
    return named


def _shown(row: Any, names: dict[str, str]) -> AuditRow:
    before, after = (None if text is None else msgspec.json.decode(text) for text in (row.before, row.after))
    return AuditRow(
        row.id,
        row.recorded_at,
        row.by,
        row.by_name,
        row.address,
        row.act,
        row.kind,
        row.subject,
        names.get(row.subject) if row.kind == "person" else None,
        before,
        after,
    )


def _wanted(session: Session, table: Any, filters: TrailFilters) -> list[Any]:
    clauses: list[Any] = []
    if filters.by:
        clauses.append(table.c.by_id.in_(select(Person.id).where(Person.account == filters.by)))
    if filters.act:
        clauses.append(table.c.act == filters.act)
    if filters.kind:
        clauses.append(table.c.kind == filters.kind)
    if filters.subject:
        named = session.execute(select(Person.id).where(Person.account == filters.subject)).scalar_one_or_none()
        clauses.append(table.c.subject.in_([filters.subject, *([] if named is None else [str(named)])]))
    zone = session.info["zone"]
    try:
        if filters.since is not None:
            clauses.append(table.c.recorded_at >= day_begins(filters.since, zone))
        if filters.until is not None:
            clauses.append(table.c.recorded_at < day_begins(filters.until + timedelta(days=1), zone))
    except OverflowError:
        raise bad_field("until", N_("there is no such date")) from None
    return clauses
