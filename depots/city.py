"""The city's own facts: seen by all, set by who answers for the whole city."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit import record
from core.clock import time_zones
from core.errors import bad_field
from core.inputs import clean_text
from core.languages import LANGUAGES, N_
from core.upsert import insert_missing
from depots.city_models import THE_CITY, City
from depots.outlines import read_outline
from people.policy import Act, Caller, require_city

MOST = 1_000_000  # stations that a city announces


class CityFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Facts of the city. Null: not known, or as the settings say. Degrees are WGS84.

    ``outline``: GeoJSON (a polygon, several, or features of them) for the map.
    """

    name_zh: str
    name_en: str = ""
    language: str | None = None
    time_zone: str | None = None
    announced: int | None = None
    announced_note: str = ""
    announced_note_zh: str | None = None  # null: stays as it is
    lat: float | None = None
    lon: float | None = None
    outline: dict[str, Any] | None = None


def city_of(session: Session) -> City:
    """The city; one of which nothing is known where nothing was ever entered."""
    return session.get(City, THE_CITY) or City()


def times_of(session: Session) -> tuple[str | None, str | None]:
    """The city's time zone and language, each None where the settings decide."""
    row = session.execute(select(City.time_zone, City.language)).first()
    return (None, None) if row is None else (row.time_zone, row.language)


def facts_of(city: City) -> CityFacts:
    """The city as programs see it."""
    rings = msgspec.json.decode(city.outline) if city.outline else []
    shape = {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]} if rings else None
    plain = {name: getattr(city, name) for name in CityFacts.__struct_fields__ if name != "outline"}
    return CityFacts(**plain, outline=shape)


def set_city(session: Session, caller: Caller, facts: CityFacts, now: datetime) -> City:
    """Set the city's facts as a whole."""
    require_city(caller, Act.ADMINISTER)
    values = _checked(facts)
    empty = {"id": THE_CITY, "name_zh": "", "name_en": "", "announced_note": "", "announced_note_zh": "", "outline": ""}
    insert_missing(session, City, [empty], ["id"])
    city = session.get_one(City, THE_CITY, with_for_update=True, populate_existing=True)
    before = {name: getattr(city, name) for name in values}
    for name, value in values.items():
        setattr(city, name, value)
    session.flush()
    record(
        session,
        caller.person_id,
        now,
        "city-changed",
        "city",
        values["name_zh"],
        before=_brief(before),
        after=_brief(values),
    )
    return city


def _brief(values: Mapping[str, Any]) -> dict[str, Any]:
    """For the audit trail: an outline by its size."""
    return {**values, "outline": len(values["outline"])}


def _checked(facts: CityFacts) -> Mapping[str, Any]:
    zh = clean_text(facts.name_zh, "name_zh", 50, required=True)
    if facts.language is not None and facts.language not in LANGUAGES:
        raise bad_field("language", N_("choose one of the languages of this program"))
    if facts.time_zone is not None and facts.time_zone not in time_zones():
        raise bad_field("time_zone", N_("this is not a time zone of the IANA list, such as Asia/Shanghai"))
    if facts.announced is not None and not 0 <= facts.announced <= MOST:
        raise bad_field("announced", N_("write a whole number from 0"))
    lat, lon = read_point(facts.lat, facts.lon)
    chinese = facts.announced_note_zh
    return {
        "name_zh": zh,
        "name_en": clean_text(facts.name_en, "name_en", 100) or zh,
        "language": facts.language,
        "time_zone": facts.time_zone,
        "announced": facts.announced,
        "announced_note": clean_text(facts.announced_note, "announced_note", 200),
        **({} if chinese is None else {"announced_note_zh": clean_text(chinese, "announced_note_zh", 200)}),
        "lat": lat,
        "lon": lon,
        "outline": "" if facts.outline is None else read_outline(facts.outline),
    }


def read_point(lat: float | None, lon: float | None) -> tuple[float | None, float | None]:
    """Both coordinates, or neither. Refuses (422) one alone, and what lies nowhere on Earth."""
    for name, value, limit in (("lat", lat, 90), ("lon", lon, 180)):
        if value is None and (lat, lon) != (None, None):
            raise bad_field(name, N_("give both latitude and longitude, or neither"))
        if value is not None and not -limit <= value <= limit:
            raise bad_field(name, N_("this lies outside {limit} degrees"), limit=limit)
    return lat, lon
