"""An import that goes on in the background of the server, after the answer to who asked for it."""

import asyncio
from typing import Any
from uuid import UUID

from core.context import AppContext
from inventory.exchange.runs import carry_out
from people.policy import Caller

_tasks: set[asyncio.Task[Any]] = set()  # a task that nobody holds may be forgotten half-way


def carry_on(context: AppContext, caller: Caller, run_id: UUID, write: bool) -> None:
    """In a thread of its own; what goes wrong is logged and written to the run by ``carry_out``."""
    task = asyncio.create_task(asyncio.to_thread(carry_out, context, caller, run_id, write))
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
