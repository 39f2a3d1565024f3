"""Call-outs: opened in three fields, gear drawn at once, the paper later."""

from decimal import Decimal

from tests.simulation.loans import issued
from tests.simulation.model import Item, Line, Model
from tests.simulation.people import APPROVE, KEEP, TAKE
from tests.simulation.telling import Entry
from tests.simulation.verdict import Booked, Refused, Verdict, unsettled


def open_incident(entry: Entry) -> Verdict:
    depot = entry.depot(TAKE)
    doc = entry.open_doc("incident", depot, "incident")

    def follow(lines: list[Line]) -> None:
        entry.enter(doc)

    return Booked(follow=follow)


def draw(entry: Entry) -> Verdict:
    """Gear is taken for it, without waiting for an approval."""
    doc = entry.doc("incident", "incident")
    entry.must(TAKE, doc.depot)
    if doc.state == "closed" and not entry.late:
        entry.no(409, "closed")
    # The call-out is reason enough for what is past its date
    extra = {"incident": f"@{doc.key}", "reason": "a call-out"}
    verdict = issued(entry, entry.wish["lines"], entry.model.places[doc.key], extra)
    if isinstance(verdict, Refused):
        entry.no(verdict.statuses, verdict.why)
    return verdict


def paper(entry: Entry) -> Verdict:
    """Words only. What an approved call-out says does not change any more (B18)."""
    doc = entry.doc("incident", "incident")
    entry.must(TAKE, doc.depot)
    if doc.facts.get("approved"):
        unsettled("B18")
        entry.no({403, 409}, "approved")
    return Booked()


def came(entry: Entry) -> Verdict:
    """Somebody is there; the five minutes run from the call to the first."""
    doc = entry.doc("incident", "incident")
    entry.must(TAKE, doc.depot)
    if doc.at is not None and entry.at < doc.at:
        entry.no(422, "before the call")
    return Booked()


def on_scene(entry: Entry) -> Verdict:
    """Counted before leaving; nothing is booked, for it may still turn up."""
    doc = entry.doc("incident", "incident")
    entry.must(TAKE, doc.depot)
    if doc.state == "closed" and not entry.late:
        entry.no(409, "closed")
    for line in entry.wish["lines"]:
        entry.number(line["quantity"], Item(entry.thing(line), "lot", decimals=3), zero=True)
    return Booked()


def drawn(model: Model, who: str, lines: list[Line]) -> None:
    """Who has drawn for a call-out does not approve it, and an approval speaks of what was drawn by then."""
    for line in lines:
        if model.places[line.target].kind == "incident":
            facts = model.docs[line.target].facts
            facts["approved"] = False
            facts.setdefault("drew", set()).add(who)


def approve(entry: Entry) -> Verdict:
    doc = entry.doc("incident", "incident")
    entry.must(APPROVE, doc.depot)
    if entry.who in {doc.by, *doc.facts.get("drew", ())}:
        entry.no(409, "one's own")

    def follow(lines: list[Line]) -> None:
        doc.facts["approved"] = True

    return Booked(follow=follow)


def restock(entry: Entry) -> Verdict:
    doc = entry.doc("incident", "incident")
    entry.must(KEEP, doc.depot)
    used = entry.model.used.get(doc.key, {})
    if entry.wish["item"] not in used:
        entry.no(422, "it used up none of this")

    def follow(lines: list[Line]) -> None:
        back = doc.facts.setdefault("back", {})
        item = entry.wish["item"]
        back[item] = back.get(item, Decimal(0)) + Decimal(entry.wish["quantity"])

    return Booked(follow=follow)


def close(entry: Entry) -> Verdict:
    """Closed once everything is back or accounted for; the shelf may be filled later."""
    doc = entry.doc("incident", "incident")
    entry.must(KEEP, doc.depot)
    if doc.state == "closed" and not entry.late:
        entry.no(409, "closed")
    if any(place == doc.key and quantity > 0 for (place, _), quantity in entry.model.stock.items()):
        entry.no(409, "something is out")

    def follow(lines: list[Line]) -> None:
        doc.state = "closed"

    return Booked(follow=follow)


INCIDENTS = {
    "open-incident": open_incident,
    "draw": draw,
    "paper": paper,
    "arrived": came,
    "on-scene": on_scene,
    "approve-incident": approve,
    "restock": restock,
    "close-incident": close,
}
