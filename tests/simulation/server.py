"""Server processes that are started, killed and started again in no time: each is forked from one that has imported
the whole program already."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from core.settings import ROOT
from tests.serving import free_port

_NURSERY = """
import gc, json, os, sys
sys.path.insert(0, os.getcwd())
import app
gc.collect(); gc.freeze()
print("ready", flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    if asked["do"] == "wait":
        print(json.dumps(os.waitpid(asked["pid"], 0)[1]), flush=True)
        continue
    pid = os.fork()
    if pid == 0:
        os.setsid()
        null = os.open(os.devnull, os.O_RDONLY)
        log = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(null, 0); os.dup2(log, 1); os.dup2(log, 2)
        os.environ.update(asked["environment"])
        status = 1
        try:
            status = app.main(asked["arguments"])
        except BaseException:
            import traceback
            traceback.print_exc()
        finally:
            os._exit(status)
    print(json.dumps(pid), flush=True)
"""


class Nursery:
    """The process that servers and commands are forked from."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _NURSERY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline().strip() == "ready"

    def ask(self, **what: Any) -> int:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()
        return int(json.loads(self.process.stdout.readline()))

    def run(self, environment: dict[str, str], log: Path, *arguments: str) -> int:
        """A console command, to its end; returns its exit code."""
        pid = self.ask(do="fork", environment=environment, log=str(log), arguments=arguments)
        return os.waitstatus_to_exitcode(self.ask(do="wait", pid=pid))

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=30)


class Server:
    """One server process, and a client that speaks to it."""

    def __init__(self, nursery: Nursery, database_url: str, folder: Path) -> None:
        self.nursery = nursery
        self.port = free_port()
        self.environment = {
            "READYSHELF_DATABASE_URL": database_url,
            "READYSHELF_VAR_DIR": str(folder / "var"),
            "READYSHELF_SECRET": "s" * 32,
            "READYSHELF_RUN_JOBS": "false",
        }
        self.log = folder / f"server-{self.port}.log"
        self.pid = 0
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=60)

    def start(self) -> "Server":
        arguments = ["serve", "--port", str(self.port)]
        self.pid = self.nursery.ask(do="fork", environment=self.environment, log=str(self.log), arguments=arguments)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if self.client.get("/readyz").status_code == 200:
                    return self
            except httpx.TransportError:
                time.sleep(0.05)
        raise RuntimeError(f"the server does not answer: {self.log.read_text()}")

    def kill(self) -> None:
        """kill -9: no farewell, no flush."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            self.nursery.ask(do="wait", pid=self.pid)
            self.pid = 0

    def stop(self) -> None:
        self.kill()
        self.client.close()

    def verify(self) -> str:
        """``readyshelf verify``: empty when the book is sound, else what it says."""
        told = self.log.with_name(f"verify-{self.port}.log")
        told.unlink(missing_ok=True)
        code = self.nursery.run(self.environment, told, "verify")
        return "" if code == 0 else told.read_text()
