"""What the register knows of webhooks."""

from core.languages import N_
from jobs.channels.parcel import EndpointChannel
from jobs.channels.webhook.calling import WebhookChannel, secret_of
from jobs.channels.webhook.messages import news, trial

WEBHOOK = EndpointChannel(
    word=N_("webhook"),
    open=lambda settings, clock: WebhookChannel(
        settings.allowed_hosts, settings.signing_secret(), clock, proxy=settings.outgoing_proxy
    ),
    news=news,
    trial=trial,
    most=50,
    secret=secret_of,
)
