"""``readyshelf token``: bearer tokens for programs; ``readyshelf second-factor``: for who has lost everything."""

from argparse import Namespace
from datetime import datetime

from sqlalchemy.orm import Session

from core.audit import record
from core.commands import complain, report
from core.context import AppContext
from core.errors import Refusal
from people.accounts import PERSON, end_sessions, person_by_account
from people.second_factor import forget_second_factor, state_of
from people.sign_in import TokenScope, issue_token


def token(arguments: Namespace, context: AppContext) -> int:
    """Make a bearer token."""
    try:
        scope = TokenScope(arguments.days, arguments.read_only, arguments.depot)
        token = context.database.run(issue_token, arguments.user, arguments.name, context.clock.now(), scope)
    except Refusal as refusal:
        return complain(str(refusal))
    report(arguments, {"user": arguments.user, "token": token}, token)
    return 0


def factor(arguments: Namespace, context: AppContext) -> int:
    """Show or reset the second factor of an account."""
    now = context.clock.now()
    try:
        since = context.database.run(_look_or_reset, arguments.account, reset=arguments.reset, now=now)
    except Refusal as refusal:
        return complain(str(refusal))
    said = f"since {since:%Y-%m-%d}" if since else "none"
    report(arguments, {"account": arguments.account, "second_factor_since": since}, f"{arguments.account}: {said}")
    return 0


def _look_or_reset(session: Session, account: str, *, reset: bool, now: datetime) -> datetime | None:
    person_id = person_by_account(session, account).id
    if reset and forget_second_factor(session, person_id):
        record(session, None, now, "second-factor-reset", PERSON, str(person_id))
        end_sessions(session, person_id, now)
    return state_of(session, person_id)[0]
