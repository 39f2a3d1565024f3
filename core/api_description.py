"""The API's own description (OpenAPI), and the page that shows it."""

from typing import Any

from litestar import Router
from litestar.connection import ASGIConnection
from litestar.exceptions import NotFoundException
from litestar.handlers import BaseRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, SwaggerRenderPlugin


async def _refuse_unknown(_connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """The framework answers unknown addresses below /api with a page; programs get a problem (A4)."""
    if any("{path" in path for path in handler.paths):
        raise NotFoundException


def api_description() -> OpenAPIConfig:
    """``/api/openapi.json`` and ``/api/docs``, with nothing fetched from another site."""
    swagger = SwaggerRenderPlugin(
        path="/docs",
        js_url="/vendor/swagger-ui-bundle.js",
        css_url="/vendor/swagger-ui.css",
        standalone_preset_js_url="/vendor/swagger-ui-standalone-preset.js",
        favicon="<link rel='icon' href='/static/icon.svg'>",
    )
    router = Router(path="/api", route_handlers=[], guards=[_refuse_unknown], opt={"may": "public"})
    return OpenAPIConfig(
        title="Readyshelf",
        version="1",
        path="/api",
        render_plugins=[JsonRenderPlugin(path="/openapi.json"), swagger],
        openapi_router=router,
    )
