"""A database as an older version of the program left it: migrations only go forward."""

from pathlib import Path

from sqlalchemy import Connection, column, inspect, table
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from core.archive import tables_there
from core.columns import table_of
from core.database import Database
from core.schema import changing_schema, current_revision, migrate
from inventory.exchange.restoring import _clear, _remove, _triggers_off

Rows = dict[str, tuple[list[str], list[tuple[object, ...]]]]


def go_back(database: Database, revision: str) -> None:
    """Make the schema of a revision in place of the one that is there, and put the rows into it that it knows."""
    with database.engine.execution_options(writes=False).connect() as connection:
        rows = _read(connection)
    if database.is_sqlite:
        database.engine.dispose()
        _remove(Path(str(database.url.database)))
    else:
        with database.engine.begin() as connection:
            _clear(connection)
    migrate(database, revision)
    with changing_schema(database) as connection:
        _write(connection, rows)
    assert current_revision(database) == revision


def _read(connection: Connection) -> Rows:
    rows: Rows = {}
    for name in tables_there(connection).tables:
        found = connection.exec_driver_sql(f'SELECT * FROM "{name}"')
        rows[name] = (list(found.keys()), [tuple(row) for row in found])
    return rows


def _write(connection: Connection, rows: Rows) -> None:
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    there = tables_there(connection)
    if mark == "%s":  # rows that point to each other come in any order
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
    with _triggers_off(connection, there):
        for old in there.sorted_tables:
            columns, values = rows.get(old.name, ([], []))
            known = [index for index, name in enumerate(columns) if name in old.columns]
            names = ", ".join(f'"{columns[index]}"' for index in known)
            if values:
                connection.exec_driver_sql(
                    f'INSERT INTO "{old.name}" ({names}) VALUES ({", ".join([mark] * len(known))})',
                    [tuple(row[index] for index in known) for row in values],
                )


def add_as_then(session: Session, row: SQLModel) -> None:
    """Enter a row into a table that lacks columns which the model has today."""
    made = table_of(type(row))
    known = {there["name"] for there in inspect(session.connection()).get_columns(made.name)}
    columns = [column(of.name, of.type) for of in made.c if of.name in known]
    values = {name: value for name, value in row.model_dump().items() if name in known}
    session.execute(table(made.name, *columns).insert().values(values))
