"""The composition root: what the rooms offer, put together into the web application and the console command."""

import gc
import os
import sys
from argparse import Action, ArgumentParser, Namespace
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, nullcontext
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

from litestar import Litestar
from litestar.types import ASGIApp
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import configure_mappers

import core.room
import depots.room
import inventory.room
import jobs.room
import labels.room
import manage.room
import office.room
import people.room
import phone.room
import serving
from core.audit import ADDRESS
from core.below import Below
from core.bodies import check_address
from core.clock import Clock, SystemClock
from core.commands import Command, complain
from core.context import AppContext
from core.database import Database
from core.edge import Edge
from core.errors import Refusal
from core.events import listeners_of
from core.in_use import in_use, while_serving
from core.logs import set_up_logs
from core.measuring import measuring_pools
from core.memory import give_memory_back
from core.openapi.serving import api_description
from core.pages import secure_headers
from core.problems import ON_ERRORS
from core.request_ids import NamedByProxy
from core.schema import current_revision, is_usable, newest_revision
from core.settings import Settings, SettingsError, load_settings
from depots.following import follow_city_once, following_city
from people.authentication import SignInNeeded, middleware, to_sign_in

ROUTES = [
    *core.room.ROUTES,
    *people.room.ROUTES,
    *depots.room.ROUTES,
    *inventory.room.ROUTES,
    *labels.room.ROUTES,
    *phone.room.ROUTES,
    *jobs.room.ROUTES,
    *manage.room.ROUTES,
    *office.room.ROUTES,
]
COMMANDS = [
    *core.room.COMMANDS,
    *people.room.COMMANDS,
    *depots.room.COMMANDS,
    *inventory.room.COMMANDS,
    *labels.room.COMMANDS,
    *jobs.room.COMMANDS,
    *manage.room.COMMANDS,
    *serving.COMMANDS,
]
LISTS = {listing.name: listing for listing in (*inventory.room.LISTINGS, *jobs.room.LISTINGS)}
FIGURES = (*inventory.room.FIGURES, *jobs.room.FIGURES)
CHECKS = (*labels.room.CHECKS, *jobs.room.CHECKS)
LISTENERS = listeners_of([*inventory.room.SUBSCRIPTIONS, *labels.room.SUBSCRIPTIONS, *jobs.room.SUBSCRIPTIONS])


def make_context(settings: Settings, clock: Clock | None = None, database: Database | None = None) -> AppContext:
    """The parts that routes, jobs and commands work with. A database given here was opened with ``LISTENERS``."""
    database = database or Database(
        settings.database_url, settings.pool_size, settings.zone, LISTENERS, settings.pool_seconds
    )
    clock = clock or SystemClock(settings.zone)
    return AppContext(settings, database, clock, LISTS, FIGURES, CHECKS, office.room.NAVIGATION)


def create_app(settings: Settings, clock: Clock | None = None, database: Database | None = None) -> Litestar:
    """The web application. Jobs run in it when the settings say so."""
    context = make_context(settings, clock, database)

    @asynccontextmanager
    async def life(_app: Litestar) -> AsyncIterator[None]:
        from jobs.running.scheduler import run_jobs  # slow to import, as the next: only for a server
        from jobs.running.watching import watch_jobs

        async with (
            while_serving(context.database),
            measuring_pools(context.database),
            following_city(context),
            watch_jobs(context),
            run_jobs(context),
        ):
            yield
        await context.database.close()

    app = Litestar(
        route_handlers=ROUTES,
        middleware=middleware(settings),
        exception_handlers={**ON_ERRORS, SignInNeeded: to_sign_in},
        before_request=check_address,
        before_send=[secure_headers],
        lifespan=[life],
        openapi_config=api_description(),
        request_max_body_size=settings.max_body_bytes,
        logging_config=None,
    )
    app.asgi_handler = Edge(app.asgi_handler)
    if path := urlsplit(settings.base_url).path:
        app.asgi_handler = Below(app.asgi_handler, path, firsts_of(route.path for route in app.routes))
    app.state.context = context
    return app


def firsts_of(paths: Iterable[str]) -> set[str]:
    """The first parts of these paths."""
    return {path.strip("/").partition("/")[0] for path in paths} - {""}


HANDED_OVER = 0.0005  # seconds that a server's thread has the interpreter when another wants it


def asgi() -> ASGIApp:
    """The application for a server process, from the environment alone, behind the proxies that it trusts."""
    from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware  # only for a server

    give_memory_back()
    os.umask(0o077)  # photos, files brought in, the log beside the database (B19)
    settings = load_settings()
    set_up_logs(settings)
    app = create_app(settings)
    serving.import_all(settings)
    configure_mappers()
    # A thread that draws a sheet of labels gives the interpreter back only when asked for so long; the loop asks after
    # each wait and each statement. At the default of 5 ms a lookup beside two sheets had a p99 of 190 ms, so of 65
    sys.setswitchinterval(HANDED_OVER)
    # Half a million objects that stay: looked through by the garbage collector, they held up eight requests for 0.2 s
    gc.collect()
    gc.freeze()
    trusted = settings.trusted_proxies.split()
    return NamedByProxy(ProxyHeadersMiddleware(app, trusted), trusted)  # type: ignore[arg-type]


STARTS = ("setup", "migrate", "serve")  # commands that look at all settings before they do anything


def unusable_settings(settings: Settings) -> list[str]:
    """What is wrong with settings that only their rooms can judge, a sentence each (B35)."""
    from inventory.finding.travel import roads_of  # as the next: only for these commands
    from labels.printing.printers import read_printers
    from people.identities import setting_faults

    wrong = setting_faults(settings)
    ours = firsts_of(path for handler in ROUTES for path in getattr(handler, "paths", ()))
    for first in firsts_of([urlsplit(settings.base_url).path]) & ours:
        wrong.append(f"READYSHELF_BASE_URL: /{first} is an address of our own pages; choose another path")
    try:
        read_printers(settings.label_printers)
    except ValueError as fault:
        wrong.append(f"READYSHELF_LABEL_PRINTERS: {fault}")
    try:
        roads_of(settings)
    except Exception as fault:  # whatever the city's own module does when it is imported
        wrong.append(f"READYSHELF_ROADS: {settings.roads} cannot be used: {type(fault).__name__}: {fault}")
    return wrong


class _Completion(Action):
    def __call__(self, parser: ArgumentParser, _given: Namespace, shell: Any, option: str | None = None) -> None:
        import shtab  # for this alone

        print(shtab.complete(parser, shell))
        parser.exit()


def parser() -> ArgumentParser:
    """The console command's arguments."""
    top = ArgumentParser(prog="readyshelf", description="Inventory of a city's street-side emergency depots.")
    top.add_argument("--version", action="version", version=f"readyshelf {version('readyshelf')}")
    top.add_argument(
        "--completion",
        choices=("bash", "zsh", "tcsh"),
        action=_Completion,
        help="print what completes commands in this shell, and end",
    )
    top.add_argument("--database-url", help="in place of READYSHELF_DATABASE_URL")
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    for command in COMMANDS:
        sub = commands.add_parser(command.name, help=command.help, description=command.help)
        command.add_arguments(sub)
        sub.set_defaults(of=command)
    return top


def main(arguments: list[str] | None = None) -> int:
    """``readyshelf COMMAND``: exit code 0 only when the command did its work."""
    os.umask(0o077)  # whatever a command writes holds people's data: for its owner alone (B19)
    top = parser()
    given = top.parse_args(arguments)
    if given.command is None:
        top.print_help()
        return 0
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


if __name__ == "__main__":
    sys.exit(main())
