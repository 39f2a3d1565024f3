"""What the database itself refuses: conditions that no row may break, held by triggers on SQLite and PostgreSQL.

Each room lists the guards of its tables in ``guards.py``; ``migrations/env.py`` takes all of them off before a
migration and puts them back once the schema is the newest. So a migration may make a table anew (SQLite drops its
triggers then), and what was wrong before a guard came is no reason to refuse the migration: it is named
(``breaches``), and stays refused from then on. A guard is the last line: the verb has given a kind answer before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

from sqlalchemy import Connection, DateTime, String, inspect

from core.settings import ROOT

ROOMS = ("core", "people", "depots", "inventory", "labels", "jobs", "manage")
FIRST, LAST = "1970-01-01", "2200-01-01"  # no instant of ours lies before the one or from the other on
SHOWN = 20
MARK = "guard:"  # how the message of every refusal begins


@dataclass(frozen=True)
class Guard:
    """A row of ``table`` is refused where ``when`` and ``broken`` hold of it.

    Both are SQL for either database, in which NEW is the row. ``when`` reads the row alone. ``columns``: an update of
    others is not looked at; none: of any. ``locks`` is a SELECT ... FOR that makes PostgreSQL wait for whoever is about
    to break the same (SQLite has one writer). ``on_update`` narrows ``when`` for updates and may name OLD.
    """

    name: str
    table: str
    says: str
    when: str
    broken: str = ""
    columns: tuple[str, ...] = ()
    locks: str = ""
    on_update: str = ""
    key: tuple[str, ...] = ("id",)  # what names a row that breaks it
    only: str = ""  # the one dialect that needs it
    changes: bool = False

    @property
    def message(self) -> str:
        return f"{MARK}{self.name}: {self.says}".replace("'", "''")


@dataclass(frozen=True)
class Breach:
    """Rows that stood against a guard before it came: how many, and the first of them."""

    guard: Guard
    number: int
    rows: list[str]

    def sentence(self) -> str:
        more = f" and {self.number - len(self.rows)} more" if self.number > len(self.rows) else ""
        return f"{self.guard.table}: {self.guard.says}: {', '.join(self.rows)}{more}"


def guards_of(connection: Connection) -> list[Guard]:
    """Every guard of this database: those that the rooms list, and the ranges that the columns' types give."""
    found: list[Guard] = []
    for path in sorted(path for room in ROOMS for path in (ROOT / room).rglob("guards.py")):
        module = import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        found += getattr(module, "GUARDS", ())
    return [guard for guard in found + _of_types(connection) if guard.only in ("", connection.dialect.name)]


def _of_types(connection: Connection) -> list[Guard]:
    """Instants lie within years that a calendar has; texts are as long as their columns (SQLite does not look)."""
    found, inspector = [], inspect(connection)
    for table in sorted(set(inspector.get_table_names()) - {"alembic_version"}):
        columns = inspector.get_columns(table)
        key = tuple(inspector.get_pk_constraint(table)["constrained_columns"])
        instants = [column["name"] for column in columns if isinstance(column["type"], DateTime)]
        texts = {
            column["name"]: column["type"].length
            for column in columns
            if isinstance(column["type"], String) and column["type"].length
        }
        if instants:
            out = " OR ".join(f"NEW.\"{name}\" < '{FIRST}' OR NEW.\"{name}\" >= '{LAST}'" for name in instants)
            says = f"an instant lies outside {FIRST[:4]} to {int(LAST[:4]) - 1}"
            found.append(Guard(f"instants_{table}", table, says, out, columns=tuple(instants), key=key))
        if texts:
            out = " OR ".join(f'length(NEW."{name}") > {longest}' for name, longest in texts.items())
            says = "a text is longer than its column"
            found.append(Guard(f"lengths_{table}", table, says, out, columns=tuple(texts), key=key, only="sqlite"))
    return found


def drop(connection: Connection) -> None:
    """Take all guards off."""
    if connection.dialect.name == "sqlite":
        names = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'guard\\_%' ESCAPE '\\'"
        for (name,) in connection.exec_driver_sql(names).all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        return
    functions = (
        "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname = current_schema() AND starts_with(p.proname, 'guard_')"
    )
    for (name,) in connection.exec_driver_sql(functions).all():
        connection.exec_driver_sql(f"DROP FUNCTION {name} CASCADE")  # with its triggers


def install(connection: Connection) -> None:
    """Put all guards on; those that are on already are made anew."""
    drop(connection)
    for guard in guards_of(connection):
        if connection.dialect.name == "sqlite":
            _install_on_sqlite(connection, guard)
        else:
            _install_on_postgresql(connection, guard)


def missing(connection: Connection) -> list[str]:
    """The guards that this database should have and has not."""
    if connection.dialect.name == "sqlite":
        names = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        names = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    there = set(connection.exec_driver_sql(names).scalars())
    return [
        guard.name
        for guard in guards_of(connection)
        if not {f"guard_{guard.name}_{name}" for name, _, _ in _events(guard)} <= there
    ]


def breaches(connection: Connection) -> list[Breach]:
    """The rows that stand against a guard though it is on: they were there before it came."""
    found = []
    for guard in guards_of(connection):
        if guard.changes:
            continue
        condition = f"({guard.when}) AND ({guard.broken})" if guard.broken else guard.when
        names = " || ' / ' || ".join(f'CAST(NEW."{name}" AS varchar(100))' for name in guard.key)
        rows = f'FROM "{guard.table}" AS NEW WHERE {condition}'
        shown = list(connection.exec_driver_sql(f"SELECT {names} {rows} LIMIT {SHOWN}").scalars())
        if shown:
            number = connection.exec_driver_sql(f"SELECT count(*) {rows}").scalar_one()
            found.append(Breach(guard, number, [str(row) for row in shown]))
    return found


def _events(guard: Guard) -> Sequence[tuple[str, str, str]]:
    narrowed = f"({guard.when}) AND ({guard.on_update})" if guard.on_update else guard.when
    columns = ", ".join(f'"{name}"' for name in guard.columns)
    update = f"UPDATE OF {columns}" if columns else "UPDATE"
    changed = ("update", update, narrowed)
    return (changed,) if guard.changes else (("insert", "INSERT", guard.when), changed)


def _install_on_sqlite(connection: Connection, guard: Guard) -> None:
    where = f" WHERE {guard.broken}" if guard.broken else ""
    for name, event, when in _events(guard):
        connection.exec_driver_sql(
            f'CREATE TRIGGER guard_{guard.name}_{name} AFTER {event} ON "{guard.table}" FOR EACH ROW WHEN {when} '
            f"BEGIN SELECT RAISE(ABORT, '{guard.message}'){where}; END"
        )


def _install_on_postgresql(connection: Connection, guard: Guard) -> None:
    lock = f"PERFORM {guard.locks}; " if guard.locks else ""
    refuse = f"RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = '{guard.message}'; "
    refuse = f"IF {guard.broken} THEN {refuse}END IF; " if guard.broken else refuse
    connection.exec_driver_sql(
        f"CREATE FUNCTION guard_{guard.name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {lock}{refuse}RETURN NULL; END $$"
    )
    for name, event, when in _events(guard):
        connection.exec_driver_sql(
            f'CREATE TRIGGER guard_{guard.name}_{name} AFTER {event} ON "{guard.table}" '
            f"FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION guard_{guard.name}()"
        )
