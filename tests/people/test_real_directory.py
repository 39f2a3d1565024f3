"""Signing in by a certified OpenID Connect provider (the npm package ``oidc-provider``), in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import Town
from tests.directory import CLIENT, running_directory, sign_in_there
from tests.serving import RunningServer, served


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[tuple[str, int]]:
    with running_directory(tmp_path / "provider.log") as running:
        yield running


@pytest.mark.slow
def test_a_person_signs_in_at_the_citys_directory_and_comes_back(
    town: Town, database_url: str, tmp_path: Path, directory: tuple[str, int], phone: Page
) -> None:
    issuer, port = directory
    server = RunningServer(
        database_url,
        tmp_path / "var",
        READYSHELF_OIDC_ISSUER=issuer,
        READYSHELF_OIDC_CREATE="true",
        READYSHELF_OIDC_ROLES_CLAIM="groups",
        READYSHELF_OIDC_ROLES="officer=officer@440305",
        **CLIENT,
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
