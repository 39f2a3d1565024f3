"""``readyshelf token``: bearer tokens for programs."""

from argparse import ArgumentParser, Namespace

from core.commands import Command, add_json, complain, report
from core.context import AppContext
from core.errors import Refusal
from people.sign_in import TokenScope, issue_token


def _token_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("user", help="account that the token acts for")
    parser.add_argument("--name", default="command line", help="what the token is for")
    parser.add_argument("--days", type=int, help="how long it lasts; without it: until it is revoked")
    parser.add_argument("--read-only", action="store_true", help="it reads and changes nothing")
    parser.add_argument("--depot", help="it reaches this depot alone (code)")
    add_json(parser)


def _token(arguments: Namespace, context: AppContext) -> int:
    try:
        scope = TokenScope(arguments.days, arguments.read_only, arguments.depot)
        token = context.database.run(issue_token, arguments.user, arguments.name, context.clock.now(), scope)
    except Refusal as refusal:
        return complain(str(refusal))
    report(arguments, {"user": arguments.user, "token": token}, token)
    return 0


COMMANDS = [Command("token", "make a bearer token for a program", _token, _token_arguments)]
