"""What the people room offers to the composition root."""

import people.api
import people.commands
import people.pages

ROUTES = [*people.api.ROUTES, *people.pages.ROUTES]
COMMANDS = people.commands.COMMANDS
