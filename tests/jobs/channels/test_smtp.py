"""Mail over real SMTP: encrypted and signed in, or not at all; and servers that are slow or break off."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core.ids import new_id
from core.settings import SettingsError, load_settings, read_smtp_url
from jobs.alerts.sweep import sweep_city
from jobs.channels.models import Mail, MailState
from jobs.channels.outbox import Delivery, deliver
from jobs.digests.digests import write_digests
from tests.clock import SetClock
from tests.conftest import Town
from tests.mailbox import TLS, Mailbox

LOGIN = ("readyshelf", "long-pass-word")


@pytest.fixture
def box(request: pytest.FixtureRequest) -> Iterator[Mailbox]:
    tls, login = getattr(request, "param", ("none", None))
    box = Mailbox(tls, login).open()
    yield box
    box.close()


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine trusts the test's own certificate, as a city's machine trusts the city's."""
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "certificate.pem"))


def write_one(town: Town) -> None:
    """One mail, to the keeper, waits."""
    clock = town.context.clock
    town.stock("MED-013", "6", expires_on=clock.today() - timedelta(1))
    sweep_city(town.context.database, clock.today(), clock.now())
    assert write_digests(town.context.database, town.context.settings, clock.today(), clock.now()) == 1


def send(town: Town, url: str, timeout: float = 5, sender: str = "a@example.org") -> Delivery:
    return deliver(town.context.database, town.context.clock, read_smtp_url(url), sender, timeout=timeout)


def the_mail(town: Town) -> Mail:
    return town.run(lambda session: session.execute(select(Mail)).scalar_one())


ENCRYPTED = pytest.mark.parametrize(
    "box", [("tls", LOGIN), ("starttls", LOGIN)], indirect=True, ids=["tls", "starttls"]
)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("sender", "name"),
    [
        ("应急物资 <depots@example.org>", "应急物资"),
        ('"Depots, Shenzhen" <depots@example.org>', "Depots, Shenzhen"),
        ("<depots@example.org>", ""),
        ("depots@example.org", ""),
    ],
)
def test_mails_come_from_a_name_and_an_address(town: Town, box: Mailbox, sender: str, name: str) -> None:
    settings = load_settings(mail_from=sender)
    assert settings.mail_host == "example.org"
    write_one(town)
    assert send(town, box.url, sender=settings.mail_from) == Delivery(sent=1)
    [address] = box.received[0]["From"].addresses
    assert (address.display_name, address.addr_spec) == (name, "depots@example.org")


@pytest.mark.parametrize(
    "sender", ["depots", "a@b@c.org", "Depots depots@example.org", "x <a@b>\r\nBcc: c@d.org", "<>"]
)
def test_a_sender_that_is_no_address_stops_the_start(sender: str) -> None:
    with pytest.raises(SettingsError, match="READYSHELF_MAIL_FROM"):
        load_settings(mail_from=sender)


@ENCRYPTED
def test_mail_goes_encrypted_after_signing_in(town: Town, box: Mailbox, trusted: None) -> None:
    write_one(town)
    assert send(town, box.url) == Delivery(sent=1)
    assert [mail["To"] for mail in box.received] == ["keeper@example.org"]
    assert box.encrypted == [True]
    assert box.logins == 1


@ENCRYPTED
def test_a_wrong_password_is_shown_without_the_password_and_the_mail_waits(
    town: Town, box: Mailbox, trusted: None, clock: SetClock, capsys: pytest.CaptureFixture[str]
) -> None:
    write_one(town)
    assert send(town, box.url.replace("long-pass-word", "wrong-pass-word")) == Delivery(put_off=1)
    mail = the_mail(town)
    assert mail.state is MailState.WAITING
    assert mail.last_error.startswith("the mail server refuses to let us in: 535")
    assert "pass-word" not in mail.last_error + "".join(capsys.readouterr())
    clock.instant += timedelta(days=10)  # however long that takes to be put right, nothing is lost
    assert send(town, box.url.replace("long-pass-word", "wrong-pass-word")) == Delivery(put_off=1)
    clock.instant += timedelta(hours=6)
    assert send(town, box.url) == Delivery(sent=1)


@pytest.mark.heavy
@ENCRYPTED
def test_a_server_whose_certificate_nobody_vouches_for_gets_neither_mail_nor_password(town: Town, box: Mailbox) -> None:
    write_one(town)
    assert send(town, box.url) == Delivery(put_off=1)
    assert "CERTIFICATE_VERIFY_FAILED" in the_mail(town).last_error
    assert (box.received, box.logins) == ([], 0)


@ENCRYPTED
def test_nor_does_a_server_with_a_certificate_for_another_name(town: Town, box: Mailbox, trusted: None) -> None:
    write_one(town)
    assert send(town, box.url.replace("127.0.0.1", "localhost")) == Delivery(put_off=1)
    assert "Hostname mismatch" in the_mail(town).last_error
    assert (box.received, box.logins) == ([], 0)


def test_where_encryption_is_asked_for_and_not_offered_nothing_goes_in_the_clear(town: Town, box: Mailbox) -> None:
    write_one(town)
    assert send(town, box.url.replace("tls=none", "tls=starttls")) == Delivery(put_off=1)
    assert box.received == []
    assert "STARTTLS" in the_mail(town).last_error


def test_a_server_that_breaks_off_in_the_middle_of_a_message_gets_it_again_later(
    town: Town, box: Mailbox, clock: SetClock
) -> None:
    write_one(town)
    box.drops = True
    assert send(town, box.url) == Delivery(put_off=1)
    assert "broke off" in the_mail(town).last_error
    box.drops = False
    clock.instant += timedelta(minutes=1)
    assert send(town, box.url) == Delivery(sent=1)
    assert len(box.received) == 1


def test_a_server_too_slow_to_say_yes_may_have_the_mail_twice_with_the_same_message_id(
    town: Town, box: Mailbox, clock: SetClock
) -> None:
    write_one(town)
    box.waits = 1
    assert send(town, box.url, timeout=0.3) == Delivery(put_off=1)
    box.waits = 0
    clock.instant += timedelta(minutes=1)
    assert send(town, box.url) == Delivery(sent=1)
    assert [mail["Message-ID"] for mail in box.received] == [the_mail(town).message_id] * 2


@pytest.mark.heavy
def test_an_address_that_is_busy_for_days_is_given_up_and_said_so(town: Town, box: Mailbox, clock: SetClock) -> None:
    write_one(town)
    box.fails = True
    for _ in range(30):
        send(town, box.url)
        clock.instant += timedelta(hours=6)
    mail = the_mail(town)
    assert mail.state is MailState.GIVEN_UP
    assert mail.last_error == "451 try again later"


@pytest.mark.heavy
@pytest.mark.parametrize(
    "address",
    [
        *("a@", "@example.org", "a", "", "<>", "a b@example.org", "a@example.org, b@example.org"),
        *(
            "a@example.org b@example.org",
            "a@b\r\nBcc: x@y.org",
            "张三@example.org",
            "a@\udcff.org",
            "a@example.org\x00",
        ),
    ],
)
def test_one_damaged_address_is_refused_with_a_reason_and_the_others_go(town: Town, box: Mailbox, address: str) -> None:
    write_one(town)
    now = town.context.clock.now()

    def add(session: Session) -> None:
        sound = session.execute(select(Mail)).scalar_one()
        facts = {column.key: getattr(sound, column.key) for column in Mail.__table__.columns if column.key != "id"}
        facts |= {"address": address, "message_id": "<damaged@example.org>", "next_try_at": now - timedelta(hours=1)}
        facts |= {"kind": "damaged"}
        session.add(Mail(id=new_id(), **facts))

    try:
        town.run(add)
    except (ValueError, DBAPIError):  # the database cannot hold it at all: it never comes to be sent
        return
    done = send(town, box.url)
    assert [mail["To"] for mail in box.received] == ["keeper@example.org"]
    assert (done.sent, done.refused, done.put_off) == (1, 1, 0)
    damaged = town.run(lambda session: session.execute(select(Mail).where(Mail.kind == "damaged")).scalar_one())
    assert damaged.state == MailState.FAILED
    assert damaged.last_error
