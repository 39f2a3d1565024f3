"""A join that is read from its left side on: a page in the order of an index costs by the rows that it passes.

SQLite, which knows nothing of how many rows there are, would read the whole right side and sort it.
"""

from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.selectable import Join


class Along(Join):
    """An inner join of a table, which comes first, and another one."""

    inherit_cache = True


@compiles(Along, "sqlite")
def _in_order(join: Along, compiler: Any, **asked: Any) -> str:
    drawn: str = compiler.visit_join(join, **asked)
    return drawn.replace(" JOIN ", " CROSS JOIN ", 1)
