"""What bounds a take: the same transaction's statements without a server, by sqlite3 alone and by pgbench."""

import re
import sqlite3
import subprocess
import time
from pathlib import Path
from uuid import uuid4

import psycopg

from benchmarks.asking import Figure
from core.database import Database
from core.settings import ROOT


def alone(path: Path, seconds: int) -> Figure:
    """The statements of a take by sqlite3 alone: balance read, movement, two balances, one figure; committed each."""
    for old in path.parent.glob(f"{path.name}*"):
        old.unlink()
    connection = sqlite3.connect(path, isolation_level=None)
    for line in (
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=FULL",
        "CREATE TABLE stock (place TEXT, lot TEXT, quantity INTEGER, PRIMARY KEY (place, lot))",
        "CREATE TABLE figure (depot TEXT, item TEXT, held INTEGER, PRIMARY KEY (depot, item))",
        "CREATE TABLE movement (id TEXT PRIMARY KEY, lot TEXT, quantity INTEGER, source TEXT, target TEXT, at TEXT)",
        "CREATE INDEX movement_lot ON movement (lot, at)",
        "CREATE INDEX movement_at ON movement (at, id)",
        "INSERT INTO stock VALUES ('shelf', 'lot', 1000000), ('used', 'lot', 0)",
        "INSERT INTO figure VALUES ('depot', 'item', 1000000)",
    ):
        connection.execute(line)
    started, done = time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("SELECT quantity FROM stock WHERE lot = 'lot'").fetchall()
        connection.execute("INSERT INTO movement VALUES (?, 'lot', 1, 'shelf', 'used', '2026')", (str(uuid4()),))
        connection.execute("UPDATE stock SET quantity = quantity - 1 WHERE place = 'shelf' AND lot = 'lot'")
        connection.execute("UPDATE stock SET quantity = quantity + 1 WHERE place = 'used' AND lot = 'lot'")
        connection.execute("UPDATE figure SET held = held - 1 WHERE depot = 'depot' AND item = 'item'")
        connection.execute("COMMIT")
        done += 1
    connection.close()
    return Figure(done / (time.perf_counter() - started))


def pgbench(database: Database, lots: int, seconds: int) -> Figure:
    """The same statements by pgbench with 32 clients, on tables of their own beside the city's."""
    with psycopg.connect(_plain(database), autocommit=True) as connection:
        for line in (
            "DROP SCHEMA IF EXISTS bench CASCADE",
            "CREATE SCHEMA bench",
            "CREATE TABLE bench.stock (place int, lot int, quantity bigint, PRIMARY KEY (place, lot))",
            "CREATE TABLE bench.figure (item int PRIMARY KEY, held bigint)",
            "CREATE TABLE bench.movement (id uuid PRIMARY KEY, lot int, quantity bigint, source int, target int, "
            "at timestamptz)",
            "CREATE INDEX ON bench.movement (lot, at)",
            "CREATE INDEX ON bench.movement (at, id)",
            f"INSERT INTO bench.stock SELECT p, n, 1000000 FROM generate_series(1, {lots}) n, generate_series(1, 2) p",
            f"INSERT INTO bench.figure SELECT n, 1000000 FROM generate_series(1, {lots}) n",
            "VACUUM ANALYZE bench.stock",
        ):
            connection.execute(line)
        script = str(ROOT / "benchmarks" / "take.sql")
        command = ["pgbench", "-n", "-c32", "-j2", f"-T{seconds}", "-M", "prepared", f"-Dlots={lots}", "-f", script]
        done = subprocess.run([*command, _plain(database)], capture_output=True, text=True, check=True)
        connection.execute("DROP SCHEMA bench CASCADE")
    rate = re.search(r"tps = ([\d.]+)", done.stdout)
    assert rate is not None, done.stdout
    return Figure(float(rate[1]))


def _plain(database: Database) -> str:
    """The address as PostgreSQL's own programs take it."""
    return database.url.set(drivername="postgresql").render_as_string(hide_password=False)
