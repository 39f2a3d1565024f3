"""Asking a server as fast as it answers, by wrk: what the measurements over HTTP have in common."""

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from core.settings import ROOT


@dataclass
class Figure:
    """One line of the table: answers per second, and how long they took."""

    rate: float
    p50_ms: float | None = None
    p99_ms: float | None = None
    refused: int = 0
    cpu_us: float | None = None  # the server's own time for one answer: says the same on a machine that is busy


@dataclass(frozen=True)
class Served:
    """A server that is measured."""

    url: str
    process: int
    seconds: int  # that each measurement lasts

    def cpu(self) -> float:
        """Seconds of processor time that the server and its workers have used."""
        workers = Path(f"/proc/{self.process}/task/{self.process}/children").read_text().split()
        stat = [Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split() for one in [self.process, *workers]]
        return sum(int(fields[11]) + int(fields[12]) for fields in stat) / os.sysconf("SC_CLK_TCK")


def wrk(
    served: Served, path: str, token: str, clients: int, script: str | None = None, of: Path | None = None
) -> Figure:
    """One run of wrk."""
    before = served.cpu()
    done = _run_wrk(served, path, token, clients, script, of)
    used = served.cpu() - before
    rate = re.search(r"Requests/sec:\s+([\d.]+)", done)
    requests = re.search(r"(\d+) requests in", done)
    latency = {p: _ms(*value) for p, *value in re.findall(r"(50|99)%\s+([\d.]+)(us|ms|s|m)\b", done)}
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", done)
    assert rate is not None and requests is not None, done
    return Figure(
        float(rate[1]),
        latency.get("50"),
        latency.get("99"),
        int(refused[1]) if refused else 0,
        used / max(1, int(requests[1])) * 1e6,
    )


def _run_wrk(served: Served, path: str, token: str, clients: int, script: str | None, of: Path | None) -> str:
    command = ["wrk", "-t2", f"-c{clients}", f"-d{served.seconds}s", "--latency"]
    if token:
        command += ["-H", f"Authorization: Bearer {token}"]
    if script:
        command += ["-s", str(ROOT / "benchmarks" / script)]
    environment = {**os.environ, "TARGETS": str(of or "")}
    return subprocess.run(
        [*command, served.url + path], env=environment, capture_output=True, text=True, check=True
    ).stdout


def _ms(number: str, unit: str) -> float:
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}[unit]


def wait_for(url: str) -> None:
    """Wait until a server answers at this address, and end the program if it does not."""
    for _ in range(300):
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    sys.exit("the server does not answer")
