"""What the people room offers to the composition root."""

import people.api
import people.api_access
import people.api_sign_in
import people.pages
import people.pages_access
import people.pages_directory
import people.pages_links
import people.pages_second
import people.people_api
import people.people_pages
import people.trail_pages

ROUTES = [
    *people.api.ROUTES,
    *people.api_access.ROUTES,
    *people.api_sign_in.ROUTES,
    *people.pages.ROUTES,
    *people.pages_access.ROUTES,
    *people.pages_directory.ROUTES,
    *people.pages_links.ROUTES,
    *people.pages_second.ROUTES,
    *people.people_api.ROUTES,
    *people.people_pages.ROUTES,
    *people.trail_pages.ROUTES,
]
