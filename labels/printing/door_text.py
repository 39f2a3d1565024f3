"""What stands on a cabinet's door, before it is drawn: imports neither what reads it nor what draws it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.languages import N_, say
from core.quantities import write_quantity


@dataclass(frozen=True)
class DoorLine:
    """One line: a batch or piece in a place."""

    name: str
    place: str
    number: str
    quantity: str
    ends: str


@dataclass(frozen=True)
class Load:
    """What things weigh together. ``unknown``: of so many lines the weight is not known, and not in the sum."""

    kg: Decimal
    unknown: int = 0


@dataclass(frozen=True)
class Door:
    """All that stands on the sheet. ``hazards``: names of the hazards in there that endanger people.

    ``load``: what the lines weigh together, a kit or vehicle with what belongs in it.
    """

    url: str
    code: str
    name: str
    depot: str
    phone: str
    hazards: list[str]
    load: Load | None
    lines: list[DoorLine]
    day: date
    language: str


def load_said(door: Door) -> str:
    """What is listed weighs together, or at least: whoever loads a shelf or lifts a box must not be misled."""
    if door.load is None:
        return ""
    weight = write_quantity(door.load.kg)
    if not door.load.unknown:
        return say(door.language, N_("All that is listed: {weight} kg"), weight=weight)
    words = N_("All that is listed: more than {weight} kg ({count} without a known weight)")
    return say(door.language, words, weight=weight, count=door.load.unknown)


def headings(language: str) -> list[str]:
    """The words over the columns."""
    words = (N_("Thing"), N_("Where"), N_("Lot or serial number"), N_("Quantity"), N_("Use by"))
    return [say(language, word) for word in words]


def door_pdf(door: Door) -> bytes:
    """The sheet as a PDF."""
    from labels.printing.door_paper import drawn  # fpdf: stays out of the server, which has this done beside it

    return drawn(door)
