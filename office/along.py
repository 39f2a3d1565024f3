"""The way on which a page is read: in the order of an index, so that it costs by the rows that it passes.

SQLite, which knows nothing of how many rows there are, would read the whole other side of a join and sort it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, inspect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.selectable import Join as Joined


@dataclass(frozen=True)
class Way:
    """The tables that are passed, the one that is in order first; ``on``: what leads from each to the next.

    From the last one the list's own join leads on to its rows. Without tables its rows themselves are in order.
    """

    tables: tuple[Any, ...] = ()
    on: tuple[Any, ...] = ()

    def to(self, base: Any, leading: Sequence[Any]) -> Any:
        """The tables of the way and the list's own, joined from the first on; ``leading``: by these conditions."""
        if not self.tables:
            return base
        start = self.tables[0]
        for table, on in zip(self.tables[1:], self.on, strict=True):
            start = Along(start, table, on)
        return Along(start, base, and_(*leading))

    def passes(self, table: Any) -> bool:
        """Whether the way leads along a table."""
        return any(inspect(one).selectable is inspect(table).selectable for one in self.tables)


class Along(Joined):
    """An inner join that is read from its left side on."""

    inherit_cache = True


@compiles(Along, "sqlite")
def _in_order(join: Along, compiler: Any, **asked: Any) -> str:
    drawn: str = compiler.visit_join(join, **asked)
    before = compiler.process(join.left, **{**asked, "asfrom": True})
    return before + drawn[len(before) :].replace(" JOIN ", " CROSS JOIN ", 1)
