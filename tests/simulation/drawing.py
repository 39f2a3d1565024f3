"""What acts are drawn from: what lies where, and which documents there are."""

from typing import TYPE_CHECKING, Any

from tests.simulation.model import Doc, Model

if TYPE_CHECKING:
    from tests.simulation.acts import Chance

Step = dict[str, Any]
Lots = list[tuple[str, str]]


def stocked(chance: "Chance", model: Model, depot: str, kinds: tuple[str, ...] = ("shelf",)) -> tuple[str, str]:
    rows = [row for row in model.rows(depot=depot) if model.places[row[0]].kind in kinds]
    if chance.random.random() < 0.06 or not rows:
        rows = model.rows() or [(f"{depot}/s1", "bulk:BRK-014")]
    return chance.random.choice(rows)


def line_of(chance: "Chance", model: Model, depot: str) -> Step:
    place, lot = stocked(chance, model, depot)
    quantity = "1" if model.item_of(lot).tracking == "serial" else chance.quantity()
    why = {"reason": "nothing else is here"} if chance.random.random() < 0.2 else {}
    return {"thing": f"@{lot}", "quantity": quantity, "from": f"@{place}", **why}


def doc_of(chance: "Chance", model: Model, kind: str, *states: str) -> Doc | None:
    docs = [doc for doc in model.docs.values() if doc.kind == kind]
    live = [doc for doc in docs if doc.state in states] if states and chance.random.random() < 0.85 else docs
    return chance.random.choice((live or docs)[-8:]) if docs else None
