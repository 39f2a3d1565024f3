"""Every route states who may call it, and holds to it: all routes, all roles."""

import re
from typing import Any
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.utils.sync import AsyncCallable

from people.policy import GRANTS, PUBLIC, Act
from people.sign_in import issue_token
from tests.clock import SetClock
from tests.conftest import BY_ROLE, Town

VALUES = {"int": "1", "uuid": str(uuid4()), "str": "NOSUCH22", "path": "nothing.js"}


def routes_of(app: Litestar) -> list[tuple[str, str, HTTPRouteHandler]]:
    """Every method and path with its handler."""
    return [
        (method, route.path_format, handler)
        for route in app.routes
        for handler in getattr(route, "route_handlers", [])
        if isinstance(handler, HTTPRouteHandler)
        for method in sorted(handler.http_methods - {"HEAD", "OPTIONS"})
    ]


def test_every_route_states_who_may_call_it(application: Litestar) -> None:
    stated = {(method, path): handler.opt.get("may") for method, path, handler in routes_of(application)}
    assert len(stated) > 30
    silent = [route for route, may in stated.items() if may != PUBLIC and may not in set(Act)]
    assert silent == [], "each route states `may=`: an Act of people/policy.py, or PUBLIC"
    public = {path for (_, path), may in stated.items() if may == PUBLIC}
    api = {path for path in public if path.startswith("/api")}
    assert api <= {"/api", "/api/sign-in", "/api/openapi.json", "/api/docs", "/api/oauth2-redirect.html", "/api/{path}"}
    assert public - api == {
        "/",
        "/q",
        "/q/{code}",
        "/q/{code}/problem",
        "/8004/{asset}",
        "/sign-in",
        "/sign-in/forgotten",
        # between the right password and the second factor nobody is signed in
        "/sign-in/code",
        "/sign-in/directory",
        "/sign-in/directory/return",
        "/sign-in/second-factor",
        # whoever holds the token in the address is who it was sent to
        "/invitation/{token}",
        "/sign-in/password/{token}",
        "/sign-in/email/{token}",
        "/first-start",  # nobody has an account yet; 404 once the city has an administrator
        "/language",
        # what the API's problems name as their type
        "/problems",
        "/problems/{kind}",
        "/privacy",
        "/unsubscribe/{mark}",
        "/calendar/{secret}",
        "/healthz",
        "/readyz",
        "/metrics",
        "/static/{file_path}",
        "/vendor/{file_path}",
        # the phone app's shell: nobody's data, and it must open before signing in
        "/app",
        "/app/texts.json",
        "/sw.js",
        "/manifest.webmanifest",
    }


@pytest.mark.heavy
@pytest.mark.parametrize("who", ["nobody", *BY_ROLE.values()])
async def test_each_role_may_do_what_is_stated_and_nothing_else(
    application: Litestar, client: httpx.AsyncClient, town: Town, clock: SetClock, who: str
) -> None:
    acts: frozenset[Any] = frozenset()
    if who != "nobody":
        acts = GRANTS[town.callers[who].duties[0].role]
    token, ended = "", True
    for method, path, handler in routes_of(application):
        stated = handler.opt["may"]
        address = re.sub(r"\{([^}]+)\}", lambda found, handler=handler: _value(handler, found[1]), path)
        headers = {}
        if who != "nobody":
            if ended:
                token = town.run(issue_token, who, "walk", clock.now())
            headers = {"Authorization": f"Bearer {token}"}
        answer = await client.request(method, address, headers=headers, json={} if method == "POST" else None)
        allowed = stated == PUBLIC or stated in acts
        ended = allowed and method != "GET"  # who changes something may have ended the token: signing out does
        where = f"{who} {method} {path} -> {answer.status_code}"
        if allowed:
            refused = answer.status_code in (401, 403, 500)
            assert not refused or _refused_otherwise(method, path, who), where
        elif who == "nobody":
            page = method == "GET" and not path.startswith("/api")
            assert answer.status_code == 303 if page else answer.status_code in (401, 403), where
        else:
            assert answer.status_code == 403, where


def _value(handler: HTTPRouteHandler, name: str) -> str:
    for kind, value in VALUES.items():
        if any(f"{{{name}:{kind}}}" in path for path in handler.paths):
            return value
    return VALUES["path"]


OF_THE_CITY = {"/api/health", "/manage/health"}


def _refused_otherwise(method: str, path: str, who: str) -> bool:
    """Whether not the policy refuses: signing in with nothing, or a browser's form without its CSRF token."""
    if path in OF_THE_CITY and who == "officer":  # theirs is a district
        return True
    return path == "/sign-in" or (method == "POST" and who == "nobody" and not path.startswith("/api"))


async def test_lists_show_nothing_beyond_the_callers_depots(client: httpx.AsyncClient, town: Town) -> None:
    town.stock("BRK-014", "2")
    town.stock("BRK-014", "2", shelf=town.other_shelf)
    for path in ("/api/depots", "/api/lots", "/api/places?limit=200", "/api/movements"):
        items = (await client.get(path, headers=town.auth("keeper"))).json()["items"]
        depots = {item.get("depot", item.get("code")) for item in items}
        assert depots == {town.depot.code}, path
        both = (await client.get(path, headers=town.auth("auditor"))).json()["items"]
        assert {item.get("depot", item.get("code")) for item in both} == {town.depot.code, town.other.code}, path


async def test_what_one_may_not_see_is_not_found(client: httpx.AsyncClient, town: Town) -> None:
    other = town.other.code
    for path in (f"/api/depots/{other}", f"/api/depots/{other}/stock", f"/api/depots/{other}/readiness"):
        assert (await client.get(path, headers=town.auth("keeper"))).status_code == 404, path
    for path in (f"/depots/{other}", f"/places/{town.other_shelf.id}"):
        assert (await client.get(path, headers=town.auth("keeper"))).status_code == 404, path


async def test_every_answer_carries_the_security_headers(client: httpx.AsyncClient, town: Town) -> None:
    for path in ("/", "/nope", "/api/nope", "/api/me", "/healthz"):
        answer = await client.get(path)
        assert "default-src 'self'" in answer.headers["content-security-policy"], path
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_nothing_that_a_request_passes_is_run_in_a_thread(application: Litestar) -> None:
    """The framework hands each plain guard, hook or dependency to a thread: a hop of 100 µs in every request."""
    hooks: list[tuple[str, Any]] = [("before_send", hook) for hook in application.before_send]
    hooks += [("after_exception", hook) for hook in application.after_exception]
    for method, path, handler in routes_of(application):
        where = f"{method} {path}"
        hooks += [(where, guard) for guard in handler.resolve_guards()]
        hooks += [(where, dependency.dependency) for dependency in handler.resolve_dependencies().values()]
        for layer in handler.ownership_layers:
            hooks += [(where, getattr(layer, name, None)) for name in ("before_request", "after_request")]
            hooks.append((where, getattr(layer, "after_response", None)))
        if handler.has_sync_callable and handler.sync_to_thread is not False:
            hooks.append((where, AsyncCallable(handler.fn)))
    assert len(hooks) > 500
    assert [(where, hook.func) for where, hook in hooks if isinstance(hook, AsyncCallable)] == []


@pytest.mark.heavy
async def test_only_an_answer_with_a_form_sets_the_csrf_cookie(
    application: Litestar, client: httpx.AsyncClient, town: Town, clock: SetClock
) -> None:
    session = {"Cookie": f"session={town.run(issue_token, 'keeper', 'walk', clock.now())}"}
    paths = ("/healthz", "/readyz", "/metrics", "/static/style.css", "/vendor/lit-html.js", "/app", "/sw.js")
    for path in (*paths, "/api/depots", "/api/openapi.json", "/api/nope"):
        for headers in ({}, session, town.auth()):
            assert "csrf" not in (await client.get(path, headers=headers)).headers.get("set-cookie", ""), path
    answer = await client.get("/sign-in")
    assert f'value="{answer.cookies["csrf"]}"' in answer.text, "the form and the cookie hold the same token"
    assert "csrf" not in (await client.get("/sign-in")).headers.get("set-cookie", ""), "the browser has it already"
