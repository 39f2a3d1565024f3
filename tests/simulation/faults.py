"""What the surroundings do to a server while it works: its database stands still, the disk is full, the whole city is
restored from a backup. An act is answered for good or not at all; sent again, it is booked once."""

import os
import random
import resource
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from tests.serving import PROCESSES, _serve
from tests.simulation.answered import Answered
from tests.simulation.reading import Difference
from tests.simulation.server import Server

if TYPE_CHECKING:
    from tests.simulation.drive import Run

STANDS_STILL = 0.4  # seconds
FOR_A_MOMENT = 0.02  # within one process, where nobody else could work meanwhile
FULL = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON {} FOR EACH STATEMENT EXECUTE FUNCTION full_disk()
"""
SERVING_AGAIN = 30.0  # seconds after a fault until acts are booked again: the machine may be busy
UNTIL_NOTICED = 0.3  # seconds until somebody decides for the standby
SOON = (0.0, 0.002, 0.005, 0.01, 0.02)  # seconds after the act was sent
EVERY_WRITE = ("movement", "entry")


def endure(run: "Run", fault: str, server: Server, send: Any) -> Answered:
    """Send while a fault lasts; what is refused because of it is sent again when it is over."""
    run.note_fault(fault)
    with FAULTS[fault](run, server):
        answer: Answered = send()
    until, unknown = time.monotonic() + SERVING_AGAIN, False
    while answer.status_code in (503, 507):
        run.note_fault(f"{fault}: refused")
        unknown |= answer.json()["type"] == "/problems/outcome-unknown"
        if "retry-after" not in answer.headers or (not unknown and run.book.count() != run.book.known):
            raise Difference(f"{fault}: refused, and half done or without a word when to come again", answer.text)
        if time.monotonic() > until:
            raise Difference(f"{fault}: over, and still refused", answer.text)
        answer = send()
    return answer


@contextmanager
def stands_still(run: "Run", server: Server) -> Iterator[None]:
    """The embedded file is held locked; PostgreSQL's backends are stopped in their tracks."""
    held, over = threading.Event(), threading.Thread(target=lambda: None)
    if run.book.embedded:

        def hold() -> None:
            with sqlite3.connect(run.book.url.removeprefix("sqlite:///"), timeout=60, isolation_level=None) as other:
                other.execute("BEGIN IMMEDIATE")
                held.set()
                time.sleep(FOR_A_MOMENT if run.inside else STANDS_STILL)
                other.execute("ROLLBACK")

        over = threading.Thread(target=hold)
        over.start()
        held.wait()
    else:
        asked = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        pids = [row[0] for row in run.book.ask(asked)]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)

        def go_on() -> None:
            time.sleep(FOR_A_MOMENT if run.inside else STANDS_STILL)
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

        over = threading.Thread(target=go_on)
        over.start()
    try:
        yield
    finally:
        over.join()


@contextmanager
def disk_full(run: "Run", server: Server) -> Iterator[None]:
    """No file of the server may grow; PostgreSQL says what it says when one cannot."""
    if run.book.embedded and run.inside:
        with run.servers[0].full():
            yield
        return
    if run.book.embedded:
        process = server.running.process
        assert process is not None and process.pid is not None
        path = Path(run.book.url.removeprefix("sqlite:///") + "-wal")
        before = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (path.stat().st_size if path.exists() else 0, before[1]))
        try:
            yield
        finally:
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, before)
        return
    with psycopg.connect(run.book.url, autocommit=True) as owner:
        function, trigger = (part.strip() for part in FULL.strip().split("$$;"))
        owner.execute(f"{function} $$".encode())
        for table in EVERY_WRITE:
            owner.execute(trigger.format(table).encode())
        try:
            yield
        finally:
            for table in EVERY_WRITE:
                owner.execute(f"DROP TRIGGER full_disk ON {table}".encode())
            owner.execute("DROP FUNCTION full_disk()")


@contextmanager
def restarted(run: "Run", server: Server) -> Iterator[None]:
    """The database's own server is stopped and started again while the act is under way."""
    leader = run.clusters[0]

    def restart() -> None:
        leader.stop()
        leader.start()

    with _soon(restart):
        yield


@contextmanager
def fails_over(run: "Run", server: Server) -> Iterator[None]:
    """The leader's machine dies while the act is under way, and the standby takes over; that one can only restart."""
    if len(run.clusters) < 2:
        with restarted(run, server):
            yield
        return
    leader, standby = run.clusters

    def fall() -> None:
        leader.kill()
        time.sleep(UNTIL_NOTICED)
        standby.promote()

    with _soon(fall):
        yield
    run.clusters.remove(leader)
    run.note_fault("failover: promoted")


@contextmanager
def _soon(act: Callable[[], None]) -> Iterator[None]:
    """Do something a few milliseconds from now, beside what is done here, and wait until it is done."""
    with ThreadPoolExecutor(1) as thread:

        def wait_and_act() -> None:
            time.sleep(random.choice(SOON))
            act()

        done = thread.submit(wait_and_act)
        yield
        done.result()


FAULTS = {"pause": stands_still, "full": disk_full, "restart": restarted, "failover": fails_over}
UNKNOWN = ("restart", "failover")  # after these an act may be booked although nobody could be told so


def back_up_and_restore(run: "Run") -> None:
    """A backup while the servers serve, then everything restored over what there is: the city is as it was."""
    archive = run.folder / f"backup-{len(run.sent)}-{run.faults.get('restore', 0)}.zip"
    run.note_fault("restore")
    command(run, "backup", str(archive))
    run.book.close()
    for server in run.servers:
        server.running.stop()
    command(run, "restore", str(archive), "--overwrite")
    for server in run.servers:
        server.start()


def command(run: "Run", *arguments: str) -> None:
    """A command of the program, which must succeed."""
    log = run.folder / "command.log"
    environment = run.servers[0].running.environment
    process = PROCESSES.Process(target=_serve, args=(list(arguments), environment, log), daemon=True)
    process.start()
    process.join()
    if process.exitcode != 0:
        raise Difference(f"command {arguments[0]} fails", log.read_text()[-3000:])
