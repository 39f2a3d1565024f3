"""Kits, vehicles and devices: seals, full counts, refilling, and the battery that is put into a device."""

from datetime import date
from decimal import Decimal
from typing import Any

from tests.simulation.carriers import mind_way, put_in, taken_out
from tests.simulation.counts import Found, book, book_at, not_counted_by_others
from tests.simulation.model import CARRIERS, PARTS, ZERO, Doc, Line, Model, Place, Seal
from tests.simulation.people import KEEP, TAKE
from tests.simulation.reading import Difference
from tests.simulation.telling import Entry
from tests.simulation.verdict import Booked, Draw, Fixed, Unsettled, Verdict


def _kit(entry: Entry) -> Place:
    place = entry.spot(entry.wish["place"], "place")
    assert place is not None
    entry.must(KEEP, place.depot)
    if place.kind not in CARRIERS:
        entry.no(422, "no kit")
        entry.stop()
    return place


def _seal_on(model: Model, place: str, at: Any) -> Seal | None:
    """The seal that was on it at a time."""
    on = [one for one in model.seals.get(place, []) if one.put <= at and (one.broken is None or one.broken > at)]
    return max(on, key=lambda one: one.put, default=None)


def _break(model: Model, place: str, at: Any) -> None:
    """What is seen of a time speaks of the seals of that time."""
    for one in model.seals.get(place, []):
        if one.put <= at and (one.broken is None or one.broken > at):
            one.broken = at


def _expect(told: dict[str, Any], what: str, expected: Any) -> None:
    if told[what] != expected:
        raise Difference(f"answer: another {what}", f"{told[what]} for {expected}\n{told}")


def check_seal(entry: Entry) -> Verdict:
    """The recorded number, whole, and nothing moved since: a quick check; else a full count is asked for (T44, T45)."""
    model, place = entry.model, _kit(entry)
    seal = _seal_on(model, place.key, entry.at)
    moved = seal is not None and any(
        place.key in (line.source, line.target) and line.at is not None and line.at > seal.put for line in model.history
    )
    same = entry.wish["whole"] and seal is not None and seal.number == entry.wish["number"] and not moved
    complete = place.key in model.lots and not model.short(place.key, entry.today)

    def follow(lines: list[Line]) -> None:
        if not same:
            _break(model, place.key, entry.at)

    def hear(told: dict[str, Any]) -> None:
        _expect(told, "full_count", not same)
        _expect(told, "ready", same and complete)

    return Booked(follow=follow, hear=hear)


def put_seal(entry: Entry) -> Verdict:
    """A new number, though the kit may be short (T46)."""
    model, place, number = entry.model, _kit(entry), entry.wish["number"]
    seals = model.seals.get(place.key, [])
    if not number:
        entry.no(422, "which number?")
    if any(one.number == number for one in seals):
        entry.no(409, "it was on it before")
    complete = not model.short(place.key, entry.today)

    def follow(lines: list[Line]) -> None:
        _break(model, place.key, entry.at)
        later = [one.put for one in seals if one.put > entry.at]  # told late: that one has taken its place since
        model.seals.setdefault(place.key, []).append(Seal(number, entry.at, min(later, default=None)))

    return Booked(follow=follow, hear=lambda told: _expect(told, "ready", complete))


def refill(entry: Entry) -> Verdict:
    """What is spoilt goes to the hold, what lacks comes from the shelves, what ends first goes first."""
    model, place = entry.model, _kit(entry)
    if not place.in_reach and not entry.late:
        entry.no(409, "it is out")
    mind_way(entry, place)
    draws: list[Draw | Fixed] = []
    for where, lot in model.rows():
        row = model.lots[lot]
        past = row.expires is not None and row.expires < entry.today
        if where == place.key and (row.condition != "fit" or row.unknown or past):
            out = Line("transfer", lot, model.balance(where, lot), where, f"{place.depot}/hold")
            draws.append(Fixed([out]))
    filled = False
    for item, lacks in model.short(place.key, entry.today).items():
        rows = [row for row in model.rows(depot=place.depot, item=item) if model.places[row[0]].kind == "shelf"]
        rows = [row for row in rows if model.sound(row[1], entry.today)]
        there = sum((model.balance(*row) for row in rows), ZERO)
        if any(model.within(lot, place.key) for _, lot in rows):
            raise Unsettled("inexact")
        if there:
            ranks = {lot: (model.lots[lot].expires or date.max, model.lots[lot].order) for _, lot in rows}
            draws.append(Draw("transfer", min(lacks, there), rows, [place.key], ranks=ranks))
            filled = True

    def follow(lines: list[Line]) -> None:
        if filled:
            _break(model, place.key, entry.at)

    return Booked(draws, follow=follow)


def count_kit(entry: Entry) -> Verdict:
    """A full count, its differences booked at once; a piece that the book has elsewhere here is moved in (T32)."""
    model, place = entry.model, _kit(entry)
    not_counted_by_others(entry, {place.key})
    told, brought = {}, []
    for line in entry.wish["lines"]:
        lot = entry.thing(line)
        item = model.item_of(lot)
        counted = entry.number(line["quantity"], item, zero=True)
        was = book_at(model, place.key, lot, entry.at)
        if item.tracking == "serial" and counted > 0:
            if counted != 1 or was not in (0, 1):
                raise Unsettled("inexact")
            stands = next((where for where, one in model.rows(lot)), None)
            seen = model.seen_since(lot, entry.at)
            if (
                not seen
                and was == 0
                and stands not in (None, place.key)
                and model.places[stands or ""].depot == place.depot
            ):
                if model.sent_off(stands or "", entry.at):
                    entry.no({409, 422}, "off the way it gets by its transfer")
                if model.within(lot, place.key):
                    entry.no(409, "into itself")
                put_in(entry, place, counted=True)
                mind_way(entry, place)
                brought.append(Line("transfer", lot, counted, stands or "", place.key))
                _two_persons(entry, brought[-1])
                continue
        told[place.key, lot] = (counted, was, False)
    doc = entry.open_doc("count", place.depot, places={place.key}, purpose="kit")
    doc.facts["lines"] = {key: {1: (one[0], entry.at, entry.who)} for key, one in told.items()}
    stands_so = Found(told, [], False, set())
    booked = book(entry, doc, stands_so)
    for fixed in booked.draws:
        for one in fixed.exact(model) or []:
            if one.quantity:
                _two_persons(entry, one)
    close = booked.follow

    def follow(lines: list[Line]) -> None:
        close([line for line in lines if line.kind == "adjust"])
        entry.enter(doc)
        for line in brought:  # it was counted here as well
            model.counted.setdefault((place.key, line.lot), []).append((entry.at, -line.quantity))
            model.seen.setdefault(line.lot, []).append((entry.at, 1, place.depot, place.key))

    booked.draws = [Fixed([*brought, *(line for part in booked.draws for line in part.exact(model) or [])])]
    booked.follow = follow
    return booked


def _two_persons(entry: Entry, line: Line) -> None:
    """What one person alone counted has no second signature: controlled gear found missing, or out, needs it."""
    from tests.simulation.gear import second_person

    second_person(entry, line.kind, line.lot, line.quantity, line.source, line.target)


def fit_part(entry: Entry) -> Verdict:
    """A battery goes into a device; the one that it replaces comes out (T41), unless it was put in since."""
    model, wish = entry.model, entry.wish
    device, part = entry.thing({"thing": wish["device"]}), entry.thing({"thing": wish["part"]})
    parts = PARTS.get(model.lots[device].item, {}) if model.item_of(device).holds == "device" else {}
    if model.lots[part].item not in parts:
        entry.no({409, 422}, "no part of it")
    if model.lots[part].condition != "fit":
        entry.no(409, "faulty")
    since = model.lay_until_seen(part, entry.at) if entry.late else []
    if len(since) > 1:
        raise Unsettled("inexact")  # where it lay of these
    where = [[place for place, _ in model.rows(one)] for one in (device, part)]
    where[1] = [place for _, place in since] or where[1]
    if [len(places) for places in where] != [1, 1]:
        entry.no({409, 422}, "it is nowhere, or in several places")
        entry.stop()
    stands, lies = (model.places[place] for (place,) in where)
    entry.must(TAKE, stands.depot)
    if lies.depot != stands.depot:
        entry.no(409, "at another depot")
    if any(model.sent_off(one.key, entry.at) for one in (lies, stands)):
        entry.no({409, 422}, "on the way to another depot")
    if lies.key == device:
        entry.no(409, "it is in it")
    if model.places[model.ground(stands.key)].kind in CARRIERS and not entry.late:
        entry.no(409, "it is in what is in no place any more")
    taken_out(entry, lies)
    target = entry.spot(wish.get("to"), "to") or lies
    entry.must(TAKE, target.depot)
    if "to" in wish and (target.depot != stands.depot or not (target.stores or target.kind == "hold")):
        entry.no(422, "no place for it")
    if target.key == device:
        entry.no({409, 422}, "out of it, and into it")
    inside = [row for row in model.rows(item=model.lots[part].item) if row[0] == device]
    out = [row for row in inside if not entry.seen_since(row[1])]
    if inside != out and not since:
        entry.no(409, "something else was put in since")
    lines = [Line("transfer", lot, model.balance(place, lot), place, target.key) for place, lot in out]
    if lines:
        mind_way(entry, target)
    if since:
        gap = f"{stands.depot}/discrepancy"
        lines += [Line("transfer", part, Decimal(1), gap, device), Line("adjust", part, Decimal(1), device, gap)]
    else:
        lines.append(Line("transfer", part, Decimal(1), lies.key, device))

    def follow(booked: list[Line]) -> None:
        if device not in model.places:
            model.add_carrier(device, stands.depot, "kit")
            model.stands[device] = stands.key

    return Booked([Fixed(lines)], follow=follow)


def charged(entry: Entry) -> Verdict:
    lot = entry.thing(entry.wish)
    if not 0 <= entry.wish["percent"] <= 100:
        entry.no(422, "no percentage")
    rows = entry.model.rows(lot)
    if len(rows) != 1:
        entry.no({404, 409, 422}, "it is nowhere, or in several places")
        entry.stop()
    entry.must(TAKE, entry.model.places[rows[0][0]].depot)
    return Booked()


KITS = {
    "check-seal": check_seal,
    "count-kit": count_kit,
    "refill": refill,
    "put-seal": put_seal,
    "fit-part": fit_part,
    "charged": charged,
}
__all__ = ["KITS", "Doc"]
