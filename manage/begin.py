"""An empty city's basics: its name, its districts, and the reference list that it starts from."""

from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit import record
from core.errors import bad_field, conflict
from core.languages import N_
from core.settings import ROOT
from depots.city import CityFacts, set_city
from depots.models import Depot
from depots.parts import PARTS, DistrictSaid, put_part
from inventory.reference.files import Reference, read_folder
from inventory.reference.load import load_reference
from people.policy import Act, Caller, require_city

SHENZHEN, CATALOGUE, EMPTY = "shenzhen", "catalogue", "empty"
LIST_WORDS = {
    SHENZHEN: N_("Shenzhen: its districts, station types, catalogue, requirements and upkeep plans"),
    CATALOGUE: N_("Shenzhen's station types, catalogue, requirements and upkeep plans, without its districts"),
    EMPTY: N_("nothing but the headings of a catalogue"),
}
OF_SHENZHEN = ("city", "districts", "subdistricts")
HEADINGS = ("categories", "hazards")  # without which no item can be entered
MOST_DISTRICTS = 200


class Beginning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a city begins with. ``districts``: a line each, with code, Chinese name and, if there is one, English."""

    name_zh: str
    reference: str
    name_en: str = ""
    language: str | None = None
    time_zone: str | None = None
    districts: str = ""


def begin_city(session: Session, caller: Caller, wanted: Beginning, now: datetime) -> dict[str, int]:
    """Load the list and enter the basics; returns how many rows of each kind are new. Only while there is no depot."""
    require_city(caller, Act.ADMINISTER)
    if wanted.reference not in LIST_WORDS:
        raise bad_field("reference", N_("choose the list to start from"))
    if session.execute(select(Depot.id).limit(1)).first() is not None:
        raise conflict("begun", N_("this city has depots already: its pages change what it has"))
    lines = read_districts(wanted.districts)
    tally = load_reference(session, part_of(read_folder(ROOT / "reference"), wanted.reference))
    known = CityFacts(wanted.name_zh, wanted.name_en, wanted.language, wanted.time_zone)
    if wanted.reference == SHENZHEN:
        known = msgspec.structs.replace(known, **_announced())
    set_city(session, caller, known, now)
    for code, said in lines:
        put_part(session, caller, PARTS["districts"], code, said, now)
    told = {"reference": wanted.reference, "districts": len(lines), "rows": tally.total_new}
    record(session, caller.person_id, now, "city-basics-entered", "city", wanted.name_zh, after=told)
    return dict(tally.new)


def _announced() -> dict[str, object]:
    """What the list's own city has announced, and where it lies."""
    row = read_folder(ROOT / "reference").rows["city"][0]
    return {name: row.get(name) for name in ("announced", "lat", "lon")} | {
        name: row.get(name) or "" for name in ("announced_note", "announced_note_zh")
    }


def part_of(reference: Reference, wanted: str) -> Reference:
    """The rows of a reference list that a city wants to start from."""
    if wanted == SHENZHEN:
        return reference
    if wanted == EMPTY:
        return Reference({name: rows if name in HEADINGS else [] for name, rows in reference.rows.items()})
    rows = {name: [] if name in OF_SHENZHEN else rows for name, rows in reference.rows.items()}
    rows["station_types"] = [{**row, "announced": ""} for row in rows["station_types"]]
    return Reference(rows)


def read_districts(text: str) -> list[tuple[str, DistrictSaid]]:
    """Lines of code, Chinese name and English name, with blanks, commas or tabs between."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.replace("，", " ").replace(",", " ").replace("\t", " ").split(maxsplit=2)
        if not words:
            continue
        if len(words) < 2:
            raise bad_field("districts", N_("line {number}: write a code and a name"), number=number)
        found.append((words[0], DistrictSaid(words[1], words[2] if len(words) > 2 else "")))
    if len(found) > MOST_DISTRICTS:
        raise bad_field("districts", N_("these are more than {most} districts"), most=MOST_DISTRICTS)
    return found
