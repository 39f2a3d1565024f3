"""A member of a set of words that a table forgets is found as the program starts."""

from enum import StrEnum

import pytest

from core.registers import require_each


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


def test_a_table_with_a_line_for_each_member_is_complete() -> None:
    require_each(Colour, {Colour.RED: 1, Colour.BLUE: 2}, "TABLE of its/file.py")


def test_what_is_missing_is_named_with_the_file_where_it_goes() -> None:
    with pytest.raises(NotImplementedError, match=r"Colour has no line for blue in TABLE of its/file\.py: add one"):
        require_each(Colour, {Colour.RED: 1}, "TABLE of its/file.py")
