"""What is wrong when the database does not do its part: away, full, busy. It is not our fault, and it passes.

Every answer says when to try again and, where it is known, whether anything was booked.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from core.errors import Refusal
from core.languages import N_

SOON, LATER = 2, 30  # seconds after which it is worth trying again
# PostgreSQL: connection exceptions, shutting down or starting up, too many connections, out of memory, I/O error
_AWAY = ("08", "57P", "53200", "53300", "53400", "58")
_READ_ONLY = "25006"  # a standby, or a database that its keeper has closed for writing
_FULL = "53100"
_LOCKED = ("SQLITE_BUSY", "SQLITE_LOCKED")
_BROKEN_DISK = ("SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY")


def is_lost(error: BaseException | None) -> bool:
    """Whether the way to the database was cut, or could not be had: another connection may do better."""
    if not isinstance(error, DBAPIError):
        return False
    return error.connection_invalidated or _state(error).startswith(_AWAY) or _unreachable(error)


def is_locked(error: BaseException | None) -> bool:
    """Whether somebody else writes the embedded database just now."""
    return isinstance(error, OperationalError) and _name(error).startswith(_LOCKED)


def has_written(error: DBAPIError) -> bool:
    """Whether a transaction that may only read has been refused a write."""
    return _state(error) == _READ_ONLY


def trouble(error: BaseException) -> Refusal | None:
    """What to answer to a fault of the surroundings; None for a fault of ours."""
    if isinstance(error, NoConnection):
        message = N_("too many requests wait for the database just now; try again in a few seconds")
        return Refusal(503, "busy", message, extra={"retry_after": SOON})
    if not isinstance(error, DBAPIError):
        return None
    if _state(error) == _FULL or _name(error) == "SQLITE_FULL":
        message = N_("the disk of the database is full: this was not booked; it can be sent again when there is room")
        return Refusal(507, "disk-full", message, extra={"retry_after": LATER})
    if has_written(error):
        message = N_("the database takes no writes just now: this was not booked; try again in a few seconds")
        return Refusal(503, "database-away", message, extra={"retry_after": SOON})
    if is_locked(error):
        message = N_("somebody else writes into the database just now: this was not booked; try again in a few seconds")
        return Refusal(503, "busy", message, extra={"retry_after": SOON})
    if is_lost(error) or _name(error).startswith(_BROKEN_DISK):
        message = N_(
            "the database cannot be reached just now; try again in a few seconds. With the same id it is booked once"
        )
        return Refusal(503, "database-away", message, extra={"retry_after": SOON})
    return None


def unknown_outcome() -> Refusal:
    """The connection was cut off between COMMIT and its answer: only the database knows what became of it."""
    message = N_(
        "the database went away while this was being booked, and it is not known whether it was; "
        "send it again with the same id: it is booked once"
    )
    return Refusal(503, "outcome-unknown", message, extra={"retry_after": SOON})


@contextmanager
def honest_commit(*, writes: bool) -> Iterator[None]:
    """Around COMMIT, and nothing else: when the connection is cut off here, the outcome is not known."""
    try:
        yield
    except DBAPIError as error:
        if writes and is_lost(error):
            raise unknown_outcome() from error
        raise


def _state(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or "")


def _name(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlite_errorname", None) or "")


def _unreachable(error: DBAPIError) -> bool:
    # PostgreSQL's driver gives no state where no connection came about
    return isinstance(error, OperationalError) and not _state(error) and not hasattr(error.orig, "sqlite_errorname")
