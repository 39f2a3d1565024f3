"""What the depots room offers to the composition root."""

import depots.api
import depots.commands

ROUTES = depots.api.ROUTES
COMMANDS = depots.commands.COMMANDS
