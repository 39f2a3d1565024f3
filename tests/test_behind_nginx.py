"""Behind a real nginx with TLS, on a host of its own and below a path of another: with the file that deploy/ offers."""

import re
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from core.models import AuditEntry
from core.settings import ROOT
from tests.browsing import PASSWORD
from tests.conftest import Town, give_password, hashed
from tests.nginx import TLS, configured, own_names, running_nginx
from tests.serving import RunningServer, free_port, served

BELOW = "/readyshelf"
pytestmark = [pytest.mark.slow, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


@pytest.fixture(params=["", BELOW, f"{BELOW} taken off"], ids=["own-host", "below", "below-taken-off"])
def address(request: pytest.FixtureRequest, database_url: str, town: Town, tmp_path: Path) -> Iterator[str]:
    """The address at which a real nginx stands before a real server."""
    for caller in town.callers.values():
        town.run(give_password, caller.person_id, hashed(PASSWORD))
    below, _, taken_off = request.param.partition(" ")
    port, plain = free_port(), free_port()
    base = f"https://127.0.0.1:{port}{below}"
    running = RunningServer(database_url, tmp_path / "var", READYSHELF_BASE_URL=base)
    with served(running):
        running.start()
        conf = tmp_path / "nginx.conf"
        conf.write_text(configuration(tmp_path, running.port, port, plain, below, bool(taken_off)))
        with running_nginx(conf):
            answered(base)
            yield base


def configuration(folder: Path, upstream: int, port: int, plain: int, below: str, taken_off: bool) -> str:
    """deploy/nginx.conf, with its names and ports changed as whoever copies it does."""
    own = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    changes = {
        "server 127.0.0.1:8000": f"server 127.0.0.1:{upstream}",
        **own_names(port, plain),
    }
    if below:
        changes["location / {"] = f"location {below}/ {{"
    if taken_off:
        changes["proxy_pass http://readyshelf;"] = "proxy_pass http://readyshelf/;"
    return configured(own, changes, folder)


def client_at(base: str, **ways: object) -> httpx.Client:
    trusting = ssl.create_default_context(cafile=str(TLS / "certificate.pem"))
    transport = httpx.HTTPTransport(verify=trusting, **ways)  # type: ignore[arg-type]
    return httpx.Client(base_url=base, transport=transport, timeout=60)


def answered(base: str) -> None:
    deadline = time.monotonic() + 180
    with client_at(base) as client:
        while time.monotonic() < deadline:
            try:
                if client.get(f"{base}/readyz").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
    raise AssertionError("nginx does not answer")


def test_people_sign_in_through_it_and_it_is_known_from_where(address: str, town: Town) -> None:
    below = httpx.URL(address).path.rstrip("/")
    with client_at(address, local_address="127.0.0.2") as client:
        page = client.get(f"{address}/sign-in")
        assert page.headers["strict-transport-security"]
        assert "secure" in page.headers["set-cookie"].lower()
        token = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)
        assert token is not None
        form = {"account": "keeper", "password": PASSWORD, "_csrf_token": token[1]}
        lie = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http"}
        answer = client.post(f"{address}/sign-in", data=form, headers=lie)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{below}/")
        assert "STR-0001" in client.get(f"{address}/depots").text
        assert client.get(f"{address}/static/style.css").headers["content-encoding"] == "gzip"
    signed_in = select(AuditEntry.address).where(AuditEntry.act == "signed-in")
    assert town.run(lambda session: session.execute(signed_in).scalars().all()) == ["127.0.0.2"]


def test_a_browser_finds_every_link_and_the_phone_app_opens(address: str, browser: Browser) -> None:
    context = browser.new_context(ignore_https_errors=True, locale="zh-CN", viewport={"width": 390, "height": 844})
    page = context.new_page()
    missing: list[str] = []
    page.on("response", lambda answer: missing.append(answer.url) if answer.status == 404 else None)
    page.goto(f"{address}/sign-in")
    page.get_by_label("账号").fill("keeper")
    page.get_by_label("密码").fill(PASSWORD)
    page.locator("main button").first.click()
    page.goto(f"{address}/depots")
    page.locator('a[href$="/depots/STR-0001"]').first.click()
    expect(page.locator("h1")).to_contain_text("麻岭")
    page.goto(f"{address}/app")
    expect(page.locator("main.app h1, main.app h2").first).to_be_visible()
    assert page.url.startswith(address)
    assert missing == []
    context.close()
