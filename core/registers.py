"""Tables that hold a line for each member of a set of words: none may be forgotten when a member is added."""

from collections.abc import Container
from enum import Enum
from typing import Any


def require_each(members: type[Enum], table: Container[Any], where: str) -> None:
    """Raise, as the program starts, where a member has no line in a table. ``where`` names the table and its file.

    Without it the first request, mail or sweep that meets the member would fail instead.
    """
    if missing := [member.value for member in members if member not in table]:
        lines = ", ".join(missing)
        raise NotImplementedError(f"{members.__name__} has no line for {lines} in {where}: add one there")
