"""What msgspec says of a body or a parameter that does not fit its shape, in words of ours and in both languages (A5).

Its messages are English and name types as programmers do. Each kind of message is a row here; the test walks all kinds
that msgspec has, and every shape of ours.
"""

import re
from typing import Any

from core.languages import N_, say

_KINDS = {
    "int": N_("a whole number"),
    "float": N_("a number"),
    "decimal": N_("a decimal number"),
    "str": N_("a text"),
    "bool": N_("true or false"),
    "array": N_("a list"),
    "object": N_("an object"),
    "null": N_("null"),
    "uuid": N_("a UUID"),
    "date": N_("a date"),
    "time": N_("a time of day"),
    "datetime": N_("a date with a time"),
    "timedelta": N_("a duration"),
    "duration": N_("a duration"),
    "bytes": N_("base64"),
}
_OR = N_("{one} or {other}")
_KIND = r"`(?P<{0}>[a-z]+(?: \| [a-z]+)*)`"
_WANTED, _GOT = _KIND.format("wanted"), _KIND.format("got")
# In the order in which they are tried; a group that is called wanted, got or reason is a word that is translated too
_ROWS: list[tuple[str, str]] = [
    (rf"Expected {_WANTED}, got {_GOT}", N_("expected {wanted}, got {got}")),
    (rf"Expected {_WANTED}", N_("expected {wanted}")),
    (r"Object contains unknown field `(?P<name>.*)`", N_("there is no field of this name here")),
    (r"Object missing required field `(?P<name>.*)`", N_("this field is missing")),
    (r"Missing required \w+ parameter '(?P<name>.*?)' for path .*", N_("this field is missing")),
    (r"Invalid enum value (?P<value>.*)", N_("{value} is not one of the values that there are")),
    (r"Invalid value (?P<value>.*)", N_("{value} is not one of the values that there are")),
    (rf"Expected {_WANTED} (?:>=) (?P<bound>\S+)", N_("{bound} at least")),
    (rf"Expected {_WANTED} (?:<=) (?P<bound>\S+)", N_("{bound} at most")),
    (rf"Expected {_WANTED} (?:>) (?P<bound>\S+)", N_("more than {bound}")),
    (rf"Expected {_WANTED} (?:<) (?P<bound>\S+)", N_("less than {bound}")),
    (rf"Expected {_WANTED} that's a multiple of (?P<bound>\S+)", N_("a multiple of {bound}")),
    (r"Expected `(?:str|bytes)` of length >= (?P<bound>\d+)", N_("{bound} characters at least")),
    (r"Expected `(?:str|bytes)` of length <= (?P<bound>\d+)", N_("{bound} characters at most")),
    (r"Expected `\w+` of (?:length >=|at least length) (?P<bound>\d+)(?:, got \d+)?", N_("{bound} entries at least")),
    (r"Expected `\w+` of (?:length <=|at most length) (?P<bound>\d+)(?:, got \d+)?", N_("{bound} entries at most")),
    (r"Expected `\w+` of length (?P<bound>\d+)(?:, got \d+)?", N_("exactly {bound} entries")),
    (r"Expected `\w+` of length (?P<least>\d+) to (?P<most>\d+)(?:, got \d+)?", N_("{least} to {most} entries")),
    (r"Expected `str` matching regex (?P<pattern>.*)", N_("it does not have the form {pattern}")),
    (rf"Expected {_WANTED} with a timezone component", N_("a time needs its zone, such as 2026-11-23T09:00:00+08:00")),
    (rf"Expected {_WANTED} with no timezone component", N_("a time without a zone")),
    (r"Invalid UUID(?: bytes)?|badly formed hexadecimal UUID string", N_("this is not a UUID")),
    (r"Invalid decimal string", N_("this is not a decimal number")),
    (r"Invalid RFC3339 encoded datetime", N_("this is not an instant such as 2026-11-23T09:00:00+08:00")),
    (r"Invalid RFC3339 encoded date", N_("this is not a date such as 2026-11-23")),
    (r"Invalid RFC3339 encoded time", N_("this is not a time of day such as 09:00:00")),
    (r"Invalid ISO8601 duration", N_("this is not a duration such as PT15M")),
    (r"Invalid base64 encoded string", N_("this is not base64")),
    (
        r"Invalid epoch timestamp|(?:Integer value|Timestamp|Duration|Number) (?:is )?out of range ?",
        N_("this number is beyond what can be stored"),
    ),
    (r"JSON is malformed: (?P<reason>.*) \(byte (?P<byte>\d+)\)", N_("the JSON breaks at byte {byte}: {reason}")),
    (r"Input data was truncated", N_("the JSON ends too early")),
]
_REASONS = {
    "invalid number": N_("this is not a number"),
    "invalid utf-16 surrogate pair": N_("half a character"),
    "unexpected end of escaped utf-16 surrogate pair": N_("half a character"),
    "unexpected end of hex escape": N_("half a character"),
    "invalid character in unicode escape": N_("half a character"),
    "invalid escape character in string": N_("after \\ stands what may not stand there"),
    "invalid escaped character": N_("after \\ stands what may not stand there"),
    "invalid character": N_("a character that may not stand here"),
    "trailing characters": N_("more follows after its end"),
    "object keys must be strings": N_("a name must be a text in quotation marks"),
    "trailing comma in array": N_("a comma before the end of the list"),
    "trailing comma in object": N_("a comma before the end of the object"),
    "expected ',' or ']'": N_("a comma or the end of the list is missing"),
    "expected ',' or '}'": N_("a comma or the end of the object is missing"),
    "expected '\"'": N_("a quotation mark is missing"),
    "expected ':'": N_("a colon is missing"),
}
_COMPILED = [(re.compile(pattern, re.DOTALL), text) for pattern, text in _ROWS]
OTHERWISE = N_("this cannot be used as it was sent ({said})")
Both = tuple[str, str]  # Chinese, English, as ``say`` takes it


def in_words(said: str) -> tuple[str, dict[str, Any]]:
    """The text of ours for a message of msgspec's (without its " - at …"), and what fills its names."""
    for pattern, text in _COMPILED:
        found = pattern.fullmatch(said)
        if found is not None:
            return text, {name: _translated(name, value) for name, value in found.groupdict().items()}
    return OTHERWISE, {"said": said}


def in_both(said: str) -> Both:
    """The message in both languages, to be part of another."""
    text, params = in_words(said)
    return _both(text, **params)


def _translated(name: str, value: str) -> Any:
    if name == "reason":
        return _both(_REASONS[value]) if value in _REASONS else value
    if name not in ("wanted", "got"):
        return value
    first, *others = (_both(_KINDS[kind]) if kind in _KINDS else (kind, kind) for kind in value.split(" | "))
    for other in others:
        first = _both(_OR, one=first, other=other)
    return first


def _both(text: str, **params: Any) -> Both:
    return say("zh", text, **params), say("en", text, **params)
