"""What a request asks of a list."""

from typing import Any

from litestar import Request

from core.house import house_of, language_of
from inventory.listing.listing import Asked


def asked_of(request: Request[Any, Any, Any]) -> Asked:
    """What a request asks of a list: its query's fields are the filters."""
    house = house_of(request)
    filters = {name: value[:200] for name, value in request.query_params.items()}
    return Asked(request.user, language_of(request), house.clock.today(), house.settings.zone, filters)
