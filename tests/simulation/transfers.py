"""Transfers between depots: every unit is in exactly one place at each moment."""

from decimal import Decimal

from tests.simulation.carriers import mind_load, mind_way, taken_out
from tests.simulation.gear import second_person
from tests.simulation.later import lay_in_reach
from tests.simulation.model import ITEMS, ZERO, Doc, Line
from tests.simulation.people import KEEP, may
from tests.simulation.telling import ABSENT, Entry
from tests.simulation.verdict import Booked, Draw, Fixed, Verdict, unsettled


def ask(entry: Entry) -> Verdict:
    """Who keeps either depot may ask."""
    giver, receiver = (entry.wish[name].removeprefix("@depot:") for name in ("giver", "receiver"))
    if giver == receiver:
        entry.no(422, "to itself")
    if not (may(entry.who, KEEP, giver) or may(entry.who, KEEP, receiver)):
        entry.no({403, *ABSENT}, f"{entry.who} keeps neither")
    for line in entry.wish["lines"]:
        entry.number(line["quantity"], ITEMS[line["item"]])
    doc = entry.open_doc("transfer", giver, "way", receiver=receiver, sent=set(), signed={})

    def follow(lines: list[Line]) -> None:
        entry.enter(doc)

    return Booked(follow=follow)


def side(entry: Entry, which: str) -> Doc:
    """An open transfer, for who keeps the depot of a side."""
    doc = entry.doc("transfer", "transfer")
    depot = doc.depot if which == "giver" else doc.facts["receiver"]
    if not may(entry.who, KEEP, depot):
        entry.no({403}, f"{entry.who} does not keep {depot}")  # who sees the transfer may still not act for this side
    if doc.state == "closed":
        entry.no(409, "closed")
    return doc


def on_the_way(entry: Entry, doc: Doc) -> list[tuple[str, str]]:
    return [row for row in entry.model.rows() if row[0] == doc.key]


def dispatch(entry: Entry) -> Verdict:
    doc = side(entry, "giver")
    if doc.state == "rejected":
        unsettled("B7")
        entry.no(409, "the receiver has rejected it")
    line = entry.wish["lines"][0]
    lot = entry.thing(line)
    item = entry.model.item_of(lot)
    if entry.model.lots[lot].condition == "quarantined":
        entry.no(409, "on hold")
    quantity = entry.number(line["quantity"], item)
    source = entry.spot(line["from"], "from")
    assert source is not None
    if source.depot != doc.depot:
        entry.no({422, 403}, "from another depot")
    if source.outside:
        entry.no({409, 422}, "from outside")
    if not source.stores and source.kind != "hold":
        entry.leave |= {409, 422}
    taken_out(entry, source)
    if entry.model.sent_off(source.key, entry.at):
        entry.no({409, 422}, "off the way by its transfer alone")
    there = entry.model.balance(source.key, lot)
    if there < quantity and not entry.late:
        entry.no(409, f"only {there}")
    if entry.seen_since(lot):
        entry.no(409, "it was seen here since")
    else:
        entry.controlled_serial_gap(lot, there < quantity)
    lay_in_reach(entry, source.key, lot)
    second_person(entry, "transfer", lot, quantity, source.key, doc.key)
    if doc.facts["signed"]:
        unsettled("B7")
    gap = (f"{doc.depot}/discrepancy", lot) if entry.late else None

    def follow(lines: list[Line]) -> None:
        doc.state = "sent"
        doc.facts["sent"].add(lot)
        doc.facts["signed"].clear()  # what was signed for was less (B7)
        entry.model.share_lot(lot, doc.facts["receiver"])

    rows = [(source.key, lot)] if there > 0 else []
    return Booked([Draw("transfer", quantity, rows, [doc.key], gap)], follow=follow)


def receive(entry: Entry) -> Verdict:
    doc = side(entry, "receiver")
    receiver, line = doc.facts["receiver"], entry.wish["lines"][0]
    symbol = line["thing"].removeprefix("@").removeprefix("code:")
    if symbol not in doc.facts["sent"]:
        unsettled("B1")
        entry.no({409, *ABSENT}, "never sent with this")
        return Booked()
    if symbol not in entry.model.lots or (line["thing"][1:] not in entry.model.names):
        entry.no({409, *ABSENT}, "no such lot")
        entry.stop()
    item = entry.model.item_of(symbol)
    good, damaged = (entry.number(line[name], item, zero=True) for name in ("good", "damaged"))
    place = entry.spot(entry.wish["place"], "place")
    assert place is not None
    if place.depot != receiver or not place.stores:
        entry.no({422, 403}, "no shelf of the receiver")
    if not place.in_reach:
        entry.leave |= {409, 422}
    if good:
        mind_way(entry, place)
    if not good and not damaged:
        unsettled("B5")
        entry.leave |= {409, 422}
    left = there = entry.model.balance(doc.key, symbol)
    if there < good + damaged and not entry.late:
        entry.no(409, f"only {there} on the way")
    entry.controlled_serial_gap(symbol, there < good + damaged)
    if entry.model.within(symbol, place.key):
        entry.no(409, "into itself")
    lines = []
    for quantity, target in ((good, place.key), (damaged, f"{receiver}/hold")):
        part = min(quantity, left)
        left -= part
        lines.append(Line("transfer", symbol, part, doc.key, target))
        lines.append(Line("transfer", symbol, quantity - part, f"{doc.depot}/discrepancy", target))

    def follow(booked: list[Line]) -> None:
        rest = {lot: entry.model.balance(doc.key, lot) for _, lot in on_the_way(entry, doc)}
        for one in booked:
            if one.source == doc.key:
                rest[one.lot] = rest.get(one.lot, ZERO) - one.quantity
        if not any(rest.values()):
            doc.state = "closed"
        if item.tracking == "serial" and booked:
            aboard = [lot for _, lot in entry.model.load(symbol)]
            for lot in (symbol, *(one for one in aboard if entry.model.item_of(one).tracking == "serial")):
                bring_along(entry, lot, doc.depot, receiver)

    return Booked([Fixed(lines)], follow=follow)


def bring_along(entry: Entry, lot: str, giver: str, receiver: str) -> None:
    """A single piece takes along what is open against it; a proposal is decided anew (T68)."""
    for doc in entry.model.docs.values():
        if (
            doc.kind in ("fault", "task", "scrap")
            and doc.facts["lot"] == lot
            and doc.depot == giver
            and doc.state in LIVE
        ):
            doc.depot = receiver
            for word in (entry.model.names.get(doc.key), *doc.facts.get("words", ())):
                entry.model.tell_secret(word, receiver)
            if doc.kind == "scrap":
                doc.state = "proposed"
                doc.facts.pop("signed", None)


LIVE = ("open", "reported", "proposed", "approved")


def reject(entry: Entry) -> Verdict:
    """Before anything was sent either side calls it off; afterwards the receiver refuses."""
    doc = entry.doc("transfer", "transfer")
    if doc.state == "open" and may(entry.who, KEEP, doc.depot):
        side(entry, "giver")
    else:
        side(entry, "receiver")

    def follow(lines: list[Line]) -> None:
        doc.state = "closed" if doc.state == "open" else "rejected"

    return Booked(follow=follow)


def take_back(entry: Entry) -> Verdict:
    doc = side(entry, "giver")
    if entry.wish.get("place", f"@{doc.depot}/")[1:3] != doc.depot:
        unsettled("T1")
    place = entry.spot(entry.wish.get("place"), "place")
    if place is not None and place.depot != doc.depot:
        unsettled("T1")
        entry.no({422, 403}, "not the sender's place")
    if place is not None and not place.stores and place.kind != "hold":
        unsettled("T1")
        entry.no(422, "no shelf")
    if place is not None and on_the_way(entry, doc):
        mind_way(entry, place)
    targets = [place.key] if place else [p.key for p in entry.model.places.values() if p.depot == doc.depot]
    rows = on_the_way(entry, doc)
    draws: list[Draw | Fixed] = []
    for key, lot in rows:
        draws.append(Draw("transfer", entry.model.balance(key, lot), [(key, lot)], targets))
    if len(draws) > 1 and not place:
        unsettled("inexact")

    def follow(lines: list[Line]) -> None:
        doc.state = "closed"

    return Booked(draws, follow=follow)


def sign_loss(entry: Entry) -> Verdict:
    """The second signature books what is on the way as the sender's loss; the first holds for just that (B7)."""
    which = entry.wish["side"]
    doc = side(entry, which)
    rows = on_the_way(entry, doc)
    if not rows:
        entry.no(409, "nothing is on the way")
    content = sorted((lot, entry.model.balance(key, lot)) for key, lot in rows)
    signed = {**(doc.facts["signed"] if doc.facts.get("signed for") == content else {}), which: entry.who}
    if len(signed) == 2 and len(set(signed.values())) == 1:
        entry.no(409, "two people sign")
    for _, lot in rows if len(signed) == 2 else ():
        mind_load(entry, lot)
    lost = [
        Line("adjust", lot, entry.model.balance(*row), doc.key, f"{doc.depot}/lost") for row in rows for lot in row[1:]
    ]

    def follow(lines: list[Line]) -> None:
        doc.facts["signed"], doc.facts["signed for"] = signed, content
        if len(signed) == 2:
            doc.state = "closed"

    return Booked([Fixed(lost)] if len(signed) == 2 else [], follow=follow)


TRANSFERS = {
    "ask-transfer": ask,
    "dispatch": dispatch,
    "receive-transfer": receive,
    "reject-transfer": reject,
    "take-back": take_back,
    "sign-loss": sign_loss,
}
__all__ = ["TRANSFERS", "Decimal"]
