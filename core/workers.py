"""Several server processes under one that watches them, and says what becomes of them."""

import time

import structlog
import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import Process

from core.measuring import forget_process

PING_SECONDS = 1.0
log = structlog.get_logger()


class Workers(Multiprocess):
    """As the server's own, which is silent about workers that end, and kills those that take long to come up (B10)."""

    def __init__(self, config: uvicorn.Config, sockets: list[object]) -> None:
        super().__init__(config, sockets)  # type: ignore[arg-type]
        self.failed = False
        self._heard: dict[Process, float] = {}
        self._ready: set[Process] = set()  # those that have served

    def init_processes(self) -> None:
        super().init_processes()
        log.info("workers are starting", processes=[worker.pid for worker in self.processes])

    def keep_subprocess_alive(self) -> None:
        for index, worker in enumerate(self.processes):
            if self.should_exit.is_set():
                return
            if self._is_well(worker):
                continue
            worker.kill()
            worker.join()
            forget_process(worker.pid)
            self._heard.pop(worker)
            ready = worker in self._ready
            self._ready.discard(worker)
            if worker.exitcode == STARTUP_FAILURE or (not ready and (worker.exitcode or 0) > 0):
                # it would fail the same way each time
                log.error("a worker could not start; what it said stands above", process=worker.pid)
                self.failed = True
                self.should_exit.set()
                return
            log.warning("a worker has ended, another takes its place", process=worker.pid, code=worker.exitcode)
            self.processes[index] = Process(self.config, self.sockets)
            self.processes[index].start()

    def _is_well(self, worker: Process) -> bool:
        """Whether it lives and has answered lately. Short pings: one that dies meanwhile, or SIGTERM, is noticed."""
        heard = self._heard.setdefault(worker, time.monotonic())
        if not worker.process.is_alive():
            return False
        while worker.parent_conn.poll(0):  # answers to pings that came too late
            worker.parent_conn.recv()
        if worker.ping(PING_SECONDS):
            self._heard[worker] = time.monotonic()
            if worker not in self._ready and worker.is_ready(PING_SECONDS):
                self._ready.add(worker)
            return True
        return time.monotonic() - heard < self.config.timeout_worker_healthcheck


def serve_with(config: uvicorn.Config) -> int:
    """Serve until told to stop; returns the exit code. All workers have ended by then."""
    socket = config.bind_socket()
    workers = Workers(config, [socket])
    workers.run()
    socket.close()
    return int(workers.failed)
