"""What runs out when: an item in the city, a district or a depot, as it was last worked out; the soonest first."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from litestar import Request
from sqlalchemy import and_, case, func
from sqlalchemy.orm import Session

from core.context import context_of
from core.inputs import read_date
from core.languages import N_, in_both
from depots.models import Depot, District
from inventory.catalogue.models import Item
from inventory.lasting.models import Extent, Forecast, ForecastState, GoneBy
from inventory.lasting.rules import FEWEST_WEEKS, write_rate
from inventory.lasting.running_out import (
    Filters,
    LookedAt,
    district_of,
    empty_day,
    looked_at,
    low_day,
    seen_forecasts,
    widest,
)
from jobs.running.wishes import FORECASTS, may_ask_for, waiting
from office.lists.common import (
    CATEGORY,
    DEPOT,
    ITEM,
    ITEM_VALUES,
    UNIT_VALUES,
    depot_values,
    districts_seen,
    moment_column,
    names_of,
    words_of_depot,
    words_of_item,
)
from office.lists.gear import CODE_COLUMN, UNIT_COLUMN
from office.tables import Chip, Column, Join, Reader, Table

PART_WORDS = {
    Extent.CITY: N_("the city as one shelf"),
    Extent.DISTRICT: N_("district by district"),
    Extent.DEPOT: N_("depot by depot"),
}
OUT_WORDS = {
    "now": N_("nothing is ready"),
    "month": N_("within 30 days"),
    "quarter": N_("within 90 days"),
    "year": N_("within a year"),
    "later": N_("after a year"),
    "never": N_("not within ten years"),
}
LOW_WORDS = {**OUT_WORDS, "now": N_("below it today")}
REASON_WORDS = {
    GoneBy.OUT: N_("nothing is ready"),
    GoneBy.USED: N_("by use"),
    GoneBy.ENDS: N_("ends before it is used"),
    GoneBy.BOTH: N_("partly used, the rest ends"),
}
MOODS = {GoneBy.OUT: "bad", GoneBy.USED: "", GoneBy.ENDS: "warn", GoneBy.BOTH: "warn"}
KNOWN_WORDS = {"known": N_("its use is known"), "little": N_("too little known")}


def _when(day: Any) -> Any:
    def within(reader: Reader) -> Any:
        ahead = {"month": 30, "quarter": 90, "year": 365}
        steps = [(day <= reader.today + timedelta(days=days), word) for word, days in ahead.items()]
        return case((day.is_(None), "never"), (day <= reader.today, "now"), *steps, else_="later")

    return within


def _before(name: str) -> Any:
    """What is so before a day, as the API takes it; of several days the last."""

    def fits(_reader: Reader, values: Sequence[str]) -> Any:
        day = max(filter(None, (read_date(value, name) for value in values)))
        asked = Filters(before=day) if name == "before" else Filters(low_before=day)
        return and_(*asked.conditions())

    return fits


def _values(_reader: Reader) -> Sequence[Any]:
    return (
        *ITEM_VALUES,
        *UNIT_VALUES,
        *depot_values(),
        Forecast.part,
        Forecast.district_code.label("district"),  # type: ignore[union-attr]
        District.name_zh.label("district_zh"),  # type: ignore[attr-defined]
        District.name_en.label("district_en"),  # type: ignore[attr-defined]
        Forecast.ready,
        Forecast.minimum,
        Forecast.weeks,
        Forecast.per_week,
        Forecast.at_least,
        Forecast.at_most,
        Forecast.empty_on,
        Forecast.soonest_on,
        Forecast.latest_on,
        Forecast.low_on,
        Forecast.first_on,
        Forecast.unused,
        Forecast.reason,
        ForecastState.worked_at,
    )


def _where(row: Any) -> tuple[str, str]:
    if row.part == Extent.CITY:
        return in_both(N_("the city"))
    return (row.depot_zh, row.depot_en) if row.part == Extent.DEPOT else (row.district_zh, row.district_en)


def _page(row: Any) -> str:
    """The item's page, which says how it was reckoned."""
    return f"/items/{row.item}?depot={row.depot}" if row.part == Extent.DEPOT else f"/items/{row.item}"


def _soonest(row: Any) -> str:
    """At the most use that there may be 8 times in 10."""
    return "?" if row.weeks < FEWEST_WEEKS else str(row.soonest_on or "")


def _rate(row: Any) -> str:
    if row.weeks < FEWEST_WEEKS:
        return "?"
    rate = write_rate(row.per_week)
    return rate if row.at_most == row.at_least else f"{rate} ({write_rate(row.at_least)}–{write_rate(row.at_most)})"


async def _beside(request: Request[Any, Any, Any]) -> Mapping[str, Any]:
    found, asked = await context_of(request).database.read(_last_look)
    return {"foreseen": found, "asked": asked, "may_look": may_ask_for(request.user, FORECASTS)}


def _last_look(session: Session) -> tuple[LookedAt, Any]:
    """What the forecasts rest on, and since when a new one that somebody asked for waits."""
    return looked_at(session), waiting(session).get(FORECASTS)


RUNNING_OUT = Table(
    name="running-out",
    title=N_("What runs out"),
    path="/runs-out",
    base=Forecast,
    key=(Forecast.id,),
    joins=(
        Join(Item, Item.id == Forecast.item_id),
        Join(ForecastState, ForecastState.item_id == Forecast.item_id),
        Join(Depot, Depot.id == Forecast.depot_id, outer=True),
        Join(District, District.code == Forecast.district_code, outer=True),
    ),
    within=lambda reader: seen_forecasts(reader.caller),
    values=_values,
    columns=(
        Column("item", N_("Item"), lambda row: (row.item_zh, row.item_en), link=_page, sort=lambda _: Item.code),
        CODE_COLUMN,
        Column(
            "where",
            N_("Where"),
            _where,
            link=lambda row: f"/depots/{row.depot}" if row.depot else None,
            sort=lambda _: (func.coalesce(Forecast.district_code, ""), func.coalesce(Depot.code, "")),
            shape=(str, str),
        ),
        Column("empty", N_("Runs out"), lambda row: row.empty_on, "date", sort=lambda _: empty_day, shape=date),
        Column("soonest", N_("At the earliest"), _soonest),
        Column(
            "low",
            N_("Below its minimum"),
            lambda row: row.low_on,
            "date",
            sort=lambda _: low_day,
            shape=date,
        ),
        Column(
            "why",
            N_("Why"),
            lambda row: REASON_WORDS[row.reason],
            "badge",
            mood=lambda row: MOODS[row.reason],
        ),
        Column(
            "ready",
            N_("Ready"),
            lambda row: row.ready,
            "number",
            sort=lambda _: Forecast.ready,
            shape=Decimal,
            width=10,
        ),
        Column("minimum", N_("Minimum"), lambda row: row.minimum, "number", width=10),
        UNIT_COLUMN,
        Column("rate", N_("Used per week"), _rate, sort=lambda _: Forecast.per_week, shape=float),
        Column(
            "unused",
            N_("ends unused"),
            lambda row: row.unused or None,
            "number",
            sort=lambda _: Forecast.unused,
            shape=Decimal,
            width=10,
        ),
        Column("latest", N_("At the latest"), lambda row: row.latest_on, "date", extra=True),
        Column("first", N_("First depot out"), lambda row: row.first_on, "date", extra=True),
        Column("weeks", N_("Weeks known"), lambda row: row.weeks, "number", extra=True, width=10),
        moment_column("worked", N_("Worked out"), "worked_at", extra=True),
    ),
    chips=(
        Chip(
            "part",
            N_("Seen as"),
            lambda _: Forecast.part,
            {part.value: word for part, word in PART_WORDS.items()},
            ordered=True,
        ),
        Chip("empty", N_("Runs out"), _when(Forecast.empty_on), OUT_WORDS, ordered=True),
        Chip("low", N_("Below its minimum"), _when(Forecast.low_on), LOW_WORDS, ordered=True),
        Chip(
            "why", N_("Why"), lambda _: Forecast.reason, {reason.value: word for reason, word in REASON_WORDS.items()}
        ),
        Chip(
            "known",
            N_("How sure"),
            lambda _: case((Forecast.weeks < FEWEST_WEEKS, "little"), else_="known"),
            KNOWN_WORDS,
        ),
        CATEGORY,
        Chip("district", N_("District"), lambda _: district_of, names=names_of(District), known=districts_seen),
        Chip("before", N_("Runs out before"), None, many=True, where=_before("before"), of_day=True),
        Chip("low_before", N_("Below its minimum before"), None, many=True, where=_before("low_before"), of_day=True),
        DEPOT,
        ITEM,
    ),
    words=(words_of_item(Forecast.item_id), words_of_depot(Forecast.depot_id)),
    order="empty",
    opens=lambda reader: {"part": (widest(reader.caller),)},
    beside=_beside,
    above="office/lists/foreseen.html",
    below="office/lists/how_foreseen.html",
    empty=N_("Nothing runs out within ten years, and nothing falls below its minimum."),
)
