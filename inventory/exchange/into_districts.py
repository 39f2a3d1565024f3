"""Districts and sub-districts from a file: a row is a district, or a sub-district of one with its centre."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.columns import table_of
from core.languages import N_
from depots.models import District, Subdistrict
from depots.parts import is_code
from inventory.exchange import cells
from inventory.exchange.cells import fold
from inventory.exchange.journal import Journal
from inventory.exchange.preview import Preview
from inventory.exchange.reading import FieldSpec, Row, Seen, WrongField
from people.policy import Act, Caller, may_in_city

FIELDS = (
    FieldSpec("code", N_("District code"), lambda cell: cells.code(cell, 8), required=True),
    FieldSpec("name_zh", N_("District"), lambda cell: cells.text(cell, 50)),
    FieldSpec("name_en", N_("English name of the district"), lambda cell: cells.text(cell, 50)),
    FieldSpec("part", N_("Sub-district code"), lambda cell: cells.code(cell, 16)),
    FieldSpec("part_zh", N_("Sub-district"), lambda cell: cells.text(cell, 50)),
    FieldSpec("part_en", N_("English name of the sub-district"), lambda cell: cells.text(cell, 50)),
    FieldSpec("lat", N_("Latitude"), lambda cell: cells.degrees(cell, 90)),
    FieldSpec("lon", N_("Longitude"), lambda cell: cells.degrees(cell, 180)),
    FieldSpec("spread_km", N_("Land for sure within km of the centre"), cells.number),
)
_DISTRICT = {"name_zh": "name_zh", "name_en": "name_en"}
_PART = {"part_zh": "name_zh", "part_en": "name_en", "lat": "lat", "lon": "lon", "spread_km": "spread_km"}
_LABELS = {
    "name_zh": N_("Chinese name"),
    "name_en": N_("English name"),
    **{spec.name: spec.label for spec in FIELDS if spec.name in ("lat", "lon", "spread_km")},
}


class IntoDistricts:
    """Takes the rows of districts and sub-districts."""

    def __init__(self, session: Session, caller: Caller, run_id: UUID, now: datetime, today: date) -> None:
        self.session, self.journal = session, Journal(session, run_id)
        self.allowed = may_in_city(caller, Act.ADMINISTER)
        self.districts = {fold(one.code): one for one in session.execute(select(District)).scalars()}
        self.parts = {fold(one.code): one for one in session.execute(select(Subdistrict)).scalars()}
        self.seen = Seen("part")
        self.wanted: dict[str, dict[str, Any]] = {}  # districts by folded code
        self.taken: list[dict[str, Any]] = []
        self.preview, self.rows = Preview(_LABELS), 0

    def take(self, row: Row) -> None:
        if not self.allowed:
            raise WrongField(
                "code",
                N_("districts are the whole city's; you answer for a part of it"),
                N_("ask an administrator of the city to bring this file in"),
            )
        self._take_district(row)
        if row.get("part"):
            self._take_part(row)
        self.rows += 1

    def _take_district(self, row: Row) -> None:
        code = row.get("code")
        there, met = self.districts.get(fold(code)), self.wanted.get(fold(code))
        values = {column: row.get(name) for name, column in _DISTRICT.items() if row.get(name)}
        if there is None and met is None and not row.get("name_zh"):
            raise WrongField("name_zh", N_("this must be filled in"), N_("write the name of the new district"))
        _require_code("code", code, there)
        if met is None:
            values = {"code": there.code if there else code, **values}
            values.setdefault("name_en", there.name_en if there else values["name_zh"])
            self.preview.compare(row.number, values["name_en"], there, values)
            self.wanted[fold(code)] = values

    def _take_part(self, row: Row) -> None:
        code = row.get("part")
        self.seen.once(fold(code), row)
        there = self.parts.get(fold(code))
        _require_code("part", code, there)
        values = {column: row.get(name) for name, column in _PART.items() if name in row.values}
        for name in ("part_zh", "lat", "lon"):
            if there is None and row.get(name) is None:
                raise WrongField(name, N_("this must be filled in"), N_("a new sub-district has a name and a centre"))
        values |= {"code": there.code if there else code, "district_code": self.wanted[fold(row.get("code"))]["code"]}
        if there is None:
            values.setdefault("name_en", values["name_zh"])
            values.setdefault("spread_km", Decimal(1))
        self.preview.compare(row.number, str(values.get("name_zh") or code), there, values)
        self.taken.append(values)

    def drop(self) -> None:
        self.taken.clear()

    def write(self) -> None:
        for table, known, wanted in (
            (District, self.districts, list(self.wanted.values())),
            (Subdistrict, self.parts, self.taken),
        ):
            for values in wanted:
                row: Any = known.get(fold(values["code"]))  # type: ignore[attr-defined]  # of either table
                if row is not None:
                    self.journal.put(row, values)
                    continue
                row = table(**values)
                self.session.add(row)
                self.session.flush()
                known[fold(values["code"])] = row  # type: ignore[index]
                self.journal.note_new(table_of(table), values)
        self.journal.flush()
        self.taken.clear()

    def finish(self) -> dict[str, Any]:
        return {"rows": self.rows, **self.preview.counts, **self.preview.told()}


def _require_code(field: str, code: str, there: Any) -> None:
    """A new code stands in addresses and on labels; what the city has already stays as it is."""
    if there is None and not is_code(code):
        raise WrongField(
            field, N_("a code has letters, digits and hyphens only"), N_("write a short code, such as NS or NS-01")
        )
