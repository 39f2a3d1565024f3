"""Values that a page hands to its scripts."""

from typing import Any

import msgspec


def as_script(value: Any) -> str:
    """A value as JSON that may stand in a page's data block."""
    return msgspec.json.encode(value).decode().replace("<", "\\u003c")
