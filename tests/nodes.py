"""Two application nodes behind nginx, over a PostgreSQL leader whose commits wait for a standby.

``python -m tests.nodes`` starts them all from packages (nginx comes from the system's, PostgreSQL from Python's),
prints the addresses, and ends them at Ctrl-C. The drills in ``test_nodes.py`` use the same.
"""

import signal
import ssl
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from core.settings import ROOT
from tests.clusters import Cluster, address_of, leader_and_standby
from tests.nginx import TLS, configured, own_names, running_nginx
from tests.serving import RunningServer, free_port, served

DRAIN_SECONDS = "2"


@dataclass
class Nodes:
    """What runs. ``url`` is nginx's."""

    url: str
    servers: list[RunningServer]
    leader: Cluster
    standby: Cluster
    database_url: str

    def client(self, **ways: object) -> httpx.AsyncClient:
        """A client that goes through nginx."""
        trusting = ssl.create_default_context(cafile=str(TLS / "certificate.pem"))
        return httpx.AsyncClient(base_url=self.url, verify=trusting, timeout=60, **ways)  # type: ignore[arg-type]


def configuration(folder: Path, ports: list[int], port: int, plain: int) -> str:
    """deploy/nginx-nodes.conf, with its names and ports changed as whoever copies it does."""
    changes = {
        "server 10.0.0.11:8000": f"server 127.0.0.1:{ports[0]}",
        "server 10.0.0.12:8000": f"server 127.0.0.1:{ports[1]}",
        **own_names(port, plain),
    }
    return configured((ROOT / "deploy" / "nginx-nodes.conf").read_text(encoding="utf-8"), changes, folder)


@contextmanager
def two_nodes(folder: Path, clusters: tuple[Cluster, Cluster], **environment: str) -> Iterator[Nodes]:
    """Serve a database that is there from two nodes behind nginx. They share the folder of photos, as nodes must."""
    url, port = address_of(*clusters), free_port()
    base = f"https://127.0.0.1:{port}"
    ways = {"READYSHELF_BASE_URL": base, "READYSHELF_DRAIN_SECONDS": DRAIN_SECONDS, **environment}
    servers = [RunningServer(url, folder / "var", **ways) for _ in range(2)]
    conf = folder / "nginx.conf"
    conf.write_text(configuration(folder, [server.port for server in servers], port, free_port()))
    with served(*servers):
        for server in servers:  # one after the other: the first makes the schema
            server.start()
        with running_nginx(conf):
            yield Nodes(base, servers, *clusters, url)


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="readyshelf-nodes-") as folder, leader_and_standby() as clusters:
        run = {"READYSHELF_RUN_JOBS": "true", "READYSHELF_DEMO": "true"}
        with two_nodes(Path(folder), clusters, **run) as nodes:
            print(f"nginx      {nodes.url}    (its certificate is the tests' own)")
            for server in nodes.servers:
                print(f"node       {server.url}    log {server.log}")
            print(f"PostgreSQL {nodes.database_url}", flush=True)
            signal.sigwait({signal.SIGINT, signal.SIGTERM})
    return 0


if __name__ == "__main__":
    sys.exit(main())
