"""A city lives for months under a moved clock: every date is told once per step to everybody whose turn it is.

What must be told is worked out from the raw rows by plain Python, knowing nothing of alerts. Two processes do the daily
job at once; now and then one or both are killed in the middle and begun anew. ``-m slow``: 200 depots, two years.
"""

import random
import time
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.context import AppContext
from core.database import Database
from core.settings import read_smtp_url
from inventory.stock.models import Lot, Stock
from jobs.alerts.models import Alert
from jobs.channels.models import Mail
from jobs.channels.outbox import deliver
from jobs.digests.models import Notified
from jobs.running.models import JobRun
from people.models import Person
from tests.clock import SetClock
from tests.jobs.alerts.day_worker import work
from tests.jobs.city import facts, found_city
from tests.mailbox import Mailbox
from tests.serving import PROCESSES

ESCALATE = 3  # days, as the settings have it: keeper, then the district's officer, then the city
Telling = tuple[str, str, int, date]  # to whom, of what, which step, on which day


class Worker:
    """A process that does the daily job when told to."""

    def __init__(self, database_url: str) -> None:
        self.orders, theirs = PROCESSES.Pipe()
        self.process = PROCESSES.Process(target=work, args=(database_url, theirs), daemon=True)
        self.process.start()
        theirs.close()  # a worker that ends breaks the pipe, and the test with it
        self.answer()

    def tell(self, order: str) -> None:
        self.orders.send(order)

    def answer(self) -> None:
        """Waits until the last order is carried out."""
        assert self.orders.recv() in ("ready", "done")

    def kill(self) -> None:
        """kill -9, in the middle of whatever it does."""
        self.process.kill()
        self.process.join()


class City:
    """Two processes over one database, and a clock that goes day by day."""

    def __init__(self, database_url: str, seed: int) -> None:
        self.url, self.rng = database_url, random.Random(seed)
        self.workers = [Worker(database_url) for _ in range(2)]
        self.killed = 0
        self.usual = 0.5  # seconds that a day takes

    def live(self, instant: datetime, deaths: int) -> None:
        """One day: both processes at the daily job, ``deaths`` of them killed somewhere in the middle."""
        order = f"{self.rng.choice(('job', 'job', 'both'))} {instant.isoformat()}"
        begun = time.monotonic()
        for worker in self.workers:
            worker.tell(order)
        dying = self.rng.sample(self.workers, deaths)
        for worker in dying:
            time.sleep(self.rng.uniform(0, self.usual / deaths))
            worker.kill()
        for worker in self.workers:
            if worker not in dying:
                worker.answer()
        self.workers = [Worker(self.url) if worker in dying else worker for worker in self.workers]
        self.killed += deaths
        if dying:
            for again in ("lead", f"job {instant.isoformat()}"):
                self.workers[0].tell(again)
                self.workers[0].answer()
        else:
            self.usual = 0.9 * self.usual + 0.1 * (time.monotonic() - begun)

    def end(self) -> None:
        for worker in self.workers:
            worker.kill()


def expected(session: Session, first: date, days: int, gone: dict[str, date]) -> Counter[Telling]:
    """Who must be told what and when, by plain arithmetic."""
    last = first + timedelta(days=days - 1)
    found: Counter[Telling] = Counter()
    for district, depot, what, steps in facts(session):
        end = gone.get(what.partition(" ")[2], date.max)
        begins = sorted(steps, key=lambda step: step[1])
        for number, (step, begin) in enumerate(begins):
            until = min(begins[number + 1][1] if number + 1 < len(begins) else date.max, end)
            reached = max(begin, first)
            for rung, who in enumerate((f"keeper-{depot}", f"officer-{district}", "admin")):
                day = reached + timedelta(days=rung * ESCALATE)
                if day < until and day <= last:
                    found[who, what, step, day] += 1
    return found


def told(session: Session) -> Counter[Telling]:
    """Who was told what and when, by the outbox."""
    rows = session.execute(
        select(Person.account, Alert.cause, Lot.number, Notified.step, Mail.day)
        .join(Notified, Notified.person_id == Person.id)
        .join(Alert, Alert.id == Notified.alert_id)
        .join(Lot, Lot.id == Alert.lot_id)
        .join(Mail, Mail.id == Notified.mail_id)
    )
    return Counter((who, f"{cause.partition(':')[0]} {lot}", step, day) for who, cause, lot, step, day in rows)


def use_up(session: Session, numbers: list[str]) -> None:
    """Some lots are not there any more from today on."""
    lots = select(Lot.id).where(Lot.number.in_(numbers))
    session.execute(update(Stock).where(Stock.lot_id.in_(lots)).values(quantity=0))


def live(
    context: AppContext, database_url: str, depots: int, lots_each: int, days: int, deaths: int, seed: int
) -> City:
    """Found a city, let it live, and compare what was told with what should have been."""
    rng, first = random.Random(seed), context.clock.today()
    context.database.run(found_city, context, depots, lots_each, days, seed)
    names = [f"SIM-{depot:04}-{lot}" for depot in range(depots) for lot in range(lots_each)]
    gone = {name: first + timedelta(days=rng.randint(1, days)) for name in rng.sample(names, len(names) // 10)}
    fatal = Counter(rng.choices(range(days), k=deaths))
    city = City(database_url, seed)
    assert isinstance(context.clock, SetClock)
    for day in range(days):
        context.database.run(use_up, [name for name, when in gone.items() if when == context.clock.today()])
        city.live(context.clock.now(), min(fatal[day], 2))
        context.clock.instant += timedelta(days=1)
    city.end()
    with context.database.transaction(writes=False) as session:
        should, was = expected(session, first, days, gone), told(session)
    missed, wrong = should - was, was - should
    assert (missed, wrong) == (Counter(), Counter())
    assert max(was.values()) == 1
    assert len(was) > depots * lots_each
    return city


def mails_and_runs(session: Session) -> tuple[int, list[Any]]:
    mails = session.execute(select(Mail.id)).all()
    return len(mails), list(session.execute(select(JobRun)).scalars())


def all_sent(context: AppContext) -> None:
    """Every mail goes out once, by two senders at once or not."""
    mailbox = Mailbox().open()
    server = read_smtp_url(mailbox.url)
    while deliver(context.database, context.clock, server, "readyshelf@example.org").sent:
        pass
    mailbox.close()
    mails, runs = context.database.run(mails_and_runs)
    assert len({mail["Message-ID"] for mail in mailbox.received}) == len(mailbox.received) == mails
    assert [run.error for run in runs if run.finished_at is None] == []


@pytest.fixture
def context(settings: Any, database: Database, clock: SetClock) -> AppContext:
    """As the settings are by themselves: unanswered for three days, one rung further."""
    assert settings.escalate_days == ESCALATE
    return AppContext(settings, database, clock)


@pytest.mark.heavy
def test_twenty_days_of_eight_depots_every_step_is_told_once_whoever_is_killed(
    context: AppContext, database_url: str
) -> None:
    city = live(context, database_url, depots=8, lots_each=15, days=20, deaths=6, seed=5)
    assert city.killed >= 4
    all_sent(context)


@pytest.mark.slow
def test_two_years_of_two_hundred_depots_every_step_is_told_once_whoever_is_killed(
    context: AppContext, database_url: str
) -> None:
    city = live(context, database_url, depots=200, lots_each=20, days=730, deaths=60, seed=7)
    assert city.killed >= 50
