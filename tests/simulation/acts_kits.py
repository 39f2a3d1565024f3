"""Entries about kits, vehicles and devices, and about what is read on gear, drawn at random."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from tests.simulation.drawing import Step, stocked
from tests.simulation.model import CARRIERS, PARTS, Model, Place
from tests.simulation.people import KEEP, PEOPLE, TAKE

if TYPE_CHECKING:
    from tests.simulation.acts import Chance


def carrier(chance: "Chance", model: Model, body: Step) -> Place | None:
    """A kit or vehicle, mostly; a shelf sometimes."""
    kits = [place for place in model.places.values() if place.kind in CARRIERS and place.depot]
    if not kits:
        return None
    place = chance.random.choice(kits)
    if chance.random.random() < 0.04:
        place = model.places[f"{place.depot}/s1"]
    body["place"] = f"@{place.key}"
    return place


def _number(chance: "Chance", model: Model, place: Place) -> str:
    """The number that is on it, mostly."""
    worn = model.seals.get(place.key, [])
    return worn[-1].number if worn and chance.random.random() < 0.8 else f"S{chance.random.randrange(500)}"


def check_seal(chance: "Chance", model: Model, body: Step, depot: str) -> str | None:
    place = carrier(chance, model, body)
    if place is None:
        return None
    body |= {"number": _number(chance, model, place), "whole": chance.random.random() < 0.8}
    return chance.person(KEEP, place.depot)


def put_seal(chance: "Chance", model: Model, body: Step, depot: str) -> str | None:
    place = carrier(chance, model, body)
    if place is None:
        return None
    again = chance.random.random() < 0.1
    body["number"] = _number(chance, model, place) if again else f"S{body['id'][4:]}"
    return chance.person(KEEP, place.depot)


def refill(chance: "Chance", model: Model, body: Step, depot: str) -> str | None:
    place = carrier(chance, model, body)
    return chance.person(KEEP, place.depot) if place else None


def count_kit(chance: "Chance", model: Model, body: Step, depot: str) -> str | None:
    """What is in it, a unit too many or too few sometimes, and a piece that the book has elsewhere."""
    draw, place = chance.random, carrier(chance, model, body)
    if place is None:
        return None
    rows = [row for row in model.rows() if row[0] == place.key]
    pieces = [row for row in model.rows(depot=place.depot) if model.item_of(row[1]).tracking == "serial"]
    if pieces and draw.random() < 0.4:
        rows.append(draw.choice(pieces))
    lines = {}
    for _, lot in rows or [stocked(chance, model, place.depot)]:
        there = model.balance(place.key, lot)
        if model.item_of(lot).tracking == "serial":
            quantity = "1" if draw.random() < 0.8 else "0"
        else:
            quantity = str(max(0, there + draw.choice((0, 0, 0, 1, -1))))
        lines[lot] = {"thing": f"@{lot}", "quantity": quantity}
    body["lines"] = list(lines.values())
    return chance.person(KEEP, place.depot)


def _of(model: Model, item: str, depot: str | None = None) -> list[tuple[str, str]]:
    return model.rows(item=item, depot=depot)


def fit_part(chance: "Chance", model: Model, body: Step, depot: str) -> str | None:
    draw, devices = chance.random, _of(model, "COM-001")
    if not devices:
        return None
    place, device = draw.choice(devices)
    here = model.places[place].depot
    parts = _of(model, *PARTS["COM-001"], here) or _of(model, *PARTS["COM-001"])
    if draw.random() < 0.08 or not parts:
        parts = [stocked(chance, model, here)]
    body |= {"device": f"@{device}", "part": f"@{draw.choice(parts)[1]}"}
    if draw.random() < 0.3:
        body["to"] = f"@{draw.choice([key for key, one in model.places.items() if one.depot])}"
        if draw.random() < 0.7:
            body["to"] = f"@{here}/{draw.choice(('s1', 's2', 'hold'))}"
    return chance.person(TAKE, here)


def charged(chance: "Chance", model: Model, body: Step, depot: str) -> str:
    rows = _of(model, "PPE-013", depot)
    place, lot = chance.random.choice(rows) if rows else stocked(chance, model, depot)
    body |= {"thing": f"@{lot}", "percent": chance.random.choice((0, 40, 100, 101, -1, 77))}
    return chance.person(TAKE, model.places[place].depot)


def reading(chance: "Chance", model: Model, body: Step, depot: str) -> str:
    rows = _of(model, "VEH-001", depot)
    place, lot = chance.random.choice(rows) if rows else stocked(chance, model, depot)
    value = str(chance.random.choice((5, 10, 20, 40, 80.5)))
    body |= {"thing": f"@{lot}", "meter": chance.random.choice(("km", "hours")), "value": value}
    if chance.random.random() < 0.05:
        body["value"] = chance.random.choice(("-1", "NaN", "1e99", "0.0001", "Infinity"))
    return chance.person(TAKE, model.places[place].depot)


def note_size(chance: "Chance", model: Model, body: Step, depot: str) -> str:
    rows = _of(model, "PPE-006", depot)
    place, lot = chance.random.choice(rows) if rows else stocked(chance, model, depot)
    body |= {"thing": f"@{lot}", "size": chance.random.choice(("M", "L", "XL", "M", "L", "44"))}
    return chance.person(KEEP, model.places[place].depot)


def set_clock(chance: "Chance", model: Model, body: Step, depot: str) -> str:
    draw = chance.random
    rows = _of(model, "VEH-001", depot) or _of(model, "RIO-007", depot)
    place, lot = draw.choice(rows) if rows else stocked(chance, model, depot)
    own = model.lots[lot].item == "VEH-001"
    day = (date.today() + timedelta(days=draw.choice((200, 30, -30, -400)))).isoformat()
    body |= {"thing": f"@{lot}", "plan": "MP-114" if own else "MP-098", "reason": f"@canary:{body['id']}"}
    body["next_due_on" if own else "last_done_on"] = day
    return chance.person(KEEP, model.places[place].depot)


def set_date(chance: "Chance", model: Model, body: Step, depot: str) -> str:
    draw = chance.random
    rows = [row for row in model.rows(depot=depot) if model.item_of(row[1]).tracking == "lot"]
    place, lot = draw.choice(rows) if rows and draw.random() < 0.95 else stocked(chance, model, depot)
    day = draw.choice(("2027-06-30", "2028-01-31", "2029-03-31", "2025-01-31"))
    body |= {"thing": f"@{lot}", "expiry": {"word": "through", "date": day}}
    if draw.random() < 0.7:
        body["reason"] = f"@canary:{body['id']}"
    if draw.random() < 0.7:
        body["place"] = f"@{place}"
    return chance.person(KEEP, model.places[place].depot)


KITS: dict[str, tuple[float, Any]] = {
    "check-seal": (3, check_seal),
    "put-seal": (3, put_seal),
    "refill": (4, refill),
    "count-kit": (4, count_kit),
    "fit-part": (4, fit_part),
    "charged": (1, charged),
    "reading": (2, reading),
    "note-size": (2, note_size),
    "set-clock": (2, set_clock),
    "set-date": (4, set_date),
}
__all__ = ["KITS", "PEOPLE"]
