"""What is told late, or of a time before a count: what is known of later goes before it."""

from dataclasses import replace

from tests.simulation.model import Line
from tests.simulation.people import visible
from tests.simulation.verdict import Draw, Fixed, Unsettled
from tests.simulation.wishes import SLACK, Told, happened


def undone_since(told: Told, line: Line, targets: list[str], seen: str) -> list[Line]:
    """What is told of a piece that somebody has seen since: booked, and undone as of then."""
    if not targets:
        return []
    place = told.model.places[targets[0]]
    if place.outside:
        told.no(409, "it was seen since")
    elif place.depot != seen:
        told.no(409, "it was seen at another depot since")
    elif len(targets) > 1 and not told.refused():
        raise Unsettled("inexact")  # which shelf of these
    gap = f"{place.depot}/discrepancy"
    there = replace(line, source=gap, target=place.key)
    return [there, replace(line, kind="adjust", source=place.key, target=gap)]


def lay_in_reach(told: Told, place: str, lot: str) -> None:
    """A late fact is about what lay within the teller's reach at that time (rule 5)."""
    model, seen = told.model, visible(told.who)
    if not told.late or (place, lot) in model.stock:
        return
    at = happened(told.wish.get("happened_at"), told.now)
    lines = [line for line in model.history if line.lot == lot and line.at is not None and line.at <= at]
    if not any({model.places[line.source].depot, model.places[line.target].depot} & seen for line in lines):
        told.no({409, 422, 404}, "it was never here")


def minded(told: Told, draw: Draw) -> Draw | Fixed:
    """What happened before a count that is closed by now: the count has seen it, and the shelf loses it only once."""
    model, at = told.model, happened(told.wish.get("happened_at"), told.now)
    since = {row: [one for one in model.counted.get(row, []) if one[0] > at] for row in draw.rows}
    if at > told.now - SLACK or not any(since.values()):
        return draw
    if not told.late:
        if all(since[row] for row in draw.rows if model.balance(*row) > 0):
            told.no(409, "did the count see it?")
        told.leave.add(409)  # where it was not said from where, another place was perhaps not counted
        return draw
    lines = draw.exact(model)
    if lines is None:
        raise Unsettled("inexact")
    changed = []
    for line in lines:
        counts = since.get((line.source, line.lot))
        if counts:
            edge = "lost" if max(counts)[1] >= line.quantity else "discrepancy"
            line = Line(line.kind, line.lot, line.quantity, f"{model.places[line.source].depot}/{edge}", line.target)
        changed.append(line)
    return Fixed(changed)
