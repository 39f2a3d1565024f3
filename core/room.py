"""What the core offers to the composition root."""

from typing import Any

import core.operations
import core.problem_pages
import core.shell
from core.files import FILES

ROUTES: list[Any] = [*core.operations.ROUTES, *core.shell.ROUTES, *core.problem_pages.ROUTES, *FILES]
