"""Every setting with its value in force and where it comes from; never a secret, only whether there is one."""

import os
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from core.languages import N_
from core.settings import BY_COMMAND, PREFIX, SECRETS_DIR, Settings

ON, OFF, SET, NOT_SET = N_("switched on"), N_("switched off"), N_("set"), N_("not set")
SOURCE_WORDS = {
    "default": N_("default"),
    "environment": N_("environment"),
    "file": N_("file"),
    "command": N_("command line"),
    "city": N_("the city's own page"),
}
# How a value may be shown. What is not listed below is not shown at all: a new setting may be a secret
PLAIN, ADDRESS, HOST, HIDDEN = "plain", "address", "host", "hidden"


@dataclass(frozen=True)
class Entry:
    """A setting, what it decides, and how much of it may be shown."""

    name: str
    about: str
    way: str = PLAIN


SUBJECTS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (
        N_("The server"),
        (
            Entry("database_url", N_("the database"), ADDRESS),
            Entry("base_url", N_("the address that people open, in mails and on labels")),
            Entry("trusted_proxies", N_("proxies whose word on who is calling is taken")),
            Entry(
                "outgoing_proxy", N_("the proxy to the world, for robots, webhooks, heartbeat and directory"), ADDRESS
            ),
            Entry("var_dir", N_("the folder of photos, secret and embedded database")),
            Entry("secret", N_("signs forms and the addresses in mails"), HIDDEN),
            Entry("demo", N_("the demo city with its published passwords")),
            Entry("max_body_bytes", N_("largest request, in bytes")),
            Entry("pool_size", N_("database connections of each worker")),
            Entry("pool_seconds", N_("seconds that a request waits for one")),
            Entry("drain_seconds", N_("seconds that a server told to end still serves")),
            Entry("log_level", N_("how much is logged")),
            Entry("log_format", N_("how it is logged")),
        ),
    ),
    (
        N_("Signing in"),
        (
            Entry("session_hours", N_("hours that a browser stays signed in")),
            Entry("sign_in_attempts", N_("wrong passwords before pauses begin")),
            Entry("passwords", N_("whether people sign in with passwords")),
            Entry("second_factor", N_("who needs a second factor")),
            Entry("invitation_days", N_("days that an invitation is good for")),
            Entry("oidc_issuer", N_("the city's own directory"), ADDRESS),
            Entry("oidc_client_id", N_("this server's name there")),
            Entry("oidc_client_secret", N_("this server's secret there"), HIDDEN),
            Entry("oidc_scopes", N_("what is asked of the directory")),
            Entry("oidc_account_claim", N_("the claim that is the account")),
            Entry("oidc_name_claim", N_("the claim that is the name")),
            Entry("oidc_roles_claim", N_("the claim that holds groups")),
            Entry("oidc_roles", N_("what groups give which role")),
            Entry("oidc_create", N_("whether unknown people are given an account")),
        ),
    ),
    (
        N_("The city's day"),
        (
            Entry("timezone", N_("time zone of the depots")),
            Entry("language", N_("language for who has chosen none")),
            Entry("sweep_at", N_("when the daily jobs run")),
            Entry("shift_at", N_("when one shift follows the other")),
            Entry("handover_days", N_("days in which handovers look at every place once")),
            Entry("forget_days", N_("days after which residents' names are erased")),
            Entry("history_days", N_("days for which readiness by day is stored")),
            Entry("reserve_minutes", N_("minutes that a reservation holds")),
        ),
    ),
    (
        N_("Who is told"),
        (
            Entry("smtp_url", N_("the mail server; without one no mail is sent"), ADDRESS),
            Entry("mail_from", N_("the sender of mails")),
            Entry("sms_url", N_("the gateway for text messages; without one none is sent"), HOST),
            Entry("sms_secret", N_("the secret that signs what the gateway is sent"), HIDDEN),
            Entry("sms_body", N_("what the gateway is sent")),
            Entry("sms_taken", N_("words by which the gateway says that it took a message")),
            Entry("hook_hosts", N_("robots and webhooks allowed in a private network")),
            Entry("escalate_days", N_("days after which the next rung is told")),
            Entry("quiet_hours", N_("hours in which only life-saving gear is told")),
            Entry("run_jobs", N_("whether this process may run the jobs")),
            Entry("heartbeat_url", N_("who is called once the day's jobs are done"), HOST),
        ),
    ),
    (
        N_("Labels"),
        (
            Entry("label_url", N_("the address on labels, where it is another one")),
            Entry("label_printers", N_("label printers that may be sent to")),
            Entry("gs1_prefix", N_("the owner's GS1 company prefix")),
        ),
    ),
    (
        N_("Roads and plans"),
        (
            Entry("travel_speed_kmh", N_("speed in streets, km/h")),
            Entry("travel_detour", N_("road kilometres for a straight one")),
            Entry("travel_start_minutes", N_("minutes from the call to the start")),
            Entry("roads", N_("an exact road engine in their place")),
            Entry("map_tiles", N_("the tile server behind the map; without one no outside map is asked")),
            Entry("map_tiles_note", N_("what the map names as its source")),
            Entry("cover_minutes", N_("minutes within which a point counts as covered")),
            Entry("plan_prices", N_("yuan for a base unit of each category")),
            Entry("plan_yuan_per_km", N_("yuan for a kilometre")),
            Entry("plan_trip_units", N_("base units in one trip")),
            Entry("plan_seconds", N_("seconds that the planner may take")),
        ),
    ),
)


class SettingRow(msgspec.Struct, frozen=True):
    """One setting as it may be shown. ``value``: a text id where ``word``, else to be shown as it is."""

    variable: str
    about: str
    value: str
    source: str
    word: bool = False


def settings_shown(settings: Settings, stated: Settings) -> list[tuple[str, list[SettingRow]]]:
    """All of them by subject; those that no subject names come last, and of them only whether they are set.

    ``stated``: as the environment has them, before the city itself says another time zone or language.
    """
    listed = {entry.name for _, entries in SUBJECTS for entry in entries}
    rest = tuple(Entry(name, "", HIDDEN) for name in type(settings).model_fields if name not in listed)
    subjects = [*SUBJECTS, (N_("Others"), rest)] if rest else SUBJECTS
    return [(title, [_row(settings, stated, entry) for entry in entries]) for title, entries in subjects]


def _row(settings: Settings, stated: Settings, entry: Entry) -> SettingRow:
    value, word = _shown(getattr(settings, entry.name), entry.way)
    by_city = getattr(settings, entry.name) != getattr(stated, entry.name)
    source = "city" if by_city else source_of(entry.name, settings)
    if entry.name == "secret" and source == "default" and (settings.var_dir / "secret").exists():
        value, source = SET, "file"
    return SettingRow(f"{PREFIX}{entry.name.upper()}", entry.about, value, source, word)


def source_of(name: str, settings: Settings) -> str:
    """Where a setting's value comes from."""
    if name in os.environ.get(BY_COMMAND, "").split():
        return "command"
    variable = f"{PREFIX}{name}".lower()
    if any(given.lower() == variable for given in os.environ):
        return "environment"
    folder = os.environ.get(SECRETS_DIR)
    if folder and any(file.name.lower() == variable for file in Path(folder).iterdir()):
        return "file"
    return "default" if getattr(settings, name) == _default(name, settings) else "command"


def _default(name: str, settings: Settings) -> Any:
    return (
        type(settings)
        .model_fields[name]
        .get_default(call_default_factory=True, validated_data={"var_dir": settings.var_dir})
    )


def _shown(value: Any, way: str) -> tuple[str, bool]:
    if isinstance(value, bool):
        return (ON if value else OFF), True
    if value in (None, ""):
        return NOT_SET, True
    if way == HIDDEN:
        return SET, True
    if way in (ADDRESS, HOST):
        return bare_address(str(value), path=way == ADDRESS), False
    return (f"{value:%H:%M}" if isinstance(value, time) else str(value)), False


def bare_address(url: str, *, path: bool = True) -> str:
    """An address without user, password and query, and without the path where that may be a key."""
    parts = urlsplit(url)
    hosts = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{hosts}{parts.path if path else '/…' if parts.path.strip('/') else ''}"
