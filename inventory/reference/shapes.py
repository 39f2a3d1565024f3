"""The shapes of the reference files: which columns each has, and how they are read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.clock import time_zones
from inventory.clocks.terms import UNITS, Anchor
from inventory.reference.readers import (
    YES_NO,
    degrees,
    maybe_date,
    maybe_degrees,
    maybe_number,
    month_day,
    number,
    one_of,
    text,
    whole,
)


@dataclass(frozen=True)
class Shape:
    """The columns of a file that are read, which of them may be missing, and what makes a row unique."""

    columns: Mapping[str, Callable[[str], Any]]
    key: tuple[str, ...]
    optional: frozenset[str] = frozenset()
    needed: bool = True  # the whole file


_EXTRA = frozenset(
    [
        "decimals",
        "consumable",
        "controlled",
        "hard_stop",
        "opened_counts",
        "anniversary_counts",
        "warn_days",
        "pack_size",
        "pack_unit_zh",
        "pack_unit_en",
        "measure_per",
        "measure_zh",
        "measure_en",
        "reclaim_months",
        "hazard",
        "hazard_per",
        "weight_kg",
        "sizes",
        "life_note_zh",
        "hazards_zh",
    ]
)
_PLAN_EXTRA = frozenset(
    [
        "kind",
        "anchor_on",
        "season_from",
        "season_to",
        "off_interval",
        "off_unit",
        "crowded_types",
        "crowded_interval",
        "crowded_unit",
        "meter",
        "meter_interval",
        "grace_days",
        "clause_zh",
        "note_zh",
    ]
)
SHAPES: dict[str, Shape] = {
    "categories": Shape({"code": text(8), "name_zh": text(50), "name_en": text(100)}, ("code",)),
    "city": Shape(
        {
            "name_zh": text(50),
            "name_en": text(100),
            "language": one_of("zh", "en", ""),
            "time_zone": one_of("", *sorted(time_zones())),
            "announced": whole,
            "announced_note": text(200, required=False),
            "announced_note_zh": text(200, required=False),
            "lat": maybe_degrees(90),
            "lon": maybe_degrees(180),
            "profiles_from": maybe_date,
        },
        ("name_zh",),
        frozenset(
            ["language", "time_zone", "announced", "announced_note", "announced_note_zh", "lat", "lon", "profiles_from"]
        ),
        needed=False,
    ),
    "districts": Shape({"code": text(8), "name_zh": text(50), "name_en": text(50)}, ("code",)),
    "subdistricts": Shape(
        {
            "code": text(16),
            "district_code": text(8),
            "name_zh": text(50),
            "name_en": text(50),
            "lat": degrees(90),
            "lon": degrees(180),
            "spread_km": number,
        },
        ("code",),
        needed=False,
    ),
    "station_types": Shape(
        {
            "code": text(8),
            "name_zh": text(50),
            "name_en": text(100),
            "announced": text(40, required=False),
            "what_it_is": text(500, required=False),
            "what_it_is_zh": text(500, required=False),
        },
        ("code",),
        frozenset({"announced", "what_it_is_zh"}),
    ),
    "profile_tags": Shape(
        {
            "code": text(8),
            "name_zh": text(50),
            "name_en": text(100, required=False),
            "meaning": text(500, required=False),
            "meaning_zh": text(500, required=False),
        },
        ("code",),
        frozenset({"name_en", "meaning_zh"}),
    ),
    "catalogue": Shape(
        {
            "code": text(32),
            "name_zh": text(100),
            "name_en": text(150),
            "category": text(8),
            "unit_zh": text(20),
            "unit_en": text(20),
            "tracking_mode": one_of("ASSET", "LOT", "BULK", "KIT", "VEHICLE", "DEVICE"),
            "shelf_life_months": whole,
            "retire_age_months": whole,
            "opened_life_days": whole,
            "life_note": text(500, required=False),
            "life_note_zh": text(500, required=False),
            "hazards": text(300, required=False),
            "hazards_zh": text(300, required=False),
            "source": text(100, required=False),
            "decimals": whole,
            "consumable": YES_NO,
            "controlled": YES_NO,
            "hard_stop": YES_NO,
            "opened_counts": YES_NO,
            "anniversary_counts": YES_NO,
            "warn_days": text(40, required=False),
            "pack_size": maybe_number,
            "pack_unit_zh": text(20, required=False),
            "pack_unit_en": text(20, required=False),
            "measure_per": maybe_number,
            "measure_zh": text(20, required=False),
            "measure_en": text(20, required=False),
            "reclaim_months": whole,
            "hazard": text(16, required=False),
            "hazard_per": maybe_number,
            "weight_kg": maybe_number,
            "sizes": text(200, required=False),
        },
        ("code",),
        _EXTRA,
    ),
    "hazards": Shape(
        {
            "code": text(16),
            "name_zh": text(50),
            "name_en": text(100),
            "unit_zh": text(20, required=False),
            "unit_en": text(20, required=False),
            "cap": maybe_number,
            "apart": text(200, required=False),
            "disposal_zh": text(200, required=False),
            "disposal_en": text(200, required=False),
            "warns": YES_NO,
            "source": text(100, required=False),
        },
        ("code",),
        frozenset(["warns"]),
        needed=False,
    ),
    "mandatory_profile": Shape(
        {
            "profile_code": text(8),
            "profile_kind": one_of("type", "add-on"),
            "level": one_of("MUST", "SHOULD"),
            "item_code": text(40),
            "item_zh": text(100, required=False),
            "item_en": text(100, required=False),
            "min_qty": number,
            "any_of_group": text(32, required=False),
            "combine_rule_with_addon": one_of("max", "sum"),
            "requirement_source": text(200, required=False),
            "requirement_source_zh": text(200, required=False),
            "quantity_source": text(50, required=False),
        },
        ("profile_code", "item_code"),
        frozenset({"item_zh", "item_en", "requirement_source_zh"}),
    ),
    "par_levels": Shape(
        {"profile_code": text(8), "item_code": text(32), "min_qty": number, "par_qty": number},
        ("profile_code", "item_code"),
    ),
    "kits": Shape(
        {"kit_code": text(32), "component_code": text(32), "qty": number, "role": text(20, required=False)},
        ("kit_code", "component_code"),
    ),
    "maintenance_plans": Shape(
        {
            "plan_id": text(16),
            "item_code": text(32),
            "task_zh": text(200),
            "task_en": text(200),
            "anchor": one_of(*Anchor),
            "first_after_months": whole,
            "interval": whole,
            "unit": one_of(*UNITS),
            "done_by": text(50, required=False),
            "blocks_use_when_overdue": YES_NO,
            "source": text(50, required=False),
            "clause": text(200, required=False),
            "clause_zh": text(200, required=False),
            "confidence": text(50, required=False),
            "note": text(500, required=False),
            "note_zh": text(500, required=False),
            "kind": one_of("check", "service", "scrap", ""),
            "anchor_on": maybe_date,
            "season_from": month_day,
            "season_to": month_day,
            "off_interval": whole,
            "off_unit": one_of("month", "week", "day", ""),
            "crowded_types": text(40, required=False),
            "crowded_interval": whole,
            "crowded_unit": one_of("month", "week", "day", ""),
            "meter": one_of("hours", "cycles", "km", ""),
            "meter_interval": maybe_number,
            "grace_days": whole,
        },
        ("plan_id",),
        _PLAN_EXTRA,
    ),
    "checklists": Shape(
        {
            "plan_id": text(16),
            "key": text(24),
            "kind": one_of("yes_no", "reading", "choice", "photo"),
            "question_zh": text(200),
            "question_en": text(200),
            "low": maybe_number,
            "high": maybe_number,
            "unit": text(16, required=False),
            "choices": text(200, required=False),
            "good": text(200, required=False),
        },
        ("plan_id", "key"),
        needed=False,
    ),
    "synonyms": Shape({"item_code": text(32), "word": text(60)}, ("item_code", "word"), needed=False),
    "needs": Shape(
        {"code": text(24), "name_zh": text(60), "name_en": text(60), "words": text(500), "items": text(300)},
        ("code",),
        needed=False,
    ),
    "capabilities": Shape(
        {
            "capability": text(24),
            "name_zh": text(60),
            "name_en": text(60),
            "part": whole,
            "items": text(300),
            "quantity": number,
        },
        ("capability", "part"),
        needed=False,
    ),
}
