"""The application as a process of its own, to be met over real HTTP, stopped, and killed.

A server is forked from a process that has imported the application already (``forkserver``), which saves most of what
a start costs; where there is no fork, each starts a new interpreter. It has its own environment and process number,
takes signals as ``readyshelf serve`` does, and dies with the tests.
"""

import ctypes
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import httpx

import serving
from core.settings import ROOT

START_SECONDS = 180.0  # seconds that a server may take until it answers, or to stop: the machine may be busy
FORKS = "forkserver" in multiprocessing.get_all_start_methods()
PROCESSES: Any = multiprocessing.get_context("forkserver" if FORKS else "spawn")
if FORKS:
    OF_A_SERVER = (
        "anyio._backends._asyncio",
        "uvicorn.lifespan.on",
        "uvicorn.loops.auto",
        "uvicorn.protocols.http.auto",
        "uvicorn.protocols.websockets.auto",
        "jobs.running.scheduler",
        "jobs.running.watching",
    )
    OURS = ("rooms", "console", __name__, "tests.frozen")
    PROCESSES.set_forkserver_preload([*OF_A_SERVER, *serving.USED_BY_REQUESTS, *OURS])
PR_SET_PDEATHSIG = 1  # from linux/prctl.h


def free_port() -> int:
    """A port on which nobody listens just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _serve(arguments: list[str], environment: dict[str, str], log: Path) -> None:
    """Be a server: runs in the new process."""
    if sys.platform == "linux":  # die with the process that forked us, which ends with the tests
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    with log.open("ab", buffering=0) as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    import app

    if FORKS:
        import rooms
        from tests import frozen

        rooms.create_app = frozen.application  # type: ignore[assignment]
    sys.exit(app.main(arguments))


class RunningServer:
    """``readyshelf serve`` on a database, as a user starts it."""

    def __init__(self, database_url: str, var_dir: Path, **environment: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "READYSHELF_DATABASE_URL": database_url,
            "READYSHELF_VAR_DIR": str(var_dir),
            "READYSHELF_SECRET": "s" * 32,
            "READYSHELF_RUN_JOBS": "false",
            "READYSHELF_DRAIN_SECONDS": "0",
            **environment,
        }
        self.log = var_dir.parent / f"server-{self.port}.log"
        self.options: list[str] = []
        self.process: BaseProcess | Program | None = None

    def start(self, wait: bool = True) -> "RunningServer":
        """Start it; one that does not answer is stopped."""
        arguments = (["serve", "--port", str(self.port), *self.options], self.environment, self.log)
        self.process = PROCESSES.Process(target=_serve, args=arguments, daemon=True)
        self.process.start()
        return self.wait() if wait else self

    def wait(self) -> "RunningServer":
        """Until it answers."""
        assert self.process is not None
        deadline = time.monotonic() + START_SECONDS
        try:
            with httpx.Client(base_url=self.url, verify=False, trust_env=False, timeout=START_SECONDS) as client:
                while time.monotonic() < deadline:
                    if not self.process.is_alive():
                        raise RuntimeError(f"the server stopped: {self.log.read_text()}")
                    try:
                        if client.get("/readyz").status_code == 200:
                            return self
                    except httpx.TransportError:
                        pass
                    time.sleep(0.1)
            raise RuntimeError(f"the server does not answer: {self.log.read_text()}")
        except BaseException:  # also when the tests are broken off while they wait
            self.kill()
            raise

    def kill(self) -> None:
        """kill -9: no farewell, no flush."""
        assert self.process is not None
        self.process.kill()
        self.process.join()

    def stop(self) -> None:
        """End it as a service manager does; one that does not end is killed, and that is a failure."""
        if self.process is None or not self.process.is_alive():
            return
        self.process.terminate()
        self.process.join(START_SECONDS)
        if self.process.is_alive():
            self.kill()
            raise RuntimeError(f"the server did not end when asked to: {self.log.read_text()}")


class Program:
    """A command in a new interpreter, with the ways of a process; whatever it started is killed with it."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path, folder: Path = ROOT) -> None:
        with log.open("ab") as file:
            self._popen = subprocess.Popen(
                command, env=environment, cwd=folder, stdout=file, stderr=file, start_new_session=True
            )
        self.pid = self._popen.pid

    @property
    def exitcode(self) -> int | None:
        return self._popen.poll()

    def is_alive(self) -> bool:
        return self._popen.poll() is None

    def join(self, timeout: float | None = None) -> None:
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(timeout)

    def terminate(self) -> None:
        self._popen.terminate()

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


class ManyWorkers(RunningServer):
    """``readyshelf serve --workers N``, whose processes are children of the one that was started."""

    def __init__(self, database_url: str, var_dir: Path, workers: int = 2, **environment: str) -> None:
        super().__init__(database_url, var_dir, **environment)
        self.command = [sys.executable, "-m", "app", "serve"]
        self.command += ["--port", str(self.port), "--workers", str(workers)]

    def start(self, wait: bool = True) -> "ManyWorkers":
        """Start it; one that does not answer is stopped."""
        self.process = Program(self.command, self.environment, self.log)
        if wait:
            self.wait()
        return self


@contextmanager
def served(*servers: RunningServer) -> Iterator[None]:
    """Stops the servers at the end, whatever happens."""
    try:
        yield
    finally:
        for server in servers:
            server.stop()
