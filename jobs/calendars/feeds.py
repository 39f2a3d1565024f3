"""Calendar feeds: secret addresses, who may read what by them, and the calendar itself (RFC 5545, RFC 7986)."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from core.columns import table_of
from core.errors import bad_field, not_found
from core.languages import LANGUAGES, N_, say
from core.upsert import upsert
from depots.models import Depot
from jobs.calendars.dates import Entry, Sort, entries_of
from jobs.calendars.models import CalendarEntry, CalendarFeed
from people.accounts import caller_called
from people.models import Person
from people.policy import Act, Caller, may_in_city, reach, require_at

if TYPE_CHECKING:
    from icalendar import Event

REFRESH = timedelta(hours=1)
MOST_FEEDS = 20  # of one person
SUMMARIES = {
    Sort.CHECK: N_("{what}: {item} × {amount} ({depot})"),
    Sort.EXPIRY: N_("last usable day: {item} × {amount} ({depot})"),
    Sort.LOAN: N_("loan to come back: {item} × {amount} ({depot})"),
}


@dataclass(frozen=True)
class Feed:
    """What a calendar holds at this moment. ``changed``: entries of which SEQUENCE must be counted up first."""

    name: tuple[str, str]
    language: str
    entries: list[Entry]
    known: dict[str, CalendarEntry]
    changed: list[Entry]


def add_feed(session: Session, caller: Caller, depot_code: str, language: str, now: datetime) -> str:
    """A new secret for an address of the caller's calendar, to be shown this once; an empty code: all own depots."""
    if language not in LANGUAGES:
        raise bad_field("language", N_("the languages are zh and en"))
    depot_id = None
    if depot_code.strip():
        depot = session.execute(select(Depot).where(Depot.code == depot_code.strip())).scalar_one_or_none()
        if depot is None:
            raise bad_field("depot", N_("there is no depot with this code"))
        require_at(caller, Act.SEE, depot.id, depot.district_code)
        depot_id = depot.id
    elif may_in_city(caller, Act.SEE) and not caller.own_depots():
        raise bad_field("depot", N_("you see the whole city: choose a depot"))
    if len(feeds_of(session, caller)) >= MOST_FEEDS:
        raise bad_field("depot", N_("you have {most} calendars already; revoke one first"), most=MOST_FEEDS)
    secret = secrets.token_urlsafe(32)
    session.add(
        CalendarFeed(
            secret_hash=_digest(secret),
            person_id=caller.person_id,
            depot_id=depot_id,
            language=language,
            created_at=now,
        )
    )
    session.flush()
    return secret


def feeds_of(session: Session, caller: Caller) -> list[Any]:
    """Rows of (feed, depot or None): the caller's living calendars, the newest first."""
    statement = (
        select(CalendarFeed, Depot)
        .outerjoin(Depot, Depot.id == CalendarFeed.depot_id)
        .where(CalendarFeed.person_id == caller.person_id, CalendarFeed.revoked_at.is_(None))
        .order_by(CalendarFeed.created_at.desc(), CalendarFeed.id.desc())
    )
    return list(session.execute(statement).all())


def revoke_feed(session: Session, caller: Caller, feed_id: UUID, now: datetime) -> None:
    """The address leads nowhere from now on."""
    session.execute(
        update(CalendarFeed)
        .where(
            CalendarFeed.id == feed_id, CalendarFeed.person_id == caller.person_id, CalendarFeed.revoked_at.is_(None)
        )
        .values(revoked_at=now)
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def read_feed(session: Session, secret: str, now: datetime, today: date) -> Feed:
    """What stands behind a secret address, with the rights that its person has at this moment; else 404."""
    row = session.execute(
        select(CalendarFeed, Person.account)
        .join(Person, Person.id == CalendarFeed.person_id)
        .where(CalendarFeed.secret_hash == _digest(secret), CalendarFeed.revoked_at.is_(None), Person.active)
    ).first()
    if row is None:
        raise not_found(N_("there is no such calendar"))
    feed: CalendarFeed = row[0]
    caller = caller_called(session, row[1], now)
    where, name = _scope(session, feed, caller)
    entries = entries_of(session, where, today)
    uids = [entry.uid for entry in entries]
    known = {
        one.uid: one for one in session.execute(select(CalendarEntry).where(CalendarEntry.uid.in_(uids))).scalars()
    }
    changed = [entry for entry in entries if entry.uid not in known or known[entry.uid].content != entry.content(today)]
    return Feed(name, feed.language, entries, known, changed)


def _scope(session: Session, feed: CalendarFeed, caller: Caller) -> tuple[list[ColumnElement[bool]], tuple[str, str]]:
    seen = reach(caller, Act.SEE, Depot.id, Depot.district_code)
    if feed.depot_id is not None:
        depot = session.execute(select(Depot).where(Depot.id == feed.depot_id, seen)).scalar_one_or_none()
        if depot is None:
            raise not_found(N_("there is no such calendar"))
        return [Depot.id == depot.id], (depot.name_zh, depot.name_en)
    own = caller.own_depots()
    return [seen, Depot.id.in_(own)] if own else [seen], (caller.name, caller.name)


def note_changes(session: Session, changed: Sequence[Entry], today: date, now: datetime) -> dict[str, CalendarEntry]:
    """Count SEQUENCE up for entries that are new or say something else; gives them back by UID."""
    table = table_of(CalendarEntry)
    rows = [{"uid": one.uid, "content": one.content(today), "sequence": 0, "changed_at": now} for one in changed]
    statement = upsert(session, table)
    newer = {
        "content": statement.excluded.content,
        "sequence": table.c.sequence + 1,
        "changed_at": statement.excluded.changed_at,
    }
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["uid"], set_=newer, where=table.c.content != statement.excluded.content
        ),
        rows,
    )
    found = select(CalendarEntry).where(CalendarEntry.uid.in_([one.uid for one in changed]))
    return {one.uid: one for one in session.execute(found).scalars()}


def forget_entries(session: Session, before: datetime) -> None:
    """Drop what has not changed for so long that it stands in no calendar any more."""
    session.execute(delete(CalendarEntry).where(CalendarEntry.changed_at < before))


def write_calendar(feed: Feed, known: dict[str, CalendarEntry], base_url: str, today: date) -> bytes:
    """The calendar as programs read it; the same bytes for as long as nothing changes."""
    from icalendar import Calendar  # slow to import: only for a calendar

    at = 0 if feed.language == "zh" else 1
    name = say(feed.language, N_("Readyshelf: {who}"), who=feed.name)
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", f"-//Readyshelf//Readyshelf//{feed.language.upper()}")
    calendar.add("method", "PUBLISH")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for entry in feed.entries:
        calendar.add_component(_event(entry, known[entry.uid], feed.language, at, base_url, today))
    return calendar.to_ical()


def _event(entry: Entry, known: CalendarEntry, language: str, at: int, base_url: str, today: date) -> "Event":
    from icalendar import Event  # slow to import, as above

    facts = {"what": entry.what, "item": entry.item, "amount": entry.amount, "depot": entry.depot}
    summary = say(language, SUMMARIES[entry.sort], **facts)
    url = f"{base_url}{entry.path}"
    event = Event()
    event.add("uid", entry.uid)
    event.add("dtstamp", known.changed_at)
    event.add("last-modified", known.changed_at)
    event.add("sequence", known.sequence)
    event.add("dtstart", entry.day)
    event.add("dtend", entry.day + timedelta(days=1))
    event.add("summary", say(language, N_("Overdue: {what}"), what=summary) if entry.day < today else summary)
    event.add("location", entry.depot[at])
    event.add("description", url)
    event.add("url", url)
    event.add("transp", "TRANSPARENT")
    return event
