"""The register of channels: a new one has a file of its own (a folder, where it has several), and its lines here."""

from collections.abc import Mapping
from enum import StrEnum

from core.languages import N_
from core.registers import require_each
from jobs.channels.dingtalk import DINGTALK
from jobs.channels.feishu import FEISHU
from jobs.channels.parcel import EndpointChannel
from jobs.channels.robot import ROBOT
from jobs.channels.sms import SMS
from jobs.channels.webhook.channel import WEBHOOK


class Way(StrEnum):
    """By which channel a message goes."""

    MAIL = "mail"  # to a person; the others go to endpoints
    ROBOT = "robot"  # a WeCom group robot
    DINGTALK = "dingtalk"
    FEISHU = "feishu"
    SMS = "sms"  # to a phone on call
    WEBHOOK = "webhook"


ENDPOINT_CHANNELS: Mapping[Way, EndpointChannel] = {
    Way.ROBOT: ROBOT,
    Way.DINGTALK: DINGTALK,
    Way.FEISHU: FEISHU,
    Way.SMS: SMS,
    Way.WEBHOOK: WEBHOOK,
}
ENDPOINT_WORDS: Mapping[Way, str] = {way: channel.word for way, channel in ENDPOINT_CHANNELS.items()}
WAY_WORDS: Mapping[Way, str] = {Way.MAIL: N_("mail"), **ENDPOINT_WORDS}
require_each(Way, WAY_WORDS, "ENDPOINT_CHANNELS of jobs/channels/register.py")
