"""A certified OpenID Connect provider (the npm package ``oidc-provider``) that runs beside a test."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from filelock import FileLock
from playwright.sync_api import Page

import bootstrap
from core.settings import ROOT
from tests.serving import free_port

PROVIDER = ROOT / "tests" / "people" / "provider"
FETCH_SECONDS = 120
CLIENT = {"READYSHELF_OIDC_CLIENT_ID": "readyshelf", "READYSHELF_OIDC_CLIENT_SECRET": "a secret: of/the+client"}


def fetch_provider() -> Path:
    """The folder of the provider with what it needs, fetched by its lock file the first time."""
    folder = ROOT / "var" / "oidc-provider"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock"):
        for name in ("package.json", "package-lock.json", "server.mjs"):
            shutil.copy(PROVIDER / name, folder / name)
        if not (folder / "node_modules" / "oidc-provider").exists():
            fetch = [bootstrap.npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
            subprocess.run(fetch, cwd=folder, check=True, timeout=FETCH_SECONDS)
    return folder


@contextmanager
def running_directory(log_path: Path) -> Iterator[tuple[str, int]]:
    """A provider that runs; its issuer, and the port on which it expects us."""
    folder = fetch_provider()
    port, ours = free_port(), free_port()
    node = shutil.which("node") or str(Path(bootstrap.npm()).with_name("node"))
    back = f"http://127.0.0.1:{ours}/sign-in/directory/return"
    with log_path.open("w") as log:
        running = subprocess.Popen([node, "server.mjs", str(port), back], cwd=folder, stdout=log, stderr=log)
        try:
            transport = httpx.HTTPTransport(retries=20)
            with httpx.Client(transport=transport, trust_env=False, timeout=FETCH_SECONDS) as client:
                assert client.get(f"http://127.0.0.1:{port}/.well-known/openid-configuration").status_code == 200
            yield f"http://127.0.0.1:{port}", ours
        finally:
            running.terminate()
            running.wait(FETCH_SECONDS)


def sign_in_there(page: Page, login: str) -> None:
    """Fill in the provider's own forms."""
    page.fill("[name=login]", login)
    page.fill("[name=password]", "whatever")
    page.locator("button[type=submit]").click()
    page.get_by_role("button", name="Continue").click()
