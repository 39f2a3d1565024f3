"""Whether this process is about to end: set when its server gets SIGTERM (``draining.py``), read by every answer."""


class Ending:
    """Begins once, and is never taken back."""

    begun = False


ENDING = Ending()
