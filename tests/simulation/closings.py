"""A depot closes: planned, emptied by ordinary lines, closed when nothing stands against it, perhaps opened again."""

from typing import Any

from tests.simulation.gear import second_person
from tests.simulation.model import Doc, Line, Model
from tests.simulation.people import APPROVE, KEEP, PEOPLE, SEE, Duty, may
from tests.simulation.telling import ABSENT, Entry
from tests.simulation.verdict import Booked, Fixed, Unsettled, Verdict


def running(model: Model, depot: str) -> Doc | None:
    plans = (doc for doc in model.docs.values() if doc.kind == "closing" and doc.depot == depot)
    return next((doc for doc in plans if doc.state == "open"), None)


def plan(entry: Entry) -> Verdict:
    """One at a time; a successor is where one decides as well, and does not close itself."""
    model, depot = entry.model, entry.depot(APPROVE)
    if running(model, depot) is not None:
        entry.no(409, "planned already")
    heir = entry.wish.get("successor", "").removeprefix("@depot:") or None
    if heir:
        if not may(entry.who, SEE, heir):
            entry.no(ABSENT, f"{heir} does not exist for {entry.who}")
        elif not may(entry.who, APPROVE, heir):
            entry.no(403, f"{entry.who} does not decide at {heir}")
        if heir == depot or heir in model.closed or running(model, heir) is not None:
            entry.no(422, "no depot that stays")
    doc = entry.open_doc("closing", depot, heir=heir)
    return Booked(follow=lambda lines: entry.enter(doc))


def _plan(entry: Entry, act: str) -> Doc:
    doc = entry.doc("closing", "closing")
    if not may(entry.who, act, doc.depot):
        entry.no(403, f"{entry.who} may not {act} at {doc.depot}")
    if doc.state != "open":
        entry.no(409, "carried out or given up")
    return doc


def _lying(model: Model, depot: str) -> list[tuple[str, str]]:
    """What is in a kit goes with it, unless the kit is in no place any more."""
    rows = model.rows(depot=depot)
    nowhere = [one for one in model.lots if one in model.places and one not in model.stands]
    return [row for row in rows if model.places[row[0]].kind in ("shelf", "hold") or row[0] in nowhere]


def _all(entry: Entry, kind: str, rows: list[tuple[str, str]], target: str) -> list[Line]:
    """Lines that take away all that lies there; controlled gear before a second person."""
    model = entry.model
    asked = any(doc.by == entry.who and doc.kind == "hand-out" for doc in model.docs.values())
    if asked and any(model.item_of(lot).controlled for _, lot in rows):
        raise Unsettled("inexact")  # which confirmation covers which line
    for place, lot in rows:
        second_person(entry, kind, lot, model.balance(place, lot), place, target)
    return [Line(kind, lot, model.balance(place, lot), place, target) for place, lot in rows]


def send_all(entry: Entry) -> Verdict:
    """Everything that lies here goes on the way, to the successor or another depot."""
    model = entry.model
    doc = _plan(entry, KEEP)
    to = entry.wish.get("to", "").removeprefix("@depot:") or doc.facts["heir"]
    if to is None or to == doc.depot or to in model.closed:
        entry.no(422, "to which depot?")
        entry.stop()
    rows = _lying(model, doc.depot)
    if not rows:
        entry.no(409, "nothing lies here")
    way = entry.open_doc("transfer", doc.depot, "way", receiver=to, sent={lot for _, lot in rows}, signed={})
    way.state = "sent"
    known = way.key in model.places
    model.add_place(way.facts["place"])
    lines = _all(entry, "transfer", rows, way.key)
    if not known:
        del model.places[way.key]

    def follow(booked: list[Line]) -> None:
        entry.enter(way)
        for _, lot in rows:
            model.share_lot(lot, to)
        for word in doc.facts.get("words", ()):  # why the depot closes is the reason of its transfer as well
            model.tell_secret(word, to)

    return Booked([Fixed(lines)], follow=follow)


def write_off(entry: Entry) -> Verdict:
    """Batches and loose goods are disposed of, by somebody else than who made the plan."""
    model = entry.model
    doc = _plan(entry, APPROVE)
    if doc.by == entry.who:
        entry.no(409, "one's own plan")
    rows = [row for row in _lying(model, doc.depot) if model.item_of(row[1]).tracking != "serial"]
    if not rows:
        entry.no(409, "no goods lie here")
    return Booked([Fixed(_all(entry, "dispose", rows, f"{doc.depot}/disposed"))])


def _stands_against(model: Model, depot: str) -> bool:
    """Stock, loans, call-outs, transfers on either side, pieces at workshops."""
    for doc in model.docs.values():
        here = depot in (doc.depot, doc.facts.get("receiver"))
        over = doc.state == "closed"
        if here and doc.kind in ("loan", "incident", "transfer", "service") and not over:
            return True
    return bool(model.rows(depot=depot))


def close(entry: Entry) -> Verdict:
    model, moves = entry.model, entry.wish.get("people") == "move"
    doc = _plan(entry, APPROVE)
    heir = doc.facts["heir"]
    if _stands_against(model, doc.depot):
        entry.no(409, "not empty")
    if moves and heir is None:
        entry.no(422, "no successor")
    elif moves and not may(entry.who, APPROVE, heir):
        entry.no(403, f"{entry.who} gives no rights at {heir}")

    def follow(lines: list[Line]) -> None:
        doc.state = "closed"
        model.closed.add(doc.depot)
        doc.facts["people"] = _part(doc.depot, heir if moves else None)
        for one in model.docs.values():
            if one.depot == doc.depot and one.kind in ("count", "fault", "task", "scrap") and one.state in LIVE:
                one.state = "closed"
                model.faults.get(one.facts.get("lot", ""), set()).discard(one.key)

    return Booked(follow=follow)


LIVE = ("open", "reported", "proposed", "approved")


def _part(depot: str, heir: str | None) -> list[tuple[str, str, bool]]:
    """Who had a role at this very depot has it no more, or at the successor."""
    told = []
    for who, duties in list(PEOPLE.items()):
        for duty in [one for one in duties if one.where == depot]:
            moved = Duty(duty.role, heir) if heir else None
            new = moved is not None and moved not in PEOPLE[who]
            PEOPLE[who] = tuple(one for one in PEOPLE[who] if one != duty)
            if moved is not None and new:
                PEOPLE[who] = (*PEOPLE[who], moved)
            told.append((who, duty.role, new))
    return told


def give_up(entry: Entry) -> Verdict:
    doc = _plan(entry, APPROVE)

    def follow(lines: list[Line]) -> None:
        doc.state = "given up"

    return Booked(follow=follow)


def reopen(entry: Entry) -> Verdict:
    model = entry.model
    depot = entry.wish["depot"].removeprefix("@depot:")
    if not may(entry.who, SEE, depot):
        entry.no(ABSENT, f"{depot} does not exist for {entry.who}")
        entry.stop()
    if not may(entry.who, APPROVE, depot):
        entry.no(403, f"{entry.who} does not decide at {depot}")
    if depot not in model.closed:
        entry.no(409, "it is open")
    plans = [doc for doc in model.docs.values() if doc.kind == "closing" and doc.depot == depot]

    def follow(lines: list[Line]) -> None:
        model.closed.discard(depot)
        closed = [doc for doc in plans if doc.state == "closed"]
        if entry.wish.get("people") == "back" and closed:
            _come_back(closed[-1], depot)

    return Booked(follow=follow)


def _come_back(doc: Doc, depot: str) -> None:
    told: list[Any] = doc.facts["people"]
    for who, role, moved in told:
        duties = [one for one in PEOPLE[who] if not (moved and one == Duty(role, doc.facts["heir"]))]
        PEOPLE[who] = (*duties, Duty(role, depot))


CLOSINGS = {
    "plan-closing": plan,
    "send-all": send_all,
    "write-off-rest": write_off,
    "close-depot": close,
    "give-up-closing": give_up,
    "reopen-depot": reopen,
}
