"""What is to do at a depot, the most dangerous first: one list for phones, each line with where it is done.

What stands open (call-outs, transfers, counts, kits) is read live; what the sweep has found comes from the alerts, and
its finders are asked again whether it still stands: a line goes as soon as it is done.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.languages import N_, in_both
from core.registers import require_each
from depots.models import Place, PlaceKind
from depots.places import visible_depot
from inventory.documents.kit_content import KitView, kits_of
from inventory.documents.models import CheckKind, CheckResult
from inventory.stock.models import Stock
from jobs.alerts.alerts import AlertFilters, AlertRow, alerts
from jobs.alerts.models import Alert
from jobs.alerts.standing import standing
from jobs.causes.kinds import AlertKind, Severity
from people.policy import Act, Caller, may_at
from phone.work import Work, work

HANDOVER_EVERY = timedelta(hours=20)
KIT_CHECK_EVERY = timedelta(days=30)
MOST = 200  # alerts of a depot
# By danger: what may cost a life now, what fails the next call, what is owed to somebody, what can wait for daylight
ORDER = (
    *("recall", "incident", "witness", "expired", "discrepancy", "unwitnessed", "refused_entry", "hazard", "defect"),
    *("below_minimum", "check_due", "incomplete_kit", "overdue_loan", "reclaim", "transfer_rejected"),
    *("transfer_receive", "transfer_send", "stuck_transfer", "unsigned_draw", "restock", "handover", "keepers"),
    *("stocktake", "hand_out", "expiring", "two_dates", "date_missing", "wrong_time"),
    *("kit_check", "proposal", "warranty_ends", "label_fading"),
)
RANKS = {kind: rank for rank, kind in enumerate(ORDER)}
WORDS = {
    "incident": N_("call-out open"),
    "witness": N_("second person wanted"),
    "defect": N_("faulty"),
    "incomplete_kit": N_("kit incomplete"),
    "overdue_loan": N_("loan overdue"),
    "transfer_rejected": N_("rejected: take it back"),
    "transfer_receive": N_("to receive"),
    "transfer_send": N_("to send"),
    "restock": N_("to restock after a call-out"),
    "handover": N_("handover of the shift"),
    "keepers": N_("keeper handover: count together"),
    "stocktake": N_("stocktake under way"),
    "hand_out": N_("two-person issue"),
    "kit_check": N_("kit check due"),
    "proposal": N_("new product to decide"),
}
require_each(AlertKind, RANKS, "ORDER (the rank on phones) of jobs/alerts/todo.py")
BAD = frozenset(ORDER[: ORDER.index("check_due")]) | {"overdue_loan", "transfer_rejected"}
# The lists of documents show these live
LIVE = frozenset({AlertKind.DEFECT, AlertKind.OVERDUE_LOAN, AlertKind.INCOMPLETE_KIT})
_OF_CHECKS = "check:"
# Whom a line concerns; whoever may see the depot, where it is not named here
_KEEPS = frozenset(ORDER) - {"incident", "witness", "hand_out", "recall"}


class Task(msgspec.Struct, frozen=True):
    """One thing to do. ``to``: a page of the app, or with a leading slash one of the desk, where it is done."""

    kind: str
    rank: int
    severity: str  # bad, warn or nothing
    word_zh: str
    word_en: str
    zh: str
    en: str
    to: str
    about: str = ""  # the id of what it is about: an act of the phone on it takes the line away
    by: tuple[str, ...] = ()  # the kinds of acts that do
    plan: str = ""  # of which check it is: a thing may have several
    due: date | None = None
    at: datetime | None = None  # when it was due or began, of what goes by the hour
    note_zh: str = ""
    note_en: str = ""


def todo(session: Session, caller: Caller, code: str, now: datetime, today: date) -> list[Task]:
    """What is to do at a depot that the caller may do, the most dangerous first. Some twenty queries."""
    depot = visible_depot(session, caller, code)
    keeps = may_at(caller, Act.KEEP, depot.id, depot.district_code)
    found = [
        *_documents(session, work(session, caller, code, now), now),
        *_kits(session, depot.id, now, today),
        *_alerts(session, caller, code, depot.id, now, today),
    ]
    told = [task for task in found if keeps or task.kind not in _KEEPS]
    return sorted(told, key=lambda task: (task.rank, str(task.due or task.at or "9"), task.zh, task.about))


def _task(kind: str, names: tuple[str, str], to: str, **more: Any) -> Task:
    severity = "bad" if kind in BAD else "" if RANKS[kind] >= RANKS["kit_check"] else "warn"
    return Task(kind, RANKS[kind], severity, *in_both(WORDS[kind]), *names, to, **more)


def _documents(session: Session, open_work: Work, now: datetime) -> Iterator[Task]:
    lent = [row["id"] for row in open_work.loans]
    still = select(Stock.place_id).where(Stock.place_id.in_(lent), Stock.quantity > 0)
    out = set(session.execute(still).scalars())  # a loan may have come back by other ways than its own
    for row in open_work.incidents:
        names, about = (row["place"],) * 2, str(row["id"])
        if not row["closed"]:
            told = {"about": about, "by": ("close-incident",), "at": row["opened_at"]}
            yield _task("incident", names, f"incident/{about}", **told)
        elif any(float(need["left"]) > 0 for need in row["restock"]):
            yield _task("restock", names, f"incident/{about}", about=about, due=row.get("restock_by"))
    for row in open_work.hand_outs:
        names = (f"{row['zh']} × {row['quantity']}", f"{row['en']} × {row['quantity']}")
        if row["may_confirm"]:
            yield _task("witness", names, "witness", note_zh=row["asked_by"], note_en=row["asked_by"])
        elif row["mine"]:
            yield _task("hand_out", names, f"thing/{row['lot']}" if row["agreed"] and row["lot"] else "witness")
    for row in open_work.transfers:
        kind = _TRANSFERS.get((row["giving"], row["state"]))
        if kind is not None:
            about = str(row["id"])
            yield _task(kind[0], (row["other_zh"], row["other_en"]), f"transfer/{about}", about=about, by=kind[1])
    for row in open_work.loans:
        if row["overdue"] and row["id"] in out:
            who = " ".join(filter(None, (row["unit"], row["name"], row["phone"])))
            names = (who, who) if who else in_both(N_("a resident"))
            yield _task("overdue_loan", names, "loans", about=str(row["id"]), by=("give-back",), at=row["due_at"])
    for row in open_work.faults:
        to = f"thing/{row['lot']}" if row["lot"] else "faults"
        names = (row["zh"] or row["description"], row["en"] or row["description"])
        notes = {"note_zh": row["description"], "note_en": row["description"]} if row["zh"] else {}
        yield _task("defect", names, to, about=str(row["id"]), by=("mended",), **notes)
    for row in open_work.proposals:
        yield _task("proposal", (row["name"],) * 2, "proposals", about=str(row["id"]), by=("decide-proposal",))
    yield from _counts(open_work, now)


_TRANSFERS = {
    (True, "requested"): ("transfer_send", ("dispatch", "reject-transfer")),
    (False, "sent"): ("transfer_receive", ("receive-transfer", "reject-transfer")),
    (True, "rejected"): ("transfer_rejected", ("take-back",)),
}


def _counts(open_work: Work, now: datetime) -> Iterator[Task]:
    for row in open_work.counts:
        if row["open"] and row["purpose"] in ("stocktake", "keeper"):
            kind = "stocktake" if row["purpose"] == "stocktake" else "keepers"
            yield _task(kind, (row["note"],) * 2, f"count/{row['id']}", about=str(row["id"]), by=("approve-count",))
    handovers = [row for row in open_work.counts if row["purpose"] == "handover"]
    last = handovers[-1] if handovers else None
    if last is None or last["open"] or now - last["opened_at"] > HANDOVER_EVERY:
        signs = last is not None and last["open"] and last["given_by"]
        yield _task("handover", in_both(N_("the coming shift signs")) if signs else ("", ""), "handover")


def _kits(session: Session, depot_id: UUID, now: datetime, today: date) -> Iterator[Task]:
    places = list(
        session.execute(
            select(Place)
            .where(Place.depot_id == depot_id, Place.kind == PlaceKind.KIT, Place.in_reach)
            .order_by(Place.position)
        ).scalars()
    )
    rows = session.execute(
        select(CheckResult.place_id, func.max(CheckResult.at))
        .where(CheckResult.depot_id == depot_id, CheckResult.kind != CheckKind.ROUND)
        .group_by(CheckResult.place_id)
    )
    looked = {place_id: at for place_id, at in rows}
    for kit in kits_of(session, today, places):
        place = kit.place
        names, to = (place.name_zh, place.name_en), f"kit/{place.id}"
        if kit.short:
            notes = {"note_zh": _listed(kit, "name_zh"), "note_en": _listed(kit, "name_en")}
            yield _task("incomplete_kit", names, to, about=str(place.id), by=("refill",), **notes)
            continue
        where = {"note_zh": place.path_zh, "note_en": place.path_en}
        if place.id not in looked or now - looked[place.id] > KIT_CHECK_EVERY:
            yield _task("kit_check", names, to, about=str(place.id), by=("check-seal", "count-kit"), **where)


def _listed(kit: KitView, name: str) -> str:
    return ("、" if name == "name_zh" else ", ").join(getattr(part.item, name) for part in kit.short[:3])


def _alerts(session: Session, caller: Caller, code: str, depot_id: UUID, now: datetime, today: date) -> Iterator[Task]:
    rows = [row for row in alerts(session, caller, AlertFilters(code), MOST).items if row.kind not in LIVE]
    told = session.execute(select(Alert).where(Alert.id.in_([row.id for row in rows]))).scalars()
    still = standing(session, depot_id, list(told), now, today)
    for row in rows:
        if row.id not in still:
            continue
        cause, details = still[row.id].cause, row.details | still[row.id].details
        severity = "warn" if row.severity == Severity.NOTICE else "bad"
        shortage = f"{details['ready']}/{details['minimum']}" if "minimum" in details else ""
        names = (row.name_zh or row.note_zh, row.name_en or row.note_en)
        notes = (shortage or row.note_zh, shortage or row.note_en) if row.name_zh else ("", "")
        about = str(row.lot or "")
        to, by = _done_at(row, cause)
        plan = details["plan"] if "check" in by else ""
        facts = (row.kind, RANKS[row.kind], severity, row.word_zh, row.word_en, *names)
        yield Task(*facts, to, about, by, plan, row.due, None, *notes)


def _done_at(row: AlertRow, cause: str) -> tuple[str, tuple[str, ...]]:
    """Where an alert's cause is dealt with, and by which acts of a phone."""
    subject = cause.partition(":")[2].partition(":")[0]
    find = f"find/{quote(row.name_zh, safe='')}" if row.name_zh else "/alerts"
    thing = f"thing/{row.lot}" if row.lot else find
    upkeep = f"/lots/{row.lot}/upkeep" if row.lot else "counts"
    # what stands at a workshop is no check of ours
    check = (
        (f"checks/thing/{row.lot}" if row.lot else "checks", ("check",))
        if cause.startswith(_OF_CHECKS)
        else (upkeep, ())
    )
    ways: dict[AlertKind, tuple[str, tuple[str, ...]]] = {
        AlertKind.RECALL: (f"/recalls/{row.details.get('recall', '')}", ()),
        AlertKind.CHECK_DUE: check,
        AlertKind.DATE_MISSING: (thing, ("set-date",)),
        AlertKind.BELOW_MINIMUM: (find, ()),
        AlertKind.STUCK_TRANSFER: (f"transfer/{subject}", ("receive-transfer", "take-back")),
        AlertKind.UNSIGNED_DRAW: (f"incident/{subject}", ("approve-incident",)),
        AlertKind.UNWITNESSED: ("/hand-outs", ()),
        AlertKind.HAZARD: (f"place/{subject}", ()),
        AlertKind.RECLAIM: (thing, ("give-back",)),
        AlertKind.WRONG_TIME: ("/alerts?kind=wrong_time", ()),
        AlertKind.REFUSED_ENTRY: ("/alerts?kind=refused_entry", ()),
        AlertKind.WARRANTY_ENDS: (f"/lots/{row.lot}/asset", ()),
        AlertKind.LABEL_FADING: (f"/labels/{subject}", ()),
    }
    return ways.get(row.kind, (thing, ()))
