"""The commands about people: what each is called and takes.

Whoever asks for help, or runs another command, waits for none of it: what a command needs is imported as it runs.
"""

from argparse import ArgumentParser, Namespace
from datetime import date
from typing import TYPE_CHECKING

from core.commands import Command, add_json
from people.roles import Role

if TYPE_CHECKING:
    from core.context import AppContext


def _token_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("user", help="account that the token acts for")
    parser.add_argument("--name", default="command line", help="what the token is for")
    parser.add_argument("--days", type=int, help="how long it lasts; without it: until it is revoked")
    parser.add_argument("--read-only", action="store_true", help="it reads and changes nothing")
    parser.add_argument("--depot", help="it reaches this depot alone (code)")
    add_json(parser)


def _token(arguments: Namespace, context: "AppContext") -> int:
    from people.commands import token

    return token(arguments, context)


def _factor_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("account")
    parser.add_argument("--reset", action="store_true", help="it is no more, and every session ends")
    add_json(parser)


def _factor(arguments: Namespace, context: "AppContext") -> int:
    from people.commands import factor

    return factor(arguments, context)


def _person_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("account", nargs="?", help="without anything else: what is known of it")
    parser.add_argument("--list", action="store_true", help="everybody, with their roles")
    parser.add_argument("--name", help="the person's name; makes the account if it is new")
    parser.add_argument("--email", help="empty: none")
    parser.add_argument("--phone", help="empty: none")
    parser.add_argument("--language", choices=("zh", "en"))
    parser.add_argument("--role", choices=[role.value for role in Role], help="give this role; it needs a place")
    parser.add_argument("--take-role", choices=[role.value for role in Role], help="take this role at a place away")
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--depot", help="the role holds at this depot (code)")
    place.add_argument("--subdistrict", help="the role holds in this sub-district (code)")
    place.add_argument("--district", help="the role holds in this district (code)")
    place.add_argument("--city", action="store_true", help="the role holds in the whole city")
    parser.add_argument("--since", type=date.fromisoformat, metavar="DAY", help="the role's first day")
    parser.add_argument("--until", type=date.fromisoformat, metavar="DAY", help="the role's last day")
    parser.add_argument(
        "--deactivate",
        action="store_true",
        help="close the account, once its hands are empty: its sessions and tokens end",
    )
    parser.add_argument("--reactivate", action="store_true", help="open a closed account again")
    parser.add_argument("--sign-out", action="store_true", help="end its browser sessions: a lost phone is wiped")
    parser.add_argument("--password", action="store_true", help="ask for a password (or read it from standard input)")
    add_json(parser)


def _person(arguments: Namespace, context: "AppContext") -> int:
    from people.person_commands import person

    return person(arguments, context)


COMMANDS = [
    Command("second-factor", "show or reset the second factor of an account", _factor, _factor_arguments),
    Command("token", "make a bearer token for a program", _token, _token_arguments),
    Command("person", "make, change, close or list accounts, their roles and passwords", _person, _person_arguments),
]
