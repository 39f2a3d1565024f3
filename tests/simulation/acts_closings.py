"""Closing a depot, drawn at random: mostly planned and given up, for a depot that lives is seldom empty."""

from typing import TYPE_CHECKING, Any

from tests.simulation.drawing import Step, doc_of
from tests.simulation.model import Model
from tests.simulation.people import APPROVE, DEPOTS, KEEP

if TYPE_CHECKING:
    from tests.simulation.acts import Chance


def plan(chance: "Chance", model: Model, body: Step, depot: str) -> str:
    body |= {"depot": f"@depot:{depot}", "why": f"@canary:{body['id']}"}
    if chance.random.random() < 0.6:
        body["successor"] = f"@depot:{chance.random.choice(DEPOTS)}"
    return chance.person(APPROVE, depot)


def _at_closing(chance: "Chance", model: Model, body: Step, depot: str) -> str | None:
    draw = chance.random
    doc = doc_of(chance, model, "closing", "open")
    if doc is None:
        return None
    body |= {"closing": f"@{doc.key}"}
    if body["kind"] == "send-all" and draw.random() < 0.5:
        body["to"] = f"@depot:{draw.choice(DEPOTS)}"
    if body["kind"] == "write-off-rest":
        body["reason"] = "left over"
    if body["kind"] == "close-depot":
        body["people"] = draw.choice(("move", "end"))
    return chance.person(KEEP if body["kind"] == "send-all" else APPROVE, doc.depot)


def reopen(chance: "Chance", model: Model, body: Step, depot: str) -> str:
    depot = chance.random.choice(sorted(model.closed) or [depot])
    body |= {"depot": f"@depot:{depot}", "why": "needed again", "people": chance.random.choice(("back", "none"))}
    return "adm" if chance.random.random() < 0.7 else chance.person(APPROVE, depot)


CLOSINGS: dict[str, tuple[float, Any]] = {
    "plan-closing": (1.5, plan),
    "send-all": (0.7, _at_closing),
    "write-off-rest": (0.5, _at_closing),
    "close-depot": (1, _at_closing),
    "give-up-closing": (1, _at_closing),
    "reopen-depot": (0.5, reopen),
}
