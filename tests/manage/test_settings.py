"""Each setting in force and where it comes from, never a secret; and what is off is said, with what follows."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from litestar import Litestar

from core.settings import ROOT, Settings, SettingsError, load_settings
from jobs.channels.endpoints import NewEndpoint, add_endpoint
from manage.findings import Facts, findings, worst
from manage.shown import HIDDEN, SUBJECTS, bare_address, settings_shown, source_of
from tests.clock import SetClock
from tests.conftest import NOW, Town
from tests.mailbox import Mailbox, text_of
from tests.receiver import Receiver

CANARIES = {
    "database_url": "postgresql://app:geheim1@db/city?password=geheim2",
    "smtp_url": "smtp://user:geheim3@mail.example.org:587?x=geheim4",
    "heartbeat_url": "https://watch.example.org/ping/geheim5?k=geheim6",
    "secret": "geheim7" * 8,
}


def test_every_setting_is_named_on_the_page_and_in_the_readme() -> None:
    listed = {entry.name for _, entries in SUBJECTS for entry in entries}
    assert listed <= set(Settings.model_fields)  # another is shown among others, until it has its line
    table = (ROOT / "README.md").read_text()
    shortened = {  # one line of the table names several
        "travel_detour": "_DETOUR",
        "travel_start_minutes": "_START_MINUTES",
    }
    missing = [name for name in listed if (shortened.get(name) or f"READYSHELF_{name.upper()}") not in table]
    assert missing == []


def test_no_secret_is_ever_shown() -> None:
    shown = settings_shown(*[Settings(**CANARIES)] * 2)
    text = repr(shown)
    assert "geheim" not in text
    assert "watch.example.org/…" in text
    assert "mail.example.org:587" in text
    rows = {row.variable: row for _, rows in shown for row in rows}
    assert rows["READYSHELF_SECRET"].value == "set"


def test_a_setting_that_nobody_has_listed_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    class More(Settings):
        directory_key: str = "geheim8"

    [(title, rows)] = [subject for subject in settings_shown(*[More()] * 2) if subject[0] == "Others"]
    assert (title, rows[0].variable, rows[0].value) == ("Others", "READYSHELF_DIRECTORY_KEY", "set")
    assert {entry.name for _, entries in SUBJECTS for entry in entries if entry.way == HIDDEN} >= {"secret"}


def test_where_a_value_comes_from(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "readyshelf_smtp_url").write_text("smtp://mail.example.org\n")
    monkeypatch.setenv("READYSHELF_SECRETS_DIR", str(folder))
    monkeypatch.setenv("READYSHELF_VAR_DIR", str(tmp_path / "var"))
    monkeypatch.delenv("READYSHELF_BASE_URL", raising=False)
    settings = load_settings(demo=True)
    assert settings.smtp is not None
    assert settings.smtp.host == "mail.example.org"
    sources = {name: source_of(name, settings) for name in ("smtp_url", "var_dir", "demo", "base_url", "database_url")}
    assert sources == {
        "smtp_url": "file",
        "var_dir": "environment",
        "demo": "command",
        "base_url": "default",
        "database_url": "default",
    }
    settings.model_copy(update={"secret": None}).signing_secret()
    rows = {row.variable: row for _, rows in settings_shown(*[settings] * 2) for row in rows}
    assert (rows["READYSHELF_SECRET"].value, rows["READYSHELF_SECRET"].source) == ("set", "file")
    monkeypatch.setenv("READYSHELF_SECRETS_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(SettingsError, match="READYSHELF_SECRETS_DIR"):
        load_settings()


@pytest.mark.parametrize(
    ("url", "bare"),
    [
        ("postgresql://a:b@one:5432,two:5432/city?sslmode=require", "postgresql://one:5432,two:5432/city"),
        ("sqlite:////srv/readyshelf/readyshelf.db", "sqlite:////srv/readyshelf/readyshelf.db"),
        (f"smtp://user:{quote('p@ss/w', safe='')}@mail.lan", "smtp://mail.lan"),
    ],
)
def test_an_address_is_shown_without_who_and_how(url: str, bare: str) -> None:
    assert bare_address(url) == bare


GOOD = Settings(
    smtp_url="smtp://mail.lan",
    mail_from="a@b.cn",
    base_url="https://depots.example.org",
    heartbeat_url="https://w.cn/1",
)
FINE = Facts(last_backup=NOW, disk_free=10**11)


def test_nothing_is_found_where_all_is_well() -> None:
    assert findings(GOOD, FINE, NOW) == []
    assert worst([]) == "good"


@pytest.mark.parametrize(
    ("settings", "facts", "kinds", "level"),
    [
        ({"smtp_url": None}, {}, ["mail-off", "nobody-told"], "bad"),
        ({"smtp_url": None}, {"endpoints": 1}, ["mail-off"], "bad"),
        ({"mail_from": "readyshelf@localhost"}, {}, ["mail-from"], "warn"),
        ({}, {"leader": False}, ["no-leader"], "bad"),
        ({}, {"late_jobs": ("sweep", "tidy")}, ["job", "job"], "bad"),
        ({}, {"schema_right": False}, ["schema"], "bad"),
        ({}, {"unsent": 3, "oldest_unsent": NOW - timedelta(hours=2)}, ["outbox"], "bad"),
        ({}, {"unsent": 3, "oldest_unsent": NOW - timedelta(minutes=2)}, [], "good"),
        ({}, {"administrators_reached": 0}, ["no-administrator"], "warn"),
        ({"heartbeat_url": None}, {}, ["no-heartbeat"], "good"),
        ({}, {"last_backup": None}, ["no-backup"], "warn"),
        ({}, {"last_backup": NOW - timedelta(days=3)}, ["backup-old"], "warn"),
        ({}, {"disk_free": 10**9}, ["disk"], "warn"),
        ({}, {"disk_free": 10**8}, ["disk"], "bad"),
        ({"base_url": "http://127.0.0.1:8000"}, {}, ["trial-address"], "warn"),
        ({"base_url": "http://depots.example.org"}, {}, ["no-tls"], "warn"),
        ({"demo": True}, {"embedded": True}, ["demo"], "good"),
    ],
)
def test_what_is_off_is_said(
    settings: dict[str, object], facts: dict[str, object], kinds: list[str], level: str
) -> None:
    known = {name: getattr(FINE, name) for name in FINE.__struct_fields__}
    found = findings(GOOD.model_copy(update=settings), Facts(**{**known, **facts}), NOW)
    assert [one.kind for one in found] == kinds
    assert worst(found) == level
    assert all(one.message.format(**one.params) for one in found)


async def test_the_page_shows_all_of_it_to_the_citys_administrators(client: httpx.AsyncClient, town: Town) -> None:
    page = (await client.get("/manage/settings", headers=town.auth("admin"))).text
    for name in Settings.model_fields:
        assert f"READYSHELF_{name.upper()}" in page
    assert "s" * 32 not in page
    assert "邮件未启用" in page
    told = (await client.get("/api/settings", headers=town.auth("admin"))).json()["settings"]
    assert {row["variable"] for row in told} == {f"READYSHELF_{name.upper()}" for name in Settings.model_fields}


@pytest.mark.heavy
async def test_a_test_mail_goes_at_once_and_its_true_outcome_is_shown(
    application: Litestar, client: httpx.AsyncClient, town: Town, clock: SetClock
) -> None:
    admin, context = town.auth("admin"), town.context
    assert (await client.post("/manage/settings/test-mail", headers=admin)).status_code == 409
    mailbox = Mailbox().open()
    on = {"smtp_url": mailbox.url, "mail_from": "depots@example.org"}
    application.state.context = replace(context, settings=context.settings.model_copy(update=on))
    answer = await client.post("/manage/settings/test-mail", headers=admin)
    page = (await client.get(answer.headers["location"], headers=admin)).text
    assert "admin@example.org: 对方已接收" in re.sub(r"\s+", " ", page)
    mailbox.close()
    [mail] = mailbox.to("admin@example.org")
    assert "http://testserver.local" in text_of(mail)
    answer = await client.post("/manage/settings/test-mail", headers=admin)  # nobody listens there any more
    page = (await client.get(answer.headers["location"], headers=admin)).text
    assert "尚未送达" in page
    assert "refused" in page
    # nobody is shown another's
    other = town.person("admin2", *town.callers["admin"].duties)
    assert other is not None
    page = (await client.get(answer.headers["location"], headers=town.auth("admin2"))).text
    assert "尚未送达" not in page
    for _ in range(8):
        await client.post("/manage/settings/test-mail", headers=admin)
    assert (await client.post("/manage/settings/test-mail", headers=admin)).status_code == 409


async def test_trying_a_webhook_shows_at_once_what_became_of_it(
    application: Litestar, client: httpx.AsyncClient, town: Town, clock: SetClock
) -> None:
    receiver = Receiver().open()
    context = town.context
    settings = context.settings.model_copy(update={"hook_hosts": receiver.host})
    application.state.context = replace(context, settings=settings)
    wanted = NewEndpoint("webhook", "指挥中心", receiver.url, "notice", "")
    endpoint = town.run(add_endpoint, town.callers["admin"], wanted, settings, clock.now())
    assert "指挥中心" in (await client.get("/manage/settings", headers=town.auth("admin"))).text
    answer = await client.post(f"/endpoints/{endpoint.id}/try", headers=town.auth("admin"))
    receiver.close()
    assert len(receiver.calls) == 1
    page = (await client.get(answer.headers["location"], headers=town.auth("admin"))).text
    assert "已发送" in page or "已发出" in page
