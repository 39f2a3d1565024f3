"""Setting up robots and webhooks, and what became of the calls."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from core.audit import record
from core.errors import bad_field, conflict, not_found
from core.inputs import clean_text
from core.languages import LANGUAGES, N_, say
from core.settings import Settings
from depots.models import Depot, District
from jobs.causes.kinds import Severity
from jobs.channels.models import Attempt, Endpoint, Mail
from jobs.channels.outbox import end, put_into_outbox
from jobs.channels.parcel import Letter
from jobs.channels.register import ENDPOINT_CHANNELS, Way
from people.models import Person
from people.policy import Act, Caller, may_in_city, reach, require_at, require_in

ENDPOINT = "endpoint"  # in the audit trail


class NewEndpoint(msgspec.Struct, frozen=True):
    """What is to be set up. ``where``: a depot's code, a district's code, or empty for the city."""

    way: str
    name: str
    url: str
    least: str
    where: str
    language: str = "zh"
    key: str = ""  # that signs, where the robot has one


def add_endpoint(session: Session, caller: Caller, wanted: NewEndpoint, settings: Settings, now: datetime) -> Endpoint:
    """Set up a robot or webhook where the caller answers. It is notified of what comes up from now on."""
    if wanted.way not in ENDPOINT_CHANNELS:
        raise bad_field("way", N_("choose one of the channels"))
    if wanted.least not in {severity.value for severity in Severity}:
        raise bad_field("least", N_("choose how bad an alert must be"))
    if wanted.language not in LANGUAGES:
        raise bad_field("language", N_("the languages are zh and en"))
    way = Way(wanted.way)
    if ENDPOINT_CHANNELS[way].urgent_alone and wanted.least != Severity.URGENT:
        raise bad_field("least", N_("only urgent alerts go by text message: choose urgent"))
    district_code, depot_id = _scope(session, caller, wanted.where.strip())
    endpoint = Endpoint(
        way=way,
        name=clean_text(wanted.name, "name", 100, required=True),
        url=ENDPOINT_CHANNELS[way].address(wanted.url, settings),
        key=_key(way, wanted.key),
        least=Severity(wanted.least),
        language=wanted.language,
        district_code=district_code,
        depot_id=depot_id,
        created_at=now,
        created_by_id=caller.person_id,
    )
    session.add(endpoint)
    session.flush()
    told = {"way": way.value, "name": endpoint.name, "least": endpoint.least.value, "where": wanted.where.strip()}
    record(session, caller.person_id, now, "endpoint-added", ENDPOINT, str(endpoint.id), after=told)
    return endpoint


def _key(way: Way, text: str) -> str:
    key = clean_text(text, "key", 200)
    if key and not ENDPOINT_CHANNELS[way].keyed:
        raise bad_field("key", N_("this channel has no such key: leave it empty"))
    return key


def _scope(session: Session, caller: Caller, where: str) -> tuple[str | None, UUID | None]:
    """The district or depot meant; 403 or 404 unless the caller answers for all of it."""
    depot = session.execute(select(Depot).where(Depot.code == where)).scalar_one_or_none() if where else None
    if depot is not None:
        require_at(caller, Act.APPROVE, depot.id, depot.district_code)
        return None, depot.id
    if where and session.get(District, where) is None:
        raise bad_field("where", N_("there is no depot and no district with the code {code}"), code=where[:50])
    require_in(caller, Act.APPROVE, where or None)
    return where or None, None


def endpoint_for(session: Session, caller: Caller, endpoint_id: UUID) -> Endpoint:
    """The endpoint, if the caller answers for all that it is told of; else 404."""
    endpoint: Endpoint | None = session.execute(
        _within_reach(caller).where(Endpoint.id == endpoint_id)
    ).scalar_one_or_none()
    if endpoint is None:
        raise not_found(N_("there is no such robot or webhook, or it is not yours"))
    return endpoint


def _within_reach(caller: Caller) -> Any:
    depot = reach(caller, Act.APPROVE, Depot.id, Depot.district_code)
    own = {duty.district_code for duty in caller.duties if duty.depot_id is None and duty.district_code is not None}
    whole = Endpoint.district_code.in_(own) if not may_in_city(caller, Act.APPROVE) else Endpoint.depot_id.is_(None)
    return (
        select(Endpoint)
        .outerjoin(Depot, Depot.id == Endpoint.depot_id)
        .where(or_(and_(Endpoint.depot_id.is_not(None), depot), and_(Endpoint.depot_id.is_(None), whole)))
    )


def endpoints(session: Session, caller: Caller) -> list[Any]:
    """Rows of (endpoint, depot, district, who set it up) within reach, those that live first."""
    statement = (
        _within_reach(caller)
        .outerjoin(District, District.code == Endpoint.district_code)
        .join(Person, Person.id == Endpoint.created_by_id)
        .add_columns(Depot, District, Person.name)
        .order_by(Endpoint.ended_at.is_not(None), Endpoint.created_at.desc())
        .limit(200)
    )
    return list(session.execute(statement).all())


def attempts(session: Session, endpoint_id: UUID, limit: int = 50) -> list[Any]:
    """Rows of (attempt, message), the newest first."""
    statement = select(Attempt, Mail).join(Mail, Mail.id == Attempt.mail_id).where(Attempt.endpoint_id == endpoint_id)
    return list(session.execute(statement.order_by(Attempt.started_at.desc(), Attempt.id.desc()).limit(limit)).all())


def new_secret(session: Session, caller: Caller, endpoint_id: UUID, settings: Settings, now: datetime) -> str | None:
    """A webhook's next secret, to be shown this once; the one before signs nothing any more."""
    endpoint = endpoint_for(session, caller, endpoint_id)
    if ENDPOINT_CHANNELS[endpoint.way].secret is None or endpoint.ended_at is not None:
        raise conflict("no-secret", N_("only a webhook that is called has a secret"))
    endpoint.generation += 1
    session.flush()
    record(session, caller.person_id, now, "endpoint-secret-made", ENDPOINT, str(endpoint.id))
    return secret_now(endpoint, settings)


def secret_now(endpoint: Endpoint, settings: Settings) -> str | None:
    """The secret that signs what goes to an endpoint, where its channel has one."""
    secret = ENDPOINT_CHANNELS[endpoint.way].secret
    return secret and secret(settings.signing_secret(), endpoint.id, endpoint.generation)


def try_endpoint(session: Session, caller: Caller, endpoint_id: UUID, settings: Settings, now: datetime) -> UUID:
    """Send a message that says nothing; an endpoint that rests is tried at once."""
    endpoint = endpoint_for(session, caller, endpoint_id)
    if endpoint.ended_at is not None:
        raise conflict("ended", N_("nothing goes there any more"))
    endpoint.paused_until = None
    record(session, caller.person_id, now, "endpoint-tried", ENDPOINT, str(endpoint.id))
    return write_trial(session, endpoint, settings, now)


def end_endpoint(session: Session, caller: Caller, endpoint_id: UUID, now: datetime) -> None:
    """Nothing goes there any more."""
    endpoint = endpoint_for(session, caller, endpoint_id)
    if endpoint.ended_at is None:
        end(session, endpoint, now, f"ended by {caller.name}")
        record(session, caller.person_id, now, "endpoint-ended", ENDPOINT, str(endpoint.id))


def masked(endpoint: Endpoint) -> str:
    """The address without what may be a key."""
    return ENDPOINT_CHANNELS[endpoint.way].masked(endpoint.url)


def write_trial(session: Session, endpoint: Endpoint, settings: Settings, now: datetime) -> UUID:
    """Enter a message that says nothing but that the endpoint is reached."""
    title = say(endpoint.language, N_("Readyshelf reaches you here."))
    letter = Letter(endpoint.id, endpoint.language, title, settings.base_url, now)
    text = ENDPOINT_CHANNELS[endpoint.way].trial(letter)
    return put_into_outbox(session, endpoint, kind="test", subject=title, text=text, settings=settings, now=now)
