"""The API's own description (OpenAPI), and the page that shows it."""

from litestar import Router
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, SwaggerRenderPlugin


def api_description() -> OpenAPIConfig:
    """``/api/openapi.json`` and ``/api/docs``, with nothing fetched from another site."""
    swagger = SwaggerRenderPlugin(
        path="/docs",
        js_url="/vendor/swagger-ui-bundle.js",
        css_url="/vendor/swagger-ui.css",
        standalone_preset_js_url="/vendor/swagger-ui-standalone-preset.js",
        favicon="<link rel='icon' href='/static/icon.svg'>",
    )
    return OpenAPIConfig(
        title="Readyshelf",
        version="1",
        path="/api",
        render_plugins=[JsonRenderPlugin(path="/openapi.json"), swagger],
        openapi_router=Router(path="/api", route_handlers=[], opt={"may": "public"}),
    )
