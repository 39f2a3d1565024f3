"""The words of the channels and of what becomes of a message."""

from collections.abc import Mapping

from core.languages import N_
from jobs.alerts.models import MailState, Way

WAY_WORDS: Mapping[Way, str] = {
    Way.MAIL: N_("mail"),
    Way.ROBOT: N_("WeCom robot"),
    Way.WEBHOOK: N_("webhook"),
}
STATE_WORDS: Mapping[MailState, str] = {
    MailState.WAITING: N_("waiting"),
    MailState.SENDING: N_("being sent"),
    MailState.SENT: N_("sent"),
    MailState.FAILED: N_("refused"),
    MailState.GIVEN_UP: N_("given up"),
}
