"""``readyshelf serve``: the schema brought up to date, the demo city if asked, and the server processes."""

import os
from argparse import Namespace
from importlib import import_module

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.addresses import is_trial
from core.commands import complain
from core.context import AppContext
from core.database import Database
from core.in_use import in_use
from core.operations import bring_up_to_date
from core.schema import newest_revision
from core.settings import BY_COMMAND, PREFIX, Settings
from manage.commands import first_code_sentence
from manage.first import holds_demo, make_code, was_begun_here
from people.demo import DEMO_ACCOUNTS, DEMO_PASSWORD

# What requests import where they use it, and a server before it answers, so that no request waits for it. Left out is
# what weighs 10 MB and more and takes under a tenth of a second once: biip (makers' codes) and the planner's solver
# with numpy. What draws on paper is imported beside the server alone (core/apart.py)
USED_BY_REQUESTS = ("httpx", "icalendar", "PIL.Image")


# A worker answers nobody before it has imported us; on a machine that is busy that takes far longer than the five
# seconds after which it would be killed and begun anew, for ever (B10)
WORKER_SECONDS = 300
# Longer than proxies keep a connection (nginx: 60): who closes it first must be the one that asks, or a request that is
# just being written is lost, and one that changes something is not sent again
KEPT_SECONDS = 75
EVERYWHERE = ("0.0.0.0", "::")  # listened on, and an address of nothing
FOR_JOBS = 4  # connections of whichever process leads the jobs, and of commands beside the server
_ALLOWED = """SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
    - coalesce(current_setting('reserved_connections', true), '0')::int"""


def import_all(settings: Settings) -> None:
    """Import what a server will need sooner or later."""
    for name in (*USED_BY_REQUESTS, *(["people.oidc"] if settings.oidc_issuer else [])):
        import_module(name)
    newest_revision()  # read from files once, for whoever asks whether we are ready


def too_many_connections(database: Database, pool_size: int, workers: int) -> str | None:
    """What is wrong when so many processes would take more connections than PostgreSQL gives (B43), or None."""
    if database.is_sqlite:
        return None
    # each holds one for the lock of those who use the database; the jobs' leader holds one and works on some more
    needed = workers * (max(pool_size, 2) + 1) + FOR_JOBS
    with database.transaction(writes=False) as session:
        allowed = session.execute(text(_ALLOWED)).scalar_one()
    if needed <= allowed:
        return None
    return (
        f"{workers} workers with a pool of {pool_size} may take {needed} connections, "
        f"and the database gives {allowed}: "
        "set READYSHELF_POOL_SIZE or --workers lower, or max_connections of PostgreSQL higher"
    )


def serve(arguments: Namespace, context: AppContext) -> int:
    """Bring the schema up to date, enter the demo city if asked, and serve until stopped."""
    settings = context.settings
    if arguments.city and settings.demo:
        return complain("a city of your own or the demo: not --city and --demo (READYSHELF_DEMO) at once")
    if context.database.is_sqlite and arguments.workers > 1:
        return complain("the embedded database has one writing process: use --workers 1, or PostgreSQL")
    with in_use(context.database):
        if (wrong := too_many_connections(context.database, settings.pool_size, arguments.workers)) is not None:
            return complain(wrong)
        bring_up_to_date(context)
        if (wrong := context.database.run(_mixes_cities, demo=settings.demo, city=arguments.city)) is not None:
            return complain(wrong)
        if settings.demo:
            from inventory.demo.city import enter_demo  # only for a demo

            enter_demo(context, arguments.depots)
    host = "127.0.0.1" if arguments.host in EVERYWHERE else arguments.host
    address = f"http://{host}:{arguments.port}"
    base_url = settings.base_url if "base_url" in settings.model_fields_set else address
    if (labelled := settings.label_url or base_url) and arguments.host in EVERYWHERE and is_trial(labelled):
        print(
            f"{labelled} opens on this machine alone: its labels are stamped TEST, and its mails are good for trying "
            "out, until READYSHELF_BASE_URL is an address that phones can open",
            flush=True,
        )
    _pass_on(arguments, settings, base_url)
    print(f"Readyshelf: {address}", flush=True)
    if not settings.demo and (code := context.database.run(make_code, context.clock.now())) is not None:
        print(first_code_sentence(code, base_url), flush=True)
    if settings.demo:
        accounts = ", ".join(DEMO_ACCOUNTS)
        print(f"Sign in as {accounts}; the password of each is {DEMO_PASSWORD}", flush=True)
    context.database.engine.dispose()
    return _run(arguments, settings.drain_seconds)


def _mixes_cities(session: Session, *, demo: bool, city: bool) -> str | None:
    """What is wrong when a real city would be served as the demo, or the demo as a real one; or None."""
    if demo and was_begun_here(session):
        return "this database holds a city of its own: no demo is entered into it; serve it with ./run --city"
    if city and holds_demo(session):
        return "this database holds the demo city with its published passwords: name another (--database-url)"
    return None


def _pass_on(arguments: Namespace, settings: Settings, base_url: str) -> None:
    """Give the workers, which read the environment anew, what the command line decided, and no more."""
    given = [name for name in ("database_url", "demo") if getattr(arguments, name, None) is not None]
    decided = {name: str(getattr(settings, name)) for name in given}
    if "base_url" not in settings.model_fields_set:
        decided["base_url"] = base_url
    os.environ[BY_COMMAND] = " ".join(decided)
    os.environ.setdefault("PYTHONNODEBUGRANGES", "1")  # of workers: 7 MB of tables that only paint tracebacks
    os.environ |= {f"{PREFIX}{name.upper()}": value for name, value in decided.items()}


def _run(arguments: Namespace, drain_seconds: float) -> int:
    import uvicorn  # slow to import: only for a server

    config = uvicorn.Config(
        "app:asgi",
        factory=True,
        host=arguments.host,
        port=arguments.port,
        workers=arguments.workers,
        log_level="warning",
        access_log=False,
        log_config=None,  # its own would print tracebacks past our formatter
        proxy_headers=False,  # app.py judges whose word on the client is taken
        timeout_keep_alive=KEPT_SECONDS,
        timeout_graceful_shutdown=10,
        timeout_worker_healthcheck=WORKER_SECONDS,
    )
    if arguments.workers > 1:
        from core.measuring import share_figures  # as uvicorn
        from core.workers import serve_with

        with share_figures():
            return serve_with(config, drain_seconds)
    from core.draining import DrainingServer  # as uvicorn

    server = DrainingServer(config, drain_seconds)
    server.run()
    return 0 if server.started else 1
