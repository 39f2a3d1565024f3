"""What the manage room offers to the composition root."""

from typing import Any

import manage.api
import manage.pages
from core.commands import Command

ROUTES: list[Any] = [*manage.api.ROUTES, *manage.pages.ROUTES]
COMMANDS: list[Command] = []
