"""What the labels room offers to the composition root."""

import labels.api
import labels.api_entries
import labels.api_labels
import labels.api_movements
import labels.api_phone
import labels.binding
import labels.commands
import labels.pages
import labels.pages_labels

ROUTES = [
    *labels.api.ROUTES,
    *labels.api_labels.ROUTES,
    *labels.pages_labels.ROUTES,
    *labels.api_movements.ROUTES,
    *labels.api_entries.ROUTES,
    *labels.api_phone.ROUTES,
    *labels.pages.ROUTES,
]
COMMANDS = labels.commands.COMMANDS
SUBSCRIPTIONS = labels.binding.SUBSCRIPTIONS
