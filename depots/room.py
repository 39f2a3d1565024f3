"""What the depots room offers to the composition root."""

import depots.api
import depots.city_api
import depots.city_pages
import depots.commands

ROUTES = [*depots.api.ROUTES, *depots.city_api.ROUTES, *depots.city_pages.ROUTES]
COMMANDS = depots.commands.COMMANDS
