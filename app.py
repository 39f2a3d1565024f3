"""The composition root: settings, database, the routes of every room, jobs, and the console command."""

import gc
import os
import sys
from argparse import SUPPRESS, ArgumentParser, Namespace
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from litestar import Litestar, Request, Response, Router
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, SwaggerRenderPlugin
from litestar.response import Redirect
from litestar.static_files import create_static_files_router

import core.operations
import core.shell
import depots.api
import depots.commands
import inventory.closing.pages
import inventory.commands
import inventory.desk.api
import inventory.desk.depot_pages
import inventory.desk.lists_api
import inventory.desk.pages
import inventory.documents.keepers_pages
import inventory.exchange.api
import inventory.exchange.commands
import inventory.exchange.commands_out
import inventory.exchange.pages
import inventory.finding.api
import inventory.finding.pages
import inventory.planner.api
import inventory.planner.pages
import inventory.recalls.api
import inventory.recalls.pages
import inventory.reports.pages
import inventory.upkeep.api
import inventory.upkeep.pages
import inventory.upkeep.scrap_pages
import inventory.upkeep.service_pages
import inventory.watch.api
import inventory.watch.pages
import inventory.witnessing.pages
import jobs.api
import jobs.calendars.pages
import jobs.channels.pages
import jobs.commands
import jobs.digests.pages
import jobs.pages
import labels.api
import labels.api_labels
import labels.codes.binding
import labels.commands
import labels.pages
import labels.pages_labels
import people.api
import people.commands
import people.pages
import phone.api
from core.bodies import refuse_nul
from core.clock import Clock, SystemClock
from core.commands import Command, complain
from core.compression import COMPRESSED
from core.context import AppContext
from core.database import Database
from core.errors import Refusal
from core.logs import set_up_logs
from core.pages import secure_headers
from core.problems import on_fault, on_http_error, on_refusal, on_unreadable
from core.schema import migrate
from core.settings import ROOT, Settings, SettingsError, load_settings
from inventory.demo.city import enter_demo
from jobs.alerts.listening import listen as listen_for_alerts
from jobs.exports import offer_lists
from jobs.running.scheduler import run_jobs
from jobs.running.watching import watch_jobs
from people.authentication import SignInNeeded, guard, middleware
from people.demo import DEMO_ACCOUNTS, DEMO_PASSWORD
from people.policy import PUBLIC

ROOMS_WITH_ROUTES: tuple[Any, ...] = (
    core.operations,
    core.shell,
    people.api,
    people.pages,
    depots.api,
    inventory.desk.lists_api,
    inventory.desk.depot_pages,
    inventory.desk.api,
    inventory.desk.pages,
    inventory.closing.pages,
    inventory.documents.keepers_pages,
    inventory.recalls.api,
    inventory.recalls.pages,
    inventory.upkeep.api,
    inventory.upkeep.pages,
    inventory.upkeep.scrap_pages,
    inventory.upkeep.service_pages,
    inventory.witnessing.pages,
    inventory.finding.api,
    inventory.finding.pages,
    inventory.exchange.api,
    inventory.exchange.pages,
    inventory.planner.api,
    inventory.planner.pages,
    inventory.watch.api,
    inventory.watch.pages,
    inventory.reports.pages,
    labels.api,
    labels.api_labels,
    labels.pages_labels,
    phone.api,
    labels.pages,
    jobs.api,
    jobs.pages,
    jobs.calendars.pages,
    jobs.channels.pages,
    jobs.digests.pages,
)
COMMANDS: list[Command] = [
    *core.operations.COMMANDS,
    *people.commands.COMMANDS,
    *depots.commands.COMMANDS,
    *inventory.commands.COMMANDS,
    *inventory.exchange.commands.COMMANDS,
    *inventory.exchange.commands_out.COMMANDS,
    *labels.commands.COMMANDS,
    *jobs.commands.COMMANDS,
]


def make_context(settings: Settings, clock: Clock | None = None, database: Database | None = None) -> AppContext:
    """Put the parts together, and let the rooms listen to the rooms below them."""
    labels.codes.binding.listen()
    listen_for_alerts()
    offer_lists()
    database = database or Database(settings.database_url, settings.pool_size, settings.zone)
    return AppContext(settings, database, clock or SystemClock(settings.zone))


def create_app(settings: Settings, clock: Clock | None = None, database: Database | None = None) -> Litestar:
    """The web application. Jobs run in it when the settings say so."""
    context = make_context(settings, clock, database)

    @asynccontextmanager
    async def life(_app: Litestar) -> AsyncIterator[None]:
        async with watch_jobs(context), run_jobs(context):
            yield
        await context.database.close()

    app = Litestar(
        route_handlers=[
            *(route for room in ROOMS_WITH_ROUTES for route in room.ROUTES),
            *(_files(path, folder) for path, folder in (("/static", "static"), ("/vendor", "vendor"))),
        ],
        middleware=middleware(settings),
        guards=[guard],
        exception_handlers={
            Refusal: on_refusal,
            SignInNeeded: _to_sign_in,
            HTTPException: on_http_error,
            UnicodeDecodeError: on_unreadable,
            Exception: on_fault,
        },
        before_request=refuse_nul,
        before_send=[secure_headers],
        lifespan=[life],
        openapi_config=_openapi(),
        request_max_body_size=settings.max_body_bytes,
        logging_config=None,
    )
    app.state.context = context
    return app


def _files(path: str, folder: str) -> Router:
    return create_static_files_router(
        path, [ROOT / "web" / folder], opt={"may": PUBLIC}, include_in_schema=False, middleware=[COMPRESSED]
    )


def _to_sign_in(_request: Request[Any, Any, Any], error: SignInNeeded) -> Response[Any]:
    return Redirect(error.to, status_code=303)


def _openapi() -> OpenAPIConfig:
    swagger = SwaggerRenderPlugin(
        path="/docs",
        js_url="/vendor/swagger-ui-bundle.js",
        css_url="/vendor/swagger-ui.css",
        standalone_preset_js_url="/vendor/swagger-ui-standalone-preset.js",
        favicon="<link rel='icon' href='/static/icon.svg'>",
    )
    return OpenAPIConfig(
        title="Readyshelf",
        version="1",
        path="/api",
        render_plugins=[JsonRenderPlugin(path="/openapi.json"), swagger],
        openapi_router=Router(path="/api", route_handlers=[], opt={"may": PUBLIC}),
    )


def asgi() -> Litestar:
    """The application for a server process, from the environment alone."""
    settings = load_settings()
    set_up_logs(settings)
    app = create_app(settings)
    # Half a million objects that stay: looked through by the garbage collector, they held up eight requests for 0.2 s
    gc.collect()
    gc.freeze()
    return app


def _serve_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=1, help="processes; more than one needs PostgreSQL")
    parser.add_argument("--database-url", default=SUPPRESS, help="in place of READYSHELF_DATABASE_URL")
    parser.add_argument("--demo", action="store_true", default=None, help="enter the demo city first")
    parser.add_argument("--depots", type=int, default=12, help="how many depots the demo city has")


def _serve(arguments: Namespace, context: AppContext) -> int:
    """Bring the schema up to date, enter the demo city if asked, and serve until stopped."""
    settings = context.settings
    if context.database.is_sqlite and arguments.workers > 1:
        return complain("the embedded database has one writing process: use --workers 1, or PostgreSQL")
    migrate(context.database)
    if settings.demo:
        enter_demo(context, arguments.depots)
    address = f"http://{arguments.host}:{arguments.port}"
    base_url = settings.base_url if "READYSHELF_BASE_URL" in os.environ else address
    os.environ |= {
        "READYSHELF_DATABASE_URL": settings.database_url,
        "READYSHELF_BASE_URL": base_url,
        "READYSHELF_DEMO": str(settings.demo),
    }
    print(f"Readyshelf: {address}", flush=True)
    if settings.demo:
        accounts = ", ".join(DEMO_ACCOUNTS)
        print(f"Sign in as {accounts}; the password of each is {DEMO_PASSWORD}", flush=True)
    context.database.engine.dispose()
    uvicorn.run(
        "app:asgi",
        factory=True,
        host=arguments.host,
        port=arguments.port,
        workers=arguments.workers,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=10,
    )
    return 0


COMMANDS.append(Command("serve", "serve the application", _serve, _serve_arguments))


def parser() -> ArgumentParser:
    """The console command's arguments."""
    top = ArgumentParser(prog="readyshelf", description="Inventory of a city's street-side emergency depots.")
    top.add_argument("--database-url", help="in place of READYSHELF_DATABASE_URL")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        sub = commands.add_parser(command.name, help=command.help, description=command.help)
        command.add_arguments(sub)
        sub.set_defaults(run=command.run)
    return top


def main(arguments: list[str] | None = None) -> int:
    """``readyshelf COMMAND``: exit code 0 only when the command did its work."""
    given = parser().parse_args(arguments)
    try:
        settings = load_settings(**_changes(given))
    except SettingsError as error:
        print(f"readyshelf cannot start: {error}", file=sys.stderr)
        return 2
    set_up_logs(settings)
    run: Callable[[Namespace, AppContext], int] = given.run
    return run(given, make_context(settings))


def _changes(given: Namespace) -> dict[str, Any]:
    names = ("database_url", "base_url", "demo")
    return {name: getattr(given, name) for name in names if getattr(given, name, None) is not None}


if __name__ == "__main__":
    sys.exit(main())
