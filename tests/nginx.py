"""A real nginx with the files that deploy/ offers."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.settings import ROOT

TLS = ROOT / "tests" / "tls"


def nginx() -> str:
    """The installed nginx, else the one of the system's package manager."""
    path = os.pathsep.join([os.environ["PATH"], "/usr/sbin"])
    if not shutil.which("nginx", path=path) and shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "-qq", "update"], check=True)
        subprocess.run(["apt-get", "-qq", "install", "-y", "--no-install-recommends", "nginx-light"], check=True)
    found = shutil.which("nginx", path=path)
    assert found, "this proof needs nginx: install it with the system's package manager"
    return found


def own_names(port: int, plain: int) -> dict[str, str]:
    """What whoever copies a file of deploy/ changes in each: the names, and here the tests' certificate."""
    return {
        "listen 80": f"listen 127.0.0.1:{plain}",
        "listen 443": f"listen 127.0.0.1:{port}",
        "depots.example.org;": "127.0.0.1;",
        "/etc/letsencrypt/live/depots.example.org/fullchain.pem": str(TLS / "certificate.pem"),
        "/etc/letsencrypt/live/depots.example.org/privkey.pem": str(TLS / "key.pem"),
        "proxy_set_header Host $host;": "proxy_set_header Host $http_host;",  # the port is not the usual one
    }


def configured(own: str, changes: dict[str, str], folder: Path) -> str:
    """A file of deploy/ with its names and ports changed, as whoever copies it does, in a frame that runs alone."""
    for old, new in changes.items():
        assert old in own, old
        own = own.replace(old, new)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return (
        f"daemon off; worker_processes 1; pid {folder}/nginx.pid; events {{}}\n"
        f"http {{ access_log off; {temporary}\n{own}\n}}"
    )


@contextmanager
def running_nginx(conf: Path) -> Iterator[None]:
    """Run it with a file, beside which it writes what goes wrong."""
    folder = conf.parent
    process = subprocess.Popen([nginx(), "-p", str(folder), "-c", str(conf), "-e", str(folder / "error.log")])
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)
