"""What the depots room offers to the composition root."""

from typing import Any

import depots.api
import depots.city_api
import depots.city_pages
import depots.editing_api
import depots.editing_pages
import depots.scope_pages

ROUTES: list[Any] = [
    *depots.api.ROUTES,
    *depots.city_api.ROUTES,
    *depots.city_pages.ROUTES,
    *depots.editing_api.ROUTES,
    *depots.editing_pages.ROUTES,
    *depots.scope_pages.ROUTES,
]
