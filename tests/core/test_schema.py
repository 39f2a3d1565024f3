"""The schema is made by the migrations alone, the same on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlmodel import SQLModel

from core.database import Database, engine_url
from core.schema import migrate, newest_revision
from core.settings import Settings, SettingsError, load_settings
from tests.databases import fresh_postgresql


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with nothing in it."""
    if request.param == "sqlite":
        yield Database(f"sqlite:///{tmp_path / 'empty.db'}")
        return
    with fresh_postgresql(request.getfixturevalue("postgresql_server")) as url:
        yield Database(url)


def test_migrations_make_exactly_what_the_models_say(empty: Database) -> None:
    assert migrate(empty) == (None, newest_revision())
    with empty.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, SQLModel.metadata)
        assert differences == [], "a migration in migrations/versions/ must make what the models say"


def test_migrating_twice_is_harmless(empty: Database) -> None:
    migrate(empty)
    assert migrate(empty) == (newest_revision(), newest_revision())


def test_the_embedded_database_survives_a_power_cut_by_its_settings(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")
    with database.engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2  # FULL
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_several_hosts_may_be_named_for_postgresql() -> None:
    url = engine_url("postgresql://city:secret@one:5432,two:5433/depots")
    assert url.query["host"] == ("one:5432", "two:5433")
    assert url.query["target_session_attrs"] == "read-write"
    assert (url.username, url.password, url.database) == ("city", "secret", "depots")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TIMEZONE", "Mars/Olympus"),
        ("DATABASE_URL", "mysql://x"),
        ("BASE_URL", "depots.example.org"),
        ("BASE_URL", "http://0.0.0.0:8213"),
        ("LABEL_URL", "http://[::]:8213"),
        ("MAIL_FROM", "depots"),
        ("MAIL_FROM", "a@"),
        ("MAIL_FROM", "a@example.org, b@example.org"),
        ("ROADS", "nonsense"),
        ("SMTP_URL", "http://mail"),
        ("SMTP_URL", "smtp://mail?tls=perhaps"),
        ("SWEEP_AT", "25:00"),
        ("SECRET", "short"),
        ("LANGUAGE", "fr"),
        ("SESSION_HOURS", "0"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_its_name_and_why(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"READYSHELF_{name}", value)
    with pytest.raises(SettingsError, match=f"READYSHELF_{name}: .+"):
        load_settings()


def test_the_secret_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(var_dir=tmp_path / "var")
    secret = settings.signing_secret()
    assert len(secret) == 64
    assert settings.signing_secret() == secret
    assert (tmp_path / "var" / "secret").stat().st_mode & 0o077 == 0
