"""From a passed date to one mail in a real mailbox: once, whatever happens in between."""

import threading
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from app import main
from core.context import AppContext
from core.database import Database
from core.settings import Settings, read_smtp_url
from depots.requirements import work_out_requirements
from inventory.faults.faults import Trouble, close_defect, note_defect, report_fault
from inventory.stock.models import Kind
from jobs.alerts.alerts import AlertFilters, acknowledge, alerts
from jobs.alerts.models import Alert
from jobs.alerts.sweep import SweepReport, sweep_city
from jobs.causes.kinds import AlertKind
from jobs.channels.models import Mail, MailState
from jobs.channels.outbox import LEASE, claim, deliver
from jobs.digests.digests import readers, write_digest, write_digests
from jobs.running.models import JobRun
from jobs.running.overview import looked_at
from jobs.running.running import note_interrupted, run_job
from jobs.running.schedule import JOBS, Job, last_due
from people.accounts import set_language
from rooms import LISTENERS
from tests.clock import SetClock
from tests.conftest import Town, one
from tests.mailbox import Mailbox, text_of

TODAY = date(2026, 11, 23)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Everybody who answers is told at once; the ladder has tests of its own."""
    return settings.model_copy(update={"escalate_days": 0})


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox().open()
    yield box
    box.close()


def sweep(town: Town, database: Database | None = None) -> SweepReport:
    clock = town.context.clock
    return sweep_city(database or town.context.database, clock.today(), clock.now())


def write(town: Town, database: Database | None = None) -> int:
    clock = town.context.clock
    return write_digests(database or town.context.database, town.context.settings, clock.today(), clock.now())


def send(town: Town, mailbox: Mailbox, database: Database | None = None) -> int:
    server = read_smtp_url(mailbox.url)
    return deliver(database or town.context.database, town.context.clock, server, "readyshelf@example.org").sent


def open_kinds(town: Town, kind: AlertKind) -> list[int]:
    page = town.run(alerts, town.callers["admin"], AlertFilters(kind=kind), 200)
    return sorted(alert.step for alert in page.items)


def move_clock(clock: SetClock, days: float) -> None:
    clock.instant += timedelta(days=days)


def test_a_lot_that_expires_is_mailed_once_after_two_sweeps_and_a_restart_T29(
    town: Town, clock: SetClock, mailbox: Mailbox, database_url: str
) -> None:
    town.stock("MED-013", "6", expires_on=TODAY + timedelta(3), number="NS2024")
    move_clock(clock, 4)
    sweep(town)
    write(town)
    send(town, mailbox)
    restarted = Database(database_url, listeners=LISTENERS)
    for _ in range(2):
        sweep(town, restarted)
        write(town, restarted)
        send(town, mailbox, restarted)
    restarted.engine.dispose()
    [mail] = mailbox.to("keeper@example.org")
    for part in (text_of(mail), text_of(mail, "html")):
        assert "生理盐水" in part
        assert "NS2024" in part
        assert "已过期" in part
    assert "生理盐水" in mail["Subject"]
    assert "/lots/" in text_of(mail)


@pytest.mark.heavy
def test_T16_each_warning_step_is_told_once_and_never_repeated_daily(
    town: Town, clock: SetClock, mailbox: Mailbox
) -> None:
    town.stock("MED-004", "2", expires_on=TODAY + timedelta(130))
    told: list[tuple[int, str]] = []
    steps = [10, 70, 100, 123, 131]
    near = {step + days for step in steps for days in (-1, 0, 1, 2)}
    for day in range(140):
        if day % 7 and day not in near:
            move_clock(clock, 1)
            continue
        sweep(town)
        write(town)
        send(town, mailbox)
        for mail in mailbox.to("keeper@example.org"):
            told.append((day, mail["Subject"]))
        mailbox.received.clear()
        move_clock(clock, 1)
    assert [day for day, _ in told] == steps


def test_an_alert_resolves_by_itself_once_its_cause_is_gone(town: Town) -> None:
    lot = town.stock("MED-013", "6", expires_on=TODAY - timedelta(1))
    sweep(town)
    assert open_kinds(town, AlertKind.EXPIRED) == [0]
    town.book(one(kind=Kind.DISPOSE, lot=lot, quantity="6", reason="expired"))
    assert sweep(town).resolved == 1
    assert open_kinds(town, AlertKind.EXPIRED) == []


def test_T09_an_unreadable_date_raises_a_task(town: Town) -> None:
    town.stock("MED-013", "6", expiry_unknown=True)
    sweep(town)
    assert open_kinds(town, AlertKind.DATE_MISSING) == [0]


def test_required_gear_below_its_minimum_raises_an_alert_until_it_is_there(town: Town) -> None:
    town.run(work_out_requirements, TODAY, [town.depot.id])
    before = sweep(town)
    assert before.opened > 0
    page = town.run(alerts, town.keeper, AlertFilters(kind=AlertKind.BELOW_MINIMUM), 200)
    cones = next(alert for alert in page.items if alert.item == "TRF-001")
    assert (cones.details["ready"], cones.details["minimum"]) == ("0", "20")
    town.stock("TRF-001", "40")
    assert sweep(town).resolved == 1


def test_a_sweep_is_idempotent_and_a_dry_run_changes_nothing(town: Town) -> None:
    town.stock("MED-013", "6", expires_on=TODAY - timedelta(1))
    clock = town.context.clock
    dry = sweep_city(town.context.database, clock.today(), clock.now(), dry_run=True)
    assert dry.opened == 1
    assert open_kinds(town, AlertKind.EXPIRED) == []
    assert sweep(town).opened == 1
    again = sweep(town)
    assert (again.opened, again.raised, again.resolved, again.standing) == (0, 0, 0, 1)


@pytest.mark.heavy
def test_T95_four_hundred_things_on_one_day_are_one_mail(town: Town, mailbox: Mailbox) -> None:
    for number in range(60):
        town.stock("MED-007", "1", expires_on=TODAY - timedelta(1), number=f"L{number}")
    sweep(town)
    write(town)
    send(town, mailbox)
    [mail] = mailbox.to("keeper@example.org")
    assert "另有 40 项" in text_of(mail)
    assert mail["Subject"].endswith("另有 59 项")


def test_T94_the_mail_goes_to_whoever_holds_the_role_at_the_depot(town: Town, mailbox: Mailbox) -> None:
    town.stock("MED-013", "6", expires_on=TODAY - timedelta(1))
    sweep(town)
    write(town)
    send(town, mailbox)
    addressed = {mail["To"] for mail in mailbox.received}
    assert addressed == {"keeper@example.org", "officer@example.org", "admin@example.org"}


def test_the_digest_speaks_the_readers_language(town: Town, mailbox: Mailbox) -> None:
    town.run(set_language, town.keeper.person_id, "en")
    town.stock("MED-013", "6", expires_on=TODAY - timedelta(1))
    sweep(town)
    write(town)
    send(town, mailbox)
    [english] = mailbox.to("keeper@example.org")
    assert "Saline" in english["Subject"]
    assert "expired" in text_of(english)
    assert "生理盐水" not in text_of(english)
    [chinese] = mailbox.to("officer@example.org")
    assert "生理盐水" in chinese["Subject"]


def test_two_processes_sweeping_and_sending_at_once_send_one_digest_each(
    town: Town, mailbox: Mailbox, database_url: str
) -> None:
    for number in range(10):
        town.stock("MED-007", "1", expires_on=TODAY - timedelta(1), number=f"L{number}")
    databases = [Database(database_url, listeners=LISTENERS) for _ in range(2)]
    errors: list[BaseException] = []

    def work(database: Database) -> None:
        try:
            for _ in range(3):
                sweep(town, database)
                write(town, database)
                send(town, mailbox, database)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=[database]) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for database in databases:
        database.engine.dispose()
    assert errors == []
    assert sorted(mail["To"] for mail in mailbox.received) == [
        "admin@example.org",
        "keeper@example.org",
        "officer@example.org",
    ]


def test_while_the_mail_server_is_down_mails_wait_and_go_later(town: Town, clock: SetClock, mailbox: Mailbox) -> None:
    town.stock("MED-013", "6", expires_on=TODAY - timedelta(1))
    sweep(town)
    write(town)
    mailbox.close()
    assert send(town, mailbox) == 0
    move_clock(clock, 1 / 24)
    mailbox.fails = True
    mailbox.open()
    assert send(town, mailbox) == 0
    mailbox.fails = False
    move_clock(clock, 1)
    assert send(town, mailbox) == 3
    assert len(mailbox.to("keeper@example.org")) == 1


def test_a_refused_address_fails_for_good_and_holds_up_no_other_mail(town: Town, mailbox: Mailbox) -> None:
    town.stock("MED-013", "6", expires_on=TODAY - timedelta(1))
    mailbox.refuses.add("keeper@example.org")
    sweep(town)
    write(town)
    assert send(town, mailbox) == 2
    with town.context.database.transaction(writes=False) as session:
        mail = session.execute(select(Mail).where(Mail.address == "keeper@example.org")).scalar_one()
    assert mail.state == MailState.FAILED
    assert "550" in mail.last_error


def test_a_mail_claimed_by_a_process_that_died_is_sent_after_its_lease(
    town: Town, clock: SetClock, mailbox: Mailbox
) -> None:
    town.stock("MED-013", "6", expires_on=TODAY - timedelta(1))
    sweep(town)
    write(town)
    for _ in range(3):
        assert town.run(claim, clock.now(), "died:1") is not None
    assert send(town, mailbox) == 0
    clock.instant += LEASE
    assert send(town, mailbox) == 3
    assert send(town, mailbox) == 0


def test_a_digest_written_by_a_process_that_died_before_commit_is_written_again(town: Town, mailbox: Mailbox) -> None:
    town.stock("MED-013", "6", expires_on=TODAY - timedelta(1))
    sweep(town)
    with pytest.raises(RuntimeError), town.context.database.transaction() as session:
        assert write_digest(
            session,
            readers(session, town.context.clock.now())[0],
            town.context.settings,
            TODAY,
            town.context.clock.now(),
        )
        raise RuntimeError("killed")
    write(town)
    assert send(town, mailbox) == 3


def test_a_fault_is_an_alert_until_it_is_closed_and_the_piece_is_not_ready_meanwhile(town: Town) -> None:
    piece = town.stock("EXT-001", "1")
    now = town.context.clock.now()
    defect = town.run(report_fault, town.keeper, Trouble(piece, town.shelf.id, "压力不足", Decimal(1)), now, TODAY)
    sweep(town)
    assert open_kinds(town, AlertKind.DEFECT) == [0]
    assert town.lot(piece).condition == "unfit"
    town.run(close_defect, town.keeper, defect.id, "refilled", now)
    assert town.lot(piece).condition == "fit"
    sweep(town)
    assert open_kinds(town, AlertKind.DEFECT) == []


def test_a_passers_by_report_is_an_alert_but_takes_nothing_out_of_service(town: Town) -> None:
    piece = town.stock("EXT-001", "1")
    town.run(note_defect, town.depot.id, Trouble(piece, None, "cabinet open"), town.context.clock.now())
    sweep(town)
    assert open_kinds(town, AlertKind.DEFECT) == [0]
    assert town.lot(piece).condition == "fit"


def test_a_discrepancy_is_an_alert_at_once_and_resolves_after_a_recount(town: Town, clock: SetClock) -> None:
    lot = town.stock("BRK-014", "1")
    town.book(one(kind=Kind.ISSUE, lot=lot, quantity="3", source=str(town.shelf.id), late=True))
    assert open_kinds(town, AlertKind.DISCREPANCY) == [0]
    sweep(town)
    assert open_kinds(town, AlertKind.DISCREPANCY) == [0]
    clock.instant += timedelta(minutes=5)
    town.book(one(kind=Kind.ADJUST, lot=lot, quantity="2", target=str(town.shelf.id), reason="counted"))
    sweep(town)
    assert open_kinds(town, AlertKind.DISCREPANCY) == []


def test_an_alert_is_acknowledged_with_a_name_by_who_answers_for_the_depot(town: Town) -> None:
    town.stock("MED-013", "6", expires_on=TODAY - timedelta(1))
    sweep(town)
    [alert] = town.run(alerts, town.keeper, AlertFilters(), 10).items
    town.run(acknowledge, town.keeper, alert.id, town.context.clock.now())
    [alert] = town.run(alerts, town.keeper, AlertFilters(), 10).items
    assert alert.acknowledged_by == "keeper 先生"
    assert town.run(alerts, town.callers["keeper2"], AlertFilters(), 10).items == []


def test_a_daily_job_runs_once_for_its_due_time_and_a_failed_one_is_recorded(town: Town, settings: Settings) -> None:
    due = last_due(town.context)
    assert run_job(town.context, JOBS["tidy"], due) == {"days": 0}
    assert run_job(town.context, JOBS["tidy"], due) is None
    assert last_due(town.context).astimezone(settings.zone).strftime("%H:%M") == "06:30"
    broken = Job("broken", lambda context: {"result": 1 // 0})
    with pytest.raises(ZeroDivisionError):
        run_job(town.context, broken, due)
    runs = {run.name: run for run in town.run(lambda session: list(session.execute(select(JobRun)).scalars()))}
    assert "ZeroDivisionError" in runs["broken"].error
    assert runs["tidy"].error == ""


def test_a_daily_job_whose_process_was_killed_half_way_is_done_anew_once(town: Town) -> None:
    due = last_due(town.context)
    done: list[int] = []

    def killed(_context: AppContext) -> dict[str, int]:
        raise SystemExit  # no farewell: neither outcome nor error is written down

    with pytest.raises(SystemExit):
        run_job(town.context, Job("report", killed), due)
    fresh = Job("report", lambda _context: done.append(1) or {"done": 1})
    assert run_job(town.context, fresh, due) is None  # for all that this process knows, somebody is at it
    town.run(note_interrupted)  # as whoever leads from now on does first
    assert run_job(town.context, fresh, due) == {"done": 1}
    town.run(note_interrupted)
    assert run_job(town.context, fresh, due) is None
    assert done == [1]


@pytest.mark.heavy
@pytest.mark.parametrize("days", [-3, 3, 400])
def test_a_sweep_far_from_today_asks_for_force(
    town: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], days: int
) -> None:
    """B28: it resolves or opens the alerts of the whole city, and tells people."""
    monkeypatch.setenv("READYSHELF_DATABASE_URL", town.context.settings.database_url)
    monkeypatch.setenv("READYSHELF_VAR_DIR", str(town.context.settings.var_dir))
    town.stock("MED-013", "6", expires_on=datetime.now(town.context.settings.zone).date() - timedelta(1))
    today = datetime.now(town.context.settings.zone).date()
    far, near = (f"{today + timedelta(days)}", f"{today + timedelta(1)}")
    assert main(["sweep", "--today", far]) == 1
    assert "--force" in capsys.readouterr().err
    assert town.run(lambda session: session.execute(select(func.count()).select_from(Alert)).scalar_one()) == 0
    assert main(["sweep", "--today", far, "--dry-run"]) == 0
    assert town.run(looked_at) is None  # and the pages say so
    assert main(["sweep", "--today", far, "--force"]) == 0
    looked = town.run(looked_at)
    assert looked is not None
    assert main(["sweep", "--today", near]) == 0
    assert looked < town.run(looked_at)
