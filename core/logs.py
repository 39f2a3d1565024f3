"""Structured logs: one event a line, for people on a console or as JSON for a log store. Bodies and cookies never."""

import logging
import sys

import structlog

from core.discretion import DiscreetFormatter, discreet_event
from core.request_ids import with_request_id
from core.settings import Settings


def set_up_logs(settings: Settings) -> None:
    """Send logs to the error stream in the form and from the level that the settings name."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(DiscreetFormatter("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler])
    shape = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            discreet_event,
            with_request_id,  # after it: an id may look like a phone number
            shape,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
