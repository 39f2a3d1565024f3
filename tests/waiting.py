"""Waiting for what goes on in the background."""

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

SECONDS = 180.0  # the machine may be busy
PAUSE_SECONDS = 0.05
Told = TypeVar("Told")


async def until(ask: Callable[[], Awaitable[Told]], at_rest: Callable[[Told], object]) -> Told:
    """Ask again and again until the answer is one of something that rests; gives that answer."""
    deadline = time.monotonic() + SECONDS
    while True:
        told = await ask()
        if at_rest(told):
            return told
        assert time.monotonic() < deadline, f"still not at rest: {told}"
        await anyio.sleep(PAUSE_SECONDS)


def rests(told: dict[str, object]) -> bool:
    """Whether what a run shows of itself is no longer under way."""
    return told["state"] not in ("waiting", "running")
