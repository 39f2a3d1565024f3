"""The daily job that forgets residents: in loans and reports, and wherever alerts and messages repeat them (B19)."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from core.context import AppContext
from inventory.documents.forgetting import forget_borrowers
from inventory.faults.forgetting import forget_reporters
from inventory.telling.forgetting import erased_in_prose, erased_json, forget_in
from jobs.alerts.models import Alert
from jobs.channels.models import Mail

AT_ONCE = 50  # in one transaction: what others wait for stays short


def forget_residents(context: AppContext) -> dict[str, Any]:
    """Erase the names and phones of what was closed longer ago than the setting says."""
    before = context.clock.now() - timedelta(days=context.settings.forget_days)
    forgotten = 0
    while number := context.database.run(_forget_some, before):
        forgotten += number
    return {"forgotten": forgotten}


def _forget_some(session: Session, before: datetime) -> int:
    forgotten = [*forget_borrowers(session, before, AT_ONCE), *forget_reporters(session, before, AT_ONCE)]
    for words in forgotten:
        forget_in(session, Alert, Alert.opened_at, ["details"], words, erased_json)
        forget_in(session, Mail, Mail.created_at, ["subject", "body_text", "body_html"], words, erased_in_prose)
    return len(forgotten)
