"""The one settings object, read from ``READYSHELF_*`` in the environment."""

import json
import os
import re
import secrets
from datetime import time
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo

import msgspec
from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from core.addresses import is_trial
from core.clock import time_zones
from core.fixed import ROOT as ROOT
from core.private_files import private_file, private_folder

PREFIX = "READYSHELF_"
SECRETS_DIR = "READYSHELF_SECRETS_DIR"  # a folder of files named as the variables, for what holds a password
BY_COMMAND = "READYSHELF_BY_COMMAND"  # set for the workers: which settings the command line decided


class SettingsError(Exception):
    """A setting has a value that cannot be used; the text says which and why."""


class SmtpServer(msgspec.Struct, frozen=True):
    """Where mail goes: ``smtp://user:pass@host:port?tls=none|starttls|tls``."""

    host: str
    port: int
    user: str | None = None
    password: str | None = None
    tls: Literal["none", "starttls", "tls"] = "starttls"


def read_smtp_url(url: str) -> SmtpServer:
    """Take an SMTP address apart.

    Raises ValueError with a sentence for people when a part is missing or unknown.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps"):
        raise ValueError("it must start with smtp:// or smtps://")
    if not parts.hostname:
        raise ValueError("it names no mail server")
    tls = parse_qs(parts.query).get("tls", ["tls" if parts.scheme == "smtps" else "starttls"])[0]
    if tls not in ("none", "starttls", "tls"):
        raise ValueError("tls must be none, starttls or tls")
    return SmtpServer(
        host=parts.hostname,
        port=parts.port or (465 if tls == "tls" else 587),
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        tls=tls,  # type: ignore[arg-type]  # checked three lines up
    )


def read_sender(text: str) -> tuple[str, str]:
    """The name, perhaps empty, and the address of whom mails come from: ``name <address>`` or the address alone.

    Raises ValueError with a sentence for people.
    """
    found = re.fullmatch(r"(?:\s*\"?([^\"<>]*?)\"?\s*<([^<>]+)>|([^<>]+))\s*", text)
    name, address = (found[1] or "", found[2] or found[3]) if found else ("", "")
    local, _, host = address.rpartition("@")
    if not local or not host or re.search(r"[\s,;<>@\"]", local + host) or not text.isprintable():
        raise ValueError("it must be one address such as readyshelf@example.org, or Depots <readyshelf@example.org>")
    return name, address


SMS_FIELDS = frozenset({"to", "text", "id", "time"})  # nothing else of a message ever reaches a gateway


def check_sms_body(template: str) -> str:
    """Return a template of what an SMS gateway is sent; raises ValueError with a sentence for people."""
    fields = set(re.findall(r"\{(\w+)\}", template))
    if not {"to", "text"} <= fields <= SMS_FIELDS:
        raise ValueError("it must hold {to} and {text}, and may hold {id} and {time}; no other fields")
    if template.lstrip().startswith("{"):
        try:
            json.loads(re.sub(r"\{(\w+)\}", "", template))
        except ValueError:
            raise ValueError(
                'it must be JSON such as {"to": "{to}", "text": "{text}"}, or to={to}&text={text}'
            ) from None
    return template


def read_quiet_hours(text: str) -> tuple[time, time]:
    """Two times of day with a dash between; the second may be on the next morning.

    Raises ValueError with a sentence for people.
    """
    first, _, last = text.partition("-")
    try:
        return time.fromisoformat(first.strip()), time.fromisoformat(last.strip())
    except ValueError:
        raise ValueError("it must be two times of day such as 22:00-07:00") from None


def _require_web(value: str, such_as: str) -> None:
    """Refuse what is no address with http or https and a host."""
    if urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).hostname:
        raise ValueError(f"it must be an address such as {such_as}")


_TILES = re.compile(r"(https?://)(\{s\}\.)?([A-Za-z0-9.-]+(?::\d{1,5})?)/[^\s\"'<>;]*", re.ASCII)


def tile_origin(template: str) -> str:
    """The origin of a tile server as the pages' policy (CSP) names it; ``{s}`` stands for any one subdomain."""
    found = _TILES.fullmatch(template)
    if found is None or any(part not in template for part in ("{z}", "{x}", "{y}")):
        raise ValueError("it must be an address such as https://tiles.example.org/{z}/{x}/{y}.png")
    return f"{found[1]}{'*.' if found[2] else ''}{found[3]}"


class Settings(BaseSettings):
    """Everything that differs between one city's installation and another's."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    var_dir: Path = ROOT / "var"
    database_url: str = Field(default_factory=lambda known: f"sqlite:///{known['var_dir'] / 'readyshelf.db'}")
    base_url: str = "http://127.0.0.1:8000"
    label_url: str | None = None  # where labels lead, if not to base_url: chosen once, for twenty years (T81)
    label_printers: str = ""  # the label printers that may be sent to: zpl://10.0.0.5:9100 tspl://…
    gs1_prefix: str | None = Field(default=None, pattern=r"^\d{6,12}$")  # the owner's, for GS1 Digital Link on labels
    smtp_url: str | None = None
    mail_from: str = "readyshelf@localhost"  # also with a name: 应急物资 <readyshelf@example.org>
    sms_url: str | None = None  # the gateway that sends text messages to phones on call; none: no such messages
    # signs what the gateway is sent
    sms_secret: str | None = Field(default=None, min_length=16, repr=False, validate_default=True)
    sms_body: str = '{"to": "{to}", "text": "{text}", "id": "{id}"}'  # what it is sent: JSON, or a form's fields
    sms_taken: str = ""  # words that its answer must hold, where 2xx alone does not say that it was taken
    trusted_proxies: str = "127.0.0.1 ::1"  # whose word on who is calling, and how, is taken: addresses and networks
    outgoing_proxy: str | None = None  # http://proxy:3128: the way out to robots, webhooks, heartbeat, directory
    hook_hosts: str = (
        ""  # robots and webhooks that may stand in our own network or speak plain http: hooks.lan 10.0.0.5:9000
    )
    timezone: str = "Asia/Shanghai"
    language: Literal["zh", "en"] = "zh"
    secret: str | None = Field(default=None, min_length=32)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] = "console"
    sweep_at: Annotated[time, NoDecode] = time(6, 30)
    shift_at: Annotated[time, NoDecode] = time(8, 30)  # when one shift follows the other (T30)
    handover_days: int = Field(default=7, ge=1, le=90)  # the shifts' walks look at every place once in so many days
    escalate_days: int = Field(default=3, ge=0, le=90)  # unanswered for so long, an alert goes one rung up (T94)
    quiet_hours: str = ""  # such as 22:00-07:00: only life-saving gear is reported then
    run_jobs: bool = True
    heartbeat_url: str | None = None  # called when a day's jobs are done: whoever watches it notices that we are gone
    demo: bool = False  # the demo city with its documented accounts; never set for a real one
    session_hours: int = Field(default=12, ge=1, le=24 * 31)
    pool_size: int = Field(default=20, ge=1, le=500)
    # that a request waits for a connection, or for the lock of the embedded database, before it is answered 503
    pool_seconds: float = Field(default=30, ge=0.1, le=600)
    # after SIGTERM a server goes on for so long and announces it, for whoever distributes requests to go elsewhere
    drain_seconds: float = Field(default=2, ge=0, le=120)
    oidc_issuer: str | None = None  # the city's directory (OpenID Connect): https://directory.example.org/realms/city
    oidc_client_id: str | None = None
    oidc_client_secret: str | None = Field(default=None, repr=False)  # none: a public client, held by PKCE alone
    oidc_scopes: str = "openid profile email"
    oidc_account_claim: str = Field(default="preferred_username", min_length=1)  # is the account; "email": the address
    oidc_name_claim: str = "name"
    oidc_roles_claim: str | None = None  # holds the groups that oidc_roles gives roles to
    oidc_roles: str = ""  # group=role or group=role@district-or-depot: chiefs=officer@440305 all=responder
    oidc_create: bool = False  # whether whoever comes from the directory is given an account
    passwords: Literal["all", "administrators", "none"] = "all"  # who signs in with a password
    # who signs in with a second factor only; unset: administrators, once base_url is one that others can open
    second_factor: Literal["off", "administrators", "officers"] | None = None
    invitation_days: int = Field(default=7, ge=1, le=90)  # how long the link works that a new person is sent
    sign_in_attempts: int = Field(default=10, ge=1, le=1000)
    travel_speed_kmh: float = Field(default=25, gt=0, le=200)  # of a patrol vehicle in streets
    travel_detour: float = Field(default=1.4, ge=1, le=5)  # road kilometres per straight kilometre
    travel_start_minutes: float = Field(default=1, ge=0, le=60)  # from the call to the wheels turning
    roads: str = ""  # "module:factory" of an exact road engine, in place of the three above
    map_tiles: str = ""  # of an XYZ server: https://host/{z}/{x}/{y}.png; empty: no outside map is asked
    map_tiles_note: str = ""  # what that server wants to be named as
    cover_minutes: float = Field(default=5, gt=0, le=120)  # the city's aim: on the spot within five minutes
    reserve_minutes: int = Field(default=30, ge=1, le=24 * 60)
    forget_days: int = Field(default=90, ge=1, le=3650)  # after it is closed, a loan or report names no resident
    history_days: int = Field(default=800, ge=1, le=20_000)  # how long readiness by day is stored
    # yuan for a base unit of each category, where the plan must buy: the catalogue holds no prices
    plan_prices: str = (
        "VEH=60000 EXT=150 HYD=200 PMP=5000 PPE=300 RSP=800 BRK=200 RPE=300 WTR=200 COM=800 LGT=200 DET=400 FOR=300 "
        "FLD=20 SAR=500 TRF=50 RIO=200 MED=30 CNV=30 BIO=100 FUE=10 LOG=30"
    )
    plan_yuan_per_km: float = Field(default=3.0, ge=0, le=10_000)
    plan_trip_units: int = Field(default=200, ge=1, le=1_000_000)  # base units that a vehicle carries in one trip
    plan_seconds: float = Field(default=25.0, ge=1, le=600)  # for reading the city and the solver
    max_body_bytes: int = Field(default=2_000_000, ge=10_000)

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        if value not in time_zones():
            raise ValueError("it is not a time zone of the IANA list, such as Asia/Shanghai")
        return value

    @field_validator("base_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        parts = urlsplit(value)
        _require_web(value, "https://depots.example.org")
        if parts.hostname in ("0.0.0.0", "::"):
            raise ValueError("no phone can open this address: it must be the one by which the machine is reached")
        if not re.fullmatch(r"(/[A-Za-z0-9_~.-]+)*/?", parts.path) or parts.query or parts.fragment or parts.username:
            raise ValueError("it must be an address such as https://depots.example.org or https://example.org/depots")
        return value.rstrip("/")

    @field_validator("label_url")
    @classmethod
    def _label_address(cls, value: str | None) -> str | None:
        return cls._web_address(value) if value else None

    @field_validator("oidc_issuer")
    @classmethod
    def _directory_address(cls, value: str | None) -> str | None:
        if value and (urlsplit(value).scheme != "https" and not is_trial(value)):
            raise ValueError("it must be an address such as https://directory.example.org")
        return value or None  # as it is: the directory's own name for itself, to the letter

    @field_validator("heartbeat_url")
    @classmethod
    def _heartbeat_address(cls, value: str | None) -> str | None:
        if value:
            _require_web(value, "https://watch.example.org/ping/depots")
        return value or None  # as it is: to a watcher, a slash at the end may be another address

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        for part in value.split():
            try:
                ip_network(part)
            except ValueError:
                raise ValueError("it must be addresses or networks such as 127.0.0.1 10.0.0.0/8") from None
        return value

    @field_validator("outgoing_proxy")
    @classmethod
    def _proxy_address(cls, value: str | None) -> str | None:
        if value:
            _require_web(value, "http://proxy.example.org:3128")
        return value or None

    @field_validator("quiet_hours")
    @classmethod
    def _two_times(cls, value: str) -> str:
        if value:
            read_quiet_hours(value)
        return value

    @field_validator("smtp_url")
    @classmethod
    def _mail_server(cls, value: str | None) -> str | None:
        if value:
            read_smtp_url(value)
        return value or None

    @field_validator("mail_from")
    @classmethod
    def _sender(cls, value: str) -> str:
        read_sender(value)
        return value

    @field_validator("sms_url")
    @classmethod
    def _gateway(cls, value: str | None) -> str | None:
        if value:
            _require_web(value, "https://sms.example.org/send")
        return value or None

    @field_validator("sms_body")
    @classmethod
    def _gateway_body(cls, value: str) -> str:
        return check_sms_body(value)

    @field_validator("sms_secret")
    @classmethod
    def _gateway_secret(cls, value: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("sms_url") and not value:
            raise ValueError("it must be set with READYSHELF_SMS_URL: it signs what the gateway is sent")
        return value

    @field_validator("roads")
    @classmethod
    def _road_engine(cls, value: str) -> str:
        if value and not re.fullmatch(r"[\w.]+:\w+", value):
            raise ValueError("it must be module:factory, such as our_roads:engine")
        return value

    @field_validator("map_tiles")
    @classmethod
    def _tile_server(cls, value: str) -> str:
        if value:
            tile_origin(value)
        return value

    @field_validator("plan_prices")
    @classmethod
    def _category_prices(cls, value: str) -> str:
        for part in value.split():
            if not re.fullmatch(r"[A-Z0-9]{1,8}=\d{1,9}(\.\d{1,3})?", part):
                raise ValueError("it must be yuan per category, such as VEH=60000 EXT=150")
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if not value.startswith(("sqlite:///", "postgresql://", "postgres://")):
            raise ValueError("it must start with sqlite:/// or postgresql://")
        return value

    @field_validator("sweep_at", "shift_at", mode="before")
    @classmethod
    def _time_of_day(cls, value: object) -> time:
        if isinstance(value, time):
            return value
        try:
            return time.fromisoformat(str(value))
        except ValueError:
            raise ValueError("it must be a time of day such as 06:30") from None

    @property
    def zone(self) -> ZoneInfo:
        """The depots' time zone: due dates, expiry and \"today\" are dates there (T29)."""
        return ZoneInfo(self.timezone)

    @property
    def label_base(self) -> str:
        """What stands before /q/ in the address on a label."""
        return self.label_url or self.base_url

    @property
    def second_factor_for(self) -> str:
        """Who signs in with a second factor only: ``off``, ``administrators``, ``officers`` (administrators too)."""
        if self.second_factor is not None:
            return self.second_factor
        return "off" if self.demo or is_trial(self.base_url) else "administrators"

    @property
    def mail_host(self) -> str:
        """The host of the sender's address, for the ids of mails."""
        return read_sender(self.mail_from)[1].rpartition("@")[2]

    @property
    def quiet(self) -> tuple[time, time] | None:
        """The quiet hours in the depots' time zone, or None."""
        return read_quiet_hours(self.quiet_hours) if self.quiet_hours else None

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """Hosts (with or without a port) that may be called though they are private, or without TLS."""
        return frozenset(self.hook_hosts.lower().split())

    @property
    def smtp(self) -> SmtpServer | None:
        """The mail server, or None where mail is not sent."""
        return read_smtp_url(self.smtp_url) if self.smtp_url else None

    def signing_secret(self) -> str:
        """The secret that signs forms: the setting, else one made once and stored in ``var/secret``."""
        if self.secret:
            return self.secret
        path = self.var_dir / "secret"
        if not path.exists():
            private_folder(self.var_dir)
            with private_file(path) as file:
                file.write(secrets.token_hex(32).encode())
        return path.read_text().strip()


def load_settings(**changes: Any) -> Settings:
    """Read the environment, and the files of ``READYSHELF_SECRETS_DIR``; the command line's ``changes`` win over both.

    Raises SettingsError naming every wrong variable and why it is wrong.
    """
    folder = os.environ.get(SECRETS_DIR)
    if folder and not Path(folder).is_dir():
        raise SettingsError(f"{SECRETS_DIR}: {folder} is no folder")
    given: dict[str, Any] = {name: value for name, value in changes.items() if value is not None}
    if folder:
        given["_secrets_dir"] = folder
    try:
        return Settings(**given)
    except ValidationError as error:
        lines = [
            f"READYSHELF_{str(fault['loc'][0]).upper()}: {fault['msg'].removeprefix('Value error, ')}"
            for fault in error.errors()
        ]
        raise SettingsError("; ".join(lines)) from None
