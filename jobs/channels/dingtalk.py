"""A DingTalk group robot: a Markdown message, at most 20 a minute per robot; who sends more is shut out for ten.

Where the robot asks for a signature (加签), the time in milliseconds and the signature go into the address, made anew
for each call: a time more than an hour off is refused. The message of the HMAC is the time, a line feed and the key.
https://open.dingtalk.com/document/robots/custom-robot-access
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from core.languages import N_
from jobs.channels.addressing import address_at
from jobs.channels.parcel import EndpointChannel, Pace, Parcel
from jobs.channels.robots import Answers, RobotChannel, markdown, signature, trial

LONGEST_BYTES = 15_000  # of text: a message of 20,000 bytes holds it and what stands around it
MOST_A_MINUTE = 20
WINDOW = timedelta(seconds=61)  # a minute and what two clocks may differ by
ANSWERS = Answers(
    code="errcode",
    words="errmsg",
    too_many=frozenset({130101, 410100, 90030}),  # sent too fast, by its names of several years
    rest=timedelta(minutes=10, seconds=1),
    busy=frozenset({-1}),
)


def request(parcel: Parcel, now: float) -> tuple[str, Mapping[str, Any]]:
    """The address, signed where there is a key, and the message."""
    url = parcel.address
    if parcel.key:
        stamp = str(int(now * 1000))
        signed = {"timestamp": stamp, "sign": signature(parcel.key, f"{stamp}\n{parcel.key}")}
        url += ("&" if "?" in url else "?") + urlencode(signed)
    return url, {"msgtype": "markdown", "markdown": {"title": parcel.subject, "text": parcel.body_text}}


DINGTALK = EndpointChannel(
    word=N_("DingTalk robot"),
    open=lambda settings, clock: RobotChannel(request, ANSWERS, settings, clock),
    news=lambda letter: markdown(letter, LONGEST_BYTES, "**{}**", bullet="- "),
    trial=trial,
    most=5000,  # it shows as many as fit, and counts the others
    hushed=True,
    pace=Pace(MOST_A_MINUTE, WINDOW),
    address=address_at("oapi.dingtalk.com"),
    keyed=True,
)
