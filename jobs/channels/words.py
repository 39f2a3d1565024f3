"""The words of what becomes of a message."""

from collections.abc import Mapping

from core.languages import N_
from jobs.channels.models import MailState

STATE_WORDS: Mapping[MailState, str] = {
    MailState.WAITING: N_("waiting"),
    MailState.SENDING: N_("being sent"),
    MailState.SENT: N_("sent"),
    MailState.FAILED: N_("refused"),
    MailState.GIVEN_UP: N_("given up"),
}
