"""Keeper handover (保管员交接): both count together and sign, a witness signs, and then the duty moves (T98).

Until the witness has signed nothing changes hands: no difference is booked, the leaving keeper answers for the depot.
"""

import json
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.digests import digest_of_content
from core.errors import bad_field, conflict
from core.inputs import clean_text
from core.languages import N_, say
from depots.models import Depot
from inventory.documents.count_report import report, told_line
from inventory.documents.counting import book_differences, open_count, require_some, storage_places, the_count
from inventory.documents.handover import what_stands
from inventory.documents.models import KeeperHandover
from inventory.documents.shift_share import in_hands
from inventory.stock import reasons
from inventory.stock.count_models import Count, CountPurpose, CountState
from inventory.telling.scene import Answer, NewEntry, Scene, Verbs
from people.accounts import caller_called, give_role, take_role_at
from people.duties import holds, keepers_at
from people.models import Assignment, Person, Role
from people.policy import Act, may_at


class StartKeepers(NewEntry, tag="start-keepers", kw_only=True):
    """An officer names who leaves and who comes; the joint count begins. The handover has the entry's id."""

    depot: str
    leaver: str  # accounts
    comer: str
    reason: str = ""


class SignKeepers(NewEntry, tag="sign-keepers", kw_only=True):
    """The leaving keeper, the coming keeper, or at the end the witness signs."""

    handover: UUID
    note: str = ""


class GiveUpKeepers(NewEntry, tag="give-up-keepers", kw_only=True):
    """The handover does not take place; the leaving keeper stays."""

    handover: UUID
    note: str


def start_keepers(scene: Scene, entry: StartKeepers) -> Answer:
    """Open the joint count of all places. The coming keeper is let in for it, where they have no role yet."""
    depot = scene.depot(entry.depot, Act.APPROVE)
    standing = running_keepers(scene.session, depot.id)
    if standing is not None:
        message = N_("a keeper handover of this depot is under way; finish it or give it up first")
        raise conflict("handover-open", message, extra={"handover": str(standing.id)})
    # Looked up among the depot's own keepers: of other accounts not even the names are known here
    leaver = next(
        (one for one in keepers_of(scene.session, depot, scene.now) if one.account == entry.leaver.strip()), None
    )
    if leaver is None or not leaver.active:
        raise bad_field("leaver", N_("this person is not keeper of this depot"))
    comer = _person(scene, entry.comer, "comer")
    if leaver.id == comer.id:
        raise bad_field("comer", N_("who comes is another person than who leaves"))
    if _has_duty(scene.session, comer.id, depot.id, scene.now):
        raise bad_field("comer", N_("this person is keeper of this depot already"))
    guest = not may_at(caller_called(scene.session, comer.account, scene.now), Act.TAKE, depot.id, depot.district_code)
    if guest:
        by = scene.caller.person_id
        give_role(scene.session, by, scene.now, comer.id, Role.RESPONDER, district_code=None, depot_id=depot.id)
    places = storage_places(scene.session, depot.id)
    open_count(scene, entry.id, depot.id, CountPurpose.KEEPER, require_some(places))
    handover = KeeperHandover(
        id=entry.id,
        depot_id=depot.id,
        leaver_id=leaver.id,
        comer_id=comer.id,
        guest=guest,
        reason=clean_text(entry.reason, "reason", 300),
        started_by_id=scene.caller.person_id,
        started_at=scene.happened_at,
    )
    scene.session.add(handover)
    scene.session.flush()
    return {"handover": str(handover.id), "places": [str(place.id) for place in places]}


def _person(scene: Scene, account: str, field: str) -> Person:
    person = scene.session.execute(
        select(Person).where(Person.account == account.strip(), Person.active)
    ).scalar_one_or_none()
    if person is None:
        raise bad_field(field, N_("there is no active account called {account}"), account=account[:64])
    return person


def _has_duty(session: Session, person_id: UUID, depot_id: UUID, now: datetime) -> bool:
    statement = select(Assignment.id).where(
        Assignment.person_id == person_id, Assignment.depot_id == depot_id, Assignment.role == Role.KEEPER, holds(now)
    )
    return session.execute(statement).first() is not None


def running_keepers(session: Session, depot_id: UUID) -> KeeperHandover | None:
    """The keeper handover of a depot that is not finished."""
    return session.execute(
        select(KeeperHandover)
        .join(Count, Count.id == KeeperHandover.id)
        .where(KeeperHandover.depot_id == depot_id, Count.state == CountState.OPEN)
    ).scalar_one_or_none()


def _handover(scene: Scene, handover_id: UUID, act: Act) -> tuple[KeeperHandover, Count]:
    handover = scene.document(KeeperHandover, handover_id, N_("there is no handover with this id"), act)
    return handover, the_count(scene, handover_id, act)


def sign_keepers(scene: Scene, entry: SignKeepers) -> Answer:
    """Sign as who one is. Keepers sign once every line is counted; the witness last, and with that the duty moves."""
    handover, count = _handover(scene, entry.handover, Act.TAKE)
    who = scene.caller.person_id
    if who not in (handover.leaver_id, handover.comer_id):
        return _witness(scene, entry, handover, count)
    content = _all_counted(scene, count)
    if handover.signed != content:
        handover.leaver_signed_at = handover.comer_signed_at = None
        handover.signed = content
    if who == handover.leaver_id:
        handover.leaver_signed_at = scene.happened_at
    else:
        handover.comer_signed_at = scene.happened_at
    _note(handover, entry.note)
    scene.session.flush()
    return {"handover": str(handover.id), "done": False}


def _all_counted(scene: Scene, count: Count) -> str:
    """The digest of a count of which every line is counted: what a keeper signs for."""
    rows = report(scene.session, count)
    again = [told_line(row, blind=True) for row in rows if row.needs_recount]
    if again:
        message = N_("{count} lines wait for a recount by a second person")
        raise conflict("recount", message, extra={"recount": again}, count=len(again))
    blank = [told_line(row) for row in rows if row.counted is None]
    if blank:
        message = N_("{count} lines are not counted yet; a keeper signs for every line")
        raise conflict("uncounted", message, extra={"uncounted": blank}, count=len(blank))
    return digest_of_content([told_line(row) for row in rows])


def _note(handover: KeeperHandover, note: str) -> None:
    said = clean_text(note, "note", 300)
    if said:
        handover.note = f"{handover.note} {said}".strip()[:500]


def _witness(scene: Scene, entry: SignKeepers, handover: KeeperHandover, count: Count) -> Answer:
    """The third signature: differences are booked with both names, what stands open is written down, the duty moves."""
    scene.depot_of(handover.depot_id, Act.APPROVE)
    if handover.leaver_signed_at is None or handover.comer_signed_at is None:
        raise conflict("not-signed", N_("the leaving and the coming keeper sign first"))
    if _all_counted(scene, count) != handover.signed:
        message = N_("the count is another one than the keepers have signed; both sign again")
        raise conflict("changed-since", message)
    session = scene.session
    leaver, comer = session.get_one(Person, handover.leaver_id), session.get_one(Person, handover.comer_id)
    reason = say(scene.caller.language, reasons.KEEPERS, leaver=leaver.name, comer=comer.name)
    handed_on = what_stands(scene, handover.depot_id)
    handed_on["differences"] = book_differences(scene, count, report(session, count), reason)
    handed_on["in_hands"] = in_hands(session, handover.depot_id, handover.leaver_id)  # T42: it ends with no duty
    handover.witness_id, handover.witness_signed_at = scene.caller.person_id, scene.happened_at
    handover.handed_on = json.dumps(handed_on, ensure_ascii=False)
    _note(handover, entry.note)
    by, now = scene.caller.person_id, scene.now
    take_role_at(session, by, now, handover.leaver_id, Role.KEEPER, handover.depot_id)
    give_role(session, by, now, handover.comer_id, Role.KEEPER, district_code=None, depot_id=handover.depot_id)
    _let_out(scene, handover)
    session.flush()
    return {"handover": str(handover.id), "done": True, "keeper": comer.account, **handed_on}


def _let_out(scene: Scene, handover: KeeperHandover) -> None:
    if handover.guest:
        by, depot_id = scene.caller.person_id, handover.depot_id
        take_role_at(scene.session, by, scene.now, handover.comer_id, Role.RESPONDER, depot_id)


def give_up_keepers(scene: Scene, entry: GiveUpKeepers) -> Answer:
    """Nothing changes hands."""
    handover, count = _handover(scene, entry.handover, Act.APPROVE)
    handover.note = clean_text(f"{handover.note} {entry.note}", "note", 500, required=True)
    count.state, count.closed_at, count.closed_by_id = CountState.CANCELLED, scene.now, scene.caller.person_id
    _let_out(scene, handover)
    scene.session.flush()
    return {"handover": str(handover.id)}


def keepers_of(session: Session, depot: Depot, now: datetime) -> list[Person]:
    """Who is keeper of this very depot."""
    return list(session.execute(keepers_at(now).where(Assignment.depot_id == depot.id)).scalars())


ENTRIES: Verbs = {StartKeepers: start_keepers, SignKeepers: sign_keepers, GiveUpKeepers: give_up_keepers}
