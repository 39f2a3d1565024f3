"""What may go into a vehicle or kit and out of it, and what leaves keeping with it."""

from tests.simulation.model import CARRIERS, Model, Place
from tests.simulation.wishes import Told, happened


def put_in(told: Told, place: Place, counted: bool = False) -> None:
    """Nothing goes into a vehicle or kit that somebody else has out (B14), or that was on the way by then, nor, found
    by a count, into a lost one."""
    if not counted and place.kind in CARRIERS and sent_off(told, place.key):
        told.no({409, 422}, "onto the way by its transfer alone")
    out = told.model.places[told.model.ground(place.key)]
    if out.kind in CARRIERS and not told.late:
        told.no(409, "it is in no place any more")
    if counted or told.late or not place.stores or place.in_reach or out.kind not in ("hands", "loan"):
        return
    if out.person != told.who:
        told.no(409, "somebody has this kit out")


def sent_off(told: Told, place: str) -> bool:
    """Whether it was on the way to another depot when this happened, perhaps in a vehicle or kit."""
    return told.model.sent_off(place, happened(told.wish.get("happened_at"), told.now))


def mind_way(told: Told, place: Place) -> None:
    """Into a vehicle or kit that was on the way by then nothing goes but by its transfer."""
    if place.stores and sent_off(told, place.key):
        told.no({409, 422}, "onto the way by its transfer alone")


def taken_out(told: Told, place: Place, kind: str = "transfer", *to: str | None) -> None:
    """What is in a vehicle or kit that is out is out with it: only who has it takes something out of it."""
    out = told.model.places[told.model.ground(place.key)]
    if told.late or not place.stores or place.in_reach or out.stores or out.outside or out.person == told.who:
        return
    if out.key not in to and not (out.kind in ("workshop", "hold") and kind == "transfer"):
        told.no(409, "this kit is out")


def staying(told: Told, rows: list[tuple[str, str]], named: bool) -> list[tuple[str, str]]:
    """What lies in a vehicle or kit that was on the way by then comes off it by its transfer alone."""
    model = told.model
    sent = [row for row in rows if model.balance(*row) > 0 and sent_off(told, row[0])]
    if sent and named:
        told.no({409, 422}, "off the way by its transfer alone")
    elif sent:  # where it was not said from where, another place may do
        told.leave |= {409, 422}
    return [row for row in rows if row not in sent]


def mind_load(told: Told, lot: str) -> None:
    """A loaded vehicle or kit does not leave the book."""
    if told.model.load(lot):
        told.no(409, "there is something in it")


def minds_carriers(told: Told, lot: str | None, rows: list[tuple[str, str]], targets: list[str], named: bool) -> None:
    """Vehicles and kits: into what is out nothing goes, out of it nothing comes, into themselves they do not go."""
    model, kind = told.model, told.wish["kind"]
    to = (told.symbol("to"), told.symbol("incident"))
    for place in {row[0] for row in rows if model.balance(*row) > 0}:
        before = len(told.reasons)
        if kind in ("issue", "open", "transfer"):
            taken_out(told, model.places[place], kind, *to)
        if not named and len(told.reasons) > before:  # where it was not said from where, another place may do
            del told.reasons[before:]
            told.leave.add(409)
    if told.symbol("to") and len(targets) == 1:
        put_in(told, model.places[targets[0]])
    ones = {lot} if lot else {row[1] for row in rows}
    inside = {one for one in ones if any(model.within(one, target) for target in targets)}
    if inside and len(targets) == 1 and inside < ones:
        told.leave.add(409)  # where it was not said which, another one goes into it
    elif inside and len(targets) == 1:
        told.no(409, "into itself")
    for one in ones:
        if any(model.places[target].outside for target in targets):
            if lot:
                mind_load(told, one)
            elif model.load(one):
                told.leave.add(409)


def bears_controlled(model: Model, lot: str) -> bool:
    """Whether controlled gear is in a vehicle or kit."""
    return any(model.item_of(one).controlled for _, one in model.load(lot))


def kept_leaves(told: Told, kind: str, source: str | None, rows: list[tuple[str, str]], targets: list[str]) -> bool:
    """Whether this may take controlled gear out of the depot's keeping."""
    sources = [source] if source else [place for place, _ in rows]
    return any(leaves_keeping(told.model, kind, one, other) for one in sources for other in targets)


def leaves_keeping(model: Model, kind: str, source: str, target: str) -> bool:
    """Whether two people must see a move of controlled gear (T96)."""
    there, aim = model.places[model.ground(source)], model.places[model.ground(target)]
    if there.kind in ("shelf", "hold", "workshop", "discrepancy", "lost"):
        return kind in ("issue", "consume") or aim.kind not in ("shelf", "hold")
    return kind in ("dispose", "adjust") and not there.outside
