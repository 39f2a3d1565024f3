"""Values of rows never reach a log: what a database says of a row that it refused, phone numbers and
secrets in addresses anywhere (B19)."""

import logging
import re
from collections.abc import MutableMapping
from typing import Any

# PostgreSQL puts the row into these lines of its message: "DETAIL:  Failing row contains (…)"
_DETAIL = re.compile(r"^(\s*(?:DETAIL|CONTEXT|QUERY|LINE \d+)):.*$", re.MULTILINE)
_QUOTED = re.compile(r'((?:invalid input syntax|out of range)[^"\n]*)"[^"\n]*"')
_NUMBER = re.compile(r"(?<![\w.-])\+?\d(?:[ -]?\d){6,}(?![\w-])")
# Whatever stands for somebody: tokens, sessions, the end of a one-time link (256 bits in base64)
_SECRET = re.compile(r"(?<![\w-])[A-Za-z0-9_-]{43}(?![\w-])")


def discreet(text: str) -> str:
    """The text without values of rows, secrets, and numbers that may be somebody's phone."""
    text = _DETAIL.sub(r"\1: (left out)", text)
    text = _QUOTED.sub(r'\1"(left out)"', text)
    text = _SECRET.sub("(secret)", text)
    return _NUMBER.sub("(number)", text)


def discreet_event(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor: every text of an event, the traceback among them."""
    return {
        key: discreet(value) if isinstance(value, str) and key != "timestamp" else value for key, value in event.items()
    }


class DiscreetFormatter(logging.Formatter):
    """For what libraries log by themselves."""

    def format(self, record: logging.LogRecord) -> str:
        return discreet(super().format(record))
