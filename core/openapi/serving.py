"""``/api/openapi.json`` and ``/api/docs``: the description served, and the page that shows it."""

from typing import Any

from litestar import Request, Router
from litestar.connection import ASGIConnection
from litestar.exceptions import NotFoundException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, SwaggerRenderPlugin

from core.openapi.document import described


class _Json(JsonRenderPlugin):
    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return self.render_json(request, described(request.app, openapi_schema))


class _Swagger(SwaggerRenderPlugin):
    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return super().render(request, described(request.app, openapi_schema))


async def _refuse_unknown(_connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """The framework answers unknown addresses below /api with a page; programs get a problem (A4)."""
    if any("{path" in path for path in handler.paths):
        raise NotFoundException


def _operation_id(handler: HTTPRouteHandler, _method: Any, _path: Any) -> str:
    """The name of the route's function, as clients in most languages write names."""
    first, *rest = handler.handler_name.split("_")
    return first + "".join(map(str.title, rest))


def api_description() -> OpenAPIConfig:
    """Where the description is served, with nothing fetched from another site."""
    swagger = _Swagger(
        path="/docs",
        js_url="/vendor/swagger-ui-bundle.js",
        css_url="/vendor/swagger-ui.css",
        standalone_preset_js_url="/vendor/swagger-ui-standalone-preset.js",
        favicon="<link rel='icon' href='/static/icon.svg'>",
    )
    router = Router(
        path="/api", route_handlers=[], guards=[_refuse_unknown], opt={"may": "public"}, include_in_schema=False
    )
    return OpenAPIConfig(
        title="Readyshelf",
        version="1",
        path="/api",
        render_plugins=[_Json(path="/openapi.json"), swagger],
        openapi_router=router,
        operation_id_creator=_operation_id,
        use_handler_docstrings=True,
    )
