"""What stands against gear: faults, recalls, and the rule of two persons."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from tests.simulation.carriers import bears_controlled, leaves_keeping
from tests.simulation.model import CARRIERS, ITEMS, Doc, Line, Model
from tests.simulation.people import APPROVE, KEEP, REPORT, TAKE, may_in_city
from tests.simulation.telling import Entry
from tests.simulation.verdict import Booked, Draw, Verdict, unsettled

GOOD_FOR = timedelta(minutes=15)


def witnessed(
    model: Model,
    at: datetime,
    who: str,
    depot: str,
    item: str,
    lot: str | None,
    quantity: Decimal,
    left: Mapping[str, Decimal] = MappingProxyType({}),
) -> Doc | None:
    """The hand-out by which a second person has confirmed that somebody takes this."""
    found = [
        doc
        for doc in model.docs.values()
        if doc.kind == "hand-out"
        and doc.state == "agreed"
        and (doc.by, doc.depot, doc.facts["item"]) == (who, depot, item)
        and doc.facts["lot"] in (None, lot)
        and left.get(doc.key, doc.facts["quantity"]) >= quantity
        and doc.at is not None
        and doc.at <= at <= doc.at + GOOD_FOR
    ]
    return min(found, key=lambda doc: model.names[doc.key], default=None)


def use_up(model: Model, who: str, at: datetime, lines: list[Line]) -> None:
    """A confirmation is good once, for as much of one act as it names."""
    left: dict[str, Decimal] = {}
    for line in lines:
        item, depot = model.item_of(line.lot), model.places[line.source].depot
        if not item.controlled or not leaves_keeping(model, line.kind, line.source, line.target):
            continue
        if line.target.endswith("/discrepancy"):  # what a later fact has undone: nobody saw that
            continue
        doc = witnessed(model, at, who, depot, item.code, line.lot, line.quantity, left)
        if doc:
            left[doc.key] = left.get(doc.key, doc.facts["quantity"]) - line.quantity
    for key in left:
        model.docs[key].state = "used"


def second_person(entry: Entry, kind: str, lot: str, quantity: Decimal, source: str, target: str) -> None:
    """Controlled gear leaves a depot's keeping before a second person only, whatever document moves it."""
    model, item = entry.model, entry.model.item_of(lot)
    heavy = bears_controlled(model, lot)
    if entry.late or not (item.controlled or heavy) or not leaves_keeping(model, kind, source, target):
        return
    if heavy or not witnessed(model, entry.at, entry.who, model.places[source].depot, item.code, lot, quantity):
        entry.no(409, "controlled gear needs a second person")


def ask_witness(entry: Entry) -> Verdict:
    depot = entry.depot(TAKE)
    lot = entry.thing(entry.wish) if "thing" in entry.wish else None
    item = entry.model.item_of(lot) if lot else ITEMS[entry.wish["item"]]
    if not item.controlled:
        entry.no(422, "not controlled")
    quantity = entry.number(entry.wish["quantity"], item)
    if not entry.model.rows(lot, depot, item.code):
        entry.no(409, "none of it here")
    doc = entry.open_doc("hand-out", depot, item=item.code, lot=lot, quantity=quantity)

    def follow(lines: list[Line]) -> None:
        entry.enter(doc)

    return Booked(follow=follow)


def witness(entry: Entry) -> Verdict:
    doc = entry.doc("hand_out", "hand-out")
    entry.must(TAKE, doc.depot)
    if doc.by == entry.who:
        entry.no(409, "the second person is another")
    if doc.state != "open":
        entry.no(409, "answered")
    if doc.at and entry.at > doc.at + GOOD_FOR:
        entry.no(409, "too late")

    def follow(lines: list[Line]) -> None:
        doc.state = "agreed" if entry.wish["agree"] else "declined"

    return Booked(follow=follow)


def fault(entry: Entry) -> Verdict:
    """A single piece is unfit where it is; of a batch the faulty ones go to the hold."""
    model, wish = entry.model, entry.wish
    lot = entry.thing(wish)
    item = model.item_of(lot)
    place = entry.spot(wish["place"], "place")
    assert place is not None
    entry.must(REPORT, place.depot)
    if place.outside:
        entry.no({404, 409, 422}, "outside")
    quantity = entry.number(wish["quantity"], item)
    there = model.balance(place.key, lot)
    if there <= 0 and not entry.late:
        entry.no({404, 409}, "it is not there")
    if place.depot not in model.lots[lot].lain or (place.key, lot) not in model.stock:
        entry.leave |= {404, 409, 422}
    hold = f"{place.depot}/hold"
    doc = entry.open_doc("fault", place.depot, lot=lot)
    draws: list[Any] = []
    if item.tracking == "serial":
        entry.controlled_serial_gap(lot, there <= 0)
    elif place.key != hold:
        if there < quantity and not entry.late:
            entry.no(409, f"only {there}")
        gap = (f"{place.depot}/discrepancy", lot) if entry.late else None
        rows = [(place.key, lot)] if there > 0 else []
        draws.append(Draw("transfer", quantity, rows, [hold], gap))
    if place.kind in ("loan", "incident", "way", "hands") or (place.stores and not place.in_reach):
        entry.leave |= {404, 409, 422}

    def follow(lines: list[Line]) -> None:
        entry.enter(doc)
        model.faults.setdefault(lot, set()).add(doc.key)
        if item.tracking == "serial" and model.lots[lot].condition == "fit":
            model.lots[lot].condition = "unfit"

    return Booked(draws, follow=follow)


def mended(entry: Entry) -> Verdict:
    doc = entry.doc("defect", "fault")
    entry.must(KEEP, doc.depot)
    if doc.state == "closed":
        entry.no(409, "closed")

    def follow(lines: list[Line]) -> None:
        if doc.state == "open":
            mend(entry.model, doc.facts["lot"], doc.key)
        doc.state = "closed"

    return Booked(follow=follow)


def mend(model: Model, key: str, fault: str) -> None:
    """One fault less; a single piece is fit again once the last one is closed."""
    model.faults[key].discard(fault)
    if not model.faults[key] and model.lots[key].condition == "unfit":
        model.lots[key].condition = "fit"


def held(model: Model, key: str) -> bool:
    """Whether a recall of it stands."""
    recalls = (doc for doc in model.docs.values() if doc.kind == "recall" and doc.state == "open")
    return any(concerns(doc, model, key) for doc in recalls)


def judge_condition(model: Model, key: str) -> None:
    """A lot that enters the book, or that a recall lets go: a single piece is unfit while a fault of it is open."""
    faulty = model.item_of(key).tracking == "serial" and bool(model.faults.get(key))
    model.lots[key].condition = "quarantined" if held(model, key) else "unfit" if faulty else "fit"


def concerns(doc: Doc, model: Model, key: str) -> bool:
    """Whether a recall holds a lot for sure."""
    lot = model.lots[key]
    if lot.item != doc.facts["item"]:
        return False
    return not doc.facts["number"] or lot.number == doc.facts["number"]


def call_back(entry: Entry) -> Verdict:
    """Who answers for the city holds a lot wherever it is."""
    if not may_in_city(entry.who, APPROVE):
        entry.no(403, "not for the city")
    number = entry.wish.get("number", "")
    doc = entry.open_doc(
        "recall", "", item=entry.wish["item"], number=number.removeprefix("@") and entry.model.word(number)
    )

    def follow(lines: list[Line]) -> None:
        entry.enter(doc)
        for key in entry.model.lots:
            if concerns(doc, entry.model, key):
                judge_condition(entry.model, key)

    return Booked(follow=follow)


def release(entry: Entry) -> Verdict:
    doc = entry.model.docs.get(entry.wish["recall"].removeprefix("@"))
    if doc is None or doc.kind != "recall":
        entry.no({403, 404}, "no such recall")
        return Booked()
    if not may_in_city(entry.who, APPROVE):
        entry.no({403, 404, 409}, "not for the city")
    if doc.state == "closed":
        entry.no(409, "over")

    def follow(lines: list[Line]) -> None:
        doc.state = "closed"
        for key in entry.model.lots:
            if concerns(doc, entry.model, key):
                judge_condition(entry.model, key)

    return Booked(follow=follow)


def own_places(model: Model, service: Doc) -> list[str]:
    """Where a piece was; any shelf or the hold if it was out, or in a vehicle or kit that is lost or elsewhere now."""
    own: list[str] = service.facts["own"]
    if not model.places[own[0]].stores and model.places[own[0]].kind != "hold":
        own = [*own[1:], f"{service.depot}/hold"]
    grounds = [model.places[model.ground(one)] for one in own]
    if all(one.depot == service.depot and one.kind not in (*CARRIERS, "way") for one in grounds):
        return own
    return [one.key for one in model.places.values() if one.depot == service.depot and one.kind in ("shelf", "hold")]


GEAR = {
    "ask-witness": ask_witness,
    "witness": witness,
    "fault": fault,
    "mended": mended,
    "recall": call_back,
    "release-recall": release,
}
__all__ = ["GEAR", "second_person", "unsettled", "use_up", "witnessed"]
