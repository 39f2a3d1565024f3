"""The servers of the tests are processes as users start them."""

import os
import signal
import socket
import time
from contextlib import closing
from pathlib import Path

import httpx
import psutil
import pytest

from app import main
from tests.serving import PROCESSES, ManyWorkers, RunningServer, served

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
def test_a_server_that_is_told_to_end_says_so_and_answers_everybody_first(database_url: str, tmp_path: Path) -> None:
    server = RunningServer(database_url, tmp_path / "var", READYSHELF_DRAIN_SECONDS="1")
    with served(server), httpx.Client(base_url=server.url, timeout=60) as kept, closing(socket.socket()) as late:
        server.start()
        assert "connection" not in kept.get("/healthz").headers
        assert server.process is not None and server.process.pid is not None
        os.kill(server.process.pid, signal.SIGTERM)
        deadline = time.monotonic() + 180
        while (answer := kept.get("/readyz")).status_code == 200:
            assert time.monotonic() < deadline
        assert (answer.status_code, answer.headers["connection"], answer.headers["retry-after"]) == (503, "close", "2")
        assert kept.get("/healthz").status_code == 503
        page = kept.get("/sign-in")
        assert (page.status_code, page.headers["connection"]) == (200, "close")
        late.connect(("127.0.0.1", server.port))  # let in before the door closes, speaks after it
        with pytest.raises(httpx.ConnectError):
            while time.monotonic() < deadline:
                kept.get("/healthz")
        late.sendall(b"GET /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert late.recv(20).startswith(b"HTTP/1.1 200")
        server.process.join(60)
        assert server.process.exitcode in (0, -signal.SIGTERM)


@embedded
def test_a_server_that_cannot_start_says_why_and_is_gone(database_url: str, tmp_path: Path) -> None:
    server = RunningServer(database_url, tmp_path / "var", READYSHELF_TIMEZONE="Mars/Olympus")
    with pytest.raises(RuntimeError, match="READYSHELF_TIMEZONE"):
        server.start()
    assert server.process is not None and not server.process.is_alive()


@embedded
@pytest.mark.parametrize("command", ["migrate", "serve"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BASE_URL", "http://0.0.0.0:8000"),
        ("MAIL_FROM", "nobody"),
        ("LABEL_PRINTERS", "lpt1"),
        ("LABEL_PRINTERS", "zpl://10.0.0.5:9100?dpi=7"),
        ("LABEL_PRINTERS", "zpl://10.0.0.5:99999"),
        ("ROADS", "no.such.module:engine"),
        ("ROADS", "json:no_such_factory"),
        ("TIMEZONE", "Mars"),
    ],
)
def test_settings_that_cannot_be_used_are_one_sentence_for_migrate_and_serve(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str, name: str,
    value: str,
) -> None:  # fmt: skip
    """B35."""
    monkeypatch.setenv("READYSHELF_DATABASE_URL", database_url)
    monkeypatch.setenv(f"READYSHELF_{name}", value)
    assert main([command]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"readyshelf cannot start: READYSHELF_{name}: ")
    assert said.count("\n") == 1


@embedded
def test_a_server_open_to_all_without_an_address_says_that_its_labels_lead_nowhere(
    database_url: str, tmp_path: Path
) -> None:
    """B44."""
    server = RunningServer(database_url, tmp_path / "var")
    server.environment.pop("READYSHELF_BASE_URL", None)
    server.options = ["--host", "0.0.0.0"]
    with served(server):
        server.start()
        assert "READYSHELF_BASE_URL is an address that phones can open" in server.log.read_text()
        assert "http://0.0.0.0" not in server.log.read_text()


@pytest.mark.heavy
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_workers_that_come_up_slowly_are_waited_for_and_all_end_when_told(database_url: str, tmp_path: Path) -> None:
    slow = tmp_path / "slow"
    slow.mkdir()
    slow_start = "import sys, time\nif '--multiprocessing-fork' in sys.orig_argv: time.sleep(7)\n"
    (slow / "sitecustomize.py").write_text(slow_start)
    server = ManyWorkers(database_url, tmp_path / "var", PYTHONPATH=str(slow))
    with served(server):
        server.start()
        assert server.process is not None and server.process.pid is not None
        children = psutil.Process(server.process.pid).children(recursive=True)
        said = server.log.read_text()
        assert "workers are starting" in said
        assert "another takes its place" not in said
        workers = [child for child in children if "--multiprocessing-fork" in child.cmdline()]
        assert len(workers) == 2
        workers[0].kill()
        deadline = time.monotonic() + 180
        while "another takes its place" not in server.log.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.1)
        children = psutil.Process(server.process.pid).children(recursive=True)
        server.stop()
        assert server.process.exitcode == 0, server.log.read_text()
        assert psutil.wait_procs(children, timeout=180)[1] == []


@pytest.mark.heavy
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_workers_that_cannot_start_end_the_server(database_url: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    fault = "import sys, os\nif '--multiprocessing-fork' in sys.orig_argv: os.environ['READYSHELF_TIMEZONE'] = 'Mars'\n"
    (broken / "sitecustomize.py").write_text(fault)
    server = ManyWorkers(database_url, tmp_path / "var", PYTHONPATH=str(broken))
    with served(server), pytest.raises(RuntimeError, match="READYSHELF_TIMEZONE"):
        server.start()
    assert server.process is not None and server.process.exitcode == 1


def test_forked_processes_never_make_the_same_ids() -> None:
    answers = PROCESSES.Queue()
    processes = [PROCESSES.Process(target=_put_an_id, args=(answers,), daemon=True) for _ in range(4)]
    for process in processes:
        process.start()
    ids = {answers.get(timeout=60) for _ in processes}
    for process in processes:
        process.join()
    assert len(ids) == len({str(one)[14:] for one in ids}) == 4
