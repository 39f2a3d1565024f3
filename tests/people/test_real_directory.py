"""Signing in by a certified OpenID Connect provider (the npm package ``oidc-provider``), in a real browser."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from filelock import FileLock
from playwright.sync_api import Page, expect

import bootstrap
from core.settings import ROOT
from tests.conftest import Town
from tests.serving import RunningServer, free_port, served

PROVIDER = Path(__file__).with_name("provider")
PATIENCE = 120


@pytest.fixture(scope="session")
def provider_folder() -> Path:
    """The provider with what it needs, fetched by its lock file the first time."""
    folder = ROOT / "var" / "oidc-provider"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock"):
        for name in ("package.json", "package-lock.json", "server.mjs"):
            shutil.copy(PROVIDER / name, folder / name)
        if not (folder / "node_modules" / "oidc-provider").exists():
            fetch = [bootstrap.npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
            subprocess.run(fetch, cwd=folder, check=True, timeout=PATIENCE)
    return folder


@pytest.fixture
def directory(provider_folder: Path, tmp_path: Path) -> Iterator[tuple[str, int]]:
    """A provider that runs; its issuer, and the port on which it expects us."""
    port, ours = free_port(), free_port()
    node = shutil.which("node") or str(Path(bootstrap.npm()).with_name("node"))
    back = f"http://127.0.0.1:{ours}/sign-in/directory/return"
    with (tmp_path / "provider.log").open("w") as log:
        running = subprocess.Popen([node, "server.mjs", str(port), back], cwd=provider_folder, stdout=log, stderr=log)
        try:
            transport = httpx.HTTPTransport(retries=20)
            with httpx.Client(transport=transport, trust_env=False, timeout=PATIENCE) as client:
                assert client.get(f"http://127.0.0.1:{port}/.well-known/openid-configuration").status_code == 200
            yield f"http://127.0.0.1:{port}", ours
        finally:
            running.terminate()
            running.wait(PATIENCE)


def sign_in_there(page: Page, login: str) -> None:
    """Fill in the provider's own forms."""
    page.fill("[name=login]", login)
    page.fill("[name=password]", "whatever")
    page.locator("button[type=submit]").click()
    page.get_by_role("button", name="Continue").click()


@pytest.mark.slow
def test_a_person_signs_in_at_the_citys_directory_and_comes_back(
    town: Town, database_url: str, tmp_path: Path, directory: tuple[str, int], phone: Page
) -> None:
    issuer, port = directory
    server = RunningServer(
        database_url,
        tmp_path / "var",
        READYSHELF_OIDC_ISSUER=issuer,
        READYSHELF_OIDC_CLIENT_ID="readyshelf",
        READYSHELF_OIDC_CLIENT_SECRET="a secret: of/the+client",
        READYSHELF_OIDC_CREATE="true",
        READYSHELF_OIDC_ROLES_CLAIM="groups",
        READYSHELF_OIDC_ROLES="officer=officer@440305",
    )
    server.port = port
    server.url = f"http://127.0.0.1:{port}"
    with served(server):
        server.start()
        phone.goto(f"{server.url}/depots")
        phone.locator("#directory").click()
        sign_in_there(phone, "officer-lin")
        expect(phone).to_have_url(f"{server.url}/depots")
        phone.goto(f"{server.url}/account")
        expect(phone.locator("h1")).to_contain_text("officer-lin (directory)")
        expect(phone.locator("main .badge")).to_have_text("物资管理员")
        phone.context.clear_cookies()
        phone.goto(f"{server.url}/sign-in")
        phone.locator("#directory").click()
        sign_in_there(phone, "nobody-wang")
        expect(phone.get_by_role("link", name="nobody-wang (directory)")).to_be_visible()
        phone.context.clear_cookies()
        phone.goto(f"{server.url}/sign-in/directory")
        phone.get_by_role("link", name="Cancel").click()
        expect(phone.get_by_role("alert")).to_contain_text("统一身份认证未让您登录")
