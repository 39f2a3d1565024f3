"""Whatever a caller names is looked up within their reach first: a walk over every field of every entry (rule 10)."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from itertools import product
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import func, literal, select, union_all
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from core.columns import table_of
from core.errors import Refusal
from depots.places import depot_by_code
from inventory.booking.wishes import Wish
from inventory.entries import VERBS
from inventory.stock.models import Kind, Lot, Stock
from inventory.telling.entries import book_entry
from inventory.telling.models import Photo
from inventory.telling.scene import NewEntry
from labels.codes.binding import labelled
from labels.codes.booking import book_scanned
from labels.codes.codes import new_code
from people.models import Role
from people.policy import Caller, Duty
from tests.conftest import NOW, Town
from tests.inventory.stock.conftest import Papers

# What a field names, by its name, or by its entry's tag and its name where that says something else
NAMES = {
    "thing": "piece",
    "loaner": "piece",
    "device": "piece",
    "part": "piece",
    "lot": "piece",
    "place": "shelf",
    "places": "shelf",
    "from": "shelf",
    "to": "shelf",
    "depot": "depot",
    "transfer": "transfer",
    "incident": "incident",
    "count": "count",
    "defect": "defect",
    "service": "service",
    "scrap": "scrap",
    "proposal": "proposal",
    "hand_out": "hand-out",
    "handover": "handover",
    "closing": "closing",
    "successor": "depot",
    "leaver": "keeper",
    ("sign-keepers", "handover"): "keepers",
    ("give-up-keepers", "handover"): "keepers",
    ("give-back", "from"): "loan",
    ("check-seal", "place"): "kit",
    ("count-kit", "place"): "kit",
    ("refill", "place"): "kit",
    ("put-seal", "place"): "kit",
}
# What names things of the whole city, or nobody's secret: (tag or "", field) and why
OF_THE_CITY = {
    ("", "item"): "the catalogue is the city's",
    ("", "plan"): "the plans of care are the city's",
    ("", "recall"): "a recall is called in the whole city",
    ("recall", "lot"): "who calls back answers for the city; anybody else is refused before it is looked at",
    ("ask-transfer", "giver"): "any depot may be asked",
    ("ask-transfer", "receiver"): "any depot may be given to, once it signs",
    ("send-all", "to"): "any depot may be given to, once it signs",
    ("start-keepers", "comer"): "who comes may come from anywhere",
}
# Free text, numbers and choices
WORDS = {
    *("id", "happened_at", "late", "photos", "kind", "movements", "lines", "quantity", "description", "note"),
    *("unit", "borrower", "due_at", "name", "phone", "state", "what", "channel", "ordered_by", "reason", "good"),
    *("damaged", "side", "round", "leave_uncounted", "number", "whole", "code", "serial", "maker", "expiry"),
    *("made_on", "contains", "approve", "new_item", "passed", "answers", "missed_because", "meter", "value"),
    *("last_done_on", "next_due_on", "verdict", "new_loaner", "loaner_owner", "loaner_back_on"),
    *("equal_or_better", "vendor", "due_back_on", "beyond_quarter", "outcome", "cost", "loaner_taken", "method"),
    *("receiver", "agree", "why", "people", "word", "date", "months", "name_zh", "name_en", "category"),
    *("unit_zh", "unit_en", "tracking", "expires", "consumable", "clock", "offset_seconds", "sure", "size", "percent"),
    *("restock_by", "asset", "price", "bought_on", "fund", "supplier", "warranty_until", "owner", "life_years"),
}
FREE = {("open-incident", "place"), ("paper", "place"), ("basket", "movements")}
# An account may only be asked of by who decides; the others by who keeps the first depot
WHO = {"start-keepers": "boss", "plan-closing": "boss"}
PLAIN = {"quantity": "1", "good": "1", "value": "5", "side": "giver", "contains": "1", "phone": "1", "unit": "piece"}


def what_it_names(tag: str, field: str) -> str | None:
    """What a field names; None for words, and for what is the whole city's."""
    if (tag, field) in OF_THE_CITY or ("", field) in OF_THE_CITY or (tag, field) in FREE:
        return None
    if (tag, field) in NAMES:
        return NAMES[tag, field]
    if field in NAMES:
        return NAMES[field]
    assert field in WORDS, (
        f"{tag}.{field}: add it to NAMES (what it names) or WORDS of tests/inventory/stock/test_reach_walk.py"
    )
    return None


def structs_in(kind: Any) -> list[type[msgspec.Struct]]:
    """The structs that a field's type is made of."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return [kind]
    return [found for part in get_args(kind) for found in structs_in(part)]


def fields_of(entry: type[NewEntry]) -> Iterator[tuple[str, str]]:
    """Every field of an entry and of its lines that names something: (path, what it names)."""
    tag = str(entry.__struct_config__.tag)
    for field in msgspec.structs.fields(entry):
        named = what_it_names(tag, field.encode_name)
        if named:
            yield field.encode_name, named
        if (tag, field.encode_name) in FREE:
            continue
        for line in structs_in(field.type):
            for inner in msgspec.structs.fields(line):
                named = what_it_names(tag, inner.encode_name)
                if named:
                    yield f"{field.encode_name}.{inner.encode_name}", named


def a_value(tag: str, field: msgspec.structs.FieldInfo, own: Papers) -> Any:
    """Something that a required field may hold: what it names of the keeper's own, else the first choice."""
    named = what_it_names(tag, field.encode_name)
    if named:
        return [own.named[named]] if get_origin(field.type) is list else own.named[named]
    if field.encode_name == "recall":
        return own.named["recall"]
    kind = field.type
    if get_origin(kind) in (Union, UnionType):
        kind = get_args(kind)[0]
    if get_origin(kind) is Literal:
        return get_args(kind)[0]
    if get_origin(kind) is list:
        inner = structs_in(kind)
        return [filled(tag, inner[0], own)] if inner else []
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind)).value
    plain = {bool: True, int: 1, date: "2026-12-20", datetime: (NOW + timedelta(days=1)).isoformat()}
    if kind in plain:
        return plain[kind]
    return PLAIN.get(field.encode_name, "x")


def filled(tag: str, kind: type[msgspec.Struct], own: Papers, wanted: str = "") -> dict[str, Any]:
    """The required fields of a struct, and the one that is wanted."""
    told = {
        field.encode_name: a_value(tag, field, own)
        for field in msgspec.structs.fields(kind)
        if field.required or field.encode_name == wanted
    }
    if tag in ("lend", "draw") and kind.__name__ == "Thing":
        told |= {} if wanted == "thing" else {"item": "BRK-001"}
    if kind.__name__ == "Back" and wanted != "thing":
        told["thing"] = own.named["lent"]
    if kind.__name__ == "Arrival":
        told = {"thing": own.named["arriving"], "good": "1"}
    if tag == "receive-transfer" and "transfer" in told and wanted != "transfer":
        told["transfer"] = own.named["transfer that comes"]
    if tag in WHO:
        told["depot"] = own.named["empty"]
    if tag == "ask-witness":
        told.setdefault("thing", own.named["batch"])
    return told


def an_entry(entry: type[NewEntry], path: str, value: str, own: Papers, late: bool) -> NewEntry:
    """An entry in which this one field names ``value``, and everything else is the keeper's own."""
    tag = str(entry.__struct_config__.tag)
    outer, _, inner = path.partition(".")
    told = filled(tag, entry, own, outer)
    told |= {"kind": tag, "id": str(uuid4()), "late": late}
    if inner:
        line = structs_in(next(f.type for f in msgspec.structs.fields(entry) if f.encode_name == outer))[0]
        told[outer] = [filled(tag, line, own, inner) | {inner: value}]
    else:
        told[outer] = [value] if isinstance(told[outer], list) else value
    return msgspec.convert(told, entry)


def unmade(value: str, named: str) -> str:
    """A value of the same kind as a real one, which nobody ever made."""
    if named == "depot":
        return "STR-9999"
    if named == "keeper":
        return "nobody"
    return new_code() if named.endswith("code") else str(uuid4())


class Undone(Exception):
    """Ends a try without a trace."""


# One statement for all tables: a statement for each took most of the walk's time
_ROWS = union_all(
    *(
        select(literal(name), func.count()).select_from(table)
        for name, table in SQLModel.metadata.tables.items()
        if name not in ("entry", "alert")
    )
)


def everything(session: Session) -> dict[str, Any]:
    """How many rows of each kind there are, and all that a booking might change of what is there."""
    counts = session.execute(_ROWS).all()
    stock = session.execute(select(table_of(Stock)).order_by(Stock.place_id, Stock.lot_id)).all()
    lots = session.execute(select(Lot.id, Lot.condition, Lot.home_place_id).order_by(Lot.id)).all()
    photos = session.execute(select(Photo.id, Photo.entry_id).order_by(Photo.id)).all()
    return {"counts": list(counts), "stock": list(stock), "lots": list(lots), "photos": list(photos)}


def answer_to(town: Town, who: str, entry: NewEntry, sent: str) -> str:
    """All that somebody hears of an entry, but for the echo of what was sent; nothing of it stays."""
    heard: list[Any] = []

    def run(session: Session) -> None:
        before = everything(session)
        try:
            with session.begin_nested():
                outcome, _ = book_entry(session, town.callers[who], entry, VERBS, town.context.moment(), labelled)
            heard.extend([202, outcome.result, outcome.problem])
        except Refusal as refusal:
            heard.extend([refusal.status, refusal.kind, str(refusal), refusal.params, refusal.fields, refusal.extra])
        assert everything(session) == before, "it changed the book"
        raise Undone

    with pytest.raises(Undone):
        town.run(run)
    return msgspec.json.encode(heard).decode().replace(sent, "<sent>")


def masked(text: str) -> str:
    """What is said, but for ids, which are new each time."""
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<id>", text)


def cases() -> list[Any]:
    return [
        pytest.param(entry, path, named, id=f"{entry.__struct_config__.tag}-{path}")
        for entry in VERBS
        for path, named in fields_of(entry)
    ]


@pytest.mark.heavy
@pytest.mark.parametrize("late", [False, True])
def test_what_is_anothers_answers_like_what_was_never_made_in_every_field_of_every_entry(
    town: Town, papers: tuple[Papers, Papers], late: bool
) -> None:
    own, strange = papers
    town.callers["boss"] = boss_of(town, own.named["empty"])
    faults: list[str] = []
    for case in cases():
        entry, path, named = case.values
        who = WHO.get(str(entry.__struct_config__.tag), "keeper")
        for kind in (named, f"{named} code"):
            if kind not in strange.named:
                continue
            real = strange.named[kind]
            made_up = unmade(real, kind)
            one = answer_to(town, who, an_entry(entry, path, real, own, late), real)
            other = answer_to(town, who, an_entry(entry, path, made_up, own, late), made_up)
            if masked(one) != masked(other):
                faults.append(f"{case.id} ({kind}): {one} / {other}")
            elif "bad-input" not in one and "not-found" not in one:
                faults.append(f"{case.id} ({kind}) is refused for something else: {one}")
    assert not faults, "\n".join(faults)


def boss_of(town: Town, code: str) -> Caller:
    """Who decides at one depot, and nowhere else."""
    depot_id = town.run(lambda session: depot_by_code(session, code).id)
    return replace(town.callers["officer"], duties=(Duty(Role.OFFICER, depot_id=depot_id),))


@pytest.mark.heavy
@pytest.mark.parametrize("late", [False, True])
def test_what_is_anothers_answers_like_what_was_never_made_in_every_movement(
    town: Town, papers: tuple[Papers, Papers], late: bool
) -> None:
    own, strange = papers
    tries = {"label": ["piece code", "batch code"], "lot": ["piece", "batch"], "incident": ["incident"]}
    tries |= {"from": ["shelf", "shelf code", "loan"], "to": ["shelf", "shelf code", "kit", "kit code"]}
    foreign_places = [UUID(strange.named[name]) for name in ("shelf", "loan", "kit", "incident")]
    faults: list[str] = []
    for kind, (field, names) in product(Kind, tries.items()):
        for named in names:
            real = strange.named[named]
            made_up = unmade(real, named)
            heard = [_moved(town, own, kind, late, field, value) for value in (real, made_up)]
            if masked(heard[0]) != masked(heard[1]):
                faults.append(f"{kind} {field} ({named}): {heard[0]} / {heard[1]}")
            if any(str(place) in heard[0] for place in foreign_places):
                faults.append(f"{kind} {field} ({named}) names a strange place: {heard[0]}")
    assert not faults, "\n".join(faults)


def _moved(town: Town, own: Papers, kind: Kind, late: bool, field: str, value: str) -> str:
    """What the keeper hears of a movement in which this field names ``value``; nothing of it stays."""
    told: dict[str, Any] = {"id": str(uuid4()), "kind": kind.value, "quantity": "1", "reason": "x", "late": late}
    if field not in ("lot", "label"):
        told["lot"] = own.named["batch"]
    if field in ("lot", "label") or kind == Kind.RETURN:
        told["from"] = own.named["shelf"]
    if kind in (Kind.TRANSFER, Kind.RECEIVE):
        told["to"] = str(town.second_shelf.id)
    if kind == Kind.ADJUST and field == "to":
        told.pop("from", None)
    told[field] = value
    wish = msgspec.convert(told, Wish)
    heard: list[Any] = []

    def run(session: Session) -> None:
        try:
            now, today = town.context.clock.now(), town.context.clock.today()
            with session.begin_nested():
                answers, _ = book_scanned(session, town.keeper, [wish], now, today)
            heard.extend([201, answers])
        except Refusal as refusal:
            heard.extend([refusal.status, refusal.kind, str(refusal), refusal.params, refusal.fields, refusal.extra])
        raise Undone

    with pytest.raises(Undone):
        town.run(run)
    text = msgspec.json.encode(heard).decode().replace(value, "<sent>").replace(told["id"], "<id>")
    return json.dumps(json.loads(text), sort_keys=True)


def test_the_walk_knows_every_field(town: Town) -> None:
    """A new field of an entry says in the tables above what it names."""
    found = [case.id for case in cases()]
    assert len(found) > 70 and Decimal(len(found)) == len(set(found))
