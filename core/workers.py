"""Several server processes under one that watches them and logs what becomes of them."""

import socket
import time

import structlog
import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import Process

from core.draining import DrainingServer
from core.measuring import forget_process

PING_SECONDS = 1.0
log = structlog.get_logger()


class Worker(Process):
    """One server process, which drains before it ends."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket], drain_seconds: float) -> None:
        super().__init__(config, sockets)
        self._drain_seconds = drain_seconds

    @property
    def server(self) -> uvicorn.Server:
        if self._server is None:
            self._server = DrainingServer(self.config, self._drain_seconds)
        return self._server


class Workers(Multiprocess):
    """As the server's own, which is silent about workers that end, and kills those that take long to come up (B10)."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket], drain_seconds: float) -> None:
        super().__init__(config, sockets)
        self._drain_seconds = drain_seconds
        self.failed = False
        self._heard: dict[Process, float] = {}
        self._ready: set[Process] = set()  # those that have served

    def init_processes(self) -> None:
        self.processes = [self._begin() for _ in range(self.processes_num)]
        log.info("workers are starting", processes=[worker.pid for worker in self.processes])

    def _begin(self) -> Process:
        worker = Worker(self.config, self.sockets, self._drain_seconds)
        worker.start()
        return worker

    def restart_all(self) -> None:
        """SIGHUP: one after the other, each when the one that takes its place answers."""
        for index, old in enumerate(self.processes):
            new = self._begin()
            if not new.wait_until_ready(self.config.timeout_worker_healthcheck, self.should_exit):
                new.kill()
                new.join()
                log.error("a new worker did not come up; those that there are go on", process=new.pid)
                return
            old.terminate()
            old.join()
            forget_process(old.pid)
            self._heard.pop(old, None)
            self._ready.discard(old)
            self.processes[index] = new

    def terminate_all(self) -> None:
        """Our own hold on the door first: it would let in people whom no worker meets any more."""
        for door in self.sockets:
            door.close()
        super().terminate_all()

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
            self.processes[index] = self._begin()

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


def serve_with(config: uvicorn.Config, drain_seconds: float) -> int:
    """Serve until told to stop; returns the exit code. All workers have ended by then."""
    workers = Workers(config, [config.bind_socket()], drain_seconds)
    workers.run()
    return int(workers.failed)
