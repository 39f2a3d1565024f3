"""What of the jobs is there whenever the database is changed or checked."""

import jobs.alerts.listening
import jobs.alerts.verifying
import jobs.channels.account_mails

CHECKS = [jobs.alerts.verifying.TWO_PERSONS]
SUBSCRIPTIONS = [*jobs.alerts.listening.SUBSCRIPTIONS, *jobs.channels.account_mails.SUBSCRIPTIONS]
