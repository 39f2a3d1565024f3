"""Whatever changes how somebody signs in is in the audit trail, and no secret is."""

from datetime import timedelta
from typing import Any

import httpx
from pyotp import TOTP
from sqlalchemy import select

from core.columns import table_of
from core.models import AuditEntry
from people.access import end_all, end_credential, make_way_in, reset_second_factor
from people.identities import person_for
from people.links import ask_for_email, confirm_email, set_password_by_link, token_of
from people.models import AccountLink, Credential
from people.second_factor import begin_set_up, confirm_set_up, take_code, turn_off
from tests.clock import SetClock
from tests.conftest import Town, hashed
from tests.people.test_second_factor import give
from tests.people.test_sign_in import sign_in

PASSWORD = "a-long-password"


async def test_every_change_of_how_somebody_signs_in_is_written_down(
    client: httpx.AsyncClient, town: Town, clock: SetClock
) -> None:
    settings = town.context.settings.model_copy(update={"smtp_url": "smtp://127.0.0.1:9", "oidc_create": True})
    admin, keeper, now = town.callers["admin"], town.keeper.person_id, clock.now()
    secrets: list[str] = []

    def token() -> str:
        newest = select(AccountLink.id).where(AccountLink.used_at.is_(None), AccountLink.expires_at > now)
        secrets.append(token_of(settings.signing_secret(), town.run(lambda s: s.execute(newest).scalar_one())))
        return secrets[-1]

    town.run(make_way_in, admin, keeper, settings, now, by_mail=False)
    town.run(set_password_by_link, token(), hashed(PASSWORD), settings, now)
    town.run(ask_for_email, settings, keeper, "new@example.org", now)
    town.run(confirm_email, token(), settings, now)
    key, _ = town.run(begin_set_up, settings, keeper, now)
    codes = town.run(confirm_set_up, settings, keeper, TOTP(key).at(now), now)
    town.run(take_code, settings, keeper, codes[0], now)
    town.run(turn_off, settings, keeper, now)
    town.run(confirm_set_up, settings, keeper, TOTP(town.run(begin_set_up, settings, keeper, now)[0]).at(now), now)
    clock.instant += timedelta(minutes=1)
    await sign_in(client, "keeper", PASSWORD)
    assert (await give(client, "/sign-in/code", "123456")).status_code == 401
    town.run(reset_second_factor, admin, keeper, now)
    await sign_in(client, "keeper", PASSWORD)
    held = select(Credential.id).where(Credential.person_id == keeper, Credential.kind == "session")
    open_one = town.run(lambda s: s.execute(held.where(Credential.revoked_at.is_(None))).scalar_one())
    town.run(end_credential, admin, keeper, open_one, now)
    town.run(end_all, admin, keeper, now, tokens=True)
    town.run(make_way_in, admin, keeper, settings, now, by_mail=True)
    town.run(person_for, settings, {"iss": "https://x", "sub": "1", "preferred_username": "fresh"}, now)

    rows: Any = town.run(lambda s: s.execute(select(table_of(AuditEntry)).order_by(AuditEntry.id)).all())
    acts = [row.act for row in rows]
    assert set(acts) >= {
        "link-made", "password-set", "email-confirmed", "second-factor-set-up", "recovery-codes-made",
        "recovery-code-used", "second-factor-off", "second-factor-failed", "second-factor-reset", "signed-in",
        "session-ended", "sessions-ended", "password-taken", "person-added", "directory-bound",
    }  # fmt: skip
    by_admin = {row.act for row in rows if row.by_id == admin.person_id}
    assert by_admin == {"link-made", "second-factor-reset", "session-ended", "sessions-ended", "password-taken"}
    secrets += [key, PASSWORD, *codes, *(code.replace("-", "") for code in codes)]
    assert not any(secret in repr(rows) for secret in secrets)
