"""Bring the reference tables in line with the files: enter what is new, change what differs, all or nothing."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.audit import record
from core.given import Fate, Given, key_of
from depots.city_models import THE_CITY, City
from depots.models import (
    FIRST_DAY,
    District,
    ItemGroup,
    ItemGroupMember,
    Level,
    ParLevel,
    Profile,
    Requirement,
    Subdistrict,
)
from depots.requirements import work_out_requirements
from inventory.catalogue.models import Category, Hazard, Item, KitLine, Tracking
from inventory.clocks.models import MaintenancePlan
from inventory.clocks.plans import Question, recalculate, timing_of
from inventory.editing.following import COLUMNS, follow
from inventory.finding.models import CapabilityPart, Need, Synonym
from inventory.readiness.counting import forget_figures
from inventory.reference.files import Reference, Row
from inventory.stock.meaning import require_same_meaning
from inventory.stock.models import Stock

ALWAYS = date(2000, 1, 1)  # the profiles of a city that does not say from when they are in force
# What the files say in Chinese beside the English came to tables whose rows had been given without it
_LATER = frozenset({"hazards_zh", "note_zh", "clause_zh", "source_zh", "announced_note_zh"})
_TRACKING = {
    "ASSET": Tracking.SERIAL,
    "KIT": Tracking.SERIAL,
    "DEVICE": Tracking.SERIAL,
    "VEHICLE": Tracking.SERIAL,
    "LOT": Tracking.LOT,
    "BULK": Tracking.BULK,
}


@dataclass
class Tally:
    """What loading did, per table."""

    new: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    changed: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    gone: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # in the book, no longer in the files; kept
    own: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # changed or taken out by the city; left
    offered: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # the city's own, and the files say more

    def as_dict(self) -> dict[str, dict[str, int]]:
        """For ``--json``."""
        return {name: dict(getattr(self, name)) for name in ("new", "changed", "gone", "own", "offered")}

    @property
    def total_new(self) -> int:
        return sum(self.new.values())

    @property
    def total_changed(self) -> int:
        return sum(self.changed.values())


def load_reference(session: Session, reference: Reference) -> Tally:
    """Load the files' rows. A second run with the same files changes nothing.

    Refuses (409) what would change the meaning of quantities that there are (B37).
    """
    tally = Tally()
    rows = reference.rows
    _sync(session, tally, Category, ("code",), (_category(row, n) for n, row in enumerate(rows["categories"])))
    _sync(session, tally, City, ("id",), (_city(row) for row in rows.get("city", [])[:1]))
    _sync(session, tally, District, ("code",), rows["districts"])
    _sync(session, tally, Subdistrict, ("code",), rows.get("subdistricts", []))
    _sync(session, tally, Profile, ("code",), _profiles(rows))
    _sync(session, tally, Hazard, ("code",), (_hazard(row) for row in rows.get("hazards", [])))
    catalogue = [_item(row) for row in rows["catalogue"]]
    given = Given(session, Item, ("code",), later=_LATER)
    changing = [row for row in catalogue if given.fate_of(row) is Fate.CHANGED]
    require_same_meaning(session, [(given.there[key_of([row["code"]])], row) for row in changing])
    concerned = [(row["code"], _concerned(given.there[key_of([row["code"]])], row)) for row in changing]
    _sync(session, tally, Item, ("code",), catalogue)
    for code, columns in concerned:
        follow(session, given.there[key_of([code])], columns)
    items = {code: item_id for code, item_id in session.execute(select(Item.code, Item.id))}
    groups = _groups(rows, items)
    _sync(session, tally, ItemGroup, ("code",), groups[0])
    _sync(session, tally, ItemGroupMember, ("group_code", "item_id"), groups[1])
    since = _in_force_since(session, rows)
    requirements = (_requirement(row, items, since) for row in rows["mandatory_profile"])
    _sync(session, tally, Requirement, ("profile_code", "subject", "valid_from"), requirements)
    pars = (_par(row, items) for row in rows["par_levels"])
    _sync(session, tally, ParLevel, ("profile_code", "item_id"), pars, ParLevel.valid_from == FIRST_DAY)
    _sync(session, tally, KitLine, ("kit_item_id", "item_id"), (_kit_line(row, items) for row in rows["kits"]))
    load_plans(session, tally, rows, items)
    synonyms = ({"item_id": items[row["item_code"]], "word": row["word"]} for row in rows.get("synonyms", []))
    _sync(session, tally, Synonym, ("item_id", "word"), synonyms)
    _sync(session, tally, Need, ("code",), rows.get("needs", []))
    _sync(session, tally, CapabilityPart, ("capability", "part"), rows.get("capabilities", []))
    return tally


def _concerned(item: Item, row: Row) -> list[str]:
    """The columns of an item that change and that its gear follows."""
    return [name for name in COLUMNS if name in row and getattr(item, name) != row[name]]


def load_and_follow(session: Session, reference: Reference, by: UUID | None, now: datetime, today: date) -> Tally:
    """Load the files' rows; requirements and figures follow, and the audit trail has it."""
    tally = load_reference(session, reference)
    if tally.total_new or tally.total_changed:
        work_out_requirements(session, today)
        forget_figures(session)
    record(session, by, now, "reference-loaded", "reference", "", after=tally.as_dict())
    return tally


def load_plans(session: Session, tally: Tally, rows: dict[str, list[Row]], items: dict[str, UUID]) -> None:
    """Load the plans; what an officer has changed stays as it is. Gear in stock is given the dates of new plans."""
    questions: dict[str, list[Row]] = defaultdict(list)
    for row in rows.get("checklists", []):
        questions[row["plan_id"]].append(row)
    there = {plan.code: plan for plan in session.execute(select(MaintenancePlan)).scalars()}
    said = {code: timing_of(plan) for code, plan in there.items()}
    wanted = [plan_from(row, items, questions[row["plan_id"]]) for row in rows["maintenance_plans"]]
    for values in wanted:
        kept = there.get(values["code"])
        if kept is not None and kept.edited:
            values.update({column: getattr(kept, column) for column in values})
    _sync(session, tally, MaintenancePlan, ("code",), wanted)
    changed: dict[UUID, set[str]] = defaultdict(set)
    for plan in session.execute(select(MaintenancePlan)).scalars():
        if said.get(plan.code) != timing_of(plan):
            changed[plan.item_id].add(plan.code)
    held = select(Stock.item_id).where(Stock.item_id.in_(changed), ~Stock.outside, Stock.quantity > 0).distinct()
    for item_id in list(session.execute(held).scalars()):
        recalculate(session, item_id, changed[item_id])


def _sync(
    session: Session, tally: Tally, table: Any, key: tuple[str, ...], rows: Iterable[Row], *conditions: Any
) -> None:
    """Enter or change rows of one table so that they are as given; what the city has changed stays its own."""
    name = table.__tablename__
    given = Given(session, table, key, *conditions, later=_LATER)
    counts = {Fate.NEW: tally.new, Fate.CHANGED: tally.changed, Fate.OFFERED: tally.offered}
    counts |= {Fate.OWN: tally.own, Fate.REMOVED: tally.own}
    for values in rows:
        fate = given.put(values)
        if fate in counts:
            counts[fate][name] += 1
    if gone := given.gone():
        tally.gone[name] = gone
    session.flush()


def _city(row: Row) -> Row:
    plain = {name: row.get(name) for name in ("announced", "lat", "lon")}
    words = {name: row.get(name) or "" for name in ("name_zh", "name_en", "announced_note", "announced_note_zh")}
    return {"id": THE_CITY, **words, **plain, **{name: row.get(name) or None for name in ("language", "time_zone")}}


def _in_force_since(session: Session, rows: dict[str, list[Row]]) -> date:
    """The day from which the files' profiles are in force: the city's, else that of the first version here (T88)."""
    said = next((row.get("profiles_from") for row in rows.get("city", [])), None)
    first: date | None = said or session.execute(select(func.min(Requirement.valid_from))).scalar()
    return first or ALWAYS


def _category(row: Row, number: int) -> Row:
    return {"code": row["code"], "name_zh": row["name_zh"], "name_en": row["name_en"], "position": number}


def _hazard(row: Row) -> Row:
    return {**row, "warns": row.get("warns") != "N"}  # a file that does not say warns: rather once too often


def _profiles(rows: dict[str, list[Row]]) -> Iterable[Row]:
    for row in rows["station_types"]:
        count = row.get("announced") or ""
        yield {
            "code": row["code"],
            "kind": "type",
            "name_zh": row["name_zh"],
            "name_en": row["name_en"],
            "note": row["what_it_is"],
            "note_zh": row.get("what_it_is_zh") or "",
            "headline_count": int(count) if count.isascii() and count.isdigit() else None,
        }
    types = {row["code"] for row in rows["station_types"]}
    for row in rows["profile_tags"]:
        if row["code"] not in types:
            name_en = row.get("name_en") or row["meaning"].split(":")[0][:100]
            yield {
                "code": row["code"],
                "kind": "add-on",
                "name_zh": row["name_zh"],
                "name_en": name_en,
                "note": row["meaning"],
                "note_zh": row.get("meaning_zh") or "",
                "headline_count": None,
            }


_OPTIONAL = (
    *("pack_size", "pack_unit_zh", "pack_unit_en", "measure_per", "measure_zh", "measure_en"),
    *("hazard_per", "weight_kg"),
)


def _item(row: Row) -> Row:
    """A catalogue row; where a city's file lacks our extra columns, the rules below stand in."""
    mode = row["tracking_mode"]
    flag = {
        name: row.get(name) for name in ("consumable", "controlled", "hard_stop", "opened_counts", "anniversary_counts")
    }
    medical = row["category"] == "MED"
    return {
        "code": row["code"],
        "name_zh": row["name_zh"],
        "name_en": row["name_en"],
        "category_code": row["category"],
        "unit_zh": row["unit_zh"],
        "unit_en": row["unit_en"],
        "decimals": row["decimals"] if row.get("decimals") is not None else 3 * (row["unit_en"] in ("kg", "litre")),
        "tracking": _TRACKING[mode],
        "holds": mode.lower() if mode in ("KIT", "VEHICLE", "DEVICE") else None,
        "expires": mode == "LOT" and row["shelf_life_months"] is not None,
        "shelf_life_months": row["shelf_life_months"],
        "retire_age_months": row["retire_age_months"],
        "opened_life_days": row["opened_life_days"],
        "warn_days": row.get("warn_days") or "90 30 7",
        "consumable": _yes(flag["consumable"], otherwise=mode == "LOT" and medical),
        "controlled": _yes(flag["controlled"], otherwise=False),
        "hard_stop": _yes(flag["hard_stop"], otherwise=mode == "LOT" and row["category"] in ("MED", "RSP")),
        "opened_counts": _yes(flag["opened_counts"], otherwise=not medical),
        "anniversary_counts": _yes(flag["anniversary_counts"], otherwise=not medical),
        **{name: row.get(name) or None for name in _OPTIONAL},
        "reclaim_months": row.get("reclaim_months"),
        "hazard_code": row.get("hazard") or None,
        "sizes": row.get("sizes") or "",
        "hazards": row["hazards"],
        "hazards_zh": row.get("hazards_zh") or "",
        "note": row["life_note"],
        "note_zh": row.get("life_note_zh") or "",
        "source": row["source"],
    }


def _yes(said: str | None, *, otherwise: bool) -> bool:
    return otherwise if not said else said == "Y"


def _groups(rows: dict[str, list[Row]], items: dict[str, UUID]) -> tuple[list[Row], list[Row]]:
    """Groups are named by rows ``GROUP:CODE``; their members are the rows that carry the group's code (T86)."""
    found: dict[str, Row] = {}
    members: set[tuple[str, UUID]] = set()
    vehicles = [row["code"] for row in rows["catalogue"] if row["tracking_mode"] == "VEHICLE"]
    for row in rows["mandatory_profile"]:
        group = row["any_of_group"]
        if not group:
            continue
        if row["item_code"] in items:
            members.add((group, items[row["item_code"]]))
        else:
            names = {"name_zh": row.get("item_zh") or group, "name_en": row.get("item_en") or group}
            found.setdefault(group, {"code": group, **names})
    if "VEH_RESPONSE" in found:  # any response vehicle, also those that no profile lists by themselves
        members |= {("VEH_RESPONSE", items[code]) for code in vehicles}
    return list(found.values()), [{"group_code": group, "item_id": item} for group, item in sorted(members)]


def _requirement(row: Row, items: dict[str, UUID], since: date) -> Row:
    subject = row["item_code"]
    is_group = subject.startswith("GROUP:")
    must = Level.MANDATORY if row["profile_kind"] == "type" else Level.SPECIALTY
    return {
        "profile_code": row["profile_code"],
        "subject": subject,
        "item_id": None if is_group else items[subject],
        "group_code": subject.removeprefix("GROUP:") if is_group else None,
        "level": must if row["level"] == "MUST" else Level.RECOMMENDED,
        "minimum": row["min_qty"],
        "combine": row["combine_rule_with_addon"],
        "valid_from": since,
        "source": f"{row['requirement_source']}; {row['quantity_source']}"[:300],
        "source_zh": f"{said}；{row['quantity_source']}"[:300] if (said := row.get("requirement_source_zh")) else "",
    }


def _par(row: Row, items: dict[str, UUID]) -> Row:
    return {
        "profile_code": row["profile_code"],
        "item_id": items[row["item_code"]],
        "minimum": row["min_qty"],
        "par": max(row["par_qty"], row["min_qty"], Decimal(0)),
    }


def _kit_line(row: Row, items: dict[str, UUID]) -> Row:
    return {
        "kit_item_id": items[row["kit_code"]],
        "item_id": items[row["component_code"]],
        "quantity": row["qty"],
        "role": row["role"],
    }


# Who does a check at the depot itself
_OWN_PEOPLE = ("keeper", "wearer", "user", "signaller", "pilot", "driver", "officer", "keeper + officer")


def plan_from(row: Row, items: dict[str, UUID], questions: list[Row]) -> Row:
    """A plan's row; where a city's file lacks our extra columns, what is done at the depot is a check."""
    done_by = row["done_by"]
    by_others = done_by not in _OWN_PEOPLE
    kind = "scrap" if done_by == "officer approval" else "service" if by_others and done_by else "check"
    return {
        "code": row["plan_id"],
        "item_id": items[row["item_code"]],
        "task_zh": row["task_zh"],
        "task_en": row["task_en"],
        "anchor": row["anchor"],
        "first_after_months": row["first_after_months"],
        "every": row["interval"],
        "unit": row["unit"],
        "done_by": done_by,
        "blocks_use": row["blocks_use_when_overdue"] == "Y",
        "source": row["source"],
        "clause": row["clause"],
        "clause_zh": row.get("clause_zh") or "",
        "confidence": row["confidence"],
        "note": row["note"],
        "note_zh": row.get("note_zh") or "",
        "kind": row.get("kind") or kind,
        "anchor_on": row.get("anchor_on"),
        "season_from": row.get("season_from") or "",
        "season_to": row.get("season_to") or "",
        "off_every": row.get("off_interval"),
        "off_unit": row.get("off_unit") or "",
        "crowded_types": row.get("crowded_types") or "",
        "crowded_every": row.get("crowded_interval"),
        "crowded_unit": row.get("crowded_unit") or "",
        "meter": row.get("meter") or "",
        "meter_every": row.get("meter_interval"),
        "grace_days": row.get("grace_days") or 0,
        "checklist": msgspec.json.encode([_question(question) for question in questions]).decode(),
    }


def _question(row: Row) -> Question:
    return Question(
        row["key"],
        row["kind"],
        row["question_zh"],
        row["question_en"],
        None if row["low"] is None else format(row["low"], "f"),
        None if row["high"] is None else format(row["high"], "f"),
        row["unit"],
        row["choices"].split(),
        row["good"].split(),
    )
