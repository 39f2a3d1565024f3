"""What the people room offers to the composition root."""

import people.api
import people.api_access
import people.commands
import people.pages
import people.pages_access
import people.pages_links

ROUTES = [
    *people.api.ROUTES,
    *people.api_access.ROUTES,
    *people.pages.ROUTES,
    *people.pages_access.ROUTES,
    *people.pages_links.ROUTES,
]
COMMANDS = people.commands.COMMANDS
