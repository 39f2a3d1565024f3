"""The shell of the phone app: one page, its modules, its texts, and the service worker that stores them on the phone.

Nothing here is anybody's: the shell opens without a signal and before signing in. What it shows comes from ``/api``.
"""

import hashlib
import json
import re
from functools import cache
from typing import Any

from litestar import MediaType, Request, Response, get

from core.compression import COMPRESSED
from core.context import context_of
from core.languages import TEXTS, script_texts, singular_texts
from core.pages import templates
from core.settings import ROOT
from core.texts_in_scripts import APP

VENDOR = ("idb.js", "lit-html.js")  # the decoder is large: it is stored once scanning has started
LASTING = {"cache-control": "no-cache"}


@cache
def assets() -> list[str]:
    """The addresses of everything that the app needs to open, but its decoder."""
    modules = sorted(path.relative_to(APP.parent).as_posix() for path in APP.rglob("*.js") if path.name != "decoder.js")
    static = [*modules, "style.css", "app.css", "icon.svg"]
    return ["/app", "/app/texts.json", *(f"/static/{name}" for name in static), *(f"/vendor/{name}" for name in VENDOR)]


@cache
def version(language: str, timezone: str, label_base: str) -> str:
    """Changes with a file of the app and what its page says: the service worker then fetches all anew, together."""
    static, vendor = ROOT / "web" / "static", ROOT / "web" / "vendor"
    files = [*sorted(APP.rglob("*.js")), static / "style.css", static / "app.css", *(vendor / name for name in VENDOR)]
    files += [*sorted(TEXTS.rglob("*.po")), ROOT / "core" / "plurals.py", ROOT / "web" / "templates" / "app.html"]
    digest = hashlib.sha256(f"{language} {timezone} {label_base}".encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


@get("/app", may="public", include_in_schema=False, middleware=[COMPRESSED], media_type=MediaType.HTML)
async def app_page(request: Request[Any, Any, Any]) -> Response[str]:
    """The page of the app; the same for everybody."""
    settings = context_of(request).settings
    body = (
        templates()
        .get_template("app.html")
        .render(language=settings.language, timezone=settings.timezone, label_base=settings.label_base)
    )
    return Response(body, media_type=MediaType.HTML, headers=LASTING)


@get("/app/texts.json", may="public", include_in_schema=False, middleware=[COMPRESSED])
async def app_texts() -> Response[dict[str, str]]:
    """The Chinese of the texts that the app shows, and what English ones say of one; the English ones are the ids."""
    return Response(script_texts("zh") | singular_texts(), headers=LASTING)


@get("/sw.js", may="public", include_in_schema=False, middleware=[COMPRESSED])
async def service_worker(request: Request[Any, Any, Any]) -> Response[str]:
    """The service worker, with the list of what to store. Served from the root, so that it may mind ``/app``."""
    source = (ROOT / "web" / "static" / "service-worker.js").read_text(encoding="utf-8")
    settings = context_of(request).settings
    kept = json.dumps(
        {"version": version(settings.language, settings.timezone, settings.label_base), "assets": assets()}
    )
    body = re.sub(r"const KEPT = .*?;", lambda _: f"const KEPT = {kept};", source, count=1)
    return Response(body, media_type="text/javascript", headers=LASTING)


@get("/manifest.webmanifest", may="public", include_in_schema=False, middleware=[COMPRESSED])
async def manifest(request: Request[Any, Any, Any]) -> Response[str]:
    """What makes the app installable."""
    zh = context_of(request).settings.language == "zh"
    told = {
        "id": "/app",
        "name": "Readyshelf 应急物资" if zh else "Readyshelf",
        "short_name": "应急物资" if zh else "Readyshelf",
        "lang": "zh-CN" if zh else "en",
        "start_url": "/app",
        "scope": "/app",
        "display": "standalone",
        "background_color": "#121314",
        "theme_color": "#a8201a",
        "icons": [_icon(size) for size in (192, 512)],
        "shortcuts": [
            {"name": "扫码" if zh else "Scan", "url": "/app#/scan"},
            {"name": "查找" if zh else "Find", "url": "/app#/find"},
        ],
    }
    return Response(json.dumps(told, ensure_ascii=False), media_type="application/manifest+json", headers=LASTING)


def _icon(pixels: int) -> dict[str, str]:
    source, sizes = f"/static/icons/{pixels}.png", f"{pixels}x{pixels}"
    return {"src": source, "sizes": sizes, "type": "image/png", "purpose": "any maskable"}


ROUTES = [app_page, app_texts, service_worker, manifest]
