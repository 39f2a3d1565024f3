"""``readyshelf first-code``: the code by which an empty city gets its first administrator."""

from argparse import Namespace

from core.commands import complain, report
from core.context import AppContext
from manage.first import VALID, make_code


def first_code_sentence(code: str, base_url: str) -> str:
    """What the terminal says of a new code."""
    minutes = int(VALID.total_seconds() // 60)
    return (
        f"This city has no administrator yet. Open {base_url}/first-start within {minutes} minutes\n"
        f"and enter this code, once: {code}"
    )


def first_code(arguments: Namespace, context: AppContext) -> int:
    """Print the code that makes an empty city's first administrator."""
    code = context.database.run(make_code, context.clock.now())
    if code is None:
        return complain("the city has an administrator: accounts are made at /people, or with: readyshelf person")
    report(arguments, {"code": code}, first_code_sentence(code, context.settings.base_url))
    return 0
