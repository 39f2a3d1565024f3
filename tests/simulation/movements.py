"""What a single movement should come to, by the rules of the design."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tests.simulation.carriers import bears_controlled, kept_leaves, minds_carriers, put_in, staying
from tests.simulation.later import lay_in_reach, minded, undone_since
from tests.simulation.model import CARRIERS, ITEMS, Item, Line, Lot, Model
from tests.simulation.people import KEEP, TAKE, may, may_anywhere, might_once, own_depots, visible
from tests.simulation.verdict import Booked, Draw, Fixed, Refused, Unsettled, Verdict, unsettled
from tests.simulation.wishes import ABSENT, OUT, SLACK, Told, amount, happened, lot_named

RIGHT = {"issue": TAKE, "return": TAKE, "consume": TAKE}
HANDS_OUT = ("issue", "consume", "open")


def judge_wish(
    model: Model, who: str, wish: dict[str, Any], now: datetime, today: date, witness: Callable[..., bool]
) -> Verdict:
    """What a movement should come to. ``witness``: whether a second person has confirmed such a hand-out."""
    told = Told(model, who, wish, now, today, RIGHT.get(wish["kind"], KEEP))
    if not may_anywhere(who, TAKE):
        over = told.late and might_once(who, TAKE)  # the phone's clock proves nothing: somebody decides
        return Refused({403, 409} if over else {403}, f"{who} may take nothing anywhere")
    text = wish.get("happened_at")
    if text and float(text[1:]) > SLACK.total_seconds():
        told.no(422, "it lies in the future")
    lot = lot_named(told)
    if lot is None and (wish.get("lot") or wish.get("label")):
        if told.blind:
            unsettled("B1")  # a lot of elsewhere in a late fact, or in a receipt
        return told.refused() or Refused(set(), "")
    arrives = wish["kind"] == "receive" or (wish["kind"] == "adjust" and "from" not in wish)
    source = None if arrives else told.place("from")  # what comes from outside comes from no place
    if told.refused() and told.symbol("from") and not arrives and source is None:
        return told.refused() or Refused(set(), "")
    target = told.place("to") if wish["kind"] not in ("consume", "dispose") else None
    if target is None and "to" in wish:
        told.leave |= ABSENT  # a place that is none need not be named where nothing goes to one
    item = model.item_of(lot) if lot else ITEMS[wish["item"]]
    quantity = amount(told, item, lot)
    if arrives:
        return arrive(told, item, lot, target, quantity)
    return leave(told, item, lot, source, target, quantity, witness)


def arrive(told: Told, item: Item, lot: str | None, target: str | None, quantity: Decimal) -> Verdict:
    """Goods come in from a supplier, or a count found more than the book has."""
    model, wish = told.model, told.wish
    found = wish["kind"] == "adjust"
    if target is None:
        told.no(422, "it is not said where to")
        return told.refused() or Refused(set(), "")
    place = model.places[target]
    told.mind_loan(target)
    if not may(told.who, KEEP, place.depot):
        told.no(403, f"{told.who} does not keep {place.depot}")
    if place.outside:
        told.no(422, "outside")
    if place.kind in ("way", "transit"):
        told.no(422, "by its transfer alone")
    if place.depot in model.closed and not told.late:
        told.no(409, "the depot is closed")
    if found and not wish.get("reason"):
        told.no(422, "no reason")
    if lot is None and item.tracking == "lot" and not wish.get("new_lot"):
        told.no(422, "which lot?")
    if lot and item.tracking == "serial" and model.rows(lot):
        told.no(409, "the piece is on the book already")
    refused = told.refused()
    if refused:
        return refused
    kind, edge = ("adjust", "found") if found else ("receive", "supplier")
    new = None if lot else new_lot(model, item, wish)
    lot = lot or (new.key if new else "")
    put_in(told, place)
    refused = told.refused()
    if refused:
        return refused
    odd = place.kind not in (
        "shelf",
        "hold",
        "kit",
        "vehicle",
    )  # into hands: the design is silent
    line = Line(kind, lot, quantity, f"{place.depot}/{edge}", target)
    news = [new] if new and new.key not in model.lots else []
    return Booked([Fixed([line])], may_refuse={422, 409} if odd else set(), new_lots=news)


def new_lot(model: Model, item: Item, wish: dict[str, Any]) -> Lot:
    """The lot of a delivery: the batch that is known already, or a new one named after the step."""
    if item.tracking == "bulk":
        return model.lots[f"bulk:{item.code}"]
    told = wish.get("new_lot") or {}
    number, expires = model.word(told.get("number") or told.get("serial") or ""), told.get("expires_on")
    unknown = item.tracking == "lot" and expires is None and (item.expires or bool(told.get("expiry_unknown")))
    facts = (item.code, number, expires, bool(told.get("expiry_unknown"))) if item.tracking == "lot" else ()
    key = model.batches.get(facts, "lot:" + wish["id"].removeprefix("@id:"))
    if key in model.lots:
        return model.lots[key]
    day = date.fromisoformat(expires) if expires else None
    return Lot(key, item.code, number, day, unknown, order=len(model.lots), facts=facts)


def leave(
    told: Told,
    item: Item,
    lot: str | None,
    source: str | None,
    target: str | None,
    quantity: Decimal,
    witness: Callable[..., bool],
) -> Verdict:
    """Something leaves a balance inside a depot."""
    model, wish, kind = told.model, told.wish, told.wish["kind"]
    if wish.get("size") and not item.sizes:
        told.no(422, "it has no sizes")
    near = None if source else told.near(target)
    if lot is None and source is None:
        told.leave |= {422} if told.late else set()
        if near is None and not own_depots(told.who):
            return Refused({403, 404, 409, 422}, "from which depot?")
    rows = candidates(told, item, lot, source, near)
    depots = {model.places[place].depot for place, _ in rows} or ({model.places[source].depot} if source else set())
    if near and len(depots) > 1:  # out of the shelves of the depot that it goes to a place of (T97)
        depots &= {near}
        rows = [row for row in rows if model.places[row[0]].depot in depots]
    if len(depots) > 1:
        return Refused({422, 403, 404}, "kept at several depots")
    if source is None and lot and len(model.lots[lot].lain & visible(told.who)) > 1:
        unsettled("N3")
    if not depots and told.late and lot:  # emptied long ago; the fact still happened
        depots = model.lots[lot].lain & visible(told.who)
        told.leave |= {403, 409, 422}
        if len(depots) > 1:
            return Refused({422}, "at which depot?")
    if not depots and told.late and lot is None and not told.refused():
        raise Unsettled("inexact")  # of an item that is all gone the program takes a lot that once lay here, if any
    if not depots:
        emptied = model.lots[lot].lain & visible(told.who) if lot else set()
        over_right = {403} if any(not may(told.who, told.right, depot) for depot in emptied) else set()
        told.no({409, 422} | over_right, "none of it is known here")
        return told.refused() or Refused(set(), "")
    depot = depots.pop()
    if not may(told.who, told.right, depot):
        told.no(403, f"{told.who} may not {kind} at {depot}")
    if source and model.places[source].outside:
        told.no({409, 422}, "from the outside world")
    if source and model.places[source].kind in ("way", "transit"):
        told.no({409, 422}, "by its transfer alone")
    targets = aims(told, depot, source, target, rows)
    minds_carriers(told, lot, rows, targets, bool(source))
    if kind in ("dispose", "adjust") and not wish.get("reason"):
        told.no(422, "no reason")
    at = happened(wish.get("happened_at"), told.now)
    if told.late and lot is None:  # which piece it was nobody guesses of those that were seen since
        rows = [row for row in rows if not model.seen_since(row[1], at)]
    rows, ranks = usable(told, item, lot, rows)
    if told.late and lot and (seen := model.seen_since(lot, at)):
        if source:
            lay_in_reach(told, source, lot)
        lines = undone_since(told, Line(kind, lot, quantity, "", ""), targets, seen)
        return told.refused() or Booked([Fixed(lines)], may_refuse=odd(told, source) | told.leave)
    there = sum((model.balance(*row) for row in rows), Decimal(0))
    if lot and item.tracking == "serial" and told.late and there < quantity and (known := model.rows(lot)):
        rows = known  # a single piece comes from where the book has it, not out of nowhere besides
        if not told.symbol("to"):  # where nobody says, it goes onto a shelf: out of a kit that stands on one as well
            targets = [place for place in targets if model.places[place].kind not in CARRIERS]
        if any(model.places[place].depot != depot or place in targets for place, _ in rows):
            told.no({409, 422}, "a single piece is in one place")
        if any(model.sent_off(place, at) for place, _ in rows):
            told.no({409, 422}, "off the way it gets by its transfer")
    rows = staying(told, rows, named=bool(source))
    if there < quantity and not told.late:
        told.no(409, f"only {there} there")
    if told.late and lot is None and not rows:
        if item.tracking != "serial" and not told.refused():
            raise Unsettled("inexact")  # the program takes a lot that once lay there, if any
        told.no({409, 422}, "a late fact says which piece, and from where")
    if lot and source:
        lay_in_reach(told, source, lot)
    heavy = [bears_controlled(model, one) for one in ([lot] if lot else sorted({one for _, one in rows}))]
    if any(heavy) and not told.late and kept_leaves(told, kind, source, rows, targets):
        if all(heavy):
            told.no(409, "controlled gear in it needs a second person")
        told.leave.add(409)  # where it was not said which, the program chooses
    if item.controlled and kept_leaves(told, kind, source, rows, targets):
        if source and model.places[source].kind in ("hold", "workshop"):
            unsettled("B4")
        ones = [lot] if lot else sorted({one for _, one in rows}) or [None]  # the program chooses among them
        confirmed = [witness(told.who, depot, item.code, one, quantity) for one in ones]
        if not told.late and not any(confirmed):
            told.no(409, "controlled gear needs a second person")
        elif not told.late and not all(confirmed):
            told.leave.add(409)
    refused = told.refused()
    if refused:
        return refused
    first = lot or min((one for _, one in rows), key=lambda one: ranks.get(one, (date.max,)), default="")
    gap = (f"{depot}/discrepancy", first) if told.late else None  # what lacks is of the lot that is drawn on first
    draw = minded(told, Draw(kind, quantity, rows, targets, gap, ranks))
    refused = told.refused()
    if refused:
        return refused
    return Booked([draw], may_refuse=odd(told, source) | told.leave)


def candidates(told: Told, item: Item, lot: str | None, source: str | None, near: str | None) -> list[tuple[str, str]]:
    """The balances that a wish may draw on."""
    model, who, kind = told.model, told.who, told.wish["kind"]
    seen = visible(who)
    rows = [row for row in model.rows(lot, item=item.code) if model.places[row[0]].depot in seen]
    if source is not None:
        if kind == "return" and model.places[source].kind not in (*OUT, "kit", "vehicle"):
            told.no(422, "what is returned was with somebody")
        return [row for row in rows if row[0] == source]
    if lot and near and item.tracking == "bulk":  # of loose goods only those near where it goes
        rows = [row for row in rows if model.places[row[0]].depot == near]
    if lot is None:
        depots = {near} if near else own_depots(who)
        rows = [row for row in rows if model.places[row[0]].depot in depots]
    if kind == "return":
        rows = [row for row in rows if model.places[row[0]].kind in OUT]
        return [row for row in rows if model.places[row[0]].person == who] or rows
    if kind in ("issue", "open"):
        return [row for row in rows if model.places[row[0]].in_reach]
    if kind == "consume":
        return [row for row in rows if model.places[row[0]].in_reach or model.places[row[0]].kind in OUT]
    return [row for row in rows if model.places[row[0]].kind not in OUT]


def aims(told: Told, depot: str, source: str | None, target: str | None, rows: list[tuple[str, str]]) -> list[str]:
    """Where it may go; refuses what is no place for it."""
    model, kind = told.model, told.wish["kind"]
    if kind in ("consume", "dispose", "adjust"):
        if kind == "adjust" and target:
            told.no(422, "an adjustment names one place")
        return [f"{depot}/{({'consume': 'consumed', 'dispose': 'disposed', 'adjust': 'lost'})[kind]}"]
    if target is None and told.symbol("to"):
        return []
    if target is None:
        if kind == "issue":
            return [model.hands(depot, told.who)]
        if kind == "return":
            shelves = [p.key for p in model.places.values() if p.depot == depot and p.in_reach]
            told.leave |= {422}  # where it lives may not be known
            return shelves
        told.no(422, "where to?")
        return []
    place = model.places[target]
    told.mind_loan(target)
    if place.outside:
        told.no(422, "to the outside world")
    if place.kind in ("way", "transit"):
        told.no(422, "by its transfer alone")
    if place.depot != depot:
        told.no(422, "another depot's place")
    if kind == "issue" and place.kind not in ("hands", "loan", "incident", "kit", "vehicle"):
        told.no(422, "issued to a shelf")
    if kind == "return" and place.kind not in ("shelf", "hold", "kit", "vehicle"):
        told.no(422, "returned to no shelf")
    if target == source:
        if told.late:
            unsettled("N2")
        told.no(422, "it is there")
    elif source is None and any(place == target for place, _ in rows):
        told.leave |= {409, 422}  # some of it is there already
    return [target]


def usable(
    told: Told, item: Item, lot: str | None, rows: list[tuple[str, str]]
) -> tuple[list[tuple[str, str]], dict[str, Any]]:
    """What of it may be handed out: never what is faulty, recalled, or past its date; first expiring first."""
    model, kind = told.model, told.wish["kind"]
    if kind not in HANDS_OUT:
        if lot is None and len({one for _, one in rows}) > 1:
            told.no(422, "which lot?")
        return rows, {}
    if lot is None and item.sizes:
        rows = of_size(told, item, rows)
    if lot is None:
        fit = [row for row in rows if model.usable(row[1], told.today)]
        ranks = {one: (model.lots[one].expires or date.max, model.lots[one].order) for _, one in fit}
        rest = [row for row in rows if row not in fit] if told.late else []  # it was taken, whatever it was
        return fit + rest, ranks | {one: (date.max, len(model.lots)) for _, one in rest if fit}
    if rows and not told.late and not model.usable(lot, told.today):
        if model.lots[lot].condition != "fit" or item.hard_stop:
            told.no(409, "not to be used")
        elif not told.wish.get("reason"):
            told.no(422, "past its date: why?")
    return rows, {}


def of_size(told: Told, item: Item, rows: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """One size does not stand in for another (T49)."""
    size = told.wish.get("size")
    if size is not None:
        return [row for row in rows if told.model.lots[row[1]].size == size]
    if not told.late and any(told.model.lots[lot].size for _, lot in rows):
        told.no(422, "which size?")
    return rows


def odd(told: Told, source: str | None) -> set[int]:
    """What the design leaves open: handing on from hand to hand, moving by hand what a document holds."""
    kind = told.model.places[source].kind if source else ""
    if told.wish["kind"] == "return" and kind not in OUT:
        return {409, 422}
    target = told.symbol("to")
    aim = told.model.places[target].kind if target in told.model.places else ""
    strange = ("hands", "loan", "incident", "way", "transit", "workshop")
    return {409, 422} if (kind in strange and told.wish["kind"] != "return") or aim in strange[1:] else set()
