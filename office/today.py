"""My day: what needs the caller, in a few groups, each line with its one next step.

Everything is within the caller's reach. It costs one query for each group, whatever the city holds; what is not ready
and what ends this week come from the figures in memory.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Date, Uuid, and_, bindparam, exists, func, literal, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from core.columns import Instant
from core.languages import N_, in_both
from core.prepared import Prepared
from depots.models import Depot
from inventory.catalogue.models import Item
from inventory.documents.models import Incident, Proposal, ProposalState, Transfer
from inventory.documents.transfers_view import STUCK_AFTER
from inventory.faults.models import Defect, DefectState
from inventory.readiness.dashboard import most_missed
from inventory.readiness.survey import Survey, asked_by, survey
from inventory.stock.count_models import Count, CountPurpose
from inventory.stock.models import Lot, Movement
from inventory.upkeep.models import Scrap, ScrapState
from jobs.alerts.models import Alert
from jobs.causes.kinds import KIND_WORDS, RANK, AlertKind
from jobs.digests.sent import bounced
from jobs.running.models import JobState
from jobs.running.schedule import JOBS
from jobs.running.wishes import SWEEP, waiting
from people.policy import Act, Caller, may, per_reach, reach

SHOWN = 6  # lines of a group; the rest stands where its heading leads
SINCE = timedelta(days=1)  # what counts as new
BOUNCED_SINCE = timedelta(days=7)
# Groups of their own, or told as the city's figures
ELSEWHERE = (AlertKind.DEFECT, AlertKind.BELOW_MINIMUM, AlertKind.STUCK_TRANSFER, AlertKind.EXPIRING)
OF_A_KIND = N_("{word}: {count} · taken on: {taken}")
OF_A_KIND_SINCE = N_("{word}: {count} · taken on: {taken} · the oldest: {due}")


@dataclass(frozen=True)
class Line:
    """One thing, or several of a kind. ``what`` and ``next`` are text ids; ``params`` fill the first."""

    what: str
    to: str
    next: str
    params: dict[str, Any] = field(default_factory=dict)
    depot: tuple[str, str] | None = None
    at: datetime | None = None
    due: date | None = None
    note: str = ""
    urgent: bool = False


@dataclass(frozen=True)
class Group:
    """Lines of one subject. ``count``: how many there are in all; ``to``: where all of them stand."""

    name: str
    title: str
    to: str
    count: int
    lines: list[Line]
    mood: str = "warn"


@dataclass(frozen=True)
class Day:
    """All of it. ``looked``: when a sweep last looked; ``asked``: since when one that somebody asked for waits."""

    groups: list[Group]
    has_depots: bool  # any that the caller sees
    empty: list[str]  # titles of the groups in which there is nothing
    looked: datetime | None
    asked: datetime | None


def my_day(session: Session, caller: Caller, now: datetime, today: date) -> Day:
    """What needs the caller. To be called in a thread of its own (``Database.survey``)."""
    found = survey(session, caller, today)
    # of the figures alone: the same for all who may see the same, until one of them changes
    groups = [
        found.once(asked_by(caller, "not ready"), lambda: _not_ready(session, found)),
        _overdue(session, caller, today),
        _broken(session, caller, now),
        _stuck(session, caller, now),
        found.once(asked_by(caller, "ends this week"), lambda: _ending(found, today)),
    ]
    states = {state.name: state for state in _JOBS.all(session, {})}
    if may(caller, Act.APPROVE):
        groups.insert(2, _to_approve(session, caller))
        groups += [_bounced(session, caller, now), _failed_jobs(states)]
    swept = states.get(SWEEP)
    return Day(
        [group for group in groups if group.count],
        bool(found.rows),
        [group.title for group in groups if not group.count],
        swept.succeeded_at if swept else None,
        waiting(session).get(SWEEP),
    )


def _not_ready(session: Session, found: Survey) -> Group:
    """What the depots that are not ready lack, what most of them lack first."""
    rows = [row for row in found.rows if not row.ready]
    lines = [
        Line(
            N_("{item} · depots: {count}"),
            f"/matrix/depots?subject={missed.subject}",
            N_("Which depots"),
            {"item": (missed.name_zh, missed.name_en), "count": missed.depots},
        )
        for missed in most_missed(session, rows, SHOWN)
    ]
    return Group("not-ready", N_("Not ready, and for want of what"), "/depots", len(rows), lines, "bad")


def _seen(caller: Caller, act: Act = Act.SEE) -> Any:
    return reach(caller, act, Depot.id, Depot.district_code)


def _instant(name: str) -> Any:
    return bindparam(name, type_=Instant())


def _counted(statement: Any, order: Any) -> Prepared:
    """The first rows, each with how many there are in all as its last column."""
    return Prepared(statement.add_columns(func.count().over().label("total")).order_by(*order).limit(SHOWN))


def _total(rows: list[Any]) -> int:
    return rows[0].total if rows else 0


# of a depot, beside the rows about it
_HERE = (Depot.name_zh.label("depot_zh"), Depot.name_en.label("depot_en"))


@per_reach
def _overdue_rows(caller: Caller) -> Prepared:
    counts = (func.count().label("count"), func.min(Alert.due).label("due"))
    return Prepared(
        select(Alert.kind, Alert.urgent, *counts, func.count(Alert.acknowledged_at).label("taken"))
        .join(Depot, Depot.id == Alert.depot_id)
        .where(
            Alert.resolved_at.is_(None),
            or_(Alert.snoozed_until.is_(None), Alert.snoozed_until <= bindparam("today", type_=Date())),
            Alert.kind.not_in(ELSEWHERE),
            _seen(caller),
        )
        .group_by(Alert.kind, Alert.urgent)
    )


def _overdue(session: Session, caller: Caller, today: date) -> Group:
    """Open alerts that nobody has put aside, by kind: where a life hangs on it first, then the worst kind."""
    found = _overdue_rows(caller).all(session, {"today": today})
    rows = sorted(found, key=lambda row: (not row.urgent, RANK[row.kind]))
    lines = [
        Line(
            OF_A_KIND_SINCE if due else OF_A_KIND,
            f"/alerts?kind={kind.value}" + ("&urgent=yes" if urgent else ""),
            N_("See and take on"),
            {"word": in_both(KIND_WORDS[kind]), "count": count, "taken": taken, "due": due},
            urgent=urgent,
        )
        for kind, urgent, count, due, taken in rows[: SHOWN + 2]
    ]
    return Group(
        "overdue", N_("Overdue, the most dangerous first"), "/alerts", sum(row[2] for row in rows), lines, "bad"
    )


@per_reach
def _broken_rows(caller: Caller) -> Prepared:
    statement = (
        select(Defect.lot_id, Defect.reported_at, Defect.description, Item.name_zh, Item.name_en, Depot.code, *_HERE)
        .join(Depot, Depot.id == Defect.depot_id)
        .outerjoin(Lot, Lot.id == Defect.lot_id)
        .outerjoin(Item, Item.id == Lot.item_id)
        .where(Defect.reported_at > _instant("since"), Defect.state != DefectState.CLOSED, _seen(caller))
    )
    return _counted(statement, (Defect.reported_at.desc(), Defect.id))


def _broken(session: Session, caller: Caller, now: datetime) -> Group:
    """Faults reported since yesterday and not closed, the newest first."""
    rows = _broken_rows(caller).all(session, {"since": now - SINCE})
    lines = [
        Line(
            "{item}" if row.name_zh else N_("Reported by a passer-by"),
            f"/lots/{row.lot_id}/upkeep" if row.lot_id else f"/depots/{row.code}",
            N_("Look into it"),
            {"item": (row.name_zh, row.name_en)} if row.name_zh else {},
            depot=(row.depot_zh, row.depot_en),
            at=row.reported_at,
            note=row.description,
        )
        for row in rows
    ]
    return Group("broken", N_("Broken since yesterday"), "/alerts?kind=defect", _total(rows), lines)


APPROVALS: dict[str, tuple[str, str, str]] = {
    "scrap": (N_("Disposal of {what}"), "/scraps/{id}", N_("Decide")),
    "proposal": (N_("New product: {what}"), "/manage/catalogue/proposals", N_("Decide")),
    "incident": (N_("Drawn for the call-out at {what}"), "/app#/incident/{id}", N_("Approve")),
    "count": (N_("Stocktake {what}"), "/app#/count/{id}", N_("Approve")),
}


@per_reach
def _waiting_rows(caller: Caller) -> Prepared:
    me, near = bindparam("me", type_=Uuid()), _seen(caller, Act.APPROVE)

    def waits(kind: str, table: Any, zh: Any, en: Any, at: Any, *where: Any) -> Any:
        columns = (literal(kind).label("kind"), table.id.label("id"), zh.label("zh"), en.label("en"), at.label("at"))
        rows = select(*columns, *_HERE).select_from(table).join(Depot, Depot.id == table.depot_id)
        return rows.where(near, *where)

    scraps = waits(
        "scrap", Scrap, Item.name_zh, Item.name_en, Scrap.proposed_at,
        Scrap.state == ScrapState.PROPOSED, Scrap.proposed_by_id != me,
    ).join(Lot, Lot.id == Scrap.lot_id).join(Item, Item.id == Lot.item_id)  # fmt: skip
    proposals = waits(
        "proposal", Proposal, Proposal.name, Proposal.name, Proposal.at,
        Proposal.state == ProposalState.OPEN, Proposal.by_id != me,
    )  # fmt: skip
    drawn = exists().where(Movement.incident_id == Incident.id)
    incidents = waits(
        "incident", Incident, Incident.place, Incident.place, Incident.opened_at,
        Incident.approved_at.is_(None), Incident.opened_by_id != me, drawn,
    )  # fmt: skip
    counts = waits(
        "count", Count, Count.note, Count.note, Count.opened_at,
        Count.closed_at.is_(None), Count.purpose == CountPurpose.STOCKTAKE, Count.opened_by_id != me,
    )  # fmt: skip
    every = union_all(scraps, proposals, incidents, counts).subquery()
    return _counted(select(every), (every.c.at, every.c.id))


def _to_approve(session: Session, caller: Caller) -> Group:
    """What waits for somebody with authority, the oldest first; what the caller asked for alone, others decide."""
    rows = _waiting_rows(caller).all(session, {"me": caller.person_id})
    lines = [
        Line(
            APPROVALS[row.kind][0],
            APPROVALS[row.kind][1].format(id=row.id),
            APPROVALS[row.kind][2],
            {"what": (row.zh, row.en)},
            depot=(row.depot_zh, row.depot_en),
            at=row.at,
        )
        for row in rows
    ]
    return Group("approve", N_("Waiting for my approval"), "/scraps", _total(rows), lines)


@per_reach
def _stuck_rows(caller: Caller) -> Prepared:
    giver, taker = aliased(Depot), aliased(Depot)
    near = or_(*(reach(caller, Act.SEE, depot.id, depot.district_code) for depot in (giver, taker)))
    ends = ((giver, "giver"), (taker, "taker"))
    names = [getattr(depot, name).label(f"{end}_{name}") for depot, end in ends for name in ("name_zh", "name_en")]
    statement = (
        select(Transfer.id, Transfer.sent_at, Transfer.asked_at, *names)
        .join(giver, giver.id == Transfer.from_depot_id)
        .join(taker, taker.id == Transfer.to_depot_id)
        .where(
            Transfer.closed_at.is_(None),
            or_(
                Transfer.sent_at < _instant("late"),
                and_(Transfer.sent_at.is_(None), Transfer.asked_at < _instant("late")),
            ),
            near,
        )
    )
    return _counted(statement, (Transfer.asked_at, Transfer.id))


def _stuck(session: Session, caller: Caller, now: datetime) -> Group:
    """Transfers on the way for too long, and asked for as long ago and not sent (T64)."""
    rows = _stuck_rows(caller).all(session, {"late": now - STUCK_AFTER})
    lines = [
        Line(
            N_("On the way from {giver} to {taker}") if row.sent_at else N_("Asked of {giver} for {taker}, not sent"),
            f"/app#/transfer/{row.id}",
            N_("Ask where it is") if row.sent_at else N_("Send or decline"),
            {"giver": (row.giver_name_zh, row.giver_name_en), "taker": (row.taker_name_zh, row.taker_name_en)},
            at=row.sent_at or row.asked_at,
        )
        for row in rows
    ]
    return Group("stuck", N_("Transfers stuck"), "/alerts?kind=stuck_transfer", _total(rows), lines)


def _ending(found: Survey, today: date) -> Group:
    """What reaches its last usable day from today to Sunday, day by day."""
    lines = []
    total = 0
    for ahead in range(7 - today.weekday()):
        day = today + timedelta(days=ahead)
        numbers = [row.ends.by_day.get(day.isoformat(), 0) for row in found.rows]
        if count := sum(numbers):
            total += count
            params = {"count": count, "depots": sum(number > 0 for number in numbers)}
            to = f"/expiry/lots?since={day}&until={day}"
            lines.append(Line(N_("balances: {count} · depots: {depots}"), to, N_("Which lots"), params, due=day))
    sunday = today + timedelta(days=6 - today.weekday())
    return Group("ending", N_("Ends this week"), f"/expiry/lots?since={today}&until={sunday}", total, lines)


def _bounced(session: Session, caller: Caller, now: datetime) -> Group:
    """Messages of the last days that were refused or given up."""
    rows = bounced(session, caller, now - BOUNCED_SINCE, SHOWN)
    lines = [
        Line(
            N_("To {who}"),
            f"/mails/{row.id}",
            N_("Why"),
            {"who": row.who or row.address},
            at=row.created_at,
            note=row.subject,
        )
        for row in rows
    ]
    return Group("bounced", N_("Messages that did not arrive"), "/mails?state=failed", _total(rows), lines)


_JOBS = Prepared(
    select(JobState.name, JobState.succeeded_at, JobState.failed_at, JobState.failures_in_row, JobState.error)
)


def _failed_jobs(states: dict[str, Any]) -> Group:
    """Jobs whose last run failed."""
    failed = [state for state in states.values() if state.failures_in_row and state.name in JOBS]
    lines = [
        Line(JOBS[state.name].title, "/jobs", N_("See and run again"), at=state.failed_at, note=state.error)
        for state in failed[:SHOWN]
    ]
    return Group("jobs", N_("Jobs that failed"), "/jobs", len(failed), lines, "bad")
