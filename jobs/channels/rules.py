"""Pure rules of sending: how long to wait before trying again, and when to give up."""

from datetime import timedelta

LONGEST_PAUSE = timedelta(hours=6)


GIVE_UP_AFTER = timedelta(days=5)  # of trying in vain (RFC 5321 4.5.4.1)


def pause_before(tries: int) -> timedelta:
    """How long to wait after so many failed tries: one minute, then twice as long each time, six hours at most."""
    return min(timedelta(minutes=1) * 2 ** min(max(tries - 1, 0), 12), LONGEST_PAUSE)
