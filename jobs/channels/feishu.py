"""A Feishu (Lark) group robot: a card with Markdown, at most 100 a minute and 5 a second per robot, of at most 20 KB.

Where the robot asks for a signature (签名校验), the time in seconds and the signature stand in the message, made anew
for each call: a time more than an hour off is refused (19021). Unlike others' it is the HMAC of nothing: the time and
the robot's key are its key. At whole and half hours the platform itself is busy (11232): the call is made again later.
https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
https://open.larkoffice.com/document/ukTMukTMukTM/ucTM5YjL3ETO24yNxkjN.md (limits and signature, read in 2026-11)
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from core.languages import N_
from jobs.channels.addressing import address_at, without_last_part
from jobs.channels.parcel import EndpointChannel, Pace, Parcel
from jobs.channels.robots import Answers, RobotChannel, markdown, signature, trial

LONGEST_BYTES = 15_000  # of text: a message of 20 KB holds it and what stands around it
PACE = Pace(5, timedelta(seconds=3))  # keeps both limits
ANSWERS = Answers(
    code="code",
    words="msg",
    too_many=frozenset({11232, 9499}),  # limited by frequency; too many requests
    rest=timedelta(seconds=61),
)


def request(parcel: Parcel, now: float) -> tuple[str, Mapping[str, Any]]:
    """The address, and the message, signed where there is a key."""
    card = {
        "header": {"title": {"tag": "plain_text", "content": parcel.subject}},
        "elements": [{"tag": "markdown", "content": parcel.body_text}],
    }
    signed = {}
    if parcel.key:
        stamp = str(int(now))
        signed = {"timestamp": stamp, "sign": signature(f"{stamp}\n{parcel.key}", "")}
    return parcel.address, {**signed, "msg_type": "interactive", "card": card}


FEISHU = EndpointChannel(
    word=N_("Feishu robot"),
    open=lambda settings, clock: RobotChannel(request, ANSWERS, settings, clock),
    news=lambda letter: markdown(letter, LONGEST_BYTES, "<font color='red'>{}</font>", bullet="- "),
    trial=trial,
    most=5000,  # it shows as many as fit, and counts the others
    hushed=True,
    pace=PACE,
    address=address_at("open.feishu.cn", "open.larksuite.com"),
    masked=without_last_part,  # the key is the last part of the path
    keyed=True,
)
