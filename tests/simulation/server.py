"""A server process, and a client that speaks to it."""

from pathlib import Path

import httpx

from tests.serving import PROCESSES, RunningServer, _serve


class Server:
    """``readyshelf serve``, killed and started again at will."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.running = RunningServer(database_url, folder / "var")
        self.client = httpx.Client(base_url=self.running.url, timeout=60, trust_env=False)
        self.told = folder / f"verify-{self.running.port}.log"

    def start(self) -> "Server":
        self.running.start()
        return self

    def kill(self) -> None:
        """kill -9: no farewell, no flush."""
        if self.running.process is not None and self.running.process.is_alive():
            self.running.kill()

    def stop(self) -> None:
        self.kill()
        self.client.close()

    def verify(self) -> str:
        """``readyshelf verify``: empty when the book is sound, else what it says."""
        self.told.unlink(missing_ok=True)
        process = PROCESSES.Process(target=_serve, args=(["verify"], self.running.environment, self.told), daemon=True)
        process.start()
        process.join()
        return "" if process.exitcode == 0 else self.told.read_text()
