"""Console commands of the inventory: reference data, the demo city, and the check of the book."""

import getpass
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
from tqdm import tqdm

import inventory.stock.seal_commands
from core.commands import Command, add_json, complain, report
from core.context import AppContext
from core.errors import Refusal
from core.settings import ROOT
from inventory.demo.city import load_demo
from inventory.reference.differences import Differences, differences
from inventory.reference.files import DamagedFiles, read_folder
from inventory.reference.load import load_and_follow
from inventory.stock.seal_commands import seal_arguments, verify_seals
from inventory.verifying.verifying import all_checks, repair, verify_all


def _reference_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("directory", nargs="?", type=Path, default=ROOT / "reference", metavar="DIR")
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be new, changed and left; change nothing"
    )
    add_json(parser)


class _DryRun(Exception):
    """Everything was worked out, and nothing is to stay."""


def _load_reference(arguments: Namespace, context: AppContext) -> int:
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


def _demo_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--depots", type=int, default=12, help="how many depots (default 12; the whole city: 1001)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same city")
    add_json(parser)


def _load_demo(arguments: Namespace, context: AppContext) -> int:
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


def _verify(arguments: Namespace, context: AppContext) -> int:
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


def _verify_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--repair", action="store_true", help="derive anew what is derived and wrong, and keep a record of it"
    )
    seal_arguments(parser)
    add_json(parser)


def _repaired(context: AppContext) -> list[dict[str, str]]:
    by = f"verify --repair ({getpass.getuser()})"
    records = context.database.run(repair, context.clock.now(), by, all_checks(context.checks))
    return [{name: getattr(one, name) for name in ("fault", "which", "before", "after")} for one in records]


COMMANDS = [
    Command(
        "load-reference",
        "load catalogue, profiles, kits and plans from CSV files",
        _load_reference,
        _reference_arguments,
    ),
    Command("load-demo", "enter a plausible demo city", _load_demo, _demo_arguments),
    Command("verify", "check everything that always holds; --repair derives anew", _verify, _verify_arguments),
    *inventory.stock.seal_commands.COMMANDS,
]
