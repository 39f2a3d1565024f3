"""Loans, what comes back, and baskets."""

from typing import Any

from tests.simulation.carriers import mind_load, mind_way
from tests.simulation.gear import second_person
from tests.simulation.later import lay_in_reach, undone_since
from tests.simulation.lists import judge_list
from tests.simulation.model import Line, Place
from tests.simulation.people import TAKE
from tests.simulation.telling import OUT, Entry
from tests.simulation.verdict import Booked, Draw, Fixed, Refused, Unsettled, Verdict


def issued(entry: Entry, lines: list[dict[str, Any]], place: Place, extra: dict[str, Any]) -> Verdict:
    """Lines of a document as movements into its place."""
    wishes = []
    for number, line in enumerate(lines):
        named = {"label" if line["thing"].startswith("@code:") else "lot": line["thing"]}
        wish = {"id": f"{entry.wish['id']}.{number}", "kind": "issue", "quantity": line["quantity"], **named, **extra}
        wishes.append(
            wish
            | {name: line[name] for name in ("from", "reason") if name in line}
            | {"to": f"@{place.key}", "late": entry.late, "happened_at": entry.wish.get("happened_at")}
        )
    model = entry.model
    known, named = place.key in model.places, model.names.get(place.key)
    model.add_place(place)
    model.names.setdefault(place.key, model.ids(place.key))
    try:
        return judge_list(model, entry.who, wishes, entry.now, entry.today)
    finally:
        if not known:
            del model.places[place.key]
        if named is None:
            del model.names[place.key]


def lend(entry: Entry) -> Verdict:
    """Gear goes out on loan."""
    depot = entry.depot(TAKE)
    wish = entry.wish
    begins = min(0.0, float((wish.get("happened_at") or "@0")[1:]))
    if not 0 < float(wish["due_at"][1:]) - begins <= 366 * 86400:
        entry.no(422, "a loan ends after it begins, and within a year")
    if wish["borrower"] == "resident" and (wish.get("name") or wish.get("unit") or len(wish.get("phone", "")) > 4):
        entry.no(422, "of a resident no name is kept")
    if wish["borrower"] != "resident" and not wish.get("name"):
        entry.no(422, "who?")
    if wish["borrower"] == "outside" and not (wish.get("unit") and wish.get("phone")):
        entry.no(422, "which unit, which number?")
    doc = entry.open_doc("loan", depot, "loan")
    verdict = issued(entry, wish["lines"], doc.facts["place"], {})
    return opens(entry, doc, verdict)


def opens(entry: Entry, doc: Any, verdict: Verdict) -> Verdict:
    """The verdict on a document's lines, with the document entered where they are booked."""
    if isinstance(verdict, Refused):
        entry.no(verdict.statuses, verdict.why)
        return entry.refused() or verdict
    verdict.follow = lambda lines: entry.enter(doc)
    return verdict


def give_back(entry: Entry) -> Verdict:
    """Gear comes back from a loan, a call-out, or somebody's hands."""
    model, line = entry.model, entry.wish["lines"][0]
    lot = entry.thing(line)
    item = model.item_of(lot)
    quantity = entry.number(line["quantity"], item)
    source = entry.spot(line["from"], "from")
    assert source is not None
    entry.must(TAKE, source.depot)
    if source.kind not in OUT:
        entry.no({409, 422}, "no loan, call-out or person")
    state, kind, targets = line.get("state", "ready"), "return", [f"{source.depot}/hold"]
    if state == "lost":
        kind, targets = "adjust", [f"{source.depot}/lost"]
    elif state == "ready":
        target = entry.spot(line.get("to"), "to")
        targets = [place.key for place in model.places.values() if place.depot == source.depot and place.stores]
        if target is not None and (not target.in_reach or model.within(lot, target.key)):
            entry.leave |= {409, 422}
        if target is not None and not entry.seen_since(lot):
            mind_way(entry, target)
        if target is None:
            entry.leave |= {422}
        elif target.key not in targets:
            entry.no(422, "returned to a shelf of the depot it came from")
        else:
            targets = [target.key]
    if state == "lost":
        mind_load(entry, lot)
    there = model.balance(source.key, lot)
    if there < quantity and not entry.late:
        entry.no(409, f"only {there} out")
    seen = entry.seen_since(lot)
    if not seen:
        entry.controlled_serial_gap(lot, there < quantity)
    lay_in_reach(entry, source.key, lot)
    second_person(entry, kind, lot, quantity, source.key, targets[0])
    gap = (f"{source.depot}/discrepancy", lot) if entry.late else None

    def follow(lines: list[Line]) -> None:
        if state == "damaged" and item.tracking == "serial" and model.lots[lot].condition == "fit":
            model.lots[lot].condition = "unfit"
        if state in ("damaged", "clean", "check"):
            entry.open_task(source.depot, lot)

    if seen:
        lines = [] if state == "lost" else undone_since(entry, Line(kind, lot, quantity, "", ""), targets, seen)
        return Booked([Fixed(lines)], follow=follow)
    rows = [(source.key, lot)] if there > 0 else []
    return Booked([Draw(kind, quantity, rows, targets, gap)], follow=follow)


def basket(entry: Entry) -> Verdict:
    """Many movements in one go; when they happened is said once."""
    told = {"late": entry.late, "happened_at": entry.wish.get("happened_at")}
    verdict = judge_list(
        entry.model, entry.who, [wish | told for wish in entry.wish["movements"]], entry.now, entry.today
    )
    if isinstance(verdict, Refused):
        entry.no(verdict.statuses, verdict.why)
    return verdict


LOANS = {"lend": lend, "give-back": give_back, "basket": basket}
__all__ = ["LOANS", "Fixed", "Unsettled", "issued", "opens"]
