"""Which web addresses other machines can open."""

from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

# RFC 6761: names that no name server answers, or that always mean the machine itself
_NOWHERE = ("localhost", "test", "invalid")


@lru_cache(maxsize=64)
def _host_is_trial(host: str) -> bool:
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host.rstrip(".").rpartition(".")[2].lower() in _NOWHERE
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_unspecified or address.is_link_local or address.is_multicast


def is_trial(address: str) -> bool:
    """Whether the address leads nowhere but to this machine: good for trying things out, no good on a wall (B44)."""
    return _host_is_trial(urlsplit(address).hostname or "localhost")
