"""What the manage room offers to the composition root."""

from typing import Any

import manage.api
import manage.backup_faces
import manage.first_pages
import manage.pages

ROUTES: list[Any] = [*manage.api.ROUTES, *manage.pages.ROUTES, *manage.backup_faces.ROUTES, *manage.first_pages.ROUTES]
