"""A server that ends on SIGTERM: it announces it, finishes what has begun, and then closes its door.

For some seconds ``/readyz`` and ``/healthz`` answer 503 and every answer closes its connection, so that whoever
distributes requests learns of it and goes elsewhere; all that arrives meanwhile is answered as ever. Then nobody new is
let in, and what still runs has its time (``timeout_graceful_shutdown``).
"""

import asyncio
import signal
import socket
import time
from types import FrameType

import uvicorn

from core.ending import ENDING

LINGER_SECONDS = 1.0  # after the door is closed: whoever was let in last may not have said yet what they want


class DrainingServer(uvicorn.Server):
    """As the server's own, which closes the connections that a proxy keeps while the proxy writes to them."""

    def __init__(self, config: uvicorn.Config, seconds: float) -> None:
        super().__init__(config)
        self.seconds = seconds
        self._until: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM drains. SIGINT, a second SIGTERM, or one before we serve ends as ever."""
        if sig != signal.SIGTERM or self._until is not None or not self.started or not self.seconds:
            super().handle_exit(sig, frame)
            return
        self._captured_signals.append(sig)
        self._until = time.monotonic() + self.seconds
        ENDING.begun = True

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether to end now."""
        if self._until is not None and time.monotonic() >= self._until:
            self.should_exit = True
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let nobody new in, answer whoever just came, then close what is idle and wait for what runs."""
        if ENDING.begun and not self.force_exit:
            for server in self.servers:
                server.close()
            for door in sockets or []:
                door.close()
            await asyncio.sleep(LINGER_SECONDS)
        await super().shutdown(sockets)
