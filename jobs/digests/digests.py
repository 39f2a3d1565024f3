"""Mails: urgent alerts at once, the others in one digest per person per day, each step reported once (T16, T95).

It is written to the outbox in the transaction that notes what was reported, so that a digest is neither lost nor made
twice, whichever process makes it.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, insert, or_, select
from sqlalchemy.orm import Session

from core.columns import table_of
from core.database import Database
from core.ids import new_id
from core.languages import N_, say
from core.pages import render
from core.settings import Settings
from core.upsert import upsert
from depots.models import Depot
from inventory.catalogue.models import Item
from inventory.stock.seals import last_seal
from jobs.alerts.ladder import Ladder, Reader, fold_duties, quiet_until, turn_of
from jobs.alerts.lines import lines_of
from jobs.alerts.models import Alert
from jobs.causes.kinds import KIND_WORDS, RANK
from jobs.causes.rules import URGENT_CATEGORIES, URGENT_ITEMS
from jobs.channels.mail.models import MailChoice
from jobs.channels.mail.subscription import mark_of
from jobs.channels.models import Mail, MailState
from jobs.digests.models import Notified
from people.duties import DEPOT_OF, DUTY, THERE, holds
from people.models import Assignment, Person
from people.policy import Act, Caller, may, reach

SHOWN = 20  # lines of a mail, the worst first; the others are a link away
AT_ONCE = 10  # mails written in one transaction: a take on SQLite may have to wait for it


URGENT, DIGEST = "urgent", "digest"


def readers(session: Session, now: datetime) -> list[Reader]:
    """Everybody active whom mail reaches and who answers for alerts: the role at the depot, not a name (T94)."""
    rows = session.execute(
        select(Person, MailChoice, *DUTY)
        .join(Assignment, Assignment.person_id == Person.id)
        .outerjoin(DEPOT_OF, THERE)
        .outerjoin(MailChoice, MailChoice.person_id == Person.id)
        .where(
            Person.active,
            holds(now),
            Person.email.is_not(None),
            or_(MailChoice.bounced_address.is_(None), MailChoice.bounced_address != Person.email),
        )
        .order_by(Person.account)
    ).all()
    return [
        Reader(
            Caller(person.id, person.account, person.name, person.language, tuple(duties)),
            person.email or "",
            chosen is None or chosen.digests,
        )
        for person, duties, chosen in fold_duties(rows).values()
    ]


def write_digests(database: Database, settings: Settings, today: date, now: datetime) -> int:
    """Write what is new to the outbox, urgent mails apart; returns how many. Again at once: none."""
    with database.transaction(writes=False) as session:
        everybody = readers(session, now)
        ladders = {kind: Ladder(session, _who(everybody, kind)) for kind in (URGENT, DIGEST)}
        perhaps = _perhaps(session, now)
    due = [  # person by person, so that two processes lock them in the same order
        (reader, kind)
        for reader in everybody
        for kind in ladders
        if (reader.caller.person_id, kind == URGENT) in perhaps and (kind == URGENT or reader.digests)
    ]
    return sum(
        database.run(_write_some, due[start : start + AT_ONCE], settings, today, now, ladders)
        for start in range(0, len(due), AT_ONCE)
    )


def _perhaps(session: Session, now: datetime) -> set[tuple[UUID, bool]]:
    """Return who may have something new to read, urgent or not: in three queries, where one each would be thousands.

    Whose turn it is, and what exactly, is asked for these alone.
    """
    told = (
        select(Notified.alert_id)
        .where(
            Notified.alert_id == Alert.id,
            Notified.person_id == Assignment.person_id,
            Notified.step == Alert.step,
            Notified.told_round == Alert.told_round,
        )
        .exists()
    )
    untold = (
        select(Assignment.person_id, Alert.urgent)
        .select_from(Alert)
        .where(Alert.resolved_at.is_(None), Alert.acknowledged_at.is_(None), Alert.snoozed_until.is_(None), ~told)
        .where(holds(now))
        .distinct()
    )
    wide = Assignment.depot_id.is_(None)
    covering = (
        untold.join(Assignment, Assignment.depot_id == Alert.depot_id),
        untold.join(Depot, Depot.id == Alert.depot_id).join(
            Assignment, and_(wide, Assignment.district_code == Depot.district_code)
        ),
        untold.join(Assignment, and_(wide, Assignment.district_code.is_(None))),
    )
    return {(person_id, urgent) for query in covering for person_id, urgent in session.execute(query)}


def _write_some(
    session: Session,
    due: list[tuple[Reader, str]],
    settings: Settings,
    today: date,
    now: datetime,
    ladders: dict[str, Ladder],
) -> int:
    """Some people's mails in one transaction: a commit costs more than a mail."""
    return sum(
        write_mail(session, reader, settings, today, now, kind=kind, ladder=ladders[kind]) for reader, kind in due
    )


def write_urgent_mails(database: Database, settings: Settings, today: date, now: datetime) -> int:
    """Write the urgent mails that cannot wait for the day's digest; one cheap query when there are none."""
    with database.transaction(writes=False) as session:
        depots = set(session.execute(_urgent_untold()).scalars())
        if not depots:
            return 0
        everybody = readers(session, now)
        ladder = Ladder(session, everybody)
    return sum(
        database.run(write_mail, reader, settings, today, now, kind=URGENT, ladder=ladder)
        for reader in everybody
        if any(depots.intersection(ids) for ids in ladder.waits(reader.caller).values())
    )


def _who(everybody: list[Reader], kind: str) -> list[Reader]:
    """Return those to whom mails of a kind may go: digests can be declined, urgent ones cannot."""
    return [reader for reader in everybody if kind == URGENT or reader.digests]


def _urgent_untold() -> Any:
    told = (
        select(Notified.alert_id)
        .where(Notified.alert_id == Alert.id, Notified.step == Alert.step, Notified.told_round == Alert.told_round)
        .exists()
    )
    return (
        select(Alert.depot_id)
        .where(
            Alert.resolved_at.is_(None),
            Alert.urgent,
            Alert.acknowledged_at.is_(None),
            Alert.snoozed_until.is_(None),
            ~told,
        )
        .distinct()
    )


def write_digest(session: Session, reader: Reader, settings: Settings, today: date, now: datetime) -> bool:
    """Write one person's digest, if there is anything new to tell and none was written today."""
    ladder = Ladder(session, _who(readers(session, now), DIGEST))
    return write_mail(session, reader, settings, today, now, kind=DIGEST, ladder=ladder)


def write_mail(
    session: Session, reader: Reader, settings: Settings, today: date, now: datetime, *, kind: str, ladder: Ladder
) -> bool:
    """Write one person's digest of the day, or one more urgent mail, if there is anything new to tell."""
    # one process at a time for each person: another would find the same things untold
    session.execute(select(Person.id).where(Person.id == reader.caller.person_id).with_for_update(key_share=True))
    untold = session.execute(_new_to(reader, settings, today, now, kind, ladder)).all()
    if not untold:
        return False
    row = _mail_row(session, reader, settings, today, now, kind=kind, untold=untold)
    if kind == DIGEST:
        row["next_try_at"] = quiet_until(settings.quiet, now, settings.zone) or now
    else:
        row["part"] = session.execute(
            select(func.count())
            .select_from(Mail)
            .where(Mail.person_id == reader.caller.person_id, Mail.kind == kind, Mail.day == today)
        ).scalar_one()
    written = session.execute(
        upsert(session, table_of(Mail))
        .values(row)
        .on_conflict_do_nothing(index_elements=["person_id", "kind", "day", "part"])
        .returning(table_of(Mail).c.id)
    ).first()
    if written is None:  # another process was faster
        return False
    session.execute(insert(table_of(Notified)), _notified_rows(reader.caller, ladder, untold, row["id"]))
    return True


def _notified_rows(caller: Caller, ladder: Ladder, untold: Sequence[Any], mail_id: UUID) -> list[dict[str, Any]]:
    """What is noted of who was notified of what, and why it was that person."""
    stands = ladder.stands(caller)
    return [
        {
            "person_id": caller.person_id,
            "alert_id": alert.id,
            "step": alert.step,
            "told_round": alert.told_round,
            "mail_id": mail_id,
            "rung": stands[alert.depot_id].rung,
            "below": stands[alert.depot_id].below,
        }
        for alert in untold
    ]


def _new_to(reader: Reader, settings: Settings, today: date, now: datetime, kind: str, ladder: Ladder) -> Any:
    """The query for what a person is to be notified of now and has not been."""
    hushed = quiet_until(settings.quiet, now, settings.zone) is not None
    turn = turn_of(ladder, reader.caller, settings.escalate_days, today, settings.zone)
    return _untold(reader.caller, [turn, *_of_kind(kind, hushed=hushed)])


def _of_kind(kind: str, *, hushed: bool) -> list[Any]:
    """Urgent alerts or the others; in the quiet hours only those of life-saving gear."""
    if kind == DIGEST:
        return [~Alert.urgent]
    lifesaving = or_(Item.code.in_(URGENT_ITEMS), Item.category_code.in_(URGENT_CATEGORIES))
    return [Alert.urgent, lifesaving] if hushed else [Alert.urgent]


def _mail_row(
    session: Session, reader: Reader, settings: Settings, today: date, now: datetime, *, kind: str, untold: Any
) -> dict[str, Any]:
    mail_id = new_id()
    language = reader.caller.language
    mark = mark_of(settings.signing_secret(), reader.caller.person_id)
    unsubscribe = f"{settings.base_url}/unsubscribe/{mark}" if kind == DIGEST else ""
    counts = Counter(row.kind for row in untold)
    lines = lines_of(session, [row.id for row in _shown(untold)])
    values: dict[str, Any] = {
        "reader": reader.caller,
        "today": today,
        "lines": lines,
        "counts": [(KIND_WORDS[kind], counts[kind]) for kind in KIND_WORDS if kind in counts],
        "total": sum(counts.values()),
        "base_url": settings.base_url,
        "urgent": kind == URGENT,
        "unsubscribe": unsubscribe,
        # kept in their mailboxes, it proves the ledger against whoever has the database's password
        "seal": last_seal(session) if kind == DIGEST and may(reader.caller, Act.APPROVE) else None,
    }
    return {
        "id": mail_id,
        "person_id": reader.caller.person_id,
        "kind": kind,
        "day": today,
        "part": 0,
        "address": reader.address,
        "subject": _subject(language, lines, values["total"], kind),
        "body_text": render("jobs/digest.txt", language, settings.zone, **values),
        "body_html": render("jobs/digest.html", language, settings.zone, **values),
        "message_id": f"<{mail_id}@{settings.mail_host}>",
        "unsubscribe": unsubscribe,
        "state": MailState.WAITING,
        "tries": 0,
        "next_try_at": now,
        "last_error": "",
        "created_at": now,
    }


def _untold(caller: Caller, conditions: list[Any]) -> Any:
    """Open alerts whose step the caller has not been told, and which nobody has answered."""
    told = and_(
        Notified.alert_id == Alert.id,
        Notified.step == Alert.step,
        Notified.told_round == Alert.told_round,
        Notified.person_id == caller.person_id,
    )
    return (
        select(Alert.id, Alert.depot_id, Alert.step, Alert.told_round, Alert.kind, Alert.urgent, Alert.due, Depot.code)
        .select_from(Alert)
        .join(Depot, Depot.id == Alert.depot_id)
        .outerjoin(Item, Item.id == Alert.item_id)
        .outerjoin(Notified, told)
        .where(
            Alert.resolved_at.is_(None),
            Alert.acknowledged_at.is_(None),
            Alert.snoozed_until.is_(None),
            Notified.alert_id.is_(None),
            reach(caller, Act.ANSWER, Depot.id, Depot.district_code),
            *conditions,
        )
    )


def _urgency(row: Any) -> tuple[Any, ...]:
    """What comes first: urgent gear, then by what is wrong, then by date."""
    return not row.urgent, RANK[row.kind], row.due or date.max, row.code, row.id


def _shown(untold: Sequence[Any]) -> list[Any]:
    """The lines of a mail, the worst first. No kind crowds out another: a new city is below minimum everywhere."""
    nth: Counter[Any] = Counter()
    ranked = []
    for row in sorted(untold, key=_urgency):
        ranked.append((nth[row.kind], *_urgency(row), row))
        nth[row.kind] += 1
    chosen = sorted(ranked, key=lambda one: one[:-1])[:SHOWN]
    return sorted((one[-1] for one in chosen), key=_urgency)


def _subject(language: str, lines: list[dict[str, Any]], total: int, kind: str) -> str:
    """What and where, before the mail is opened."""
    first = lines[0]
    name = (first["title_zh"], first["title_en"])
    place = (first["depot"].name_zh, first["depot"].name_en)
    if first["titled"]:
        message = N_("{name}: {what} ({place})") if total == 1 else N_("{name}: {what} ({place}), and {more} more")
    else:
        message = N_("{name} ({place})") if total == 1 else N_("{name} ({place}), and {more} more")
    params = {"name": name, "what": say(language, first["word"]), "place": place, "more": total - 1}
    subject = say(language, message, **params)
    return (say(language, N_("Urgent: {subject}"), subject=subject) if kind == URGENT else subject)[:300]
