"""The reports, as lists: the ledger (台账), the monthly stock report, the disposal protocol, what incidents used."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, aliased

from core.languages import N_
from depots.models import OUTSIDE, Depot, PlaceKind
from inventory.booking.models import MovementWitness
from inventory.catalogue.models import Item
from inventory.documents.models import IncidentKind
from inventory.listing.listing import Asked, Column, Listing, either, of, words
from inventory.reports.crossing import MERGED, ZERO, Account, accounts, flow, items_of, source, target
from inventory.reports.fences import asked_depots, depots_subject, subject_asked
from inventory.reports.incident_use import cost_of, incident_use
from inventory.reports.periods import Period, period_asked
from inventory.stock.models import Kind, Lot, Movement
from inventory.stock.reasons import reason_column
from inventory.stock.words import KIND_WORDS
from people.models import Person
from people.policy import Act, reach

BALANCE_WORDS: dict[Any, str] = {
    **{"opening": N_("opening"), "closing": N_("closing"), MERGED: N_("merged line")},
    **KIND_WORDS,
}
INCIDENT_WORDS = {
    IncidentKind.FIRE: N_("fire"),
    IncidentKind.FLOOD: N_("flood"),
    IncidentKind.RESCUE: N_("rescue"),
    IncidentKind.FOREST: N_("forest fire"),
    IncidentKind.TRAFFIC: N_("traffic accident"),
    IncidentKind.MEDICAL: N_("medical"),
    IncidentKind.SECURITY: N_("public security"),
    IncidentKind.OTHER: N_("other"),
}

_EARLIER = N_("began in an earlier period, booked in this one")


@dataclass(frozen=True)
class LedgerLine:
    """A line of the ledger: opening, a movement that went in or out, or closing; with the balance after it."""

    item: str
    item_zh: str
    item_en: str
    unit_zh: str
    unit_en: str
    kind: Kind | str
    balance: Decimal
    recorded_at: datetime | None = None
    happened_at: datetime | None = None
    came: Decimal | None = None
    went: Decimal | None = None
    beyond_zh: str = ""
    beyond_en: str = ""
    lot: str = ""
    person: str = ""
    reason: str = ""


def ledger(session: Session, asked: Asked) -> Iterator[LedgerLine]:
    """Item by item: opening, every movement in or out in the order of recording, closing."""
    subject, period = subject_asked(session, asked), period_asked(asked)
    found = accounts(session, subject.fence, period)
    lines = _crossings(session, subject.fence, period)
    line = next(lines, None)
    for item in items_of(session, list(found)):
        account = found[item.id]
        about = (item.code, item.name_zh, item.name_en, item.unit_zh, item.unit_en)
        balance = account.opening
        yield LedgerLine(*about, "opening", balance)
        while line is not None and line.code == item.code:
            came = line.quantity if line.came else None
            went = line.quantity if line.went else None
            balance += (came or ZERO) - (went or ZERO)
            yield LedgerLine(
                *about,
                line.kind,
                balance,
                line.recorded_at,
                line.happened_at,
                came,
                went,
                *_beyond(line),
                line.serial or line.number or "",
                f"{line.name} + {line.second}" if line.second else line.name,
                line.reason,
            )
            line = next(lines, None)
        yield LedgerLine(*about, "closing", account.closing, came=account.total_in, went=account.total_out)


def _beyond(line: Any) -> tuple[str, str]:
    """Where it came from or went to, or both where it came and went in one."""
    if line.came and line.went:
        return f"{line.source_zh} → {line.target_zh}", f"{line.source_en} → {line.target_en}"
    return (line.source_zh, line.source_en) if line.came else (line.target_zh, line.target_en)


def _called(place: Any, language: str) -> Any:
    """A place's path; a vehicle or kit by its name alone, for it stands elsewhere next month."""
    carries = place.kind.in_((PlaceKind.VEHICLE, PlaceKind.KIT))
    return case((carries, getattr(place, f"name_{language}")), else_=getattr(place, f"path_{language}"))


def _crossings(session: Session, fence: Any, period: Period) -> Iterator[Any]:
    flows, second = flow(fence, period.since, period.until), aliased(Person)
    statement = (
        select(
            Item.code,
            flows.c.kind,
            flows.c.recorded_at,
            flows.c.happened_at,
            flows.c.quantity,
            flows.c.reason,
            Lot.serial,
            Lot.number,
            Person.name,
            second.name.label("second"),
            flows.c.came,
            flows.c.went,
            _called(source, "zh").label("source_zh"),
            _called(source, "en").label("source_en"),
            _called(target, "zh").label("target_zh"),
            _called(target, "en").label("target_en"),
        )
        .select_from(flows)
        .join(source, source.id == flows.c.from_place_id)
        .join(target, target.id == flows.c.to_place_id)
        .join(Item, Item.id == flows.c.item_id)
        .join(Lot, Lot.id == flows.c.lot_id)
        .join(Person, Person.id == flows.c.person_id)
        .outerjoin(MovementWitness, MovementWitness.movement_id == flows.c.movement_id)
        .outerjoin(second, second.id == MovementWitness.witness_id)
        .order_by(Item.code, flows.c.recorded_at, flows.c.movement_id, flows.c.lot_id, flows.c.from_place_id)
        .execution_options(yield_per=1000)
    )
    yield from session.execute(statement)


@dataclass(frozen=True)
class MonthLine:
    """One item over a period."""

    item: Item
    account: Account

    def came(self, *kinds: PlaceKind) -> Decimal:
        return sum((self.account.came.get(kind.value, ZERO) for kind in kinds), ZERO)

    def went(self, *kinds: PlaceKind) -> Decimal:
        return sum((self.account.went.get(kind.value, ZERO) for kind in kinds), ZERO)

    @property
    def moved_in(self) -> Decimal:
        """From other depots."""
        return self.account.total_in - self.came(*OUTSIDE)

    @property
    def moved_out(self) -> Decimal:
        """To other depots."""
        return self.account.total_out - self.went(*OUTSIDE)


_OTHER_IN = tuple(OUTSIDE - {PlaceKind.SUPPLIER})
_OTHER_OUT = tuple(OUTSIDE - {PlaceKind.CONSUMED, PlaceKind.DISPOSED})


def month(session: Session, asked: Asked) -> Iterator[MonthLine]:
    """Every item of a depot, a district or all depots within reach."""
    found = accounts(session, depots_subject(session, asked).fence, period_asked(asked))
    for item in items_of(session, list(found)):
        yield MonthLine(item, found[item.id])


def _item(heading: str, name: str, kind: str = "text", width: int = 14) -> Column:
    return Column(heading, lambda row, _: getattr(row.item, name), kind, width)


def _month_number(heading: str, read: Any) -> Column:
    return Column(heading, lambda row, _: read(row), "number", 10)


def disposals(session: Session, asked: Asked) -> Iterator[Any]:
    """What was disposed of in the period, within reach, the oldest first."""
    period = period_asked(asked)
    statement = (
        select(
            Movement.recorded_at,
            Depot.code.label("depot"),
            Depot.name_zh.label("depot_zh"),
            Depot.name_en.label("depot_en"),
            Item.code.label("item"),
            Item.name_zh.label("item_zh"),
            Item.name_en.label("item_en"),
            Item.unit_zh,
            Item.unit_en,
            func.coalesce(Lot.serial, Lot.number, "").label("mark"),
            Lot.made_on,
            Lot.usable_through,
            Movement.quantity,
            Movement.reason,
            Person.name.label("person"),
        )
        .join(target, target.id == Movement.to_place_id)
        .join(Depot, Depot.id == target.depot_id)
        .join(Item, Item.id == Movement.item_id)
        .join(Lot, Lot.id == Movement.lot_id)
        .join(Person, Person.id == Movement.person_id)
        .where(
            target.kind == PlaceKind.DISPOSED,
            Movement.recorded_at >= period.since,
            Movement.recorded_at < period.until,
            reach(asked.caller, Act.SEE, Depot.id, Depot.district_code),
            *asked_depots(asked),
        )
        .order_by(Movement.recorded_at, Movement.id)
        .execution_options(yield_per=1000)
    )
    yield from session.execute(statement)


def _about_subject(session: Session, asked: Asked) -> tuple[str, str]:
    zh, en = subject_asked(session, asked).name
    return f"{zh} · {period_asked(asked)}", f"{en} · {period_asked(asked)}"


def _about_depots(session: Session, asked: Asked) -> tuple[str, str]:
    zh, en = depots_subject(session, asked).name
    return f"{zh} · {period_asked(asked)}", f"{en} · {period_asked(asked)}"


SIGNATURES = (N_("Keeper"), N_("Officer"), N_("Date of signature"))
LEDGER = Listing(
    "ledger",
    N_("Ledger"),
    (
        of("item", N_("Item code"), "code", 12),
        either("item", N_("Item"), 22),
        of("recorded_at", N_("Recorded"), "moment", 17),
        words("kind", N_("Kind"), BALANCE_WORDS, 10),
        of("came", N_("In"), "number", 9),
        of("went", N_("Out"), "number", 9),
        of("balance", N_("Balance"), "number", 10),
        either("unit", N_("Unit"), 8),
        either("beyond", N_("From or to"), 24),
        of("lot", N_("Lot or serial number"), "code", 14),
        of("person", N_("Handled by"), width=12),
        of("happened_at", N_("Happened"), "moment", 17),
        reason_column("reason", N_("Reason"), 20),
    ),
    ledger,
    _about_subject,
    SIGNATURES,
)
MONTH = Listing(
    "month",
    N_("Monthly stock report"),
    (
        _item(N_("Item code"), "code", "code", 12),
        Column(N_("Item"), lambda row, language: getattr(row.item, f"name_{language}"), "text", 26),
        Column(N_("Unit"), lambda row, language: getattr(row.item, f"unit_{language}"), "text", 8),
        _month_number(N_("Opening balance"), lambda row: row.account.opening),
        _month_number(N_("Received"), lambda row: row.came(PlaceKind.SUPPLIER)),
        _month_number(N_("From other depots"), lambda row: row.moved_in),
        _month_number(N_("Other in"), lambda row: row.came(*_OTHER_IN)),
        _month_number(N_("Used up"), lambda row: row.went(PlaceKind.CONSUMED)),
        _month_number(N_("Disposed of"), lambda row: row.went(PlaceKind.DISPOSED)),
        _month_number(N_("To other depots"), lambda row: row.moved_out),
        _month_number(N_("Other out"), lambda row: row.went(*_OTHER_OUT)),
        _month_number(N_("Closing balance"), lambda row: row.account.closing),
    ),
    month,
    _about_depots,
    SIGNATURES,
)
DISPOSALS = Listing(
    "disposals",
    N_("Disposal protocol"),
    (
        of("recorded_at", N_("Recorded"), "moment", 17),
        of("depot", N_("Depot code"), "code", 11),
        either("depot", N_("Depot"), 20),
        of("item", N_("Item code"), "code", 11),
        either("item", N_("Item"), 22),
        of("mark", N_("Lot or serial number"), "code", 14),
        of("made_on", N_("Made on"), "date", 11),
        of("usable_through", N_("Use by"), "date", 11),
        of("quantity", N_("Quantity"), "number", 9),
        either("unit", N_("Unit"), 8),
        reason_column("reason", N_("Reason"), 26),
        of("person", N_("Handled by"), width=12),
    ),
    disposals,
    _about_depots,
    (N_("Keeper"), N_("Officer"), N_("Receiver of the scrap"), N_("Date of signature")),
)
INCIDENT_USE = Listing(
    "incident-use",
    N_("What incidents used"),
    (
        of("opened_at", N_("Opened"), "moment", 17),
        words("kind", N_("Kind"), INCIDENT_WORDS, 12),
        of("place", N_("Where"), width=24),
        of("depot", N_("Depot code"), "code", 11),
        of("item", N_("Item code"), "code", 11),
        either("item", N_("Item"), 22),
        of("drawn", N_("Drawn"), "number", 9),
        of("returned", N_("Returned"), "number", 9),
        of("used", N_("Used up"), "number", 9),
        of("lost", N_("Lost or disposed of"), "number", 9),
        of("out", N_("Still out"), "number", 9),
        either("unit", N_("Unit"), 8),
        Column(N_("Cost (yuan)"), lambda row, _: cost_of(row), "text", 11),
        Column(N_("Remark"), lambda row, _: _EARLIER if row.earlier else None, "word", 24),
    ),
    incident_use,
    _about_depots,
)
REPORTS = (LEDGER, MONTH, DISPOSALS, INCIDENT_USE)
