"""The outline of a city for its map, from GeoJSON (RFC 7946): rings of points, WGS84 degrees."""

from collections.abc import Iterator
from typing import Any

import msgspec

from core.errors import bad_field
from core.languages import N_

MOST_POINTS = 20_000
DIGITS = 5  # about a metre


def read_outline(shape: dict[str, Any]) -> str:
    """The outer rings of a GeoJSON shape as JSON. Refuses (422) what is no polygon, or too fine for a map."""
    try:
        rings = [[_point(point) for point in ring] for ring in _rings(shape, depth=0)]
    except (KeyError, TypeError, ValueError, IndexError):
        rings = []
    if not rings or any(len(ring) < 4 for ring in rings):
        raise bad_field("outline", N_("this is not GeoJSON with a polygon in WGS84 degrees"))
    if sum(map(len, rings)) > MOST_POINTS:
        raise bad_field("outline", N_("this outline has more than {most} points; simplify it"), most=MOST_POINTS)
    return msgspec.json.encode(rings).decode()


def _rings(shape: dict[str, Any], depth: int) -> Iterator[list[Any]]:
    kind = shape["type"]
    if depth > 8:
        raise ValueError("too deep")
    if kind == "FeatureCollection":
        for feature in shape["features"]:
            yield from _rings(feature, depth + 1)
    elif kind == "Feature":
        yield from _rings(shape["geometry"], depth + 1)
    elif kind == "GeometryCollection":
        for one in shape["geometries"]:
            yield from _rings(one, depth + 1)
    elif kind == "Polygon":
        yield shape["coordinates"][0]
    elif kind == "MultiPolygon":
        for polygon in shape["coordinates"]:
            yield polygon[0]
    else:
        raise ValueError(kind)


def _point(point: list[Any]) -> list[float]:
    lon, lat = float(point[0]), float(point[1])
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise ValueError("nowhere")
    return [round(lon, DIGITS), round(lat, DIGITS)]
