"""The composition root: what the rooms offer, put together into the web application and the context of commands."""

import gc
import os
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from litestar import Litestar
from litestar.types import ASGIApp
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
from core.background import alongside
from core.below import Below
from core.bodies import check_address
from core.clock import Clock, SystemClock
from core.context import AppContext
from core.database import Database
from core.edge import Edge
from core.in_use import while_serving
from core.logs import set_up_logs
from core.measuring import measuring_pools
from core.memory import give_memory_back, keep_giving_back
from core.openapi.serving import api_description
from core.pages import secure_headers
from core.problems import ON_ERRORS
from core.request_ids import NamedByProxy
from core.settings import Settings, load_settings
from depots.following import following_city
from hearing import CHECKS as CHECKS
from hearing import LISTENERS as LISTENERS
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
LISTS = {listing.name: listing for listing in (*inventory.room.LISTINGS, *jobs.room.LISTINGS)}
FIGURES = (*inventory.room.FIGURES, *jobs.room.FIGURES)


def make_context(settings: Settings, clock: Clock | None = None, database: Database | None = None) -> AppContext:
    """The parts that routes, jobs and commands work with. A database given here was opened with ``LISTENERS``."""
    database = database or Database(
        settings.database_url, settings.pool_size, settings.zone, LISTENERS, settings.pool_seconds
    )
    clock = clock or SystemClock(settings.zone)
    return AppContext(settings, database, clock, LISTS, FIGURES, CHECKS, office.room.NAVIGATION)


def create_app(settings: Settings, clock: Clock | None = None, database: Database | None = None) -> Litestar:
    """The web application. Jobs run in it when the settings say so."""

    @asynccontextmanager
    async def life(app: Litestar) -> AsyncIterator[None]:
        context: AppContext = app.state.context
        from jobs.running.scheduler import run_jobs  # slow to import, as the next: only for a server
        from jobs.running.watching import watch_jobs

        async with (
            alongside(keep_giving_back()),
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
        lifespan=[life],
        openapi_config=api_description(),
        request_max_body_size=settings.max_body_bytes,
        logging_config=None,
    )
    app.asgi_handler = Edge(app.asgi_handler, secure_headers)
    if path := urlsplit(settings.base_url).path:
        app.asgi_handler = Below(app.asgi_handler, path, firsts_of(route.path for route in app.routes))
    app.state.context = make_context(settings, clock, database)
    return app


def firsts_of(paths: Iterable[str]) -> set[str]:
    """The first parts of these paths."""
    return {path.strip("/").partition("/")[0] for path in paths} - {""}


NEW_OBJECTS = 10_000  # containers, some 2 MB, after which garbage is looked for
HANDED_OVER = 0.0005  # seconds that a server's thread has the interpreter when another wants it


def server() -> ASGIApp:
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
    # What a request makes it also drops, all but a few circles. Looked through at each 700 new objects, those of the
    # requests under way took a tenth of a take's time
    gc.set_threshold(NEW_OBJECTS, 10, 10)
    trusted = settings.trusted_proxies.split()
    return NamedByProxy(ProxyHeadersMiddleware(app, trusted), trusted)  # type: ignore[arg-type]
