"""What the labels room offers to the composition root."""

import labels.api
import labels.api_labels
import labels.api_tags
import labels.pages
import labels.pages_labels

ROUTES = [
    *labels.api.ROUTES,
    *labels.api_labels.ROUTES,
    *labels.api_tags.ROUTES,
    *labels.pages_labels.ROUTES,
    *labels.pages.ROUTES,
]
