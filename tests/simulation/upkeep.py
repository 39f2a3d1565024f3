"""Faults looked into, pieces at workshops, checks, and scrap: proposed, approved by another, proved with a photo."""

from typing import Any

from tests.simulation.carriers import mind_load, taken_out
from tests.simulation.gear import mend, own_places, second_person
from tests.simulation.model import Doc, Line, Lot
from tests.simulation.people import APPROVE, KEEP, PEOPLE, REPORT, TAKE, may, visible
from tests.simulation.telling import OUT, Entry
from tests.simulation.verdict import Booked, Draw, Fixed, Refused, Unsettled, Verdict


def stands(entry: Entry, lot: str) -> str | None:
    """Where a single piece is, inside any depot."""
    rows = entry.model.rows(lot)
    return rows[0][0] if rows else None


def triage(entry: Entry) -> Verdict:
    """What becomes of a fault; a stranger's word that is believed takes a piece out of service."""
    model = entry.model
    doc = entry.doc("defect", "fault")
    entry.must(KEEP, doc.depot)
    if doc.state == "closed":
        entry.no(409, "closed")
    verdict, lot = entry.wish["verdict"], doc.facts["lot"]
    if verdict == "no_fault" and not entry.wish.get("note"):
        entry.no(422, "why is it none?")
    proposed = propose(entry, lot, later=True) if verdict == "dispose" else None

    def follow(lines: list[Line]) -> None:
        if verdict == "no_fault":
            close_fault(entry, doc)
            return
        if doc.state == "reported":
            doc.state = "open"
            model.faults.setdefault(lot, set()).add(doc.key)
            if model.item_of(lot).tracking == "serial" and model.lots[lot].condition == "fit":
                model.lots[lot].condition = "unfit"

    return Booked(follow=follow, hear=lambda told: proposed and proposed(told.get("scrap")))


def close_fault(entry: Entry, doc: Doc) -> None:
    if doc.state == "open":
        mend(entry.model, doc.facts["lot"], doc.key)
    doc.state = "closed"


def not_this(entry: Entry) -> Verdict:
    """The label is on another thing: a task, and nothing leaves service."""
    model = entry.model
    lot = entry.thing(entry.wish)
    rows = [
        row for row in model.rows(lot) if any(duty.covers(model.places[row[0]].depot) for duty in PEOPLE[entry.who])
    ]
    if not rows:
        entry.no(404, "it is nowhere here")
        entry.stop()
    most = max(model.balance(*row) for row in rows)
    depots = {model.places[row[0]].depot for row in rows if model.balance(*row) == most}
    if len(depots) > 1:
        raise Unsettled("inexact")
    depot = depots.pop()
    entry.must(REPORT, depot)
    doc = entry.open_doc("fault", depot, lot=lot)
    doc.state = "reported"

    def follow(lines: list[Line]) -> None:
        entry.enter(doc)

    return Booked(follow=follow)


def propose(entry: Entry, lot: str, later: bool = False) -> Any:
    """Refuses what cannot be proposed for scrap; returns what to do with the answer."""
    model = entry.model
    place = stands(entry, lot)
    if place is None:
        entry.no({404, 422}, "it is nowhere")
        return None
    if model.item_of(lot).tracking != "serial":
        entry.no(422, "a batch is disposed of")
    depot = model.places[place].depot
    if not may(entry.who, KEEP, depot):
        entry.no({403, 404}, f"{entry.who} does not keep {depot}")
    standing = next((doc for doc in model.docs.values() if doc.kind == "scrap" and _open(doc, lot)), None)

    def hear(name: str | None) -> None:
        if standing is not None:
            if standing.state == "approved" and not _as_signed(entry, standing):
                standing.state = "proposed"
        elif name is not None:
            doc = Doc(
                f"doc:scrap {entry.wish['id'][4:]}", "scrap", depot, entry.who, "proposed", entry.at, {"lot": lot}
            )
            model.docs[doc.key] = doc
            model.learn(doc.key, name)
            model.tell_secret(name, depot)

    def hear_later(name: str | None) -> None:
        if standing is None:
            hear(name)

    return hear_later if later else hear


def enter_scrap(entry: Entry, lot: str, depot: str, name: str) -> None:
    key = f"doc:scrap {entry.wish['id'][4:]}"
    entry.model.docs[key] = Doc(key, "scrap", depot, entry.who, "proposed", entry.at, {"lot": lot})
    entry.model.learn(key, name)
    entry.model.tell_secret(name, depot)


def _open(doc: Doc, lot: str) -> bool:
    return doc.facts["lot"] == lot and doc.state in ("proposed", "approved")


def _as_signed(entry: Entry, doc: Doc) -> bool:
    """An approval holds for the piece as it was."""
    return doc.facts.get("signed") == entry.model.lots[doc.facts["lot"]].condition


def propose_scrap(entry: Entry) -> Verdict:
    lot = entry.thing(entry.wish)
    hear = propose(entry, lot)
    return Booked(hear=lambda told: hear(told["scrap"]))


def decide_scrap(entry: Entry) -> Verdict:
    """Somebody else than who proposed it approves; an approval of what has changed since is given anew."""
    doc = entry.doc("scrap", "scrap")
    entry.must(APPROVE, doc.depot)
    if doc.state != "proposed" and not (doc.state == "approved" and not _as_signed(entry, doc)):
        entry.no(409, "decided")
    if doc.by == entry.who:
        entry.no(409, "one's own")
    if not entry.wish["approve"] and not entry.wish.get("note"):
        entry.no(422, "why not?")

    def follow(lines: list[Line]) -> None:
        doc.state = "approved" if entry.wish["approve"] else "rejected"
        doc.facts["signed"] = entry.model.lots[doc.facts["lot"]].condition

    return Booked(follow=follow)


def scrapped(entry: Entry) -> Verdict:
    """The approved piece leaves the book, with its proof."""
    model = entry.model
    doc = entry.doc("scrap", "scrap")
    entry.must(KEEP, doc.depot)
    if doc.state != "approved" or not _as_signed(entry, doc):
        entry.no(409, "not approved as it is")
    photos(entry, needed=True)
    lot = doc.facts["lot"]
    place = stands(entry, lot)
    if place is None:
        entry.no(404, "it is nowhere")
        entry.stop()
    assert place is not None
    if model.places[place].depot != doc.depot:
        entry.no({403, 404, 409}, "it stands at another depot by now")
    if model.sent_off(place, entry.at):
        entry.no({409, 422}, "what is on the way leaves the book by its transfer")
    if entry.seen_since(lot):
        entry.no(409, "it was seen since")
    mind_load(entry, lot)
    line = Line("dispose", lot, model.balance(place, lot), place, f"{model.places[place].depot}/disposed")

    def follow(lines: list[Line]) -> None:
        for text in entry.wish.get("photos", []):
            model.docs[text.removeprefix("@")].state = "bound"
            model.docs[text.removeprefix("@")].facts["bound"] = model.places[place].depot
        doc.state = "done"
        for fault in list(model.faults.get(lot, ())):
            mend(model, lot, fault)
        for other in model.docs.values():
            if other.kind in ("fault", "task") and other.facts["lot"] == lot:
                other.state = "closed"

    return Booked([Fixed([line])], follow=follow)


def photos(entry: Entry, needed: bool = False) -> None:
    """Photos have been sent before, by the same person, and belong to one entry."""
    named = [text.removeprefix("@") for text in entry.wish.get("photos", [])]
    if needed and not named:
        entry.no(422, "no photo")
    for symbol in named:
        photo = entry.model.docs.get(symbol)
        if photo is None or photo.kind != "photo" or photo.by != entry.who or photo.state != "open":
            entry.no({409, 422}, "no photo of one's own that is free")


def send_service(entry: Entry) -> Verdict:
    """A piece goes to the workshop; what stands in takes its place."""
    model, wish = entry.model, entry.wish
    line = wish["lines"][0]
    lot = entry.thing(line)
    item = model.item_of(lot)
    if item.tracking != "serial":
        entry.no(422, "a batch is no piece")
    if wish["due_back_on"] < entry.at.date().isoformat():
        entry.no(422, "back before it goes")
    place = stands(entry, lot)
    if place is None:
        entry.no({404, 409}, "it is nowhere")
        entry.stop()
    assert place is not None
    source = model.places[place]
    if not may(entry.who, KEEP, source.depot):
        entry.no({403, 404}, f"{entry.who} does not keep {source.depot}")
    if source.kind == "workshop":
        entry.no(409, "it is there")
    if model.sent_off(source.key, entry.at):
        entry.no({409, 422}, "off the way it gets by its transfer")
    if source.kind in OUT:
        entry.leave |= {409, 422}
    if entry.seen_since(lot):
        entry.no(409, "it was seen since")
    workshop = f"{source.depot}/workshop"
    second_person(entry, "transfer", lot, model.balance(place, lot), place, workshop)
    own = [place]
    taken_out(entry, source)
    if not source.stores:
        own = [place, *(one.key for one in model.places.values() if one.depot == source.depot and one.in_reach)]
    draws: list[Draw | Fixed] = [Fixed([Line("transfer", lot, model.balance(place, lot), place, workshop)])]
    news, stand_in = [], None
    if line.get("new_loaner"):
        if len(own) > 1:
            raise Unsettled("inexact")  # which shelf is its own
        number = model.word(line["new_loaner"]["serial"])
        stand_in = Lot(f"lot:{wish['id'].removeprefix('@id:')}", item.code, number, order=len(model.lots))
        news.append(stand_in)
        draws.append(
            Fixed([Line("receive", stand_in.key, model.balance(place, lot), f"{source.depot}/supplier", place)])
        )
    fault = next((one for one in model.docs.values() if one.kind == "fault" and _is_open(one, lot)), None)
    sure = len(model.faults.get(lot, ())) == (fault is not None)  # which of several it goes for the program says
    loaner = stand_in.key if stand_in else None
    facts = {"lot": lot, "own": own, "loaner": loaner, "sure": sure, "fault": fault.key if fault else None}
    doc = Doc(f"doc:service {wish['id'][4:]}", "service", source.depot, entry.who, at=entry.at, facts=facts)

    def hear(told: dict[str, Any]) -> None:
        model.docs[doc.key] = doc
        model.learn(doc.key, told["services"][0]["service"])
        model.tell_secret(told["services"][0]["service"], doc.depot)

    return Booked(draws, new_lots=news, hear=hear)


def _is_open(doc: Doc, lot: str) -> bool:
    return doc.facts["lot"] == lot and doc.state == "open"


def back_service(entry: Entry) -> Verdict:
    """Mended and back at its place, its fault closed; or given up: on hold, and proposed for scrap."""
    model = entry.model
    doc = entry.doc("service", "service")
    entry.must(KEEP, doc.depot)
    if doc.state != "open":
        entry.no(409, "it is back")
    lot, workshop, given_up = doc.facts["lot"], f"{doc.depot}/workshop", entry.wish["outcome"] == "given_up"
    if not model.balance(workshop, lot):
        if entry.late:
            raise Unsettled("inexact")
        entry.no({404, 409}, "it is not there any more")
    targets = [f"{doc.depot}/hold"] if given_up else own_places(model, doc)
    draws: list[Draw | Fixed] = [Draw("transfer", model.balance(workshop, lot), [(workshop, lot)], targets)]
    loaner = doc.facts["loaner"]
    if loaner and entry.wish.get("loaner_taken", True):
        draws += _loaner_home(entry, doc, loaner)
        if len(draws) > 1 and len(targets) > 1:
            raise Unsettled("inexact")
    fault = model.docs.get(doc.facts["fault"] or "")
    if not given_up and fault is not None and fault.state != "closed" and not may(entry.who, KEEP, fault.depot):
        raise Unsettled("inexact")  # its fault is another depot's
    if not given_up and not doc.facts["sure"]:
        raise Unsettled("inexact")
    hear = _scrap_of(entry, doc, lot) if given_up else None

    def follow(lines: list[Line]) -> None:
        doc.state = "closed"
        if not given_up and fault is not None and fault.state != "closed":
            close_fault(entry, fault)
        if loaner and entry.wish.get("loaner_taken", True):
            doc.facts["loaner"] = None

    return Booked(draws, follow=follow, hear=lambda told: hear and hear(told.get("scrap")))


def _scrap_of(entry: Entry, service: Doc, lot: str) -> Any:
    """Given up, it is proposed for scrap where it stands."""
    standing = any(doc.kind == "scrap" and _open(doc, lot) for doc in entry.model.docs.values())

    def hear(name: str | None) -> None:
        if name is not None and not standing:
            enter_scrap(entry, lot, service.depot, name)

    return hear


def _loaner_home(entry: Entry, doc: Doc, loaner: str) -> list[Draw | Fixed]:
    """The workshop's own piece leaves the book, if the depot has it still."""
    place = stands(entry, loaner)
    if place is None or entry.model.places[place].depot != doc.depot:
        return []
    mind_load(entry, loaner)
    target = f"{doc.depot}/supplier"
    second_person(entry, "transfer", loaner, entry.model.balance(place, loaner), place, target)
    return [Fixed([Line("transfer", loaner, entry.model.balance(place, loaner), place, target)])]


def loaner_gone(entry: Entry) -> Verdict:
    doc = entry.doc("service", "service")
    entry.must(KEEP, doc.depot)
    if not doc.facts["loaner"]:
        entry.no(409, "nothing stands in")
        return entry.refused() or Refused(set(), "")
    draws = _loaner_home(entry, doc, doc.facts["loaner"])

    def follow(lines: list[Line]) -> None:
        doc.facts["loaner"] = None

    return Booked(draws, follow=follow)


def check(entry: Entry) -> Verdict:
    """Somebody looked. What fails is a fault of what lies there: of a batch that goes to the hold."""
    model, line = entry.model, entry.wish["lines"][0]
    lot = entry.thing(line)
    if line["plan"] != PLANS.get(model.lots[lot].item):
        entry.no({409, 422}, "no plan of this")
        entry.stop()
    lain = {depot for depot in model.lots[lot].lain if may(entry.who, TAKE, depot)}
    rows = [row for row in model.rows(lot) if model.places[row[0]].depot in lain]
    if not lain:
        entry.no({403, 404, 422}, "not at one of one's depots")
        entry.stop()
    if not line["passed"] and not line.get("note"):
        entry.no(422, "what is wrong?")
    if not rows:
        entry.leave |= {404, 422}  # where it once lay its clock may stand still
        if not line["passed"]:
            entry.no({404, 409, 422}, "it is not there any more")
    if line["passed"]:
        return Booked()
    if not rows:
        entry.stop()
    most = max(model.balance(*row) for row in rows)
    fullest = [row for row in rows if model.balance(*row) == most]
    if len(fullest) > 1:
        raise Unsettled("inexact")  # where most of it lies
    place = model.places[fullest[0][0]]
    draws: list[Draw | Fixed] = []
    if place.kind != "hold":
        if place.kind != "shelf":
            entry.leave |= {404, 409, 422}
        draws = [Fixed([Line("transfer", lot, most, place.key, f"{place.depot}/hold")])]

    def follow(lines: list[Line]) -> None:
        entry.open_task(place.depot, lot)

    return Booked(draws, follow=follow)


PLANS = {"RIO-007": "MP-098"}


def answer_recall(entry: Entry) -> Verdict:
    """What a depot found and did about a recall; the whole city knows of it."""
    doc = entry.model.docs.get(entry.wish["recall"].removeprefix("@"))
    if doc is None or doc.kind != "recall":
        entry.no({403, 404}, "no such recall")
        entry.stop()
    assert doc is not None
    depot = entry.wish["depot"].removeprefix("@depot:")
    if depot not in visible(entry.who) or not may(entry.who, "answer", depot):
        entry.no({403, 404}, f"{entry.who} does not answer for {depot}")
    if doc.state == "closed":
        entry.no(409, "over")
    return Booked()


UPKEEP = {
    "triage": triage,
    "not-this": not_this,
    "propose-scrap": propose_scrap,
    "decide-scrap": decide_scrap,
    "scrapped": scrapped,
    "send-service": send_service,
    "back-service": back_service,
    "loaner-gone": loaner_gone,
    "check": check,
    "answer-recall": answer_recall,
}
