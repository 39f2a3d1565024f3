"""Every entry that a device may send, which verb books it, and that each is booked once.

The device names the entry: sent again it is recognised, and the first answer is given word for word. A late fact that
cannot be booked is not thrown away: it is kept as refused, the depot is told, and the keeper sees why.
"""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.clock import Moment
from core.database import TryAgain
from core.errors import Refusal, conflict, forbidden
from core.events import publish
from core.languages import N_, in_both
from inventory.stock.events import EntryRefused
from inventory.telling.models import Entry, EntryState
from inventory.telling.photos import attach_photos
from inventory.telling.scene import Answer, DeviceClock, LookUp, NewEntry, Scene, Verb, Verbs, digest_of, no_labels
from people.formerly import as_of, last_depot, once_might
from people.policy import Act, Caller, may

PAST_ROLES_COUNT = timedelta(days=30)  # what comes later under a role that is over, somebody decides


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


def tell(
    session: Session,
    caller: Caller,
    entry: NewEntry,
    verbs: Verbs,
    moment: Moment,
    look_up: LookUp = no_labels,
) -> tuple[Outcome, bool]:
    """Book an entry with its verb among ``verbs``, once; returns what became of it, and whether it was new.

    Refuses (409) an id that was used for another content, and (403) who may report nothing. A late entry that the
    verb refuses is kept as refused.
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
    # As it will be told again: the answer of a repeat comes out of the database
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
    try:
        scene.session.flush()
    except IntegrityError as error:  # the same entry, at the same moment, by another connection
        raise TryAgain from error
    return row


def _booked(scene: Scene, verb: Verb) -> tuple[Answer, Problem | None]:
    """Run the verb. What a late entry's verb refuses is undone alone, and told to the depot (rule 5)."""
    if not scene.late:
        result = verb(scene, scene.entry)
        attach_photos(scene)
        return result, None
    refusal, depot_id, tried = _over(), None, False
    for caller, doubt in _callers(scene):
        acting = Scene(scene.session, caller, scene.moment, scene.entry, scene.look_up)
        try:
            with scene.session.begin_nested():
                result = verb(acting, acting.entry)
                attach_photos(acting)
                if doubt is not None:
                    raise doubt
            return result, None
        except Refusal as error:
            if caller is not scene.caller or not tried:  # of two, what the roles of its time were answered
                refusal, depot_id, tried = error, acting.depot_id, True
    if refusal.status == 403 and may(scene.caller, Act.REPORT):
        raise refusal
    _publish_refused(scene, refusal, depot_id)
    return {}, Problem(
        refusal.kind,
        refusal.message,
        refusal.params,
        json.loads(msgspec.json.encode(refusal.extra)),
    )


def _callers(scene: Scene) -> list[tuple[Caller, Refusal | None]]:
    """As whom a late entry is tried, and what stands against booking it so: by the roles of its time, and of today.

    What the time of an act alone makes lawful needs a clock that can be believed; else somebody decides.
    """
    now: list[tuple[Caller, Refusal | None]] = [(scene.caller, None)] if may(scene.caller, Act.REPORT) else []
    then = as_of(scene.session, scene.caller, scene.happened_at, scene.now)
    if then is None or not may(then, Act.REPORT):
        return now
    clock = scene.entry.clock
    believed = clock is not msgspec.UNSET and clock.sure
    if believed and scene.now - scene.happened_at <= PAST_ROLES_COUNT:
        return [(then, None), *now]
    return [*now, (then, _doubtful())]


def _over() -> Refusal:
    return conflict("role-over", N_("your role had ended when this happened; somebody at the depot decides about it"))


def _doubtful() -> Refusal:
    return conflict(
        "role-over",
        N_("your role has ended, and the time of this cannot be proved; somebody at the depot decides about it"),
    )


def _publish_refused(scene: Scene, refusal: Refusal, depot_id: UUID | None) -> None:
    depot_id = depot_id or next(iter(scene.caller.own_depots()), None) or last_depot(scene.session, scene.caller)
    if depot_id is None:
        return
    local = scene.happened_at.astimezone(scene.session.info["zone"])
    why = in_both(refusal.message, **refusal.params)
    zh, en = (f"{scene.caller.name}, {local:%Y-%m-%d %H:%M}: {text}" for text in why)
    publish(scene.session, EntryRefused(scene.entry.id, depot_id, zh, en, scene.now))


def _recalled(told: Entry, caller: Caller, digest: str) -> Outcome:
    if told.person_id != caller.person_id or told.digest != digest:
        raise Refusal(409, "id-reused", N_("this id was used before for something else"), extra={"id": str(told.id)})
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
