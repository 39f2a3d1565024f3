"""As much of an answer as stories look at, whether it came over HTTP or from within the process."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol


class Answered(Protocol):
    """What an answer of the program offers."""

    @property
    def status_code(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str]: ...

    @property
    def text(self) -> str: ...

    def json(self) -> Any:
        """What its body says."""


@dataclass(frozen=True)
class Answer:
    """One from within the process."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes

    @cached_property
    def text(self) -> str:
        """Its body."""
        return self.content.decode()

    def json(self) -> Any:
        """What its body says."""
        return json.loads(self.content)
