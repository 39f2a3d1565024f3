"""What stands on a cabinet's door, before it is drawn: imports neither what reads it nor what draws it."""

from dataclasses import dataclass
from datetime import date

from core.languages import N_, say


@dataclass(frozen=True)
class DoorLine:
    """One line: a batch or piece in a place."""

    name: str
    place: str
    number: str
    quantity: str
    ends: str


@dataclass(frozen=True)
class Door:
    """All that stands on the sheet. ``hazards``: names of the hazards in there that endanger people."""

    url: str
    code: str
    name: str
    depot: str
    phone: str
    hazards: list[str]
    lines: list[DoorLine]
    day: date
    language: str


def headings(language: str) -> list[str]:
    """The words over the columns."""
    words = (N_("Thing"), N_("Where"), N_("Lot or serial number"), N_("Quantity"), N_("Use by"))
    return [say(language, word) for word in words]


def door_pdf(door: Door) -> bytes:
    """The sheet as a PDF."""
    from labels.printing.door_paper import drawn  # fpdf: stays out of the server, which has this done beside it

    return drawn(door)
