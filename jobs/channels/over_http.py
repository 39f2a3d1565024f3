"""What the channels over HTTP have in common: a call and its faults as outcomes, and signed headers."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from standardwebhooks import Webhook

from jobs.channels.calls import NoAnswer, NotAllowed, Reply, post
from jobs.channels.parcel import Later, Outcome, Refused


class HoldsNothing:
    """A channel that holds nothing open: each call has a connection of its own."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        pass


def hand_over(
    url: str,
    content: bytes,
    headers: dict[str, str],
    verdict: Callable[[Reply], Outcome],
    *,
    allowed: Collection[str],
    timeout: float,
    proxy: str | None,
) -> Outcome:
    """Post one message; ``verdict`` judges the answer, if there is one."""
    try:
        reply = post(url, content, headers, allowed, timeout, proxy)
    except NotAllowed as error:
        return Refused(f"not called: {error}")
    except NoAnswer as error:
        return Later(str(error), nobody=True)
    return verdict(reply)


def wait_of(reply: Reply) -> timedelta | None:
    """How long the other side asks to be left alone, if it says so."""
    return timedelta(seconds=reply.retry_after) if reply.retry_after else None


def signed_headers(secret: str, message_id: str, at: datetime, content: str) -> dict[str, str]:
    """The headers of the Standard Webhooks convention (https://www.standardwebhooks.com); ``secret``: ``whsec_…``."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, at, content),
    }
