"""Work that goes on in a thread of the server after its request is answered."""

import asyncio
from collections.abc import Callable
from typing import Any, ParamSpec

Params = ParamSpec("Params")

_under_way: set[asyncio.Task[Any]] = set()  # a task that nobody holds may be forgotten half-way


def go_on(work: Callable[Params, object], *args: Params.args, **kwargs: Params.kwargs) -> None:
    """Run it in a thread of its own. Nobody waits for it: it records its own progress and faults."""
    task = asyncio.create_task(asyncio.to_thread(work, *args, **kwargs))
    _under_way.add(task)
    task.add_done_callback(_under_way.discard)
