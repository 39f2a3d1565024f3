"""A WeCom group robot: a Markdown message of at most 4096 bytes, at most 20 a minute per robot.

It asks for no signature: who knows the address may send, so that the address is masked on every page.
https://developer.work.weixin.qq.com/document/path/91770
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from core.languages import N_
from jobs.channels.addressing import address_at
from jobs.channels.parcel import EndpointChannel, Pace, Parcel
from jobs.channels.robots import Answers, RobotChannel, markdown, trial

LONGEST_BYTES = 4096
MOST_A_MINUTE = 20
WINDOW = timedelta(seconds=61)  # a minute and what two clocks may differ by
ANSWERS = Answers(
    code="errcode",
    words="errmsg",
    too_many=frozenset({45009, 45033}),  # too many calls; too many at once
    rest=WINDOW,
    busy=frozenset({-1}),
)


def request(parcel: Parcel, _now: float) -> tuple[str, Mapping[str, Any]]:
    """The address and the message."""
    return parcel.address, {"msgtype": "markdown", "markdown": {"content": parcel.body_text}}


ROBOT = EndpointChannel(
    word=N_("WeCom robot"),
    open=lambda settings, clock: RobotChannel(request, ANSWERS, settings, clock),
    news=lambda letter: markdown(letter, LONGEST_BYTES, '<font color="warning">{}</font>'),
    trial=trial,
    most=5000,  # it shows as many as fit, and counts the others
    hushed=True,
    pace=Pace(MOST_A_MINUTE, WINDOW),
    address=address_at("qyapi.weixin.qq.com"),
)
