"""Handovers of shifts and keepers, drawn at random."""

from typing import TYPE_CHECKING, Any

from tests.simulation.drawing import Step
from tests.simulation.model import Doc, Model
from tests.simulation.people import APPROVE, KEEP, PEOPLE, Duty

if TYPE_CHECKING:
    from tests.simulation.acts import Chance


def start_handover(chance: "Chance", model: Model, body: Step, depot: str) -> str:
    body |= {"depot": f"@depot:{depot}"}
    return chance.person(KEEP, depot)


def walk(chance: "Chance", model: Model, *purposes: str) -> Doc | None:
    """A count for a handover, an open one mostly."""
    docs = [doc for doc in model.docs.values() if doc.kind == "count" and doc.facts["purpose"] in purposes]
    live = [doc for doc in docs if doc.state == "open"]
    if live and chance.random.random() < 0.9:
        return chance.random.choice(live)
    return chance.random.choice(docs[-4:]) if docs else None


def _at_shift(chance: "Chance", model: Model, body: Step, depot: str) -> str | None:
    doc = walk(chance, model, "shift")
    if doc is None:
        return None
    body |= {"handover": f"@{doc.key}"}
    if body["kind"] == "give-shift":
        body["note"] = f"@canary:{body['id']}"
    return chance.person(KEEP, doc.depot)


def start_keepers(chance: "Chance", model: Model, body: Step, depot: str) -> str:
    draw = chance.random
    keepers = [who for who in PEOPLE if Duty("keeper", depot) in PEOPLE[who]]
    leaver = draw.choice(keepers if keepers and draw.random() < 0.9 else list(PEOPLE))
    body |= {"depot": f"@depot:{depot}", "leaver": leaver, "comer": draw.choice([*PEOPLE, "unknown"])}
    return chance.person(APPROVE, depot)


def sign_keepers(chance: "Chance", model: Model, body: Step, depot: str) -> str | None:
    doc = walk(chance, model, "keepers")
    if doc is None:
        return None
    body |= {"handover": f"@{doc.key}"}
    witness = chance.person(APPROVE, doc.depot)
    waits = [who for who in (doc.facts["leaver"], doc.facts["comer"]) if who not in doc.facts["signed"]]
    return chance.random.choice(waits) if waits and chance.random.random() < 0.8 else witness


def give_up(chance: "Chance", model: Model, body: Step, depot: str) -> str | None:
    doc = walk(chance, model, "keepers")
    if doc is None:
        return None
    body |= {"handover": f"@{doc.key}", "note": "it does not take place"}
    return chance.person(APPROVE, doc.depot)


SHIFTS: dict[str, tuple[float, Any]] = {
    "start-handover": (2, start_handover),
    "give-shift": (3, _at_shift),
    "take-shift": (3, _at_shift),
    "start-keepers": (1.5, start_keepers),
    "sign-keepers": (4, sign_keepers),
    "give-up-keepers": (0.5, give_up),
}
