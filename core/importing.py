"""Importing much at once."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# Paints tracebacks for a terminal; installed with litestar's own command, which nobody here uses. structlog, httpx and
# mako import it where they find it, at 9 MB of every server's memory, and do without where they don't
PAINT = ("rich", "pygments")


def unpainted() -> None:
    """Let libraries that are imported from now on do without ``PAINT``."""
    for name in PAINT:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # as the import system has it for what is not


@contextmanager
def uncollected() -> Iterator[None]:
    """Import without the garbage collector: what modules make stays, and to look through it took a fifth."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
