"""Which passwords are taken: long enough, and none that everybody tries first."""

from functools import cache
from pathlib import Path

from core.errors import bad_field
from core.languages import N_

SHORTEST, LONGEST = 10, 200
FEWEST_CHARACTERS = 5  # different ones: less is a pattern such as aaaaaaaaaa or 1212121212
DIGITS, SIGNS = "0123456789", "!@#$%^&*()-_=+.,;:?~ "  # what people add to a common one
ROWS = ("abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "01234567890123456789", "98765432109876543210")


@cache
def common_passwords() -> frozenset[str]:
    """The most used passwords of ten characters and more."""
    text = Path(__file__).with_name("common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line.casefold() for line in text.splitlines() if not line.startswith("#"))


def check_password(password: str, account: str) -> None:
    """Refuse (422) a password that is too short, longer than anybody types, or easy to guess."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise bad_field("password", N_("a password has at least {shortest} characters"), shortest=SHORTEST)
    if is_guessed_first(password, account):
        raise bad_field("password", N_("this password is one that others try first; take several words together"))


def is_guessed_first(password: str, account: str) -> bool:
    """Whether a password is common, a pattern, or little more than the account's name."""
    plain = password.casefold()
    bare = {plain, plain.strip(SIGNS), plain.rstrip(SIGNS + DIGITS), plain.strip(SIGNS + DIGITS)}
    rest = plain.replace(account.casefold(), "") if len(account) >= 3 else plain
    return (
        not common_passwords().isdisjoint(bare)
        or len(set(plain)) < FEWEST_CHARACTERS
        or any(plain in row or plain in row[::-1] for row in ROWS)
        or len(rest) < FEWEST_CHARACTERS
    )
