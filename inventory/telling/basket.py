"""A basket: scan, scan, scan, one confirm. Many movements, booked in one go or not at all."""

import msgspec

from core.errors import bad_field
from core.languages import N_
from depots.models import PlaceKind
from depots.places import standing_place_id
from inventory.booking.booking import MovementAnswer, book
from inventory.booking.wishes import Wish
from inventory.stock.holdings import named_places
from inventory.telling.scene import Answer, NewEntry, Scene, Verbs


class Basket(NewEntry, tag="basket", kw_only=True):
    """Movements that belong together. Their own ids are the device's too; when and how late, the basket says."""

    movements: list[Wish]


def book_basket(scene: Scene, entry: Basket) -> Answer:
    """Book the movements; tells of each whether the book had it (else the depot is asked for a recount)."""
    answers = book_wishes(scene, entry.movements)
    return {"movements": answers, "discrepancy": differs(scene, answers)}


def book_wishes(scene: Scene, wishes: list[Wish]) -> list[MovementAnswer]:
    """Book wishes as part of an entry: at the entry's time, late if it is."""
    if any(wish.late or wish.happened_at or wish.clock for wish in wishes):
        raise bad_field("movements", N_("when it happened is said once, for the whole entry"))
    dated = [msgspec.structs.replace(wish, late=scene.late, happened_at=scene.happened_at) for wish in wishes]
    texts = [text for wish in dated for text in (wish.label, wish.source, wish.target) if text]
    answers, _ = book(scene.session, scene.caller, dated, scene.now, scene.today, labelled=scene.labelled(texts))
    ends = {end for answer in answers for line in answer.lines for end in (line.source, line.target)}
    depots = {place.spot.depot_id for place in named_places(scene.session, scene.caller, ends).values()}
    scene.depot_id = next(iter(depots), None)
    return answers


def differs(scene: Scene, answers: list[MovementAnswer]) -> bool:
    """Whether some of it came out of the discrepancy: shelf and book do not agree (rule 5)."""
    if scene.depot_id is None:
        return False
    gap = standing_place_id(scene.depot_id, PlaceKind.DISCREPANCY)
    return any(line.source == gap for answer in answers for line in answer.lines)


ENTRIES: Verbs = {Basket: book_basket}
