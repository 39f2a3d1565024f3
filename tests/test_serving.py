"""The servers of the tests are processes as users start them."""

import os
import signal
from pathlib import Path

import httpx
import pytest

from tests.serving import PROCESSES, RunningServer, served

embedded = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def _put_an_id(answers: object) -> None:
    from core.ids import new_id

    answers.put(new_id())  # type: ignore[attr-defined]


@embedded
def test_servers_have_processes_of_their_own_and_end_when_told(database_url: str, tmp_path: Path) -> None:
    servers = [RunningServer(database_url, tmp_path / "var") for _ in range(2)]
    with served(*servers):
        processes = [server.start().process for server in servers]
        first, second = [process.pid for process in processes if process is not None]
        assert first is not None and second is not None
        assert len({first, second, os.getpid()}) == 3
        os.kill(first, signal.SIGTERM)
        assert processes[0] is not None
        processes[0].join(60)
        assert processes[0].exitcode in (0, -signal.SIGTERM)
        assert httpx.get(f"{servers[1].url}/readyz").status_code == 200
    for number in (first, second):
        with pytest.raises(ProcessLookupError):
            os.kill(number, 0)


@embedded
def test_a_server_that_cannot_start_says_why_and_is_gone(database_url: str, tmp_path: Path) -> None:
    server = RunningServer(database_url, tmp_path / "var", READYSHELF_TIMEZONE="Mars/Olympus")
    with pytest.raises(RuntimeError, match="READYSHELF_TIMEZONE"):
        server.start()
    assert server.process is not None and not server.process.is_alive()


def test_forked_processes_never_make_the_same_ids() -> None:
    answers = PROCESSES.Queue()
    processes = [PROCESSES.Process(target=_put_an_id, args=(answers,), daemon=True) for _ in range(4)]
    for process in processes:
        process.start()
    ids = {answers.get(timeout=60) for _ in processes}
    for process in processes:
        process.join()
    assert len(ids) == len({str(one)[14:] for one in ids}) == 4
