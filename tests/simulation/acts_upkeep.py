"""Entries about faults, workshops, checks and scrap, drawn at random."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from tests.simulation.drawing import Step, doc_of, stocked
from tests.simulation.model import Model
from tests.simulation.people import APPROVE, KEEP, PEOPLE, REPORT, TAKE

if TYPE_CHECKING:
    from tests.simulation.acts import Chance


def piece(chance: "Chance", model: Model, depot: str) -> tuple[str, str]:
    """Where a single piece is, mostly; a batch sometimes."""
    rows = [row for row in model.rows(depot=depot) if model.item_of(row[1]).tracking == "serial"]
    faulty = [row for row in rows if model.faults.get(row[1])]
    if not rows or chance.random.random() < 0.08:
        return stocked(chance, model, depot)
    return chance.random.choice(faulty if faulty and chance.random.random() < 0.4 else rows)


def triage(chance: "Chance", model: Model, body: Step, depot: str) -> str | None:
    doc = doc_of(chance, model, "fault", "open", "reported")
    if doc is None:
        return None
    verdict = chance.random.choice(("here", "workshop", "dispose", "dispose", "no_fault"))
    body |= {"defect": f"@{doc.key}", "verdict": verdict, "note": f"@canary:{body['id']}"}
    return chance.person(KEEP, doc.depot)


def not_this(chance: "Chance", model: Model, body: Step, depot: str) -> str:
    place, lot = stocked(chance, model, depot)
    body |= {"thing": f"@{lot}", "description": f"@canary:{body['id']}"}
    return chance.person(REPORT, model.places[place].depot)


def propose_scrap(chance: "Chance", model: Model, body: Step, depot: str) -> str:
    place, lot = piece(chance, model, depot)
    body |= {"thing": f"@{lot}", "reason": f"@canary:{body['id']}"}
    return chance.person(KEEP, model.places[place].depot)


def decide_scrap(chance: "Chance", model: Model, body: Step, depot: str) -> str | None:
    doc = doc_of(chance, model, "scrap", "proposed")
    if doc is None:
        return None
    body |= {"scrap": f"@{doc.key}", "approve": chance.random.random() < 0.85, "note": "seen"}
    return chance.person(APPROVE, doc.depot)


def scrapped(chance: "Chance", model: Model, body: Step, depot: str) -> str | None:
    """By somebody who has a photo to show."""
    draw = chance.random
    doc = doc_of(chance, model, "scrap", "approved")
    if doc is None:
        return None
    free = [one for one in model.docs.values() if one.kind == "photo" and one.state == "open"]
    able = [one for one in free if chance.able(one.by, KEEP, doc.depot)]
    body |= {"scrap": f"@{doc.key}", "method": draw.choice(("crushed", "cut", "handed_over")), "receiver": "Works"}
    if not able or draw.random() < 0.1:
        return chance.person(KEEP, doc.depot)
    photo = draw.choice(able)
    body["photos"] = [f"@{photo.key}"]
    return photo.by


def send_service(chance: "Chance", model: Model, body: Step, depot: str) -> str:
    place, lot = piece(chance, model, depot)
    line: Step = {"thing": f"@{lot}"}
    if chance.random.random() < 0.25:
        line["new_loaner"] = {"serial": f"@canary:{body['id'][4:]}", "maker": "Maker"}
    back = date.today() + timedelta(days=chance.random.choice((10, 10, 10, -40)))
    body |= {"lines": [line], "vendor": f"@canary:{body['id']}", "due_back_on": back.isoformat()}
    return chance.person(KEEP, model.places[place].depot)


def _at_service(chance: "Chance", model: Model, body: Step, depot: str) -> str | None:
    doc = doc_of(chance, model, "service", "open")
    if doc is None:
        return None
    body |= {"service": f"@{doc.key}"}
    if body["kind"] == "back-service":
        outcome = "given_up" if chance.random.random() < 0.3 else "mended"
        body |= {"outcome": outcome, "note": f"@canary:{body['id']}", "loaner_taken": chance.random.random() < 0.8}
    return chance.person(KEEP, doc.depot)


def check(chance: "Chance", model: Model, body: Step, depot: str) -> str:
    rows = [row for row in model.rows(depot=depot) if model.lots[row[1]].item == "RIO-007"]
    place, lot = chance.random.choice(rows) if rows else stocked(chance, model, depot)
    line = {
        "thing": f"@{lot}",
        "plan": "MP-098",
        "passed": chance.random.random() < 0.7,
        "note": f"@canary:{body['id']}",
    }
    body["lines"] = [line]
    return chance.person(TAKE, model.places[place].depot)


def answer_recall(chance: "Chance", model: Model, body: Step, depot: str) -> str | None:
    doc = doc_of(chance, model, "recall", "open")
    if doc is None:
        return None
    body |= {"recall": f"@{doc.key}", "depot": f"@depot:{depot}", "note": f"@canary:{body['id']}"}
    return chance.person("answer", depot) if chance.random.random() < 0.9 else chance.random.choice(list(PEOPLE))


UPKEEP: dict[str, tuple[float, Any]] = {
    "triage": (4, triage),
    "not-this": (2, not_this),
    "propose-scrap": (4, propose_scrap),
    "decide-scrap": (4, decide_scrap),
    "scrapped": (4, scrapped),
    "send-service": (6, send_service),
    "back-service": (5, _at_service),
    "loaner-gone": (2, _at_service),
    "check": (3, check),
    "answer-recall": (1, answer_recall),
}
