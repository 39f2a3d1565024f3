"""What of the labels is there whenever the database is changed or checked."""

import labels.codes.binding
import labels.codes.verifying

CHECKS = [labels.codes.verifying.ONE_LABEL]
SUBSCRIPTIONS = labels.codes.binding.SUBSCRIPTIONS
