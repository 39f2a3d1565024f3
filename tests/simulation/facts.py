"""What is read on gear: its meter, its size, its dates, and what its papers say of its checks."""

from datetime import date
from decimal import Decimal

from tests.simulation.model import Line, Lot
from tests.simulation.people import KEEP, SEE, TAKE, may
from tests.simulation.telling import Entry
from tests.simulation.upkeep import PLANS
from tests.simulation.verdict import Booked, Fixed, Verdict

PAPERS = {**PLANS, "VEH-001": "MP-114"}  # item -> a plan whose dates papers tell
OWN_DATE = ("MP-114", "MP-098")
BLOCKS = ("MP-114",)


def _piece(entry: Entry, act: str) -> str:
    """A single piece that is somewhere inside, at a depot where one may do this."""
    lot = entry.thing(entry.wish)
    if entry.model.item_of(lot).tracking != "serial":
        entry.no(422, "a batch is no piece")
        entry.stop()
    rows = entry.model.rows(lot)
    if not rows:
        entry.no({404, 422}, "it is nowhere")
        entry.stop()
    entry.must(act, entry.model.places[rows[0][0]].depot)
    return lot


def reading(entry: Entry) -> Verdict:
    """A meter does not run backwards; what is told late and would is let be."""
    lot = _piece(entry, TAKE)
    key, text = (lot, entry.wish["meter"]), entry.wish["value"]
    try:
        value = Decimal(text)
    except ArithmeticError:
        value = Decimal(-1)
    value = value if value.is_finite() else Decimal(-1)
    if not 0 <= value < 10**9 or value != round(value, 3):
        entry.no(422, "no number")
    before = entry.model.meters.get(key, Decimal(0))
    if value < before and not entry.late:
        entry.no(422, "it does not run backwards")

    def follow(lines: list[Line]) -> None:
        entry.model.meters[key] = max(before, value)

    return Booked(follow=follow)


def note_size(entry: Entry) -> Verdict:
    lot = _piece(entry, KEEP)
    if entry.wish["size"] not in entry.model.item_of(lot).sizes:
        entry.no(422, "no such size")

    def follow(lines: list[Line]) -> None:
        entry.model.lots[lot].size = entry.wish["size"]

    return Booked(follow=follow)


def set_clock(entry: Entry) -> Verdict:
    """The date of a piece's own papers."""
    model, wish = entry.model, entry.wish
    lot = entry.thing(wish)
    if wish["plan"] != PAPERS.get(model.lots[lot].item):
        entry.no({409, 422}, "no plan of this")
        entry.stop()
    lain = {depot for depot in model.lots[lot].lain if may(entry.who, TAKE, depot)}
    if not lain:
        entry.no({403, 404, 422}, "not at one of one's depots")
        entry.stop()
    here = {model.places[place].depot for place, _ in model.rows(lot)} & lain
    if not here:
        entry.leave |= {403, 404, 422}
    elif len(here) > 1:
        entry.leave |= {403}
    elif not any(may(entry.who, KEEP, depot) for depot in here):
        entry.no(403, "not one's to keep")
    if ("last_done_on" in wish) == ("next_due_on" in wish):
        entry.no(422, "one of both")
    if wish.get("last_done_on", "") > entry.today.isoformat():
        entry.no(422, "in the future")

    def follow(lines: list[Line]) -> None:
        if wish["plan"] in BLOCKS and here:
            model.lots[lot].due = date.fromisoformat(wish["next_due_on"])

    return Booked(follow=follow)


def set_date(entry: Entry) -> Verdict:
    """What stands on the label: for all of a batch; of goods without a number for what lies here."""
    model, wish = entry.model, entry.wish
    lot = entry.thing(wish)
    item, row = model.item_of(lot), model.lots[lot]
    if item.tracking == "bulk":
        entry.no(422, "loose gear bears no date")
        entry.stop()
    here = _read_at(entry, lot)
    entry.must(KEEP, here)
    if any(at > entry.at for at in row.read):
        entry.no(409, "read again since")
    day = date.fromisoformat(wish["expiry"]["date"])
    if day == row.expires:
        return Booked()
    if row.expires is not None and not wish.get("reason"):
        entry.no(422, "why was it wrong?")
    others = {model.places[place].depot for place, _ in model.rows(lot)} - {here}
    if others and item.tracking == "lot" and not row.number:
        return _part(entry, lot, here, day)
    later = row.expires is not None and day > row.expires
    if others and later and not all(may(entry.who, KEEP, depot) for depot in others):
        entry.no(409, "it is theirs as well")

    def follow(lines: list[Line]) -> None:
        if model.batches.get(row.facts) == lot:
            del model.batches[row.facts]
        row.facts, row.expires, row.unknown = _facts(row, day), day, False
        if item.tracking == "lot" and row.facts not in model.batches:
            model.batches[row.facts] = lot
        row.read.append(entry.at)

    return Booked(follow=follow)


def _facts(row: Lot, day: date) -> tuple[object, ...]:
    return (row.item, row.number, day.isoformat(), False)


def _read_at(entry: Entry, lot: str) -> str:
    """The depot where the label was read."""
    model = entry.model
    there = {model.places[place].depot for place, _ in model.rows(lot)}
    if "place" in entry.wish:
        place = entry.spot(entry.wish["place"], "place")
        assert place is not None
        entry.must(KEEP, place.depot)
        if place.depot not in there:
            entry.no(422, "it is not there any more")
            entry.stop()
        return place.depot
    mine = sorted(depot for depot in there if may(entry.who, KEEP, depot))
    seen = sorted(depot for depot in there if may(entry.who, SEE, depot))
    if len(mine) > 1:
        entry.no(422, "at which place?")
        entry.stop()
    if not seen:
        entry.no(422, "it is not here any more")
        entry.stop()
    return (mine or seen)[0]


def _part(entry: Entry, lot: str, here: str, day: date) -> Verdict:
    """What lies here becomes a lot of its own."""
    model, row = entry.model, entry.model.lots[lot]
    lying = [one for one in model.rows(lot, here) if model.places[one[0]].stores or model.places[one[0]].kind == "hold"]
    if not lying:
        entry.no(422, "none of it lies here")
        entry.stop()
    facts = _facts(row, day)
    key = model.batches.get(facts, "")
    new = key == "" or model.lots[key].condition != row.condition
    if new:
        key = f"lot:{entry.wish['id'].removeprefix('@id:')}"
    own = facts if facts not in model.batches else ()
    part = Lot(key, row.item, row.number, day, False, row.condition, row.order, own) if new else model.lots[key]
    between, lines = f"{here}/repacked", []
    for place, _ in lying:
        quantity = model.balance(place, lot)
        lines.append(Line("open", lot, quantity, place, between))
        lines.append(Line("open", key, quantity, between, place))

    def follow(booked: list[Line]) -> None:
        part.read.append(entry.at)

    return Booked([Fixed(lines)], follow=follow, new_lots=[part] if new else [])


FACTS = {"reading": reading, "note-size": note_size, "set-clock": set_clock, "set-date": set_date}
