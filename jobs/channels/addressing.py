"""What may be typed in as an endpoint's address, and what of it may be shown again."""

from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

from core.errors import bad_field
from core.inputs import clean_text
from core.languages import N_
from core.outgoing import is_allowed
from core.settings import Settings
from jobs.channels.calls import NotAllowed, check_address


def web_address(text: str, settings: Settings) -> str:
    """Return a web address that may be called, without what is never sent (#…); refuse any other."""
    url = clean_text(text, "url", 500, required=True).partition("#")[0]
    try:
        check_address(url, settings.allowed_hosts)
    except NotAllowed:
        raise bad_field(
            "url", N_("an address out in the world begins with https://; hosts of our own are named in the settings")
        ) from None
    return url


def address_at(*hosts: str) -> Callable[[str, Settings], str]:
    """Return a check that refuses an address at any other host, unless the settings allow that one."""

    def check(text: str, settings: Settings) -> str:
        url = web_address(text, settings)
        parts = urlsplit(url)
        if parts.hostname not in hosts and not is_allowed(parts, settings.allowed_hosts):
            raise bad_field("url", N_("a robot's address begins with https://{host}/"), host=hosts[0])
        return url

    return check


def without_query(url: str) -> str:
    """The address without its query, where a robot's key stands."""
    address, _, query = url.partition("?")
    return f"{address}?…" if query else address


def without_last_part(url: str) -> str:
    """The address without the last part of its path and its query, for robots whose key stands there."""
    parts = urlsplit(url)
    return SplitResult(parts.scheme, parts.netloc, f"{parts.path.rpartition('/')[0]}/…", "", "").geturl()
