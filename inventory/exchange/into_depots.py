"""Depots from a file: new ones are entered with their standing places, known ones get the values that the file has."""

import re
from collections import defaultdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.columns import table_of
from core.ids import new_id
from core.languages import N_
from depots.models import Depot, DepotProfile, DepotStatus, District, Profile, Subdistrict
from depots.places import add_depots
from depots.requirements import work_out_requirements
from inventory.exchange import cells
from inventory.exchange.cells import fold
from inventory.exchange.journal import Journal
from inventory.exchange.known import BRINGS_IN, Names, answers_for_district
from inventory.exchange.preview import Preview
from inventory.exchange.reading import FieldSpec, Row, Seen, WrongField
from people.policy import Caller, may_at

_BETWEEN = re.compile(r"[、,，;；/|\s]+")

FIELDS = (
    FieldSpec("code", N_("Depot code"), lambda cell: cells.code(cell, 16), required=True),
    FieldSpec("name_zh", N_("Chinese name"), lambda cell: cells.text(cell, 100), required=True),
    FieldSpec("name_en", N_("English name"), lambda cell: cells.text(cell, 150)),
    FieldSpec("type", N_("Type"), lambda cell: cells.listed(cell, 100), required=True),
    FieldSpec("add_ons", N_("Specialties"), lambda cell: cells.text(cell, 200)),
    FieldSpec("district", N_("District"), lambda cell: cells.listed(cell, 50), required=True),
    FieldSpec("subdistrict", N_("Sub-district"), lambda cell: cells.listed(cell, 50)),
    FieldSpec("address_zh", N_("Address"), lambda cell: cells.text(cell, 200)),
    FieldSpec("address_en", N_("English address"), lambda cell: cells.text(cell, 200)),
    FieldSpec("lat", N_("Latitude"), lambda cell: cells.degrees(cell, 90)),
    FieldSpec("lon", N_("Longitude"), lambda cell: cells.degrees(cell, 180)),
    FieldSpec("phone", N_("Phone"), cells.phone),
    FieldSpec("hours", N_("Hours"), lambda cell: cells.text(cell, 100)),
    FieldSpec("area_m2", N_("Area in m²"), cells.whole),
    FieldSpec("crew", N_("Crew"), cells.whole),
)
_COLUMNS = {"type": "type_code", "district": "district_code", "subdistrict": "subdistrict_code"}
_LABELS = {_COLUMNS.get(spec.name, spec.name): spec.label for spec in FIELDS}
_SAME = frozenset({"code", "name_zh", "name_en", "address_zh", "address_en", "lat", "lon", "phone", "hours"}) | {
    "area_m2",
    "crew",
}


class IntoDepots:
    """Takes the rows of depots."""

    def __init__(self, session: Session, caller: Caller, run_id: UUID, now: datetime, today: date) -> None:
        self.session, self.caller, self.now, self.today = session, caller, now, today
        self.journal = Journal(session, run_id)
        self.depots = {fold(depot.code): depot for depot in session.execute(select(Depot)).scalars()}
        self.types, self.add_ons = Names(), Names()
        for profile in session.execute(select(Profile)).scalars():
            names = self.types if profile.kind == "type" else self.add_ons
            names.add(profile, profile.code, profile.name_zh, profile.name_en)
        self.districts, self.subdistricts = Names(), Names()
        for district in session.execute(select(District)).scalars():
            self.districts.add(district, district.code, district.name_zh, district.name_en)
        for part in session.execute(select(Subdistrict)).scalars():
            self.subdistricts.add(part, part.code, part.name_zh, part.name_en)
        self.seen = Seen("code")
        self.taken: list[tuple[dict[str, Any], list[str] | None]] = []
        self.preview, self.rows = Preview(_LABELS), 0
        self.carried: dict[UUID, set[str]] = defaultdict(set)
        for depot_id, carried in session.execute(select(DepotProfile.depot_id, DepotProfile.profile_code)):
            self.carried[depot_id].add(carried)

    def take(self, row: Row) -> None:
        code = row.get("code")
        self.seen.once(fold(code), row)
        district = self._named(self.districts, row, "district")
        values = {name: row.get(name) for name in _SAME if name in row.values}
        values |= {"type_code": self._named(self.types, row, "type").code, "district_code": district.code}
        if row.get("subdistrict"):
            part = self._named(self.subdistricts, row, "subdistrict")
            if part.district_code != district.code:
                raise WrongField(
                    "subdistrict",
                    N_("{value} is not in this district"),
                    N_("correct the district or the sub-district"),
                    value=row.get("subdistrict"),
                )
            values["subdistrict_code"] = part.code
        self._check_reach(self.depots.get(fold(code)), district.code)
        add_ons = None
        if row.get("add_ons"):
            words = [word for word in _BETWEEN.split(row.get("add_ons")) if word]
            add_ons = [self._named(self.add_ons, row, "add_ons", word).code for word in words]
        self.taken.append((values, add_ons))
        self._show(row.number, self.depots.get(fold(code)), values, add_ons)

    def _show(self, number: int, depot: Depot | None, values: dict[str, Any], add_ons: list[str] | None) -> None:
        """What the row means, known before anything is entered (X15)."""
        self.rows += 1
        others = depot is not None and not self.carried[depot.id].issuperset(add_ons or [])
        told = {**values, "code": depot.code} if depot else values
        self.preview.compare(number, f"{values['code']} {values['name_zh']}", depot, told, others=others)

    def _named(self, names: Names, row: Row, field: str, said: str | None = None) -> Any:
        said = said or row.get(field)
        found = names.get(said)
        if found is None:
            raise WrongField(
                field,
                N_("{value} is not known"),
                N_("write the code or the name as it stands in the reference data"),
                value=said,
            )
        return found

    def _check_reach(self, depot: Depot | None, district_code: str) -> None:
        here = answers_for_district(self.caller, district_code)
        if depot is not None and (not here or depot.district_code != district_code):
            here = may_at(self.caller, BRINGS_IN, depot.id, depot.district_code) and (
                here or depot.district_code == district_code
            )
        if not here:
            raise WrongField(
                "code",
                N_("you do not answer for this depot or district"),
                N_("ask the officer of the district or of the city to bring it in"),
            )

    def drop(self) -> None:
        self.taken.clear()

    def write(self) -> None:
        new, touched = [], []
        for values, _ in self.taken:
            depot = self.depots.get(fold(values["code"]))
            if depot is None:
                values.setdefault("name_en", values["name_zh"])
                depot = Depot(id=new_id(), created_at=self.now, **values)
                self.depots[fold(values["code"])] = depot
                new.append(depot)
            else:
                self.journal.put(depot, {**values, "code": depot.code})
            touched.append(depot)
        if new:
            add_depots(self.session, new, self.now)
        for depot in new:  # taking it back closes it: its code and places are never given to another
            self.journal.new += 1
            self.journal.note(
                table_of(Depot), {"id": depot.id}, {"status": DepotStatus.CLOSED}, {"status": DepotStatus.OPEN}
            )
        for (_, add_ons), depot in zip(self.taken, touched, strict=True):
            self._put_add_ons(depot, add_ons)
        self.journal.flush()
        if touched:
            work_out_requirements(self.session, self.today, [depot.id for depot in touched])
        self.taken.clear()

    def _put_add_ons(self, depot: Depot, codes: list[str] | None) -> None:
        for code in dict.fromkeys(codes or []):
            if code not in self.carried[depot.id]:
                self.carried[depot.id].add(code)
                self.session.add(DepotProfile(depot_id=depot.id, profile_code=code))
                self.journal.note_new(table_of(DepotProfile), {"depot_id": depot.id, "profile_code": code})

    def finish(self) -> dict[str, Any]:
        return {"rows": self.rows, **self.preview.counts, **self.preview.told()}
