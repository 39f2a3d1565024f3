"""What the office room offers to the composition root."""

from typing import Any

import office.api
import office.list_pages
import office.pages
from office.navigation import navigation

ROUTES: list[Any] = [*office.api.ROUTES, *office.list_pages.ROUTES, *office.pages.ROUTES]
NAVIGATION = navigation
