"""``readyshelf person``: how a city makes its accounts, the first administrator above all."""

import sys
from argparse import ArgumentParser, Namespace
from getpass import getpass

from sqlalchemy.orm import Session

from core.commands import Command, complain
from core.context import AppContext
from core.errors import Refusal
from depots.places import depot_by_code
from people.accounts import (
    add_person,
    deactivate,
    end_sessions,
    give_role,
    person_by_account,
    set_password,
)
from people.models import Role
from people.passwords import check_password
from people.sign_in import hasher


def _person_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("account")
    parser.add_argument("--name", help="the person's name; makes the account if it is new")
    parser.add_argument("--email")
    parser.add_argument("--language", choices=("zh", "en"), default="zh")
    parser.add_argument("--role", choices=[role.value for role in Role], help="give this role")
    parser.add_argument("--depot", help="the role holds at this depot (code)")
    parser.add_argument("--subdistrict", help="the role holds in this sub-district (code)")
    parser.add_argument("--district", help="the role holds in this district (code); without any: the whole city")
    parser.add_argument(
        "--deactivate",
        action="store_true",
        help="close the account, once its hands are empty: its sessions and tokens end",
    )
    parser.add_argument("--sign-out", action="store_true", help="end its browser sessions: a lost phone is wiped")
    parser.add_argument("--password", action="store_true", help="ask for a password (or read it from standard input)")


def _person(arguments: Namespace, context: AppContext) -> int:
    try:
        password_hash = _ask_password(arguments.account) if arguments.password else None
        context.database.run(_apply, arguments, password_hash, context)
    except Refusal as refusal:
        return complain(str(refusal))
    print(f"{arguments.account}: done")
    return 0


def _ask_password(account: str) -> str:
    password = getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    check_password(password, account)
    return hasher().hash(password)


def _apply(session: Session, arguments: Namespace, password_hash: str | None, context: AppContext) -> None:
    now = context.clock.now()
    if arguments.name:
        person = add_person(session, arguments.account, arguments.name, now, arguments.language, arguments.email)
    else:
        person = person_by_account(session, arguments.account)
    if password_hash:
        set_password(session, person.id, password_hash, now)
    if arguments.sign_out:
        end_sessions(session, person.id, now)
    if arguments.deactivate:
        deactivate(session, person.id, now)
    if arguments.role:
        depot_id = depot_by_code(session, arguments.depot).id if arguments.depot else None
        role = Role(arguments.role)
        give_role(session, None, now, person.id, role, arguments.district, depot_id, arguments.subdistrict)


COMMANDS = [Command("person", "make an account, give it a role or a password", _person, _person_arguments)]
