"""Whatever a mail server does: no digest is lost, and at most the one whose fate cannot be known is sent twice."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from multiprocessing.process import BaseProcess

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.context import AppContext
from core.settings import read_smtp_url
from jobs.alerts.sweep import sweep_city
from jobs.channels.models import Mail, MailState
from jobs.channels.outbox import LEASE, Delivery, deliver
from jobs.digests.digests import write_digests
from tests.clock import SetClock
from tests.jobs.channels.bad_server import GOOD, BadServer
from tests.jobs.channels.send_worker import send
from tests.jobs.city import found_city
from tests.mailbox import text_of
from tests.serving import PROCESSES

TIMEOUT = 0.4  # seconds; a server that takes longer is slow
LONGEST_PAUSE = timedelta(hours=7)
# What the server does, and how many mails of one pass have a fate that the sender cannot know
MOODS = {
    "silent": 0,  # takes the call and says nothing
    "busy": 0,
    "slow": 0,
    "defers": 0,
    "full": 0,
    "drops in the middle": 0,
    "drops at the end": 1,  # has read the mail, hangs up without an answer
    "answers too late": 1,
}


@pytest.fixture
def bad_server() -> Iterator[BadServer]:
    server = BadServer()
    yield server
    server.close()


@pytest.fixture
def waiting(context: AppContext) -> set[str]:
    """A dozen keepers with something to be told; gives the Message-IDs that must arrive."""
    context.database.run(found_city, context, 12, 8, 60, 4)
    sweep_city(context.database, context.clock.today(), context.clock.now())
    write_digests(context.database, context.settings, context.clock.today(), context.clock.now())
    with context.database.transaction(writes=False) as session:
        ids = set(session.execute(select(Mail.message_id)).scalars())
    assert len(ids) >= 12
    return ids


def one_pass(context: AppContext, server: BadServer) -> Delivery:
    patience = 30.0 if server.mood == GOOD else TIMEOUT
    return deliver(
        context.database, context.clock, read_smtp_url(server.url), "readyshelf@example.org", timeout=patience
    )


def sending(database_url: str, server: BadServer, clock: SetClock) -> BaseProcess:
    """Another process that is to send, not begun yet."""
    process: BaseProcess = PROCESSES.Process(target=send, args=(database_url, server.url, clock.now()), daemon=True)
    return process


def states(session: Session) -> Counter[MailState]:
    return Counter(session.execute(select(Mail.state)).scalars())


@pytest.mark.heavy
@pytest.mark.parametrize("mood", MOODS)
def test_no_digest_is_lost_and_only_one_of_unknowable_fate_comes_twice(
    context: AppContext, clock: SetClock, waiting: set[str], bad_server: BadServer, mood: str
) -> None:
    bad_server.mood, bad_server.delay = mood, 3 * TIMEOUT
    assert one_pass(context, bad_server).sent == 0
    with context.database.transaction(writes=False) as session:
        assert states(session)[MailState.WAITING] == len(waiting)
        assert any(session.execute(select(Mail.last_error)).scalars())  # shown on the page of mails
    clock.instant += LONGEST_PAUSE
    bad_server.mood = GOOD
    assert one_pass(context, bad_server).sent == len(waiting)
    arrived = Counter(bad_server.ids())
    assert set(arrived) == waiting
    assert arrived.total() - len(waiting) == MOODS[mood]
    clock.instant += LONGEST_PAUSE
    assert one_pass(context, bad_server) == Delivery()


@pytest.mark.heavy
def test_a_week_of_all_of_it_in_turn(
    context: AppContext, clock: SetClock, waiting: set[str], bad_server: BadServer
) -> None:
    bad_server.delay = 3 * TIMEOUT
    for mood in MOODS:
        bad_server.mood = mood
        one_pass(context, bad_server)
        bad_server.mood = GOOD
        deliver(context.database, clock, read_smtp_url(bad_server.url), "readyshelf@example.org", most=1)
        clock.instant += LONGEST_PAUSE
    one_pass(context, bad_server)
    arrived = Counter(bad_server.ids())
    assert set(arrived) == waiting
    assert arrived.total() - len(waiting) <= sum(MOODS.values())
    assert max(arrived.values()) <= 1 + sum(MOODS.values())


@pytest.mark.heavy
def test_killed_between_the_servers_answer_and_our_note_one_mail_comes_twice_with_the_same_id(
    context: AppContext, clock: SetClock, waiting: set[str], bad_server: BadServer, database_url: str
) -> None:
    sender = sending(database_url, bad_server, clock)
    bad_server.at_end = lambda number: sender.kill() if number == 3 else None
    sender.start()
    sender.join()
    assert sender.exitcode == -9
    bad_server.at_end = lambda number: None
    [_, _, unknowable] = bad_server.ids()
    with context.database.transaction(writes=False) as session:
        assert states(session) == {
            MailState.SENT: 2,
            MailState.SENDING: 1,
            MailState.WAITING: len(waiting) - 3,
        }
    assert one_pass(context, bad_server).sent == len(waiting) - 3  # the claimed one keeps until its lease ends
    assert Counter(bad_server.ids())[unknowable] == 1
    clock.instant += LEASE
    assert one_pass(context, bad_server).sent == 1
    arrived = Counter(bad_server.ids())
    assert set(arrived) == waiting
    assert {message_id for message_id, times in arrived.items() if times > 1} == {unknowable}
    first, second = [message for message in bad_server.received if message["Message-ID"] == unknowable]
    for header in ("Message-ID", "Date", "Subject", "To"):
        assert first[header] == second[header]
    for kind in ("plain", "html"):
        assert text_of(first, kind) == text_of(second, kind)


@pytest.mark.heavy
def test_killed_in_the_middle_of_a_mail_it_comes_once(
    context: AppContext, clock: SetClock, waiting: set[str], bad_server: BadServer, database_url: str
) -> None:
    bad_server.mood = "silent"
    sender = sending(database_url, bad_server, clock)
    sender.start()
    while True:
        with context.database.transaction(writes=False) as session:
            if states(session)[MailState.SENDING]:
                break
        assert sender.is_alive()
    sender.kill()
    sender.join()
    bad_server.mood = GOOD
    clock.instant += LEASE
    assert one_pass(context, bad_server).sent == len(waiting)
    assert sorted(bad_server.ids()) == sorted(waiting)
