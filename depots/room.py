"""What the depots room offers to the composition root."""

import depots.api
import depots.city_api
import depots.city_pages
import depots.commands
import depots.editing_api
import depots.editing_pages

ROUTES = [
    *depots.api.ROUTES,
    *depots.city_api.ROUTES,
    *depots.city_pages.ROUTES,
    *depots.editing_api.ROUTES,
    *depots.editing_pages.ROUTES,
]
COMMANDS = depots.commands.COMMANDS
