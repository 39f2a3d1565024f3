"""Short text messages (SMS) to a phone on call, by an HTTP gateway that the settings name.

What the gateway is sent is a template of the settings, filled with the few fields below and no others, and signed after
the Standard Webhooks convention with the settings' secret. Only urgent alerts go, in one part of 70 characters (GSM
03.38, UCS-2): what, where, how many more; no link and nobody's name.
"""

import base64
import json
import re
from datetime import UTC, timedelta
from functools import partial
from urllib.parse import quote_plus

from core.clock import Clock
from core.errors import bad_field
from core.languages import N_, say
from core.settings import Settings
from jobs.channels.calls import TIMEOUT_SECONDS, Reply
from jobs.channels.over_http import HoldsNothing, hand_over, signed_headers, wait_of
from jobs.channels.parcel import EndpointChannel, Later, Letter, Outcome, Pace, Parcel, Refused, Sent
from jobs.channels.robots import names_of

LONGEST = 70  # characters of UTF-16 in one part
FOREVER = frozenset({400, 413, 422})  # this text or number will never be taken; anything else may be mended
SCHEME = "tel:"


def phone_number(text: str, settings: Settings) -> str:
    """Return a phone number as an address (RFC 3966); refuse anything else, and any while there is no gateway."""
    if settings.sms_url is None:
        raise bad_field("way", N_("text messages are off: set READYSHELF_SMS_URL and start again"))
    digits = re.sub(r"[\s().-]", "", text.strip().removeprefix(SCHEME))
    if not re.fullmatch(r"\+?[0-9]{5,15}", digits):
        raise bad_field("url", N_("write one phone number, such as +86 138 0013 8000"))
    return SCHEME + digits


def short_text(letter: Letter) -> str:
    """The worst alert, and how many more there are."""
    language = letter.language
    if not letter.lines:
        return _cut(letter.title, LONGEST)
    line = letter.lines[0]
    name, place = names_of(line, language)
    more = say(language, N_(" and {number} more"), number=letter.total - 1) if letter.total > 1 else ""
    about = f"{say(language, line['word'])} · {place}" if line["titled"] else f"· {place}"
    head = f"{say(language, N_('urgent'))}: "
    room = LONGEST - _units(head) - _units(more) - 1
    name = _cut(name, max(room - _units(about), room // 2))
    return head + _cut(f"{name} {about}", room + 1) + more


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _cut(text: str, longest: int) -> str:
    """The text in at most so many units of UTF-16; what is left out is an ellipsis."""
    if _units(text) <= longest:
        return text
    return text.encode("utf-16-le")[: 2 * (longest - 1)].decode("utf-16-le", errors="ignore") + "…"


class SmsChannel(HoldsNothing):
    """Hands short messages to the gateway."""

    def __init__(self, settings: Settings, clock: Clock, timeout: float = TIMEOUT_SECONDS) -> None:
        self.settings, self.clock, self.timeout = settings, clock, timeout

    def send(self, parcel: Parcel) -> Outcome:
        """Post one message; it is taken if the answer is a 2xx and holds the words that the settings ask for."""
        settings = self.settings
        if settings.sms_url is None:
            return Later("text messages are off: READYSHELF_SMS_URL is not set", nobody=True)
        content = self._filled(parcel)
        return hand_over(
            settings.sms_url,
            content.encode(),
            self._headers(parcel, content),
            partial(_verdict, settings.sms_taken),
            allowed=settings.allowed_hosts,
            timeout=self.timeout,
            proxy=settings.outgoing_proxy,
        )

    def _filled(self, parcel: Parcel) -> str:
        fields = {
            "to": parcel.address.removeprefix(SCHEME),
            "text": parcel.body_text,
            "id": parcel.message_id,
            "time": self.clock.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        written = _in_json if self._is_json() else quote_plus
        return re.sub(r"\{(\w+)\}", lambda found: written(fields[found[1]]), self.settings.sms_body)

    def _is_json(self) -> bool:
        return self.settings.sms_body.lstrip().startswith("{")

    def _headers(self, parcel: Parcel, content: str) -> dict[str, str]:
        at = self.clock.now().astimezone(UTC)
        key = base64.b64encode((self.settings.sms_secret or "").encode()).decode()
        kind = "application/json" if self._is_json() else "application/x-www-form-urlencoded"
        signed = signed_headers(f"whsec_{key}", parcel.message_id, at, content)
        return {"Content-Type": f"{kind}; charset=utf-8", **signed}


def _in_json(text: str) -> str:
    """The text as it stands between the quotes of a JSON string."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _verdict(taken: str, reply: Reply) -> Outcome:
    said = f"HTTP {reply.status} {reply.text}"[:300]
    if 200 <= reply.status < 300:
        return Sent(f"HTTP {reply.status}") if taken in reply.text else Refused(said)
    if reply.status in FOREVER:
        return Refused(said)
    return Later(said, wait_of(reply), nobody=True)


SMS = EndpointChannel(
    word=N_("text message"),
    open=SmsChannel,
    news=short_text,
    trial=short_text,
    most=5000,  # the worst of them, and how many more
    hushed=True,
    pace=Pace(5, timedelta(minutes=10)),  # a phone that rings without end is put away
    address=phone_number,
    masked=lambda url: f"{url[:-4].removeprefix(SCHEME)[:3]}…{url[-4:]}",
    urgent_alone=True,
    ready=lambda settings: settings.sms_url is not None,
)
