"""``readyshelf backup`` and ``restore``."""

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session
from tqdm import tqdm

from core.archive import back_up, count_rows, read_manifest
from core.audit import record
from core.commands import complain, report
from core.context import AppContext
from core.errors import Refusal
from inventory.exchange.restoring import restore
from inventory.stock.seal_commands import in_a_sentence
from inventory.verifying.verifying import all_checks, repair

SHOWN_AFTER = 2  # seconds


def _bar(rows: int, what: str) -> "tqdm[object]":
    return tqdm(total=rows, unit="row", unit_scale=True, desc=what, disable=None, delay=SHOWN_AFTER)


def write_backup(arguments: Namespace, context: AppContext) -> int:
    """Write the database and the photos to one file."""
    try:
        with _bar(count_rows(context.database), "rows written") as bar:
            told = back_up(context, arguments.file.absolute(), progress=bar.update)
    except (Refusal, OSError) as reason:
        return complain(str(reason))
    rows = sum(table["rows"] for table in told["tables"].values())
    sentence = (
        f"{told['kind']} database at schema {told['revision']} with {rows} rows and {told['photos']} photos "
        f"in {arguments.file}; read back and found whole"
    )
    if told["seal"]:
        sentence += f"\nthe ledger is sealed up to {told['seal']['day']}: {told['seal']['head']}"
    figures = {key: told[key] for key in ("format", "kind", "revision", "made_at", "seal", "photos")}
    report(arguments, {**figures, "rows": rows}, sentence)
    return 0


def _note(session: Session, context: AppContext, file: Path, told: dict[str, Any]) -> None:
    facts = {"made_at": told["made_at"], "revision": told["revision"], "seal": told["seal"]}
    record(session, None, context.clock.now(), "restored", "backup", file.name, after=facts)


def put_back(arguments: Namespace, context: AppContext) -> int:
    """Put a backup in place and verify it."""
    try:
        rows = sum(table["rows"] for table in read_manifest(arguments.file)["tables"].values())
        with _bar(rows, "rows restored") as bar:
            done = restore(context, arguments.file, overwrite=arguments.overwrite, progress=bar.update)
    except (Refusal, OSError) as reason:
        return complain(f"{reason}\nNothing was changed.")
    told, verdict, seals = done.manifest, done.book, done.seals
    context.database.run(_note, context, arguments.file, told)
    sentence = f"restored as of {told['made_at']}: {verdict.movements} movements"
    if verdict.sound:
        sentence += ", the book is sound"
    else:
        sentence = "\n".join([f"{sentence}; the book was like this when it was backed up:", *verdict.examples])
        # What is derived is derived anew at once, with a record (rule 13); the rest stays for people to put right
        mended = context.database.run(repair, context.clock.now(), "restore", all_checks(context.checks))
        sentence += "".join(f"\nrepaired: {one.fault}: {one.which}: {one.before} → {one.after}" for one in mended)
    sentence += f"\n{in_a_sentence(seals)}"
    figures = {key: told[key] for key in ("kind", "revision", "made_at", "photos")}
    found = {"movements": verdict.movements, "faults": verdict.faults, "seals": {**asdict(seals), "sound": seals.sound}}
    report(arguments, {**figures, **found}, sentence)
    # In place all the same, and no success: somebody has changed movements after their day was sealed
    return 0 if seals.sound else 1
