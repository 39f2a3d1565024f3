"""What the jobs room hears from the rooms below, in the transaction in which it happens."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from core.events import Subscription
from core.quantities import write_quantity
from inventory.stock.events import DepotClosed, DiscrepancyBooked, EntryRefused, GearCalledBack, UnwitnessedIssue
from jobs.alerts.models import Alert
from jobs.alerts.sweep import open_alert
from jobs.causes.cause import Cause
from jobs.causes.kinds import AlertKind
from jobs.causes.recalls import recall_causes


def _ask_for_recount(session: Session, event: DiscrepancyBooked) -> None:
    cause = Cause(
        f"recount:{event.depot_id}:{event.lot_id}",
        AlertKind.DISCREPANCY,
        event.depot_id,
        urgent=True,
        item_id=event.item_id,
        lot_id=event.lot_id,
        details={"quantity": write_quantity(event.quantity)},
    )
    open_alert(session, cause, event.recorded_at)


def _tell_refused(session: Session, event: EntryRefused) -> None:
    cause = Cause(
        f"entry:{event.entry_id}",
        AlertKind.REFUSED_ENTRY,
        event.depot_id,
        urgent=True,
        details={"description": event.why, "entry": str(event.entry_id)},
    )
    open_alert(session, cause, event.recorded_at)


def _tell_recall(session: Session, event: GearCalledBack) -> None:
    """Called back while it is out at a call-out: the depot that drew it is told at once, not next morning (T72)."""
    for cause in recall_causes(session, event.depot_ids, event.at.date()):
        open_alert(session, cause, event.at)


def _hush(session: Session, event: DepotClosed) -> None:
    """Of a closed depot nobody is told anything any more: its alerts end with it (T91)."""
    session.execute(
        update(Alert)
        .where(Alert.depot_id == event.depot_id, Alert.resolved_at.is_(None))
        .values(resolved_at=event.at, changed_at=event.at)
    )


def _tell_unwitnessed(session: Session, event: UnwitnessedIssue) -> None:
    cause = Cause(
        f"unwitnessed:{event.movement_id}",
        AlertKind.UNWITNESSED,
        event.depot_id,
        urgent=True,
        item_id=event.item_id,
        lot_id=event.lot_id,
        details={
            "description": f"{event.person} × {write_quantity(event.quantity)}",
            "quantity": write_quantity(event.quantity),
            "person": str(event.person_id),
        },
    )
    open_alert(session, cause, event.recorded_at)


# An alert opens as soon as a late fact shows that book and shelf differ (rule 5, T52)
SUBSCRIPTIONS: list[Subscription] = [
    (DiscrepancyBooked, _ask_for_recount),
    (EntryRefused, _tell_refused),
    (GearCalledBack, _tell_recall),
    (DepotClosed, _hush),
    (UnwitnessedIssue, _tell_unwitnessed),
]
