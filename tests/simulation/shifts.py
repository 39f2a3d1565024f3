"""A shift hands over to the next, a keeper to another: both count and sign, and what is signed is what is handed on."""

from collections import Counter
from typing import Any

from tests.simulation.counts import Found, book, counted_elsewhere, found, not_counted_by_others
from tests.simulation.model import Doc, Line, Model
from tests.simulation.people import APPROVE, KEEP, PEOPLE, TAKE, Duty, may
from tests.simulation.telling import Entry
from tests.simulation.verdict import Booked, Verdict


def _walk(entry: Entry, depot: str, purpose: str, **facts: Any) -> Doc:
    """A count of all places that gear lies in; one of a kind at a time. A shift leaves places to a stocktake."""
    model = entry.model
    places = {one.key for one in model.places.values() if one.depot == depot and (one.stores or one.kind == "hold")}
    running = (doc for doc in model.docs.values() if doc.kind == "count" and doc.state == "open")
    if any(doc.facts["purpose"] == purpose and doc.depot == depot for doc in running):
        entry.no(409, "one is under way")
    if purpose == "shift":
        places -= counted_elsewhere(entry)
    not_counted_by_others(entry, places)
    return entry.open_doc("count", depot, places=places, lines={}, purpose=purpose, **facts)


def start_handover(entry: Entry) -> Verdict:
    doc = _walk(entry, entry.depot(KEEP), "shift", given=None)
    return Booked(follow=lambda lines: entry.enter(doc))


def _running(entry: Entry, act: str, purpose: str) -> tuple[Doc, Found]:
    doc = entry.doc("handover", "count")
    if doc.facts["purpose"] != purpose:
        entry.no({404}, "no such handover")
        entry.stop()
    entry.must(act, doc.depot)
    if doc.state != "open":
        entry.no(409, "over")
        entry.stop()
    return doc, found(entry.model, doc)


def handed_on(model: Model, depot: str, stands: Found) -> Any:
    """What the leaving shift signs for: what is lent, faulty, and out; what the walk found, and left out (K7)."""
    docs = [doc for doc in model.docs.values() if doc.depot == depot]
    loans = {doc.key for doc in docs if doc.kind == "loan" and doc.state == "open"}
    lent = sorted((place, lot, model.balance(place, lot)) for place, lot in model.rows(depot=depot) if place in loans)
    faults = sorted(doc.key for doc in docs if doc.kind in ("fault", "task") and doc.state in ("open", "reported"))
    incidents = sorted(doc.key for doc in docs if doc.kind == "incident" and doc.state == "open")
    differences = [(key, told) for key, told in sorted(stands.told.items()) if told[0] != told[1]]
    return (lent, faults, incidents, differences, left_out(stands))


def left_out(stands: Found) -> dict[str, int]:
    """How many lines nobody looked at, place by place: as many, but of another place, is not what was signed."""
    return dict(Counter(place for place, _ in stands.blank))


def give_shift(entry: Entry) -> Verdict:
    doc, stands = _running(entry, KEEP, "shift")

    def follow(lines: list[Line]) -> None:
        doc.facts["given"] = (entry.who, handed_on(entry.model, doc.depot, stands))

    return Booked(follow=follow)


def take_shift(entry: Entry) -> Verdict:
    """Another person signs for just what the leaving shift has signed; with that the differences are booked."""
    doc, stands = _running(entry, KEEP, "shift")
    given = doc.facts["given"]
    if given is None:
        entry.no(409, "the leaving shift signs first")
    elif given[0] == entry.who:
        entry.no(409, "one's own")
    elif given[1] != handed_on(entry.model, doc.depot, stands):
        entry.no(409, "something changed since")
    return book(entry, doc, stands)


def start_keepers(entry: Entry) -> Verdict:
    """The coming keeper is let in for the count, where they have no right there yet."""
    depot, wish = entry.depot(APPROVE), entry.wish
    leaver, comer = wish["leaver"], wish["comer"]
    if Duty("keeper", depot) not in PEOPLE.get(leaver, ()):
        entry.no(422, f"{leaver} is no keeper of it")
    if comer not in PEOPLE or comer == leaver or Duty("keeper", depot) in PEOPLE[comer]:
        entry.no(422, f"{comer} does not come")
    doc = _walk(entry, depot, "keepers", leaver=leaver, comer=comer, guest=False, signed={}, content=None)

    def follow(lines: list[Line]) -> None:
        entry.enter(doc)
        if not may(comer, TAKE, depot):
            doc.facts["guest"] = Duty("responder", depot) not in PEOPLE[comer]
            PEOPLE[comer] = (*PEOPLE[comer], Duty("responder", depot))

    return Booked(follow=follow)


def sign_keepers(entry: Entry) -> Verdict:
    """Both keepers sign for every line, then a witness; with the third signature the duty moves."""
    doc, stands = _running(entry, TAKE, "keepers")
    facts = doc.facts
    if entry.who not in (facts["leaver"], facts["comer"]):
        return _witness(entry, doc, stands)
    if stands.again or stands.blank:
        entry.no(409, "not counted yet")

    def follow(lines: list[Line]) -> None:
        if facts["content"] != stands.content:
            facts["signed"] = {}
        facts["content"] = stands.content
        facts["signed"][entry.who] = True

    return Booked(follow=follow)


def _witness(entry: Entry, doc: Doc, stands: Found) -> Verdict:
    facts = doc.facts
    entry.must(APPROVE, doc.depot)
    if len(facts["signed"]) < 2:
        entry.no(409, "both keepers sign first")
    if stands.again or stands.blank or stands.content != facts["content"]:
        entry.no(409, "it is not what was signed")
    booked = book(entry, doc, stands)
    close = booked.follow

    def follow(lines: list[Line]) -> None:
        close(lines)
        keeper = Duty("keeper", doc.depot)
        PEOPLE[facts["leaver"]] = tuple(duty for duty in PEOPLE[facts["leaver"]] if duty != keeper)
        PEOPLE[facts["comer"]] = (*PEOPLE[facts["comer"]], keeper)
        _let_out(doc)

    booked.follow = follow
    return booked


def _let_out(doc: Doc) -> None:
    if doc.facts["guest"]:
        comer, guest = doc.facts["comer"], Duty("responder", doc.depot)
        PEOPLE[comer] = tuple(duty for duty in PEOPLE[comer] if duty != guest)


def give_up_keepers(entry: Entry) -> Verdict:
    doc, _ = _running(entry, APPROVE, "keepers")

    def follow(lines: list[Line]) -> None:
        doc.state = "closed"
        _let_out(doc)

    return Booked(follow=follow)


SHIFTS = {
    "start-handover": start_handover,
    "give-shift": give_shift,
    "take-shift": take_shift,
    "start-keepers": start_keepers,
    "sign-keepers": sign_keepers,
    "give-up-keepers": give_up_keepers,
}
