"""One answer for all who ask at the same time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class Shared(Generic[Answer]):
    """A question that many put at once. The answer is never older than the asking: whoever asks while it is under way
    waits for the next one, together with all who ask meanwhile."""

    def __init__(self, ask: Callable[[], Awaitable[Answer]]) -> None:
        self._ask = ask
        self._under_way: asyncio.Future[Answer] | None = None
        self._next: asyncio.Future[Answer] | None = None

    async def answer(self) -> Answer:
        if self._next is None:
            self._next = asyncio.ensure_future(self._put(self._under_way))
        return await asyncio.shield(self._next)  # one who goes away takes it from nobody

    async def _put(self, before: asyncio.Future[Answer] | None) -> Answer:
        if before is not None and not before.done():
            await asyncio.wait([before])
        self._under_way, self._next = self._next, None
        return await self._ask()
