"""Somebody else's code on a thing, linked as a second one (T100): scanned, it opens the thing like our own label."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.errors import bad_field, conflict, not_found
from core.inputs import clean_text
from core.languages import N_
from core.scanned import as_sent
from core.tags import read_tag
from labels.codes.codes import Reading, read_scan
from labels.codes.event_models import ForeignCode
from labels.codes.fastening import Thing, depots_of, require_keeper, thing_named
from people.policy import Act, Caller, may_at

LONGEST = 500
_SHORTEST = 6
_WHY_NOT = {
    Reading.OURS: N_("this is one of our own labels; bind it instead"),
    Reading.MISTYPED: N_("this code has a slip in it: the check character does not fit; look again or scan the label"),
    Reading.PRODUCT: N_("this bar code stands on every piece of the product; it cannot name this one"),
    Reading.MEDICINE: N_("this trace code stands on a box of medicine that is used up; it cannot name the batch"),
}


def link(session: Session, caller: Caller, text: str, to: str, now: datetime) -> Thing:
    """Let a foreign code open what ``to`` names. Refuses (422) a code that cannot name one thing, (409) one in use.

    A code names one thing in the whole city, so that one in use beyond the caller's reach must be refused too: a tag
    that opened two things would book the wrong one. That it is in use is all that the refusal says, and it sends the
    caller to somebody who may see more.
    """
    tag = read_tag(text)
    text = tag.text if tag else clean_text(as_sent(text), "text", LONGEST, required=True)
    reading = read_scan(text).reading
    if reading in _WHY_NOT:
        raise bad_field("text", _WHY_NOT[reading])
    if tag and tag.blank:
        raise bad_field("text", N_("this tag has no number of its own yet; write one to it first"))
    if len(text) < _SHORTEST:
        raise bad_field("text", N_("this is too short to name one thing for sure"))
    thing = thing_named(session, caller, to)
    if thing.depot_id is not None:
        raise bad_field("to", N_("a second code goes on a thing or a place, not on a depot"))
    require_keeper(session, caller, thing)
    standing = session.get(ForeignCode, text)
    if standing is not None:
        if (standing.lot_id, standing.place_id) == (thing.lot_id, thing.place_id):
            return thing
        if not _within_reach(session, caller, standing):
            raise conflict("linked", N_("this code is bound to something else; ask your officer"))
        raise conflict("linked", N_("this code is linked to something else already; take that link off first"))
    session.add(
        ForeignCode(text=text, lot_id=thing.lot_id, place_id=thing.place_id, person_id=caller.person_id, at=now)
    )
    session.flush()
    return thing


def unlink(session: Session, caller: Caller, text: str) -> None:
    """Take the link off."""
    tag = read_tag(text)
    row = session.get(ForeignCode, tag.text if tag else text.strip()) or session.get(ForeignCode, as_sent(text))
    if row is None or not _within_reach(session, caller, row):
        raise not_found(N_("this code is not linked to anything"))
    require_keeper(session, caller, Thing(lot_id=row.lot_id, place_id=row.place_id))
    session.execute(delete(ForeignCode).where(ForeignCode.text == row.text))


def _within_reach(session: Session, caller: Caller, row: ForeignCode) -> bool:
    depots = depots_of(session, Thing(lot_id=row.lot_id, place_id=row.place_id))
    return any(may_at(caller, Act.SEE, depot.id, depot.district_code) for depot in depots)


def linked_to(session: Session, text: str) -> Thing | None:
    """What a foreign code was linked to, if to anything."""
    tag = read_tag(text)
    said = {text.strip()[:LONGEST], as_sent(text)[:LONGEST], *([tag.text] if tag else [])}
    statement = select(ForeignCode.lot_id, ForeignCode.place_id).where(ForeignCode.text.in_(said))
    row = session.execute(statement).first()
    return Thing(lot_id=row.lot_id, place_id=row.place_id) if row else None
