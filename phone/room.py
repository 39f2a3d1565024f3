"""What the phone room offers to the composition root."""

import phone.api

ROUTES = phone.api.ROUTES
