"""How many statements reach the database."""

from typing import Any

from sqlalchemy import event

from core.database import Database


class QueryCount:
    """Counts the statements that reach the database."""

    def __init__(self, database: Database) -> None:
        self.statements: list[str] = []
        asynchronous = (database.async_engine, database.async_reader)
        self._engines = (database.engine, *(one.sync_engine for one in asynchronous if one is not None))
        for engine in self._engines:
            event.listen(engine, "before_cursor_execute", self._note)

    def stop(self) -> None:
        for engine in self._engines:
            event.remove(engine, "before_cursor_execute", self._note)

    def _note(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")):
            self.statements.append(statement)

    def during(self) -> "QueryCount":
        self.statements.clear()
        return self

    def __len__(self) -> int:
        return len(self.statements)
