"""Every entry that a device may send, which verb books it, and that each is booked once.

The device names the entry: sent again it is recognised, and the first answer is given word for word. A late fact that
cannot be booked is not thrown away: it is stored as refused, the depot is notified, and the keeper sees why.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select, true
from sqlalchemy.orm import Session

from core.clock import Moment
from core.errors import Refusal, forbidden, id_reused
from core.languages import N_
from inventory.booking.wishes import DeviceClock
from inventory.telling.late import booked_as, report_refused, tries_of
from inventory.telling.models import Entry, EntryState
from inventory.telling.photos import attach_photos
from inventory.telling.scene import Answer, LookUp, NewEntry, Scene, Verb, Verbs, digest_of, no_labels
from people.formerly import once_might
from people.policy import Act, Caller, may


class Problem(msgspec.Struct, frozen=True):
    """Why a late fact could not be booked. ``message`` is a text id; ``params`` fill its ``{names}``."""

    kind: str
    message: str
    params: dict[str, Any]
    extra: dict[str, Any]


class Outcome(msgspec.Struct, frozen=True):
    """What became of an entry. It is the same however often it is asked for."""

    id: UUID
    kind: str
    state: EntryState
    late: bool
    recorded_at: datetime
    result: dict[str, Any]
    problem: Problem | None = None
    clock: DeviceClock | None = None  # how the device's own clock stood, if it said so


def book_entry(
    session: Session,
    caller: Caller,
    entry: NewEntry,
    verbs: Verbs,
    moment: Moment,
    look_up: LookUp = no_labels,
) -> tuple[Outcome, bool]:
    """Book an entry with its verb among ``verbs``, once; returns what became of it, and whether it was new.

    Refuses (409) an id that was used for another content, and (403) who may report nothing. A late entry that the
    verb refuses is stored as refused.
    """
    if not may(caller, Act.REPORT) and not (entry.late and once_might(session, caller, Act.REPORT)):
        raise forbidden(N_("your role does not allow this"))
    told = session.get(Entry, entry.id)
    if told is not None:
        return _recalled(told, caller, digest_of(entry)), False
    scene = Scene(session, caller, moment, entry, look_up)
    row = _entered(scene)
    result, problem = _booked(scene, verbs[type(entry)])
    outcome = Outcome(
        entry.id,
        row.kind,
        EntryState.REFUSED if problem else EntryState.BOOKED,
        entry.late,
        moment.now,
        result,
        problem,
        entry.clock or None,
    )
    row.state = outcome.state
    row.answer = msgspec.json.encode(outcome).decode()
    session.flush()
    # As it will be sent again: the answer of a repeat comes out of the database
    return msgspec.json.decode(row.answer, type=Outcome), True


def _entered(scene: Scene) -> Entry:
    kind = type(scene.entry).__struct_config__.tag
    row = Entry(
        id=scene.entry.id,
        kind=str(kind),
        digest=scene.digest,
        person_id=scene.caller.person_id,
        happened_at=scene.happened_at,
        recorded_at=scene.now,
        late=scene.entry.late,
    )
    scene.session.add(row)
    scene.session.flush()  # the same entry at the same moment, by another connection, runs anew and is recalled
    return row


def _booked(scene: Scene, verb: Verb) -> tuple[Answer, Problem | None]:
    """Run the verb. What a late entry's verb refuses is undone alone, and reported to the depot (rule 5)."""
    if not scene.late:
        result = verb(scene, scene.entry)
        attach_photos(scene)
        return result, None
    session, acted = scene.session, [scene]

    def book(caller: Caller, doubt: Refusal | None) -> Answer:
        acted.append(Scene(session, caller, scene.moment, scene.entry, scene.look_up))
        result = verb(acted[-1], scene.entry)
        attach_photos(acted[-1])
        if doubt is not None:
            raise doubt
        return result

    believed = scene.entry.clock is not msgspec.UNSET and scene.entry.clock.sure
    tries = tries_of(session, scene.caller, Act.REPORT, [scene.happened_at], scene.now, believed=believed)
    try:
        return booked_as(session, scene.caller, tries, book), None
    except Refusal as refusal:
        if refusal.status == 403 and may(scene.caller, Act.REPORT):
            raise
        _report(scene, refusal, acted)
        return {}, _problem(refusal)


def _report(scene: Scene, refusal: Refusal, acted: Sequence[Scene]) -> None:
    report_refused(
        scene.session,
        [one.caller for one in acted],
        act_id=scene.entry.id,
        said=scene.entry,
        happened_at=scene.happened_at,
        now=scene.now,
        refusal=refusal,
        depot_id=next((one.depot_id for one in reversed(acted) if one.depot_id), None),
        look_up=scene.look_up,
    )


def _problem(refusal: Refusal) -> Problem:
    extra = json.loads(msgspec.json.encode(refusal.extra))
    return Problem(refusal.kind, refusal.message, refusal.params, extra)


def store_refused(
    session: Session,
    caller: Caller,
    entry_id: UUID,
    kind: str,
    *,
    digest: str,
    happened_at: datetime,
    refusal: Refusal,
    now: datetime,
) -> bool:
    """Store a late act that came as no entry, refused; returns False if it is stored already."""
    if session.get(Entry, entry_id) is not None:
        return False
    outcome = Outcome(entry_id, kind, EntryState.REFUSED, True, now, {}, _problem(refusal))
    row = Entry(
        id=entry_id,
        kind=kind,
        digest=digest,
        person_id=caller.person_id,
        happened_at=happened_at,
        recorded_at=now,
        late=True,
        state=EntryState.REFUSED,
        answer=msgspec.json.encode(outcome).decode(),
    )
    session.add(row)
    session.flush()
    return True


def _recalled(told: Entry, caller: Caller, digest: str) -> Outcome:
    if told.person_id != caller.person_id or told.digest != digest:
        raise id_reused(told.id)
    return msgspec.json.decode(told.answer, type=Outcome)


def entries_of(session: Session, caller: Caller, limit: int = 50, entry_id: UUID | None = None) -> list[Outcome]:
    """What became of the caller's own entries, the newest first; of the one that is named, if any."""
    rows = session.execute(
        select(Entry.answer)
        .where(Entry.person_id == caller.person_id, true() if entry_id is None else Entry.id == entry_id)
        .order_by(Entry.recorded_at.desc(), Entry.id.desc())
        .limit(limit)
    ).scalars()
    return [msgspec.json.decode(answer, type=Outcome) for answer in rows]
