"""What a request asks of a list."""

from typing import Any

from litestar import Request

from core.context import context_of, language_of
from inventory.listing.listing import Asked


def asked_of(request: Request[Any, Any, Any]) -> Asked:
    """What a request asks of a list: its query's fields are the filters."""
    context = context_of(request)
    filters = {name: value[:200] for name, value in request.query_params.items()}
    settings = context.settings
    return Asked(
        request.user,
        language_of(request),
        context.clock.today(),
        settings.zone,
        filters,
        shift_at=settings.shift_at,
        now=context.clock.now(),
    )
