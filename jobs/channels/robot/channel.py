"""What the register knows of WeCom group robots."""

from collections.abc import Collection
from urllib.parse import SplitResult

from core.errors import bad_field
from core.languages import N_
from core.outgoing import is_allowed
from jobs.channels.parcel import EndpointChannel, Pace
from jobs.channels.robot.calling import HOST, MOST_A_MINUTE, WINDOW, RobotChannel
from jobs.channels.robot.messages import news, trial


def check(parts: SplitResult, allowed: Collection[str]) -> None:
    """Refuse an address that is not the robots' own, unless the settings allow its host."""
    if parts.hostname != HOST and not is_allowed(parts, allowed):
        raise bad_field("url", N_("a robot's address begins with https://{host}/"), host=HOST)


ROBOT = EndpointChannel(
    word=N_("WeCom robot"),
    open=lambda settings, _clock: RobotChannel(settings.allowed_hosts, proxy=settings.outgoing_proxy),
    news=news,
    trial=trial,
    most=5000,  # it shows as many as fit, and counts the others
    hushed=True,
    pace=Pace(MOST_A_MINUTE, WINDOW),
    check=check,
)
