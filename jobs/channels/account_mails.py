"""Mails about a person's own account: they go out whatever the person wants by mail, also in the quiet hours."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.clock import local_date
from core.events import Subscription
from core.ids import new_id
from core.languages import N_, say
from jobs.channels.models import Mail
from jobs.channels.parcel import TOKEN_MARK
from people.events import AccountMail
from people.models import Person

KIND = "account"
SUBJECTS = {
    "invitation": N_("Your account at Readyshelf"),
    "password": N_("Set a new password"),
    "email": N_("Confirm your e-mail address"),
    "email_changed": N_("Your e-mail address was changed"),
    "password_changed": N_("Your password was changed"),
}


def write_account_mail(session: Session, event: AccountMail) -> None:
    """Put a mail about an account into the outbox; the token of its link is not in it yet."""
    from core.pages import render  # as slow to import as pages are: only for who is sent a mail

    settings = event.settings
    # one at a time for each person: the next part of the day is counted
    person = session.execute(
        select(Person).where(Person.id == event.person_id).with_for_update(key_share=True)
    ).scalar_one()
    day = local_date(event.at, settings.zone)
    mine = select(func.count()).where(Mail.person_id == person.id, Mail.kind == KIND, Mail.day == day)
    mail_id, subject = new_id(), say(person.language, SUBJECTS[event.about])
    values: dict[str, Any] = {
        "about": event.about,
        "person": person,
        "subject": subject,
        "link": f"{settings.base_url}{event.path}{TOKEN_MARK}" if event.link_id else "",
        "expires_at": event.expires_at,
        "at": event.at,
    }
    session.add(
        Mail(
            id=mail_id,
            person_id=person.id,
            link_id=event.link_id,
            kind=KIND,
            day=day,
            part=session.execute(mine).scalar_one(),
            address=event.address,
            subject=subject,
            body_text=render("jobs/account.txt", person.language, settings.zone, **values),
            body_html=render("jobs/account.html", person.language, settings.zone, **values),
            message_id=f"<{mail_id}@{settings.mail_host}>",
            next_try_at=event.at,
            created_at=event.at,
        )
    )
    session.flush()


SUBSCRIPTIONS: list[Subscription] = [(AccountMail, write_account_mail)]
