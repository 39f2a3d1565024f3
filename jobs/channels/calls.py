"""Calling an address that somebody typed in: only out to the world, over TLS, unless the settings allow the host.

The name is looked up once, every address that it has is checked, and the connection goes to a checked one: a name that
points elsewhere the next moment gains nothing. Redirects are not followed, nor does the environment choose a proxy.
"""

import ipaddress
import logging
import socket
import ssl
import time
from collections.abc import Collection
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from core.outgoing import is_allowed

if TYPE_CHECKING:
    import httpx

TIMEOUT_SECONDS = 10.0
LONGEST_WAIT = 24 * 3600  # seconds that the other side may ask for
LONGEST_ANSWER = 4096  # bytes that are read of it
logging.getLogger("httpx").setLevel(logging.WARNING)  # below that it logs whole addresses, and a robot's holds its key


class NotAllowed(Exception):
    """The address must not be called; the text says why."""


class NoAnswer(Exception):
    """Nobody answers there, or breaks off, or is too slow."""


@dataclass(frozen=True)
class Reply:
    """What the other side said."""

    status: int
    text: str
    retry_after: int | None = None  # seconds


def check_address(url: str, allowed: Collection[str]) -> SplitResult:
    """Refuse an address that is no web address, is without TLS, or names a private host. Looks nothing up."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NotAllowed("it is not a web address") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NotAllowed("it is not a web address")
    if parts.username or parts.password or any(char.isspace() or not char.isprintable() for char in url):
        raise NotAllowed("it is not a web address")
    if is_allowed(parts, allowed):
        return parts
    if parts.scheme != "https":
        raise NotAllowed("it must begin with https://")
    try:
        address = ipaddress.ip_address(parts.hostname)
    except ValueError:
        address = None
    if address is not None and not _public(address):
        raise NotAllowed("it stands in a private network")
    if parts.hostname == "localhost" or port == 0:
        raise NotAllowed("it stands in a private network")
    return parts


def post(
    url: str,
    content: bytes,
    headers: dict[str, str],
    allowed: Collection[str],
    timeout: float = TIMEOUT_SECONDS,
    proxy: str | None = None,
) -> Reply:
    """Post to an address and read the beginning of the answer. Raises NotAllowed, NoAnswer.

    Out to the world by the proxy, if there is one: it looks the name up, and decides what it lets out.
    """
    import httpx  # slow to import: only for who calls, and all that write know the channels

    parts = check_address(url, allowed)
    host = parts.hostname or ""
    ours = is_allowed(parts, allowed)
    proxy = None if ours else proxy
    target = url if proxy else _pinned(parts, private_too=ours)
    sent = {"Host": parts.netloc, "User-Agent": "Readyshelf", **headers}
    try:
        with (
            httpx.Client(verify=_trusted(), timeout=timeout, trust_env=False, proxy=proxy) as client,
            client.stream("POST", target, content=content, headers=sent, extensions={"sni_hostname": host}) as answer,
        ):
            return Reply(answer.status_code, _beginning(answer, timeout), _wait(answer))
    except httpx.HTTPError as error:  # its text may hold the address, and a robot's address is a secret
        raise NoAnswer(_what(error)) from None


def _pinned(parts: SplitResult, *, private_too: bool) -> str:
    """The address with a checked IP address in place of the name."""
    address = _addresses(parts.hostname or "", _port(parts), private_too=private_too)[0]
    literal = f"[{address}]" if ":" in address else address
    return parts._replace(netloc=f"{literal}:{_port(parts)}", fragment="").geturl()


def _what(error: "httpx.HTTPError") -> str:
    import httpx

    reason = str(error.__cause__ or "")
    return (
        f"{type(error).__name__}: {reason}"
        if isinstance(error, httpx.ConnectError) and reason
        else type(error).__name__
    )


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _addresses(host: str, port: int, *, private_too: bool) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NoAnswer(f"the name cannot be looked up: {error}") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not private_too and not all(_public(ipaddress.ip_address(address.partition("%")[0])) for address in addresses):
        raise NotAllowed("it stands in a private network")
    return addresses


def _public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address is somewhere in the world; addresses that wrap another one are not."""
    if isinstance(address, ipaddress.IPv6Address) and (
        address.ipv4_mapped or address.sixtofour or address.teredo or address in _NAT64
    ):
        return False
    return address.is_global and not address.is_multicast


_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@cache
def _trusted() -> ssl.SSLContext:
    return ssl.create_default_context()


def _beginning(answer: "httpx.Response", timeout: float) -> str:
    """The first part of the answer's text; one that drips is cut off in time."""
    until = time.monotonic() + timeout
    said = b""
    for piece in answer.iter_raw(LONGEST_ANSWER):
        said += piece
        if len(said) >= LONGEST_ANSWER or time.monotonic() > until:
            break
    return said[:LONGEST_ANSWER].decode(errors="replace")


def _wait(answer: "httpx.Response") -> int | None:
    """The seconds that Retry-After asks for: a number, or a date, counted from the answer's own (RFC 9110, 10.2.3)."""
    asked = answer.headers.get("retry-after", "")
    if asked.isdecimal() and len(asked) < 10:
        seconds = int(asked)
    else:
        try:
            until, now = [parsedate_to_datetime(text) for text in (asked, answer.headers.get("date", ""))]
            seconds = int((until - now).total_seconds())
        except (ValueError, TypeError):  # no date, or one with a zone beside one without
            return None
    return min(max(seconds, 0), LONGEST_WAIT) or None
