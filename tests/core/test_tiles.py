"""A tile server behind the map: by setting alone, and no page but the map may ask it."""

import httpx
import pytest
from pydantic import ValidationError

from core.settings import Settings, tile_origin
from tests.conftest import Town

TILES = "https://{s}.tiles.example.org/v/{z}/{x}/{y}.png?key=abc"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Those of a city that has a tile server."""
    return settings.model_copy(update={"map_tiles": TILES, "map_tiles_note": "<b>天地图</b>"})


def test_the_origin_of_a_template() -> None:
    assert tile_origin(TILES) == "https://*.tiles.example.org"
    assert tile_origin("http://10.0.0.7:8080/{z}/{x}/{y}") == "http://10.0.0.7:8080"


@pytest.mark.parametrize(
    "template",
    [
        "tiles.example.org/{z}/{x}/{y}.png",
        "https://tiles.example.org/{z}/{x}.png",
        "https://tiles.example.org; script-src *;/{z}/{x}/{y}",
        "https://tiles.example.org/{z}/{x}/{y} 'unsafe-inline'",
        "https://{s}/{z}/{x}/{y}",
    ],
)
def test_what_is_no_tile_server_is_refused_at_the_start(template: str) -> None:
    with pytest.raises(ValidationError, match="map_tiles"):
        Settings(map_tiles=template)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_only_the_map_may_ask_it(town: Town, client: httpx.AsyncClient) -> None:
    page = await client.get("/map", headers=town.auth("auditor"))
    policy = page.headers["content-security-policy"]
    assert "img-src 'self' https://*.tiles.example.org data: blob:;" in policy
    assert "script-src 'self' 'wasm-unsafe-eval';" in policy
    assert "&lt;b&gt;天地图" in page.text
    for path in ("/dashboard", "/api/map"):
        answer = await client.get(path, headers=town.auth("auditor"))
        assert "tiles.example.org" not in answer.headers["content-security-policy"]
