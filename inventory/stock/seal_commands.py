"""``readyshelf seal`` shows the chain's head, to be kept outside; ``verify --seals`` compares with it."""

from argparse import Namespace
from typing import Any

from sqlalchemy import func, select
from tqdm import tqdm

from core.commands import report
from core.context import AppContext
from inventory.stock.seal_check import SealVerdict, check_seals
from inventory.stock.seal_models import DaySeal
from inventory.stock.seals import last_seal, seal_days


def seal(arguments: Namespace, context: AppContext) -> int:
    """Seal the days that are over and print the head."""
    made = 0 if arguments.show else seal_days(context.database, context.clock.now())
    with context.database.transaction(writes=False) as session:
        last = last_seal(session)
    told: dict[str, Any] = {"made": made, "number": None, "day": None, "head": None}
    if last is None:
        report(arguments, told, "no day is sealed yet")
        return 0
    told |= {"number": last.number, "day": str(last.day), "head": last.head}
    report(arguments, told, f"{last.day}:{last.head}")
    return 0


def verify_seals(arguments: Namespace, context: AppContext) -> int:
    """Check the chain; exit code 1 and the day from which on it differs."""
    with context.database.transaction(writes=False) as session:
        days = session.execute(select(func.count()).select_from(DaySeal)).scalar_one()
        with tqdm(total=days, unit="day", desc="seals", disable=None, delay=2) as bar:
            verdict = check_seals(session, arguments.head, bar.update)
    sentence = in_a_sentence(verdict)
    report(arguments, {**verdict.__dict__, "sound": verdict.sound}, sentence)
    return 0 if verdict.sound else 1


def in_a_sentence(verdict: SealVerdict) -> str:
    """What a check of the chain has found; the faults on lines of their own."""
    what = f"{verdict.movements} movements and {verdict.acts} acts"
    checked = f"{verdict.entries} seals over {what} checked, up to {verdict.up_to or 'no day'}"
    if verdict.late:
        checked += f"; {verdict.late} rows were recorded after their day had been sealed"
    if verdict.sound:
        return f"{checked}: the ledger is as it was sealed; head {verdict.head or 'none'}"
    since = f"from {verdict.differs_from} on" if verdict.differs_from else "on a day that cannot be told"
    return "\n".join([f"{checked}: the ledger differs {since}:", *verdict.faults[:50]])
