"""Readers of the cells of reference files: a text becomes a value, or a ValueError says what is wrong with it."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation


def text(longest: int, *, required: bool = True) -> Callable[[str], str]:
    """A reader of texts up to a length."""

    def read(value: str) -> str:
        if required and not value:
            raise ValueError("this must be filled in")
        if len(value) > longest:
            raise ValueError(f"this is longer than {longest} characters")
        return value

    return read


def whole(value: str) -> int | None:
    """A whole number from 0, or nothing."""
    if not value:
        return None
    if not value.isascii() or not value.isdigit():
        raise ValueError(f"{value!r} is not a whole number")
    return int(value)


def number(value: str) -> Decimal:
    """A decimal from 0 with at most three places."""
    try:
        found = Decimal(value)
    except InvalidOperation:
        raise ValueError(f"{value!r} is not a number") from None
    if not found.is_finite() or found < 0 or found != round(found, 3):
        raise ValueError(f"{value!r} is not a number from 0 with at most three decimals")
    return found


def maybe_number(value: str) -> Decimal | None:
    """A decimal, or nothing."""
    return number(value) if value else None


def maybe_date(value: str) -> date | None:
    """A date such as 2024-03-31, or nothing."""
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise ValueError(f"{value!r} is not a date such as 2024-03-31") from None


def month_day(value: str) -> str:
    """A month and day such as 09-15, or nothing."""
    if value:
        try:
            date.fromisoformat(f"2024-{value}")
        except ValueError:
            raise ValueError(f"{value!r} is not a month and day such as 09-15") from None
    return value


def degrees(limit: float) -> Callable[[str], float]:
    """A reader of a coordinate within plus or minus ``limit`` degrees."""

    def read(value: str) -> float:
        try:
            found = float(value)
        except ValueError:
            raise ValueError(f"{value!r} is not a coordinate") from None
        if not -limit <= found <= limit:
            raise ValueError(f"{value!r} lies outside {-limit:g} to {limit:g} degrees")
        return found

    return read


def maybe_degrees(limit: float) -> Callable[[str], float | None]:
    """As ``degrees``, or nothing."""
    read = degrees(limit)
    return lambda value: read(value) if value else None


def one_of(*words: str) -> Callable[[str], str]:
    """A reader of one of some words."""

    def read(value: str) -> str:
        if value not in words:
            some = ", ".join(word or "(empty)" for word in words[:20])
            raise ValueError(f"{value!r} is none of {some}{' …' if len(words) > 20 else ''}")
        return value

    return read


YES_NO = one_of("Y", "N", "")
