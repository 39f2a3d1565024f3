"""Running one console command: its settings, its database, and a sentence for what is wrong with either."""

import sys
from argparse import Namespace
from contextlib import nullcontext
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.exc import DBAPIError, OperationalError

from core.audit import ADDRESS
from core.clock import SystemClock
from core.commands import Command, complain
from core.context import AppContext
from core.database import Database
from core.errors import Refusal
from core.in_use import in_use
from core.logs import set_up_logs
from core.schema import current_revision, is_usable, newest_revision
from core.settings import Settings, SettingsError, load_settings
from depots.following import follow_city_once
from hearing import CHECKS, LISTENERS

STARTS = ("setup", "migrate", "serve")  # commands that look at all settings before they do anything


def unusable_settings(settings: Settings) -> list[str]:
    """What is wrong with settings that only their rooms can judge, a sentence each (B35)."""
    from people.identities import setting_faults  # only for these commands

    wrong = setting_faults(settings)
    for first in _also_ours(settings.base_url):
        wrong.append(f"READYSHELF_BASE_URL: /{first} is an address of our own pages; choose another path")
    if settings.label_printers:
        from labels.printing.printers import read_printers  # as what draws labels, slow to import

        try:
            read_printers(settings.label_printers)
        except ValueError as fault:
            wrong.append(f"READYSHELF_LABEL_PRINTERS: {fault}")
    if settings.roads:
        from inventory.finding.travel import roads_of

        try:
            roads_of(settings)
        except Exception as fault:  # whatever the city's own module does when it is imported
            wrong.append(f"READYSHELF_ROADS: {settings.roads} cannot be used: {type(fault).__name__}: {fault}")
    return wrong


def _also_ours(base_url: str) -> set[str]:
    """The first part of this address's path, if it is one of our own pages'."""
    if not (path := urlsplit(base_url).path.strip("/")):
        return set()
    from rooms import ROUTES, firsts_of  # the whole application, for an address below another's alone

    return firsts_of([path]) & firsts_of(path for handler in ROUTES for path in getattr(handler, "paths", ()))


def _context(settings: Settings, command: Command) -> AppContext:
    """What a command works with; lists only for one that writes them: they bring routes and pages along."""
    database = Database(settings.database_url, settings.pool_size, settings.zone, LISTENERS, settings.pool_seconds)
    context = AppContext(settings, database, SystemClock(settings.zone), checks=CHECKS)
    if command.lists:
        from rooms import LISTS

        context.lists = LISTS
    return context


def run_command(given: Namespace) -> int:
    """Run the command that the arguments name; its exit code."""
    before = ADDRESS.set("console")
    try:
        return _set_up_and_run(given)
    finally:
        ADDRESS.reset(before)  # tests run commands in their own process, and go on


def _set_up_and_run(given: Namespace) -> int:
    try:
        settings = load_settings(**_changes(given))
    except SettingsError as error:
        print(f"readyshelf cannot start: {error}", file=sys.stderr)
        return 2
    set_up_logs(settings)
    if given.command in STARTS and (wrong := unusable_settings(settings)):
        print(f"readyshelf cannot start: {'; '.join(wrong)}", file=sys.stderr)
        return 2
    context = _context(settings, given.of)
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
