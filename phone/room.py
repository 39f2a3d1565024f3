"""What the phone room offers to the composition root."""

import phone.api
import phone.standing

ROUTES = [*phone.api.ROUTES, *phone.standing.ROUTES]
