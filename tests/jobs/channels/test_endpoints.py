"""Robots and webhooks, each against a real receiver that takes, refuses, limits, breaks off and is slow."""

import logging
import socket
import threading
from collections import deque
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from standardwebhooks import Webhook, WebhookVerificationError

from core.context import AppContext
from core.database import Database
from core.errors import Refusal
from core.settings import Settings
from jobs.alerts.alerts import AlertFilters, acknowledge, alerts
from jobs.alerts.sweep import sweep_city
from jobs.channels.calls import NoAnswer, NotAllowed, check_address, post
from jobs.channels.endpoints import NewEndpoint, add_endpoint, end_endpoint, endpoints, new_secret, try_endpoint
from jobs.channels.models import Attempt, Endpoint, Mail, MailState
from jobs.channels.outbox import LEASE, Delivery, claim, deliver_to_endpoints
from jobs.channels.robot import LONGEST_BYTES, MOST_A_MINUTE
from jobs.channels.robots import fit
from jobs.channels.rules import GIVE_UP_AFTER
from jobs.channels.webhook.calling import secret_of
from jobs.digests.endpoint_messages import write_to_endpoints
from rooms import LISTENERS
from tests.clock import SetClock
from tests.conftest import Town
from tests.receiver import Call, Receiver

SECOND = timedelta(seconds=1)


@pytest.fixture
def settings(settings: Settings, receiver: Receiver) -> Settings:
    return settings.model_copy(update={"hook_hosts": "127.0.0.1"})


@pytest.fixture
def clock(clock: SetClock) -> SetClock:
    """Stands at the real time: receivers refuse what is signed long ago."""
    clock.instant = datetime.now(UTC).replace(microsecond=0)
    return clock


def set_up(
    town: Town, receiver: Receiver, way: str, least: str = "notice", where: str = "", who: str = "admin"
) -> Endpoint:
    wanted = NewEndpoint(way, "值班群", receiver.url, least, where)
    return town.run(add_endpoint, town.callers[who], wanted, town.context.settings, town.context.clock.now())


def raise_alerts(town: Town, *, write: bool = True) -> int:
    """Sweep; write to the endpoints; returns how many messages."""
    clock = town.context.clock
    sweep_city(town.context.database, clock.today(), clock.now())
    return write_to_endpoints(town.context.database, town.context.settings, clock.now()) if write else 0


def expire(town: Town, item: str = "MED-013", **facts: Any) -> UUID:
    return town.stock(item, "1", expires_on=town.context.clock.today() - timedelta(1), **facts)


def messages(town: Town) -> list[Mail]:
    return town.run(lambda session: list(session.execute(select(Mail).order_by(Mail.created_at)).scalars()))


def endpoint_now(town: Town, endpoint: Endpoint) -> Endpoint:
    return town.run(lambda session: session.get_one(Endpoint, endpoint.id))


def tries(town: Town) -> list[tuple[str, str]]:
    found = select(Attempt.outcome, Attempt.note).order_by(Attempt.started_at, Attempt.id)
    return town.run(lambda session: [tuple(row) for row in session.execute(found)])


def test_a_robot_is_told_of_each_step_once_in_markdown_with_a_link(town: Town, receiver: Receiver) -> None:
    set_up(town, receiver, "robot")
    lot = expire(town)
    assert raise_alerts(town) == 1
    assert raise_alerts(town) == 0
    assert deliver_to_endpoints(town.context) == Delivery(sent=1)
    assert deliver_to_endpoints(town.context) == Delivery()
    [call] = receiver.calls
    assert call.path == "/send?key=very-secret-key"
    assert call.json["msgtype"] == "markdown"
    text = call.json["markdown"]["content"]
    assert f"生理盐水 100mL(冲洗)](http://testserver.local/lots/{lot})" in text
    assert "已过期" in text
    assert "麻岭街面站" in text


def test_severity_and_district_decide_what_an_endpoint_is_told(town: Town, receiver: Receiver) -> None:
    for least, where in (
        ("urgent", ""),
        ("serious", ""),
        ("notice", ""),
        ("notice", town.other.code),
        ("notice", "440305"),
    ):
        set_up(town, receiver, "webhook", least, where)
    expire(town)  # serious
    expire(town, "MED-004")  # urgent
    town.stock("MED-007", "1", expires_on=town.context.clock.today() + timedelta(5))  # notice
    raise_alerts(town)
    deliver_to_endpoints(town.context)
    told = sorted(sorted(alert["severity"] for alert in call.json["data"]["alerts"]) for call in receiver.calls)
    assert told == [["notice", "serious", "urgent"]] * 2 + [["serious", "urgent"], ["urgent"]]


def test_an_answered_alert_and_one_from_before_are_not_told(town: Town, receiver: Receiver, clock: SetClock) -> None:
    expire(town)
    raise_alerts(town)
    clock.instant += SECOND
    set_up(town, receiver, "webhook")
    expire(town, "MED-004")
    raise_alerts(town, write=False)
    for alert in town.run(alerts, town.keeper, AlertFilters(), 10).items:
        if alert.item == "MED-004":
            town.run(acknowledge, town.keeper, alert.id, clock.now())
    assert raise_alerts(town) == 0


def test_a_webhook_is_signed_so_that_the_conventions_own_library_accepts_it(town: Town, receiver: Receiver) -> None:
    endpoint = set_up(town, receiver, "webhook")
    expire(town)
    raise_alerts(town)
    assert deliver_to_endpoints(town.context).sent == 1
    [call] = receiver.calls
    secret = secret_of("s" * 32, endpoint.id, 1)
    event = Webhook(secret).verify(call.body, call.headers)
    assert event["type"] == "alerts.raised"
    assert [(alert["item"], alert["depot"]) for alert in event["data"]["alerts"]] == [("MED-013", town.depot.code)]
    for forged in (call.body + b" ", call.body.replace(b"expired", b"expirex")):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(forged, call.headers)


def test_a_recorded_call_cannot_be_played_again_after_five_minutes(
    town: Town, receiver: Receiver, clock: SetClock
) -> None:
    endpoint = set_up(town, receiver, "webhook")
    expire(town)
    clock.instant -= timedelta(minutes=6)
    town.run(lambda session: session.get_one(Endpoint, endpoint.id).__setattr__("created_at", clock.now()))
    raise_alerts(town)
    deliver_to_endpoints(town.context)
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(secret_of("s" * 32, endpoint.id, 1)).verify(receiver.calls[0].body, receiver.calls[0].headers)


def test_a_failing_webhook_is_tried_again_with_growing_pauses_and_the_same_id(
    town: Town, receiver: Receiver, clock: SetClock
) -> None:
    set_up(town, receiver, "webhook")
    expire(town)
    raise_alerts(town)
    receiver.status = 500
    pauses = []
    for _ in range(4):
        assert deliver_to_endpoints(town.context).put_off == 1
        [mail] = messages(town)
        pauses.append((mail.next_try_at - clock.now()).total_seconds())
        clock.instant = mail.next_try_at - SECOND
        assert deliver_to_endpoints(town.context) == Delivery()
        clock.instant += SECOND
    receiver.status = 204
    assert deliver_to_endpoints(town.context).sent == 1
    assert pauses == [60, 120, 240, 480]
    assert len({call.headers["webhook-id"] for call in receiver.calls}) == 1
    assert len({call.headers["webhook-timestamp"] for call in receiver.calls}) == 5
    assert [outcome for outcome, _ in tries(town)] == ["later"] * 4 + ["sent"]
    assert "HTTP 500" in tries(town)[0][1]


def test_after_days_in_vain_a_message_is_given_up(town: Town, receiver: Receiver, clock: SetClock) -> None:
    set_up(town, receiver, "webhook")
    expire(town)
    raise_alerts(town)
    receiver.status = 500
    clock.instant += GIVE_UP_AFTER
    deliver_to_endpoints(town.context)
    [mail] = messages(town)
    assert mail.state is MailState.GIVEN_UP
    assert mail.last_error.startswith("HTTP 500")


def test_an_endpoint_that_says_it_is_gone_is_called_no_more(town: Town, receiver: Receiver, clock: SetClock) -> None:
    endpoint = set_up(town, receiver, "webhook")
    expire(town)
    raise_alerts(town)
    receiver.status = 410
    assert deliver_to_endpoints(town.context).refused == 1
    assert endpoint_now(town, endpoint).ended_at == clock.now()
    expire(town, "MED-004")
    assert raise_alerts(town) == 0


@pytest.mark.heavy
@pytest.mark.parametrize("way", ["robot", "webhook"])
def test_a_receiver_that_is_away_breaks_off_or_is_slow_rests_and_holds_up_no_other(
    town: Town, receiver: Receiver, clock: SetClock, way: str
) -> None:
    endpoint = set_up(town, receiver, way)
    for item in ("MED-013", "MED-004"):
        expire(town, item)
        raise_alerts(town)
    receiver.close()
    assert deliver_to_endpoints(town.context) == Delivery(put_off=1)  # one knock, not one for each message
    clock.instant += timedelta(minutes=1)
    receiver.open()
    receiver.drops = True
    assert deliver_to_endpoints(town.context) == Delivery(put_off=1)
    assert endpoint_now(town, endpoint).paused_until == clock.now() + timedelta(minutes=2)
    clock.instant += timedelta(minutes=2)
    receiver.drops = False
    assert deliver_to_endpoints(town.context) == Delivery(sent=2)
    assert endpoint_now(town, endpoint).failures == 0


def test_a_receiver_that_is_slow_holds_up_no_other(town: Town, receiver: Receiver) -> None:
    """A9: one after the other, a receiver that took ten seconds held up the next four by ten each."""
    other, called = Receiver().open(), threading.Event()
    try:
        set_up(town, receiver, "webhook")
        set_up(town, other, "webhook")
        expire(town)
        assert raise_alerts(town) == 2
        receiver.judge = lambda _call: str(called.wait(10))  # answers once the other was called
        other.judge = lambda _call: str(called.set())
        assert deliver_to_endpoints(town.context) == Delivery(sent=2)
        assert called.is_set() and len(receiver.calls) == len(other.calls) == 1
    finally:
        other.close()


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("90", 90),
        (lambda now: format_datetime(now + timedelta(seconds=90), usegmt=True), 90),
        (lambda now: format_datetime(now + timedelta(days=9), usegmt=True), 24 * 3600),
        (lambda now: format_datetime(now - timedelta(days=1), usegmt=True), None),
        ("soon", None),
        ("-5", None),
    ],
    ids=["seconds", "a date", "far away", "past", "a word", "negative"],
)
def test_retry_after_is_a_number_or_a_date(receiver: Receiver, asked: Any, seconds: int | None) -> None:
    """A9: the date was ignored."""
    text = asked if isinstance(asked, str) else asked(datetime.now(UTC))
    receiver.status, receiver.headers = 503, {"Retry-After": text}
    found = post(receiver.url, b"{}", {}, {receiver.host}).retry_after
    assert found == seconds if seconds in (None, 24 * 3600) else found and abs(found - seconds) <= 2


def test_a_slow_receiver_is_left_after_the_time_limit(receiver: Receiver) -> None:
    receiver.waits = 2
    with pytest.raises(NoAnswer, match="ReadTimeout") as caught:
        post(receiver.url, b"{}", {}, {receiver.host}, timeout=0.2)
    assert "very-secret-key" not in str(caught.value)


class Robot:
    """Counts as WeCom does: more than twenty calls within a minute are refused with 45009."""

    def __init__(self, clock: SetClock) -> None:
        self.clock, self.taken, self.refused = clock, deque[datetime](), 0
        self.lock = threading.Lock()

    def __call__(self, _call: Call) -> str:
        now = self.clock.now()
        with self.lock:
            while self.taken and self.taken[0] <= now - timedelta(minutes=1):
                self.taken.popleft()
            if len(self.taken) >= MOST_A_MINUTE:
                self.refused += 1
                return '{"errcode":45009,"errmsg":"api freq out of limit"}'
            self.taken.append(now)
            return '{"errcode":0,"errmsg":"ok"}'


def test_twenty_messages_a_minute_are_kept_by_two_senders_and_after_a_restart(
    town: Town, receiver: Receiver, clock: SetClock, database_url: str
) -> None:
    robot = receiver.judge = Robot(clock)
    endpoint = set_up(town, receiver, "robot")
    for _ in range(50):
        town.run(try_endpoint, town.callers["admin"], endpoint.id, town.context.settings, clock.now())
    done: list[Delivery] = []

    def send(context: AppContext) -> None:
        done.append(deliver_to_endpoints(context))

    for _ in range(10):  # every third of a minute two new processes
        contexts = [
            AppContext(town.context.settings, Database(database_url, listeners=LISTENERS), clock) for _ in range(2)
        ]
        threads = [
            threading.Thread(target=lambda context=context: done.append(deliver_to_endpoints(context)))
            for context in contexts
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for context in contexts:
            context.database.engine.dispose()
        clock.instant += timedelta(seconds=20)
    assert robot.refused == 0
    assert len(done) == 20
    assert sum(delivery.sent for delivery in done) == 50
    assert len({call.body for call in receiver.calls}) == 1
    assert len(receiver.calls) == 50


def test_45009_from_a_robot_that_others_use_too_means_later_and_other_codes_are_shown(
    town: Town, receiver: Receiver, clock: SetClock
) -> None:
    endpoint = set_up(town, receiver, "robot")
    expire(town)
    raise_alerts(town)
    receiver.body = '{"errcode":45009,"errmsg":"api freq out of limit"}'
    assert deliver_to_endpoints(town.context) == Delivery(put_off=1)
    assert deliver_to_endpoints(town.context) == Delivery()
    clock.instant += timedelta(seconds=61)
    receiver.body = '{"errcode":93000,"errmsg":"invalid webhook url"}'
    assert deliver_to_endpoints(town.context) == Delivery(refused=1)
    [mail] = messages(town)
    assert (mail.state, mail.last_error) == (MailState.FAILED, "93000 invalid webhook url")
    assert endpoint_now(town, endpoint).ended_at is None


def test_an_answer_that_is_no_robots_is_not_taken_for_yes(town: Town, receiver: Receiver) -> None:
    set_up(town, receiver, "robot")
    expire(town)
    raise_alerts(town)
    receiver.body = "<html>welcome to the hotel's network</html>"
    assert deliver_to_endpoints(town.context) == Delivery(put_off=1)


def test_a_sender_that_was_killed_gives_its_message_back_and_its_call_counts(
    town: Town, receiver: Receiver, clock: SetClock
) -> None:
    endpoint = set_up(town, receiver, "robot")
    for _ in range(MOST_A_MINUTE + 1):
        town.run(try_endpoint, town.callers["admin"], endpoint.id, town.context.settings, clock.now())
    for _ in range(MOST_A_MINUTE):
        assert town.run(claim, clock.now(), "killed:1", ("robot",)) is not None
    assert deliver_to_endpoints(town.context) == Delivery()  # it may have made all its calls
    clock.instant += LEASE
    assert deliver_to_endpoints(town.context).sent == MOST_A_MINUTE
    clock.instant += timedelta(seconds=61)
    assert deliver_to_endpoints(town.context).sent == 1


@pytest.mark.heavy
def test_hundreds_of_alerts_are_one_message_of_at_most_4096_bytes(town: Town, receiver: Receiver) -> None:
    set_up(town, receiver, "robot")
    for number in range(120):
        expire(town, "MED-007", number=f"L{number}")
    assert raise_alerts(town) == 1
    deliver_to_endpoints(town.context)
    text = receiver.calls[0].json["markdown"]["content"]
    assert len(text.encode()) <= LONGEST_BYTES
    assert "120" in text.splitlines()[0]
    assert text.splitlines()[-1].endswith("(http://testserver.local/alerts)")


@pytest.mark.heavy
def test_a_webhook_gets_all_of_them_in_messages_of_fifty(town: Town, receiver: Receiver) -> None:
    set_up(town, receiver, "webhook")
    for number in range(120):
        expire(town, "MED-007", number=f"L{number}")
    assert raise_alerts(town) == 3
    deliver_to_endpoints(town.context)
    ids = [alert["id"] for call in receiver.calls for alert in call.json["data"]["alerts"]]
    assert len(ids) == len(set(ids)) == 120


def test_text_is_cut_by_bytes_and_never_inside_a_character() -> None:
    assert fit(["甲" * 10, "乙" * 10, "丙" * 10], "…", unseen=False, longest=70) == "甲" * 10 + "\n" + "乙" * 10 + "\n…"
    assert fit(["甲" * 10], "…", unseen=False, longest=31) == "甲" * 10
    assert fit(["甲" * 10], "…", unseen=False, longest=29) == "甲" * 9
    assert fit(["甲"], "…", unseen=True, longest=29) == "甲\n…"


def test_two_processes_write_each_step_once(town: Town, receiver: Receiver, database_url: str) -> None:
    set_up(town, receiver, "webhook")
    expire(town)
    raise_alerts(town, write=False)
    settings, now = town.context.settings, town.context.clock.now()
    written: list[int] = []
    databases = [Database(database_url, listeners=LISTENERS) for _ in range(4)]
    threads = [
        threading.Thread(target=lambda database=database: written.append(write_to_endpoints(database, settings, now)))
        for database in databases
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for database in databases:
        database.engine.dispose()
    assert sorted(written) == [0, 0, 0, 1]


def test_a_new_secret_signs_from_then_on(town: Town, receiver: Receiver, clock: SetClock) -> None:
    endpoint = set_up(town, receiver, "webhook")
    old = secret_of("s" * 32, endpoint.id, 1)
    secret = town.run(new_secret, town.callers["admin"], endpoint.id, town.context.settings, clock.now())
    town.run(try_endpoint, town.callers["admin"], endpoint.id, town.context.settings, clock.now())
    deliver_to_endpoints(town.context)
    [call] = receiver.calls
    assert Webhook(secret).verify(call.body, call.headers)["type"] == "test"
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(call.body, call.headers)


def test_neither_secret_nor_key_stands_in_the_database_or_in_a_log(
    town: Town, receiver: Receiver, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)
    webhook, robot = set_up(town, receiver, "webhook"), set_up(town, receiver, "robot")
    expire(town)
    raise_alerts(town)
    receiver.status = 500
    deliver_to_endpoints(town.context)
    secret = secret_of("s" * 32, webhook.id, 1)
    logged = caplog.text + "".join(capsys.readouterr())
    kept = repr([endpoint_now(town, webhook), *messages(town), *tries(town)])
    assert "put off" in logged
    for word in (secret, secret.removeprefix("whsec_"), "very-secret-key"):
        assert word not in logged
    assert secret not in kept
    assert "very-secret-key" not in repr([messages(town), tries(town)])
    assert endpoint_now(town, robot).url == receiver.url


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/hook",
        "https://127.0.0.1/hook",
        "https://10.0.0.8/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/hook",
        "https://[::ffff:10.0.0.8]/hook",
        "https://[fd00::1]/hook",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://localhost/hook",
        "https://user:password@example.org/",
        "ftp://example.org/",
        "https://",
        "https://example.org:99999/",
        "javascript:alert(1)",
        "https://exa mple.org/",
    ],
)
def test_addresses_inside_or_without_tls_are_refused_unless_the_settings_allow_them(url: str) -> None:
    with pytest.raises(NotAllowed):
        check_address(url, frozenset())


def test_a_name_that_points_inside_is_refused_when_it_is_called(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **more: real("127.0.0.1", *rest, **more))
    with pytest.raises(NotAllowed):
        post(f"https://innocent.example.org:{receiver.port}/", b"", {}, frozenset())
    assert receiver.calls == []


def test_an_allowed_host_may_be_private_and_plain() -> None:
    assert check_address("http://hooks.lan/x", {"hooks.lan"}).hostname == "hooks.lan"
    assert check_address("http://10.0.0.5:9000/x", {"10.0.0.5:9000"}).port == 9000
    with pytest.raises(NotAllowed):
        check_address("http://10.0.0.5:9001/x", {"10.0.0.5:9000"})


def test_who_answers_for_a_place_sets_endpoints_up_there_and_nowhere_else(town: Town, receiver: Receiver) -> None:
    mine = set_up(town, receiver, "webhook", where="440305", who="officer")
    set_up(town, receiver, "robot", where=town.depot.code, who="officer")
    theirs = set_up(town, receiver, "webhook", where="440309")
    for where in ("", "440309", town.other.code):
        with pytest.raises(Refusal) as refused:
            set_up(town, receiver, "webhook", where=where, who="officer")
        assert refused.value.status in (403, 404)
    with pytest.raises(Refusal):
        set_up(town, receiver, "webhook", where=town.depot.code, who="keeper")
    assert len(town.run(endpoints, town.callers["officer"])) == 2
    assert len(town.run(endpoints, town.callers["admin"])) == 3
    with pytest.raises(Refusal) as refused:
        town.run(end_endpoint, town.callers["officer"], theirs.id, town.context.clock.now())
    assert refused.value.status == 404
    town.run(end_endpoint, town.callers["officer"], mine.id, town.context.clock.now())
    assert endpoint_now(town, mine).ended_at is not None


def test_ending_an_endpoint_ends_what_waits_for_it(town: Town, receiver: Receiver, clock: SetClock) -> None:
    endpoint = set_up(town, receiver, "webhook")
    expire(town)
    raise_alerts(town)
    town.run(end_endpoint, town.callers["admin"], endpoint.id, clock.now())
    assert deliver_to_endpoints(town.context) == Delivery()
    assert [mail.state for mail in messages(town)] == [MailState.FAILED]
    assert receiver.calls == []
    count = select(func.count()).select_from(Attempt)
    assert town.run(lambda session: session.execute(count).scalar_one()) == 0
