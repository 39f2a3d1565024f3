"""What robots of group chats have in common: one JSON message a call, an error code in the answer, Markdown lines."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from core.clock import Clock
from core.languages import N_, say
from core.settings import Settings
from jobs.channels.calls import TIMEOUT_SECONDS, Reply
from jobs.channels.over_http import HoldsNothing, hand_over, wait_of
from jobs.channels.parcel import Later, Letter, Outcome, Parcel, Refused, Sent

JSON = {"Content-Type": "application/json; charset=utf-8"}
SHOWN = 30  # alerts; as many as fit
_PLAIN = str.maketrans({"[": "［", "]": "］", "<": "＜", ">": "＞", "*": "＊", "`": "｀", "\n": " ", "\r": " "})


@dataclass(frozen=True)
class Answers:
    """How a kind of robot answers. What is neither too many nor busy is a fault of the set-up."""

    code: str  # the name of the field that holds the error code; 0: taken
    words: str  # of the one that explains it
    too_many: Collection[int]
    rest: timedelta  # after too many calls
    busy: Collection[int] = ()


class RobotChannel(HoldsNothing):
    """Hands messages to the robots of one kind."""

    def __init__(
        self,
        request: Callable[[Parcel, float], tuple[str, Mapping[str, Any]]],
        answers: Answers,
        settings: Settings,
        clock: Clock,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        """``request``: makes the address and the message, of a parcel and the time in seconds since 1970."""
        self.request, self.answers, self.settings, self.clock = request, answers, settings, clock
        self.timeout = timeout

    def send(self, parcel: Parcel) -> Outcome:
        """Post one message and read the error code in the answer: the status is 200 whatever went wrong."""
        url, message = self.request(parcel, self.clock.now().timestamp())
        content = json.dumps(message, ensure_ascii=False).encode()
        settings = self.settings
        return hand_over(
            url,
            content,
            JSON,
            partial(_verdict, self.answers),
            allowed=settings.allowed_hosts,
            timeout=self.timeout,
            proxy=settings.outgoing_proxy,
        )


def _verdict(answers: Answers, reply: Reply) -> Outcome:
    try:
        answer = json.loads(reply.text)
        code, said = int(answer[answers.code]), str(answer.get(answers.words, ""))[:300]
    except (ValueError, KeyError, TypeError, AttributeError):
        why = "the answer is not a robot's" if reply.status == 200 else f"HTTP {reply.status}"
        return Later(why, wait_of(reply), nobody=True)
    if code in answers.too_many:
        return Later(f"{code} {said}", answers.rest, nobody=True)
    if code in answers.busy:
        return Later(f"{code} {said}")
    if reply.status >= 500 or reply.status == 429:
        return Later(f"HTTP {reply.status} {code} {said}", nobody=True)
    return Sent(said) if code == 0 and reply.status == 200 else Refused(f"{code} {said}")


def signature(key: str, message: str) -> str:
    """HMAC-SHA256 in base64, as the robots' makers ask for it."""
    return base64.b64encode(hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()).decode()


def markdown(letter: Letter, longest: int, urgent: str, bullet: str = "> ") -> str:
    """The news in Markdown: counts, the worst first, each with its link, in at most ``longest`` bytes.

    ``urgent``: how the word for urgent is set off, around ``{}``.
    """
    language = letter.language
    lines = [f"**{letter.title}**"]
    for line in letter.lines[:SHOWN]:
        name, place = names_of(line, language)
        mark = f"{urgent.format(say(language, N_('urgent')))} " if line["urgent"] else ""
        due = f" {line['due']}" if line["due"] else ""
        link = f"[{_plain(name)}]({letter.base_url}{line['path']})"
        word = f" {say(language, line['word'])}" if line["titled"] else ""
        lines.append(f"{bullet}{mark}{link}{word}{due} · {_plain(place)}")
    unseen = letter.total - len(letter.lines[:SHOWN])
    more = say(language, N_("and more: see the list"))
    return fit(lines, f"[{more}]({letter.base_url}/alerts)", unseen=unseen > 0, longest=longest)


def names_of(line: Mapping[str, Any], language: str) -> tuple[str, str]:
    """What an alert is about and at which depot, in the reader's language; never who has borrowed it."""
    at = 0 if language == "zh" else 1
    return (line["title_zh"], line["title_en"])[at], (line["depot"].name_zh, line["depot"].name_en)[at]


def trial(letter: Letter) -> str:
    """The title alone."""
    return letter.title


def fit(lines: list[str], more: str, *, unseen: bool, longest: int) -> str:
    """As many of the lines as a message holds, in bytes of UTF-8, and ``more`` at its end if any is left out.

    ``unseen``: something is left out already. The first line always stands, cut between two characters if it must be.
    """
    for count in range(len(lines), 0, -1):
        kept = lines[:count] if count == len(lines) and not unseen else [*lines[:count], more]
        text = "\n".join(kept)
        if len(text.encode()) <= longest:
            return text
    return lines[0].encode()[:longest].decode(errors="ignore")


def _plain(text: str) -> str:
    """Without what Markdown or a robot's font tag would take for its own."""
    return text.translate(_PLAIN)[:80]
