"""Console commands of the inventory: reference data, the demo city, and the check of the book."""

import getpass
from argparse import Namespace
from collections.abc import Iterator
from contextlib import suppress

import msgspec
from tqdm import tqdm

from core.commands import complain, report
from core.context import AppContext
from core.errors import Refusal
from inventory.demo.city import load_demo
from inventory.reference.differences import Differences, differences
from inventory.reference.files import DamagedFiles, read_folder
from inventory.reference.load import load_and_follow
from inventory.stock.seal_commands import verify_seals
from inventory.verifying.verifying import all_checks, repair, verify_all


class _DryRun(Exception):
    """Everything was worked out, and nothing is to stay."""


def load_reference(arguments: Namespace, context: AppContext) -> int:
    """Bring the reference data up to date with a folder of files."""
    if not arguments.directory.is_dir():
        return complain(f"{arguments.directory}: there is no such folder")
    try:
        reference = read_folder(arguments.directory)
    except DamagedFiles as damaged:
        return complain(f"{damaged}\nNothing was changed.")
    waiting: list[Differences] = []
    try:
        with suppress(_DryRun), context.database.transaction() as session:
            tally = load_and_follow(session, reference, None, context.clock.now(), context.clock.today())
            waiting = differences(session)
            if arguments.dry_run:
                raise _DryRun
    except Refusal as refusal:
        return complain(f"{refusal}\nNothing was changed.")
    sentence = f"{tally.total_new} rows new, {tally.total_changed} changed"
    if tally.gone:
        sentence += f"; no longer in the files, but kept: {dict(tally.gone)}"
    if tally.own:
        sentence += f"; changed by the city, and left so: {dict(tally.own)}"
    if tally.offered:
        sentence += f"; changed by the city and by the files, to be taken or left: {dict(tally.offered)}"
    lines = [f"Nothing was changed. It would be: {sentence}" if arguments.dry_run else sentence, *_waiting(waiting)]
    told = {**tally.as_dict(), "dry_run": arguments.dry_run, "differences": msgspec.to_builtins(waiting)}
    report(arguments, told, "\n".join(lines))
    return 0


def _waiting(found: list[Differences]) -> Iterator[str]:
    """Line by line what waits to be taken or left, at /manage/reference."""
    for table in found:
        for row in table.rows:
            said = "; ".join(f"{one.name}: here {one.here!r}, in the files {one.given!r}" for one in row.fields)
            yield f"  {table.table} {row.title}: {said}"
        if table.number > len(table.rows):
            yield f"  {table.table}: and {table.number - len(table.rows)} more"


def enter_demo(arguments: Namespace, context: AppContext) -> int:
    """Enter the demo city."""
    if not 1 <= arguments.depots <= 20_000:
        return complain("--depots: between 1 and 20000")
    try:
        with tqdm(total=arguments.depots, unit="depot", disable=None if arguments.depots > 12 else True) as bar:
            done = load_demo(context.database, context.clock, arguments.depots, arguments.seed, bar.update)
    except Refusal as refusal:
        return complain(str(refusal))
    sentence = (
        f"{done.depots_new} depots entered with {done.movements} movements; {done.depots_there} were there already"
    )
    report(arguments, done.__dict__, sentence)
    return 0


def verify(arguments: Namespace, context: AppContext) -> int:
    """Check everything that always holds, or the seals."""
    if arguments.seals or arguments.head:
        return verify_seals(arguments, context)
    repaired = _repaired(context) if arguments.repair else []
    with context.database.transaction(writes=False) as session:
        verdict = verify_all(session, context.checks)
    checked = (
        f"{verdict.movements} movements, {verdict.balances} balances and {verdict.depot_figures} depot figures checked"
    )
    lines = [f"repaired: {one['fault']}: {one['which']}: {one['before']} → {one['after']}" for one in repaired]
    lines += [f"{checked}: the book is sound"] if verdict.sound else [f"{checked}:", *verdict.examples]
    lines += [f"{fault} ({verdict.faults[fault]}): {advice}" for fault, advice in verdict.advice.items()]
    told = {**verdict.__dict__, "sound": verdict.sound, "repaired": repaired}
    report(arguments, told, "\n".join(lines))
    return 0 if verdict.sound else 1


def _repaired(context: AppContext) -> list[dict[str, str]]:
    by = f"verify --repair ({getpass.getuser()})"
    records = context.database.run(repair, context.clock.now(), by, all_checks(context.checks))
    return [{name: getattr(one, name) for name in ("fault", "which", "before", "after")} for one in records]
