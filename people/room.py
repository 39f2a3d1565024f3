"""What the people room offers to the composition root."""

import people.access_api
import people.access_pages
import people.api
import people.directory_pages
import people.links_pages
import people.pages
import people.people_api
import people.people_pages
import people.second_factor_pages
import people.sign_in_api
import people.trail_pages

ROUTES = [
    *people.api.ROUTES,
    *people.access_api.ROUTES,
    *people.sign_in_api.ROUTES,
    *people.pages.ROUTES,
    *people.access_pages.ROUTES,
    *people.directory_pages.ROUTES,
    *people.links_pages.ROUTES,
    *people.second_factor_pages.ROUTES,
    *people.people_api.ROUTES,
    *people.people_pages.ROUTES,
    *people.trail_pages.ROUTES,
]
