"""The address that stands in printed labels. It is chosen once: a new one must be confirmed by name (T81)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.addresses import is_trial
from core.errors import bad_field, conflict
from core.languages import N_
from core.settings import Settings
from core.upsert import insert_missing
from labels.printing.models import LabelAddress

ASSET_AI = "8004"  # GS1 application identifier of an individual asset (GIAI)


@dataclass(frozen=True)
class Addresses:
    """How the address in a symbol is made: short, opaque, good for ever.

    With the owner's GS1 company prefix, pieces carry a GS1 Digital Link that names them as assets (AI 8004).
    """

    base: str
    gs1_prefix: str | None = None

    def of(self, code: str, *, asset: bool = False) -> str:
        """The address on the label with this code."""
        return (
            f"{self.base}/{ASSET_AI}/{self.gs1_prefix}{code}" if asset and self.gs1_prefix else f"{self.base}/q/{code}"
        )


def addresses_of(settings: Settings) -> Addresses:
    """As the settings have it."""
    return Addresses(settings.label_base, settings.gs1_prefix)


def newest_address(session: Session) -> str | None:
    """What printed labels carry, the newest; None before the first print."""
    statement = select(LabelAddress.address).order_by(LabelAddress.since.desc()).limit(1)
    return session.execute(statement).scalar_one_or_none()


def settled_address(session: Session, base: str, now: datetime) -> None:
    """Remember the first address that is printed; refuse (409) to print another one until somebody confirms it.

    Trial addresses are neither remembered nor held against anybody, unless real labels are out already.
    """
    printed = newest_address(session)
    if printed is None and not is_trial(base):
        insert_missing(session, LabelAddress, [{"address": base, "since": now, "confirmed_by": ""}], ["address"])
    elif printed is not None and printed != base:
        message = N_(
            "labels have been printed with {printed}, and the settings now say {base}; printed labels cannot be"
            " changed and the old address must go on answering. To print with the new one from now on, run:"
            " readyshelf labels address --confirm {base}"
        )
        raise conflict("address-changed", message, extra={"printed": printed, "now": base}, printed=printed, base=base)


def confirm_address(session: Session, typed: str, base: str, account: str, now: datetime) -> None:
    """Print with this address from now on. It must be typed as the settings have it (422 otherwise)."""
    if typed.rstrip("/") != base:
        raise bad_field("address", N_("the settings say {base}; type exactly that"), base=base)
    row = session.get(LabelAddress, base)
    if row is None:
        row = LabelAddress(address=base, since=now, confirmed_by=account)
    row.since, row.confirmed_by = now, account
    session.add(row)
