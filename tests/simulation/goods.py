"""Goods received by what stands on them, and products that the catalogue does not know yet."""

from tests.simulation.carriers import put_in
from tests.simulation.model import ITEMS, Line
from tests.simulation.movements import new_lot
from tests.simulation.people import APPROVE, KEEP
from tests.simulation.telling import Entry
from tests.simulation.verdict import Booked, Fixed, Verdict


def receive(entry: Entry) -> Verdict:
    """Onto a shelf, with lot, date and serial number from the label's words."""
    model, wish = entry.model, entry.wish
    place, item = entry.spot(wish["place"], "place"), ITEMS[wish["item"]]
    assert place is not None
    entry.must(KEEP, place.depot)
    if not place.stores:
        entry.no(422, "no shelf")
    put_in(entry, place)
    quantity = entry.number(wish["quantity"], item)
    if item.tracking == "serial" and quantity != 1:
        entry.no(422, "a single piece is one")
    through = wish.get("expiry", {}).get("date")
    facts = {"expires_on": through} if through else {"expiry_unknown": item.expires}
    facts |= {name: wish[name] for name in ("number", "serial") if name in wish}
    lot = new_lot(model, item, {"id": wish["id"], "new_lot": facts})
    line = Line("receive", lot.key, quantity, f"{place.depot}/supplier", place.key)
    return Booked([Fixed([line])], new_lots=[lot] if lot.key not in model.lots else [])


def propose(entry: Entry) -> Verdict:
    doc = entry.open_doc("proposal", entry.depot(KEEP))
    return Booked(follow=lambda lines: entry.enter(doc))


def decide(entry: Entry) -> Verdict:
    """Somebody else than who proposed it says which item it is, once."""
    doc = entry.doc("proposal", "proposal")
    entry.must(APPROVE, doc.depot)
    if doc.state != "open":
        entry.no(409, "decided")
    if doc.by == entry.who:
        entry.no(409, "one's own")
    if entry.wish["approve"] and "item" not in entry.wish:
        entry.no(422, "which item?")

    def follow(lines: list[Line]) -> None:
        doc.state = "closed"

    return Booked(follow=follow)


GOODS = {"receive": receive, "propose": propose, "decide-proposal": decide}
