"""Goods received and products proposed, drawn at random."""

from typing import TYPE_CHECKING, Any

from tests.simulation.drawing import Step, doc_of
from tests.simulation.model import ITEMS, Model
from tests.simulation.people import APPROVE, KEEP

if TYPE_CHECKING:
    from tests.simulation.acts import Chance


def receive(chance: "Chance", model: Model, body: Step, depot: str) -> str:
    draw, word = chance.random, f"@canary:goods {body['id'][4:]}"
    item = draw.choice(list(ITEMS.values()))
    body |= {"place": f"@{depot}/{draw.choice(('s1', 's2', 's2', 'hold'))}", "item": item.code, "quantity": "5"}
    if item.tracking == "serial":
        body |= {"serial": word, "quantity": draw.choice(("1", "1", "1", "2"))}
    if item.tracking == "lot":
        body["number"] = word
        if draw.random() < 0.8:
            body["expiry"] = {"word": "through", "date": draw.choice(("2027-06-30", "2029-03-31", "2025-01-31"))}
    return chance.person(KEEP, depot)


def propose(chance: "Chance", model: Model, body: Step, depot: str) -> str:
    body |= {"depot": f"@depot:{depot}", "name": f"@canary:{body['id']}", "unit": "box", "contains": "1"}
    return chance.person(KEEP, depot)


def decide(chance: "Chance", model: Model, body: Step, depot: str) -> str | None:
    doc = doc_of(chance, model, "proposal", "open")
    if doc is None:
        return None
    body |= {"proposal": f"@{doc.key}", "approve": chance.random.random() < 0.7}
    if chance.random.random() < 0.8:
        body["item"] = "BRK-014"
    return chance.person(APPROVE, doc.depot)


GOODS: dict[str, tuple[float, Any]] = {
    "receive": (6, receive),
    "propose": (1, propose),
    "decide-proposal": (1, decide),
}
