"""The second factor at sign-in: a code of an authenticator (TOTP, RFC 6238), or a recovery code.

The authenticator's key is worked out from the installation's own secret, as a webhook's is: no archive holds one.
"""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from pyotp import TOTP
from pyotp.exceptions import OTPVerificationError
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from core.audit import record
from core.errors import Refusal, bad_field, conflict
from core.ids import new_id
from core.languages import N_
from core.limits import claim
from core.models import Hit
from core.settings import Settings
from people.accounts import PERSON
from people.duties import has_role
from people.models import Person, RecoveryCode, Role, SecondFactor

KIND = "second-factor"
WRONG_CODE = "second-factor-code"  # the last part of the problem's type
MOST_TRIES, WINDOW = 5, timedelta(minutes=15)
DRIFT = 1  # half minutes that a phone's clock may be off
CODES = 10
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that is read as another
CODE_LENGTH = 10
ISSUER = "Readyshelf"


class Need(StrEnum):
    """What stands between the right password and a session."""

    NOTHING = "nothing"
    CODE = "code"
    SET_UP = "set-up"


def roles_of(settings: Settings) -> tuple[Role, ...]:
    """The roles that sign in with a second factor only."""
    wanted = settings.second_factor_for
    if wanted == "officers":
        return (Role.ADMINISTRATOR, Role.OFFICER)
    return (Role.ADMINISTRATOR,) if wanted == "administrators" else ()


def need_of(session: Session, settings: Settings, person_id: UUID, now: datetime) -> Need:
    """What a person must do besides typing a password."""
    if _confirmed(session, person_id) is not None:
        return Need.CODE
    return Need.SET_UP if is_required(session, settings, person_id, now) else Need.NOTHING


def is_required(session: Session, settings: Settings, person_id: UUID, now: datetime) -> bool:
    """Whether one of the person's roles asks for a second factor."""
    return has_role(session, person_id, roles_of(settings), now)


def _confirmed(session: Session, person_id: UUID) -> SecondFactor | None:
    factor = session.get(SecondFactor, person_id)
    return factor if factor is not None and factor.confirmed_at is not None else None


def state_of(session: Session, person_id: UUID) -> tuple[datetime | None, int]:
    """Since when a person has a second factor, and how many recovery codes are left."""
    factor = _confirmed(session, person_id)
    left = select(func.count()).where(RecoveryCode.person_id == person_id, RecoveryCode.used_at.is_(None))
    return (factor.confirmed_at if factor else None), session.execute(left).scalar_one()


def begin_set_up(session: Session, settings: Settings, person_id: UUID, now: datetime) -> tuple[str, str]:
    """The key for the authenticator, and the address that a phone reads it from. Asked again, the same."""
    factor = session.get(SecondFactor, person_id)
    if factor is None:
        factor = SecondFactor(person_id=person_id, key_id=new_id(), created_at=now)
        session.add(factor)
        session.flush()
    if factor.confirmed_at is not None:
        raise conflict("has-second-factor", N_("this account has a second factor already"))
    totp = _totp(settings, factor)
    account = session.get_one(Person, person_id).account
    return totp.secret, totp.provisioning_uri(name=account, issuer_name=ISSUER)


def _totp(settings: Settings, factor: SecondFactor) -> TOTP:
    made = hmac.new(settings.signing_secret().encode(), b"second factor:" + factor.key_id.bytes, hashlib.sha1)
    return TOTP(base64.b32encode(made.digest()).decode())


def claim_code(session: Session, person_id: UUID, now: datetime) -> None:
    """Count a try before it is looked at; refuses (429) the sixth within a quarter of an hour."""
    claim(session, KIND, str(person_id), now, MOST_TRIES, WINDOW)


def confirm_set_up(session: Session, settings: Settings, person_id: UUID, code: str, now: datetime) -> list[str]:
    """The first code shows that the authenticator works. From now on it is asked for; gives the recovery codes."""
    factor = session.get(SecondFactor, person_id, with_for_update=True)
    if factor is None:
        raise conflict("no-second-factor", N_("begin the set-up again"))
    if factor.confirmed_at is not None:
        raise conflict("has-second-factor", N_("this account has a second factor already"))
    if not _takes(settings, factor, code, now):
        raise wrong_code()
    factor.confirmed_at = now
    record(session, person_id, now, "second-factor-set-up", PERSON, str(person_id))
    _forget_tries(session, person_id)
    return new_recovery_codes(session, settings, person_id, now)


def new_recovery_codes(session: Session, settings: Settings, person_id: UUID, now: datetime) -> list[str]:
    """Ten codes for the day that the phone is lost, shown this once; older ones end."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    codes = ["".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH)) for _ in range(CODES)]
    for code in codes:
        hashed = _hash(settings, person_id, code)
        session.add(RecoveryCode(person_id=person_id, code_hash=hashed, created_at=now))
    record(session, person_id, now, "recovery-codes-made", PERSON, str(person_id))
    session.flush()
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def take_code(session: Session, settings: Settings, person_id: UUID, code: str, now: datetime) -> None:
    """Use a code up, of the authenticator or a recovery code. Refuses (401) a wrong one and one used before."""
    factor = session.get(SecondFactor, person_id, with_for_update=True)
    if factor is None or factor.confirmed_at is None:
        raise wrong_code()
    if not _takes(settings, factor, code, now) and not _takes_recovery(session, settings, person_id, code, now):
        raise wrong_code()
    _forget_tries(session, person_id)


def _takes(settings: Settings, factor: SecondFactor, code: str, now: datetime) -> bool:
    try:
        step = _totp(settings, factor).verify_and_get_timecode(_bare(code), for_time=now, valid_window=DRIFT)
    except OTPVerificationError:
        return False
    if step <= factor.last_step:
        return False
    factor.last_step = step
    return True


def _takes_recovery(session: Session, settings: Settings, person_id: UUID, code: str, now: datetime) -> bool:
    taken = session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.person_id == person_id,
            RecoveryCode.code_hash == _hash(settings, person_id, _bare(code)),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(RecoveryCode.id)
    )
    if taken.first() is None:
        return False
    record(session, person_id, now, "recovery-code-used", PERSON, str(person_id))
    return True


def _bare(code: str) -> str:
    return "".join(char for char in code.lower() if char.isascii() and char.isalnum())


def _hash(settings: Settings, person_id: UUID, code: str) -> str:
    said = b"recovery code:" + person_id.bytes + code.encode()
    return hmac.new(settings.signing_secret().encode(), said, hashlib.sha256).hexdigest()


def _forget_tries(session: Session, person_id: UUID) -> None:
    session.execute(delete(Hit).where(Hit.kind == KIND, Hit.key == str(person_id)))


def forget_second_factor(session: Session, person_id: UUID) -> bool:
    """The authenticator and its recovery codes are no more; whether there was one."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    _forget_tries(session, person_id)
    gone = delete(SecondFactor).where(SecondFactor.person_id == person_id).returning(SecondFactor.confirmed_at)
    return any(confirmed is not None for (confirmed,) in session.execute(gone).all())


def turn_off(session: Session, settings: Settings, person_id: UUID, now: datetime) -> None:
    """Give one's own second factor up, where no role asks for one."""
    if is_required(session, settings, person_id, now):
        raise conflict("second-factor-required", N_("your role signs in with a second factor; it cannot be turned off"))
    if forget_second_factor(session, person_id):
        record(session, person_id, now, "second-factor-off", PERSON, str(person_id))


def note_wrong_code(session: Session, person_id: UUID, now: datetime) -> None:
    """Write down a wrong code after a right password."""
    record(session, None, now, "second-factor-failed", PERSON, str(person_id))


def wrong_code() -> Refusal:
    fault = bad_field("code", N_("this code is wrong, or has been used"))
    return Refusal(401, WRONG_CODE, fault.message, fault.fields)
