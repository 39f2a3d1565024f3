"""What the labels room offers to the composition root."""

import labels.api
import labels.labels_api
import labels.labels_pages
import labels.pages
import labels.tags_api

ROUTES = [
    *labels.api.ROUTES,
    *labels.labels_api.ROUTES,
    *labels.tags_api.ROUTES,
    *labels.labels_pages.ROUTES,
    *labels.pages.ROUTES,
]
