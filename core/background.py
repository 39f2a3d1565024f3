"""Work beside the requests: in a thread after one is answered, or on the loop for as long as something lasts."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, ParamSpec

Params = ParamSpec("Params")

_under_way: set[asyncio.Task[Any]] = set()  # a task that nobody holds may be forgotten half-way


def go_on(work: Callable[Params, object], *args: Params.args, **kwargs: Params.kwargs) -> None:
    """Run it in a thread of its own. Nobody waits for it: it records its own progress and faults."""
    task = asyncio.create_task(asyncio.to_thread(work, *args, **kwargs))
    _under_way.add(task)
    task.add_done_callback(_under_way.discard)


@asynccontextmanager
async def alongside(work: Coroutine[Any, Any, object]) -> AsyncIterator[None]:
    """Run a coroutine on the loop while the block lasts; it ends with the block, and what it holds is given back."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
