"""Stocktakes: a difference is what was counted less the book at the moment of counting, and the last word on it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.simulation.carriers import mind_load
from tests.simulation.model import ZERO, Doc, Line, Model
from tests.simulation.people import APPROVE, KEEP, TAKE
from tests.simulation.telling import Entry
from tests.simulation.verdict import Booked, Fixed, Unsettled, Verdict, unsettled
from tests.simulation.wishes import SLACK

Key = tuple[str, str]


def book_at(model: Model, place: str, lot: str, at: datetime) -> Decimal:
    """What the book says of a moment: the balance of now less what has happened since."""
    since = ZERO
    for line in model.history:
        if line.lot == lot and line.at is not None and line.at > at and id(line) not in model.corrections:
            since += line.quantity * ((line.target == place) - (line.source == place))
    return model.balance(place, lot) - since


def start(entry: Entry) -> Verdict:
    depot = entry.depot(KEEP)
    places = set()
    for text in entry.wish["places"]:
        place = entry.spot(text, "places")
        assert place is not None
        if place.depot != depot:
            entry.no({422, 403}, "another depot's place")
        if place.outside:
            entry.no(422, "outside")
        places.add(place.key)
    not_counted_by_others(entry, places)
    doc = entry.open_doc("count", depot, places=places, lines={}, purpose="count")

    def follow(lines: list[Line]) -> None:
        entry.enter(doc)

    return Booked(follow=follow)


def counted_elsewhere(entry: Entry) -> set[str]:
    """The places that are in an open count."""
    counts = [doc for doc in entry.model.docs.values() if doc.kind == "count" and doc.state == "open"]
    return {place for doc in counts for place in doc.facts["places"]}


def not_counted_by_others(entry: Entry, places: set[str]) -> None:
    """A place is in one open count at a time (B25)."""
    if places & counted_elsewhere(entry):
        unsettled("B25")
        entry.no(409, "it is being counted")


def count(entry: Entry) -> Verdict:
    """What somebody counted in a place; told out of order, the later count stands."""
    doc = entry.doc("count", "count")
    entry.must(TAKE, doc.depot)
    if doc.state != "open":
        entry.no(409, "closed")
    place = entry.spot(entry.wish["place"], "place")
    assert place is not None
    if place.key not in doc.facts["places"]:
        entry.no({422, 403}, "not part of it")
    if place.depot != doc.depot:
        entry.leave |= {403, 404, 409, 422}
    if doc.at and entry.at < doc.at - SLACK:
        entry.no(422, "before the count was opened")
    told: dict[Key, Decimal] = {}
    number = entry.wish["round"]
    for line in entry.wish["lines"]:
        lot = entry.thing(line)
        told[place.key, lot] = entry.number(line["quantity"], entry.model.item_of(lot), zero=True)
        first = doc.facts["lines"].get((place.key, lot), {}).get(1)
        if number == 2 and first and first[2] == entry.who:
            entry.no(409, "the recount is another person's")

    def follow(lines: list[Line]) -> None:
        doc.facts["signed"] = {}  # what is counted anew is signed anew
        for key, quantity in told.items():
            rounds = doc.facts["lines"].setdefault(key, {})
            if number not in rounds or entry.at >= rounds[number][1]:
                rounds[number] = (quantity, entry.at, entry.who)

    return Booked(follow=follow)


@dataclass
class Found:
    """A count as it stands: what was counted against the book, and what nobody has counted."""

    told: dict[Key, tuple[Decimal, Decimal, bool]]  # counted, the book then, whether counted again
    blank: list[Key]
    again: bool  # a big difference waits for a second person
    alone: set[str]  # of which somebody is the only one who counted a difference

    @property
    def content(self) -> Any:
        """What is signed for."""
        return (sorted(self.told.items()), sorted(self.blank))

    def differences(self) -> list[tuple[Key, Decimal]]:
        return [(key, counted - book) for key, (counted, book, _) in self.told.items() if counted != book]


def found(model: Model, doc: Doc) -> Found:
    """Line by line, each against the book of the moment when it was counted."""
    told, again, alone = {}, False, set()
    for (place, lot), rounds in doc.facts["lines"].items():
        if model.places[place].depot != doc.depot:
            continue  # the vehicle or kit has gone to another depot: there it is counted
        counted, at, _ = rounds[max(rounds)]
        book = book_at(model, place, lot, at)
        told[place, lot] = (counted, book, 2 in rounds)
        difference = counted - book
        if difference and 2 not in rounds and (model.item_of(lot).controlled or abs(difference) * 10 > book):
            again = True
        who = {one[2] for one in rounds.values()}
        if difference and len(who) == 1:
            alone |= who
    rows = [row for row in model.rows(depot=doc.depot) if row[0] in doc.facts["places"]]
    return Found(told, [row for row in rows if row not in told], again, alone)


def approve(entry: Entry) -> Verdict:
    model = entry.model
    doc = entry.doc("count", "count")
    entry.must(APPROVE, doc.depot)
    if doc.state != "open" or doc.facts["purpose"] == "keepers":
        entry.no(409, "closed, or for the keepers to sign")
    stands = found(model, doc)
    if stands.again:
        entry.no(409, "a second person counts again")
    if entry.who in stands.alone:
        entry.no(409, "somebody else approves what one has counted alone")
    if not entry.wish["leave_uncounted"] and stands.blank:
        entry.no(409, "lines nobody counted")
    return book(entry, doc, stands)


def book(entry: Entry, doc: Doc, stands: Found) -> Booked:
    """The differences as lines; with them the count is over."""
    model, lines = entry.model, []
    edges = {f"{doc.depot}/found", f"{doc.depot}/lost"}
    for (place, lot), difference in stands.differences():
        inside = model.rows(lot) if model.item_of(lot).tracking == "serial" else []
        rounds = doc.facts["lines"][place, lot]
        if model.seen_since(lot, rounds[max(rounds)][1]):
            continue  # it is where somebody has seen it since
        if inside:
            lines += single(entry, lot, difference, place, inside[0][0], rounds[max(rounds)][1])
        elif difference > 0:
            lines.append(Line("adjust", lot, difference, f"{doc.depot}/found", place))
        else:
            part = min(-difference, model.balance(place, lot))
            lines.append(Line("adjust", lot, part, place, f"{doc.depot}/lost"))
            lines.append(Line("adjust", lot, -difference - part, f"{doc.depot}/discrepancy", f"{doc.depot}/lost"))

    def follow(booked: list[Line]) -> None:
        doc.state = "closed"
        model.corrections |= {id(line) for line in booked if line.source in edges or line.target in edges}
        for key, (counted, was, _) in stands.told.items():
            rounds = doc.facts["lines"][key]
            at = rounds[max(rounds)][1]
            model.counted.setdefault(key, []).append((at, was - counted))
            if counted:
                model.seen.setdefault(key[1], []).append((at, 1, doc.depot, key[0]))

    return Booked([Fixed(lines)], follow=follow)


def single(entry: Entry, lot: str, difference: Decimal, place: str, stands: str, at: datetime) -> list[Line]:
    """A single piece that the book has somewhere: seen elsewhere it comes from there, missed elsewhere it is not lost.

    One that was counted where the book has it, or missed there, is what it is.
    """
    model = entry.model
    if difference > 0:
        if stands == place:
            return []
        if model.within(lot, place):
            entry.no(409, "into itself")
        if model.places[stands].depot != model.places[place].depot:
            entry.no(409, "the book has it at another depot")
        elif model.sent_off(stands, at):
            return []  # its transfer says what became of it
        elif difference != 1:
            raise Unsettled("inexact")  # what was told late has moved it twice
        return [Line("adjust", lot, difference, stands, place)]
    if stands != place:
        return []
    if difference != -1:
        raise Unsettled("inexact")
    mind_load(entry, lot)
    return [Line("adjust", lot, -difference, place, f"{model.places[place].depot}/lost")]


def cancel(entry: Entry) -> Verdict:
    doc = entry.doc("count", "count")
    entry.must(KEEP, doc.depot)
    if doc.by != entry.who or doc.facts["lines"]:
        entry.must(APPROVE, doc.depot)
    if doc.state != "open" or doc.facts["purpose"] == "keepers":
        entry.no(409, "closed, or the keepers'")

    def follow(lines: list[Line]) -> None:
        doc.state = "closed"

    return Booked(follow=follow)


COUNTS = {"start-count": start, "count": count, "approve-count": approve, "cancel-count": cancel}
