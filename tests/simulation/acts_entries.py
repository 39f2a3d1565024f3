"""Entries as phones tell them: documents opened, carried on by whoever comes next, right or wrong."""

from typing import TYPE_CHECKING, Any

from tests.simulation.acts_closings import CLOSINGS
from tests.simulation.acts_goods import GOODS
from tests.simulation.acts_kits import KITS
from tests.simulation.acts_shifts import SHIFTS
from tests.simulation.acts_upkeep import UPKEEP
from tests.simulation.drawing import Step, doc_of, line_of, stocked
from tests.simulation.model import ITEMS, Model
from tests.simulation.people import DEPOTS, KEEP, PEOPLE, TAKE

if TYPE_CHECKING:
    from tests.simulation.acts import Chance


def draw_entry(chance: "Chance", model: Model, n: int) -> Step:
    """An entry of some kind."""
    draw = chance.random
    kind = draw.choices(list(KINDS), [weight for weight, _ in KINDS.values()])[0]
    body = {"kind": kind, "id": f"@id:{n}"}
    step: Step = {"verb": "entry", "who": "", "body": body}
    depot = draw.choice(DEPOTS)
    who = KINDS[kind][1](chance, model, body, depot)
    if who is None:  # no such document yet
        return chance.movement(model, n)
    step["who"] = draw.choice(list(PEOPLE)) if draw.random() < 0.12 else who
    chance.when(body)
    return step


def lend(chance: "Chance", model: Model, body: Step, depot: str) -> str:
    borrower = chance.random.choice(("responder", "outside", "resident"))
    body |= {"depot": f"@depot:{depot}", "lines": [line_of(chance, model, depot)], "borrower": borrower}
    body["due_at"] = f"@{chance.random.choice((3600, 86400, 86400 * 30, -3600))}"
    if borrower != "resident":
        body |= {"name": f"@canary:{body['id']}", "unit": "Brigade", "phone": "13800000000"}
    return chance.person(TAKE, depot)


def give_back(chance: "Chance", model: Model, body: Step, depot: str) -> str:
    draw = chance.random
    place, lot = stocked(chance, model, depot, ("hands", "loan", "incident"))
    depot = model.places[place].depot
    quantity = "1" if draw.random() < 0.6 else str(model.balance(place, lot) or 1)
    line = {"thing": f"@{lot}", "quantity": quantity, "from": f"@{place}"}
    line["state"] = draw.choices(("ready", "clean", "check", "damaged", "lost"), (60, 5, 5, 8, 8))[0]
    if draw.random() < 0.7:
        line["to"] = f"@{depot}/{draw.choice(('s1', 's2'))}"
    body["lines"] = [line]
    return chance.person(TAKE, depot)


def basket(chance: "Chance", model: Model, body: Step, depot: str) -> str:
    who, wishes = chance.person(KEEP, depot), []
    for number in range(chance.random.randint(1, 4)):
        kinds = ("issue", "transfer", "consume", "return")
        wish = chance.wish(model, f"{body['id'][4:]}.{number}", depot, who, kinds)
        if "from" in wish and ("lot" in wish or "label" in wish):
            wishes.append({key: value for key, value in wish.items() if key not in ("late", "happened_at")})
    body["movements"] = wishes or [{"id": f"{body['id']}.9", "kind": "issue", "quantity": "1", "lot": "@lot:none"}]
    return who


def open_incident(chance: "Chance", model: Model, body: Step, depot: str) -> str:
    body |= {"depot": f"@depot:{depot}", "what": "fire", "channel": "phone", "place": f"@canary:{body['id']}"}
    return chance.person(TAKE, depot)


def _at_incident(act: str, *states: str, **more: Any) -> Any:
    def write(chance: "Chance", model: Model, body: Step, depot: str) -> str | None:
        doc = doc_of(chance, model, "incident", *states)
        if doc is None:
            return None
        body |= {"incident": f"@{doc.key}", **more}
        if body["kind"] == "draw":
            body["lines"] = [line_of(chance, model, doc.depot) for _ in range(chance.random.randint(1, 2))]
        if body["kind"] == "on-scene":
            line = line_of(chance, model, doc.depot)
            body["lines"] = [{name: line[name] for name in ("thing", "quantity")}]
        if body["kind"] == "paper":
            body |= {"ordered_by": f"@canary:{body['id']}", "note": "in haste"}
        if body["kind"] == "restock":
            used = list(model.used.get(doc.key, {})) or list(ITEMS)
            body |= {"item": chance.random.choice(used), "quantity": "5"}
        return chance.person(act, doc.depot)

    return write


def ask_transfer(chance: "Chance", model: Model, body: Step, depot: str) -> str:
    other = chance.random.choice([one for one in DEPOTS if one != depot] * 8 + [depot])
    body |= {"giver": f"@depot:{depot}", "receiver": f"@depot:{other}", "reason": f"@canary:{body['id']}"}
    body["lines"] = [{"item": chance.random.choice(list(ITEMS)), "quantity": "3"}]
    return chance.person(KEEP, chance.random.choice((depot, other)))


def _at_transfer(side: str, *states: str) -> Any:
    def write(chance: "Chance", model: Model, body: Step, depot: str) -> str | None:
        draw = chance.random
        doc = doc_of(chance, model, "transfer", *states)
        if doc is None:
            return None
        giver, receiver = doc.depot, doc.facts["receiver"]
        body["transfer"] = f"@{doc.key}"
        here = giver if side == "giver" else receiver
        if body["kind"] == "dispatch":
            line = line_of(chance, model, giver)
            body["lines"] = [{name: line[name] for name in ("thing", "quantity", "from")}]
        if body["kind"] == "receive-transfer":
            rows = [lot for place, lot in model.rows() if place == doc.key]
            if not rows and draw.random() < 0.8:
                return None
            lot = draw.choice(rows or ["bulk:BRK-014"])
            there = model.balance(doc.key, lot)
            good = str(there) if draw.random() < 0.6 else draw.choice(("0", "1", "2"))
            body["lines"] = [{"thing": f"@{lot}", "good": good, "damaged": draw.choice(("0", "0", "0", "1"))}]
            body["place"] = f"@{receiver}/{draw.choice(('s1', 's2'))}"
        if body["kind"] == "reject-transfer":
            body["note"] = f"@canary:{body['id']}"
        if body["kind"] == "take-back":
            body["place"] = f"@{giver if draw.random() < 0.9 else receiver}/{draw.choice(('s1', 's2'))}"
        if body["kind"] == "sign-loss":
            body["side"] = draw.choice(("giver", "receiver"))
            here = giver if body["side"] == "giver" else receiver
        return chance.person(KEEP, here)

    return write


def ask_witness(chance: "Chance", model: Model, body: Step, depot: str) -> str | None:
    rows = [row for row in model.rows(depot=depot) if model.item_of(row[1]).controlled]
    if not rows:
        return None
    lot = chance.random.choice(rows)[1]
    body |= {"depot": f"@depot:{depot}", "quantity": chance.random.choice(("1", "1", "2"))}
    body |= {"thing": f"@{lot}"} if chance.random.random() < 0.6 else {"item": model.lots[lot].item}
    return chance.person(TAKE, depot)


def witness(chance: "Chance", model: Model, body: Step, depot: str) -> str | None:
    doc = doc_of(chance, model, "hand-out", "open")
    if doc is None:
        return None
    body |= {"hand_out": f"@{doc.key}", "agree": chance.random.random() < 0.85}
    return chance.person(TAKE, doc.depot)


def fault(chance: "Chance", model: Model, body: Step, depot: str) -> str:
    place, lot = stocked(chance, model, depot, ("shelf", "hold", "hands"))
    body |= {"thing": f"@{lot}", "place": f"@{place}", "quantity": "1", "description": f"@canary:{body['id']}"}
    return chance.person("report", model.places[place].depot)


def mended(chance: "Chance", model: Model, body: Step, depot: str) -> str | None:
    doc = doc_of(chance, model, "fault", "open")
    if doc is None:
        return None
    body |= {"defect": f"@{doc.key}", "note": f"@canary:{body['id']}"}
    return chance.person(KEEP, doc.depot)


def recall(chance: "Chance", model: Model, body: Step, depot: str) -> str:
    lots = [lot for lot in model.lots.values() if lot.number] or [next(iter(model.lots.values()))]
    lot = chance.random.choice(lots)
    body |= {"item": lot.item, "number": lot.number, "reason": "called back"}
    return "adm" if chance.random.random() < 0.7 else chance.random.choice(list(PEOPLE))


def release(chance: "Chance", model: Model, body: Step, depot: str) -> str | None:
    doc = doc_of(chance, model, "recall", "open")
    if doc is None:
        return None
    body |= {"recall": f"@{doc.key}", "reason": "over"}
    return "adm" if chance.random.random() < 0.8 else chance.random.choice(list(PEOPLE))


def start_count(chance: "Chance", model: Model, body: Step, depot: str) -> str:
    body |= {"depot": f"@depot:{depot}", "places": [f"@{depot}/{chance.random.choice(('s1', 's2', 'hold'))}"]}
    return chance.person(KEEP, depot)


def count(chance: "Chance", model: Model, body: Step, depot: str) -> str | None:
    draw = chance.random
    doc = doc_of(chance, model, "count", "open")
    if doc is None or not doc.facts["places"]:  # a shift's, whose places are all in a stocktake
        return None
    place = draw.choice(sorted(doc.facts["places"]))
    lots = [lot for at, lot in model.rows() if at == place] or ["bulk:HYD-009"]
    lines = []
    whole = doc.facts["purpose"] != "count" and draw.random() < 0.8  # a handover counts every line
    for lot in lots if whole else draw.sample(lots, min(len(lots), draw.randint(1, 5))):
        there = model.balance(place, lot) + draw.choices((0, -1, 1, -4), (900 if whole else 60, 15, 10, 5))[0]
        lines.append({"thing": f"@{lot}", "quantity": str(max(there, 0))})
    body |= {"count": f"@{doc.key}", "place": f"@{place}", "lines": lines, "round": draw.choice((1, 1, 2))}
    return chance.person(TAKE, doc.depot)


def _close_count(chance: "Chance", model: Model, body: Step, depot: str) -> str | None:
    doc = doc_of(chance, model, "count", "open")
    if doc is None:
        return None
    body["count"] = f"@{doc.key}"
    if body["kind"] == "approve-count":
        body["leave_uncounted"] = chance.random.random() < 0.85
    else:
        body["note"] = "given up"
    return chance.person("approve", doc.depot)


KINDS: dict[str, tuple[float, Any]] = {
    "lend": (8, lend),
    "give-back": (14, give_back),
    "basket": (6, basket),
    "open-incident": (4, open_incident),
    "draw": (8, _at_incident(TAKE, "open")),
    "paper": (2, _at_incident(TAKE)),
    "on-scene": (1, _at_incident(TAKE, "open")),
    "arrived": (1, _at_incident(TAKE, "open")),
    "approve-incident": (2, _at_incident("approve")),
    "restock": (3, _at_incident(KEEP, "open")),
    "close-incident": (4, _at_incident(KEEP, "open")),
    "ask-transfer": (6, ask_transfer),
    "dispatch": (10, _at_transfer("giver", "open", "sent")),
    "receive-transfer": (12, _at_transfer("receiver", "sent")),
    "reject-transfer": (2, _at_transfer("receiver", "open", "sent")),
    "take-back": (3, _at_transfer("giver", "rejected", "sent")),
    "sign-loss": (4, _at_transfer("giver", "sent")),
    "ask-witness": (6, ask_witness),
    "witness": (6, witness),
    "fault": (5, fault),
    "mended": (3, mended),
    "start-count": (4, start_count),
    "count": (10, count),
    "approve-count": (5, _close_count),
    "cancel-count": (0.5, _close_count),
    "recall": (1.5, recall),
    "release-recall": (1.5, release),
    **UPKEEP,
    **SHIFTS,
    **CLOSINGS,
    **GOODS,
    **KITS,
}
