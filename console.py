"""Running one console command: its settings, its database, and a sentence for what is wrong with either."""

import sys
from argparse import Namespace
from contextlib import nullcontext
from typing import Any

from sqlalchemy.exc import DBAPIError, OperationalError

from core.audit import ADDRESS
from core.commands import Command, complain
from core.context import AppContext
from core.errors import Refusal
from core.in_use import in_use
from core.logs import set_up_logs
from core.schema import current_revision, is_usable, newest_revision
from core.settings import SettingsError, load_settings
from depots.following import follow_city_once
from rooms import make_context, unusable_settings

STARTS = ("setup", "migrate", "serve")  # commands that look at all settings before they do anything


def run_command(given: Namespace) -> int:
    """Run the command that the arguments name; its exit code."""
    ADDRESS.set("console")
    try:
        settings = load_settings(**_changes(given))
    except SettingsError as error:
        print(f"readyshelf cannot start: {error}", file=sys.stderr)
        return 2
    set_up_logs(settings)
    if given.command in STARTS and (wrong := unusable_settings(settings)):
        print(f"readyshelf cannot start: {'; '.join(wrong)}", file=sys.stderr)
        return 2
    context = make_context(settings)
    try:
        return _run(given.of, given, context)
    except (Refusal, OSError) as reason:
        return complain(str(reason))
    except DBAPIError as error:
        sentence = _about_database(error)
        if sentence is None:
            raise
        return complain(f"{context.database.url.render_as_string()}: {sentence}")


def _run(command: Command, given: Namespace, context: AppContext) -> int:
    if not command.any_schema and not is_usable(context.database):
        there = current_revision(context.database)
        return complain(f"the schema is at {there or 'nothing'}, not {newest_revision()}; run: readyshelf migrate")
    if not command.any_schema:
        follow_city_once(context)
    with nullcontext() if command.own_lock else in_use(context.database):
        return command.run(given, context)


def _about_database(error: DBAPIError) -> str | None:
    """One sentence for what is wrong with the database itself or with the way there (B35); None for a fault of ours."""
    reason = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
    away = isinstance(error, OperationalError) and getattr(error.orig, "sqlstate", None) is None
    ours = "no such" in reason or "syntax" in reason
    if (away and not ours) or "not a database" in reason:
        return f"the database cannot be used: {reason}"
    return f"the database does not let this role do that: {reason}" if _denied(error) else None


def _denied(error: DBAPIError) -> bool:
    # invalid authorization, insufficient privilege, no such database, read-only transaction
    return str(getattr(error.orig, "sqlstate", "") or "").startswith(("28", "42501", "3D", "25006"))


def _changes(given: Namespace) -> dict[str, Any]:
    names = ("database_url", "base_url", "demo")
    return {name: getattr(given, name) for name in names if getattr(given, name, None) is not None}
