"""``readyshelf export``, ``backup`` and ``restore``."""

from argparse import Namespace
from uuid import UUID

from core.commands import complain, report
from core.context import AppContext
from core.errors import Refusal
from inventory.exchange.writing import FORMATS, note_export, write_list
from inventory.listing.listing import Asked
from people.accounts import caller_called
from people.models import Role
from people.policy import Caller, Duty

_OPERATOR = Caller(UUID(int=0), "console", "console", "zh", (Duty(Role.AUDITOR), Duty(Role.ADMINISTRATOR)))


def export(arguments: Namespace, context: AppContext) -> int:
    """Write a list or report to a file."""
    kind = arguments.out.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        return complain("--out: the file's name must end in .csv, .xlsx or .pdf")
    if arguments.list not in context.lists:
        names = ", ".join(sorted(context.lists))
        return complain(f"there is no list called {arguments.list}; it is one of {names}")
    filters = dict(said.partition("=")[::2] for said in arguments.filter)
    try:
        with context.database.transaction(writes=False) as session:
            now = context.clock.now()
            caller = caller_called(session, arguments.account, now) if arguments.account else _OPERATOR
            language = arguments.lang or context.settings.language
            zone, shift_at = context.settings.zone, context.settings.shift_at
            asked = Asked(caller, language, context.clock.today(), zone, filters, shift_at, now)
            listing = context.lists[arguments.list]
            half = arguments.out.with_name(arguments.out.name + ".part")
            try:
                with half.open("wb") as file:
                    rows = write_list(session, listing, asked, kind, file)
                half.replace(arguments.out)
            finally:
                half.unlink(missing_ok=True)
    except (Refusal, OSError) as reason:
        return complain(str(reason))
    context.database.run(note_export, None, context.clock.now(), f"{arguments.list}.{kind}", asked)
    report(arguments, {"rows": rows, "file": str(arguments.out)}, f"{rows} rows written to {arguments.out}")
    return 0
