"""A WeCom group robot: a Markdown message of at most 4096 bytes, at most 20 a minute per robot.

https://developer.work.weixin.qq.com/document/path/91770
"""

import json
from collections.abc import Collection
from datetime import timedelta
from types import TracebackType
from typing import Self

from jobs.channels.calls import TIMEOUT_SECONDS, NoAnswer, NotAllowed, post
from jobs.channels.parcel import Later, Outcome, Parcel, Refused, Sent

HOST = "qyapi.weixin.qq.com"
LONGEST_BYTES = 4096
MOST_A_MINUTE = 20
WINDOW = timedelta(seconds=61)  # a minute and what two clocks may differ by
# 45009: too many calls, 45033: too many at once. What is neither these nor busy is a fault of the set-up
TOO_MANY = frozenset({45009, 45033})
BUSY = -1

JSON = {"Content-Type": "application/json"}


class RobotChannel:
    """Hands messages to group robots."""

    def __init__(self, allowed: Collection[str], timeout: float = TIMEOUT_SECONDS, proxy: str | None = None) -> None:
        self.allowed, self.timeout, self.proxy = allowed, timeout, proxy

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        pass  # each call has a connection of its own

    def send(self, parcel: Parcel) -> Outcome:
        """Post one message and read the error code in the answer: the status is 200 whatever went wrong."""
        said = {"msgtype": "markdown", "markdown": {"content": parcel.body_text}}
        content = json.dumps(said, ensure_ascii=False).encode()
        try:
            reply = post(parcel.address, content, JSON, self.allowed, self.timeout, self.proxy)
        except NotAllowed as error:
            return Refused(f"not called: {error}")
        except NoAnswer as error:
            return Later(str(error), nobody=True)
        if reply.status != 200:
            wait = timedelta(seconds=reply.retry_after) if reply.retry_after else None
            return Later(f"HTTP {reply.status}", wait, nobody=True)
        return _verdict(reply.text)


def _verdict(text: str) -> Outcome:
    try:
        answer = json.loads(text)
        code, said = int(answer["errcode"]), str(answer.get("errmsg", ""))[:300]
    except (ValueError, KeyError, TypeError):
        return Later("the answer is not a robot's", nobody=True)
    if code == 0:
        return Sent(said)
    if code in TOO_MANY:
        return Later(f"{code} {said}", WINDOW, nobody=True)
    if code == BUSY:
        return Later(f"{code} {said}")
    return Refused(f"{code} {said}")


def fit(lines: list[str], more: str, unseen: bool, longest: int = LONGEST_BYTES) -> str:
    """As many of the lines as a message holds, in bytes of UTF-8, and ``more`` at its end if any is left out.

    ``unseen``: something is left out already. The first line always stands, cut between two characters if it must be.
    """
    for count in range(len(lines), 0, -1):
        kept = lines[:count] if count == len(lines) and not unseen else [*lines[:count], more]
        text = "\n".join(kept)
        if len(text.encode()) <= longest:
            return text
    return lines[0].encode()[:longest].decode(errors="ignore")
