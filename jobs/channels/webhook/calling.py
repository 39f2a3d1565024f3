"""Signed webhooks after the Standard Webhooks convention (https://www.standardwebhooks.com).

The receiver checks ``webhook-signature`` over ``webhook-id``, ``webhook-timestamp`` and the body with the endpoint's
secret, and refuses what is more than five minutes old: a call that somebody recorded cannot be played again. The id is
the same on every try, the time and the signature are made anew.
"""

import base64
import hashlib
import hmac
from collections.abc import Collection
from datetime import UTC
from uuid import UUID

from core.clock import Clock
from jobs.channels.calls import TIMEOUT_SECONDS, Reply
from jobs.channels.over_http import HoldsNothing, hand_over, signed_headers, wait_of
from jobs.channels.parcel import Later, Outcome, Parcel, Refused, Sent

GONE = 410
WAIT_A_LITTLE = frozenset({429, 502, 503, 504})


def secret_of(installation: str, endpoint_id: UUID, generation: int) -> str:
    """An endpoint's secret, worked out and never stored: whoever reads the database cannot sign."""
    message = b"webhook:" + endpoint_id.bytes + generation.to_bytes(4, "big")
    key = hmac.new(installation.encode(), message, hashlib.sha256).digest()
    return "whsec_" + base64.b64encode(key).decode()


class WebhookChannel(HoldsNothing):
    """Posts signed messages."""

    def __init__(
        self,
        allowed: Collection[str],
        installation: str,
        clock: Clock,
        timeout: float = TIMEOUT_SECONDS,
        proxy: str | None = None,
    ) -> None:
        self.allowed, self.installation, self.clock, self.timeout = allowed, installation, clock, timeout
        self.proxy = proxy

    def send(self, parcel: Parcel) -> Outcome:
        """Post one message. Only a 2xx counts as taken; 410 ends the endpoint; everything else is tried again."""
        return hand_over(
            parcel.address,
            parcel.body_text.encode(),
            self._headers(parcel),
            _verdict,
            allowed=self.allowed,
            timeout=self.timeout,
            proxy=self.proxy,
        )

    def _headers(self, parcel: Parcel) -> dict[str, str]:
        assert parcel.endpoint_id is not None, "a webhook's message has its endpoint"
        at = self.clock.now().astimezone(UTC)
        secret = secret_of(self.installation, parcel.endpoint_id, parcel.generation)
        signed = signed_headers(secret, parcel.message_id, at, parcel.body_text)
        return {"Content-Type": "application/json", **signed}


def _verdict(reply: Reply) -> Outcome:
    if 200 <= reply.status < 300:
        return Sent(f"HTTP {reply.status}")
    said = f"HTTP {reply.status} {reply.text}"[:300]
    if reply.status == GONE:
        return Refused(said, gone=True)
    return Later(said, wait_of(reply), nobody=reply.status in WAIT_A_LITTLE)
