"""Every check there is, in the order in which mending one helps the next; and the verbs that run them.

The rooms above the inventory offer theirs (``AppContext.checks``).
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from inventory.stock.verify import BOOK, Check, Verdict, hold_off, verify
from inventory.verifying.documents import DOCUMENTS
from inventory.verifying.models import Repair
from inventory.verifying.places import PLACES


def all_checks(offered: Sequence[Check] = ()) -> Sequence[Check]:
    """Places before balances before figures before readiness: what is derived comes after what it is derived from."""
    return (*offered, *PLACES, *BOOK, *DOCUMENTS)


def verify_all(session: Session, offered: Sequence[Check] = ()) -> Verdict:
    """Look at everything that always holds, and at what the rooms above offer. Reads only."""
    return verify(session, all_checks(offered))


def repair(session: Session, now: datetime, by: str, checks: Sequence[Check] | None = None) -> list[Repair]:
    """Derive anew what is derived and wrong, and keep a record of each row; returns the records.

    ``by`` says which command or job did it. Movements are never touched; what is no derived row stays for people, and
    ``verify_all`` goes on naming it. Nothing is booked meanwhile.
    """
    hold_off(session)
    records = []
    for check in all_checks() if checks is None else checks:
        for mended in check.mend(session) if check.mend else ():
            records.append(
                Repair(
                    at=now,
                    done_by=by[:100],
                    fault=check.fault[:100],
                    which=mended.which[:200],
                    before=mended.before[:500],
                    after=mended.after[:500],
                )
            )
        session.expire_all()
    session.add_all(records)
    session.flush()
    return records
