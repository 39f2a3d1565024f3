"""The way out to the world: every call that this installation makes by itself goes by it, or stays inside on purpose.

The environment chooses no proxy (``trust_env=False``): what is set once here holds for robots, webhooks, the heartbeat
and the city's directory alike. Hosts that the settings allow by name stand inside, and are called without it.
"""

from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

from core.settings import Settings

_PORTS = {"http": 80, "https": 443}


def is_allowed(parts: SplitResult, allowed: Collection[str]) -> bool:
    """Whether the settings allow this host, with or without its port."""
    host = (parts.hostname or "").lower()
    return host in allowed or f"{host}:{parts.port or _PORTS.get(parts.scheme, 0)}" in allowed


def way_out(settings: Settings, url: str) -> str | None:
    """The proxy by which an address is called; None: directly."""
    try:
        inside = is_allowed(urlsplit(url), settings.allowed_hosts)
    except ValueError:  # no address: whoever calls it says so
        return settings.outgoing_proxy
    return None if inside else settings.outgoing_proxy
