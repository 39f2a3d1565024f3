"""What only the alerts know: whether somebody was asked to look at each hand-out without a second person."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.quantities import write_quantity
from inventory.stock.verify import SHOWN, Check, Wrong
from inventory.verifying.documents import unwitnessed
from jobs.alerts.models import Alert
from jobs.causes.kinds import AlertKind


def _find(session: Session) -> Wrong:
    """Each has a second name, or an alert that asks (T96)."""
    asked = set(session.execute(select(Alert.cause).where(Alert.kind == AlertKind.UNWITNESSED)).scalars())
    found = [row for row in session.execute(unwitnessed()) if f"unwitnessed:{row.id}" not in asked]
    return Wrong(len(found), [f"{row.code} {write_quantity(row.quantity)}: movement {row.id}" for row in found[:SHOWN]])


TWO_PERSONS = Check(
    "controlled gear left without a second person, and nobody was asked",
    _find,
    "ask who took it and who saw it; count the item at the depot",
)
