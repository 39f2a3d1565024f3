"""``readyshelf import``: files brought in, looked through, entered as a whole, and taken back."""

import csv
from argparse import Namespace
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.orm import Session
from tqdm import tqdm

from core.commands import complain, report
from core.context import AppContext
from core.errors import Refusal
from core.languages import say
from inventory.exchange.cells import guarded
from inventory.exchange.columns import LEFT_OUT, Choice, Layout, Said
from inventory.exchange.findings import Fault
from inventory.exchange.habits import learn_words
from inventory.exchange.models import ImportRun, ImportState
from inventory.exchange.runs import arrange, carry_out, claim, faults_of, layouts_of
from inventory.exchange.starting import bring_in
from inventory.exchange.undoing import undo
from people.accounts import caller_called
from people.policy import Caller


def bring_in_or_undo(arguments: Namespace, context: AppContext) -> int:
    """Bring a file in, or take an import back."""
    try:
        caller = context.database.run(caller_called, arguments.account, context.clock.now())
        if arguments.way == "undo":
            return _undo(arguments, context, caller)
        return _bring_in(arguments, context, caller)
    except (Refusal, OSError) as reason:
        return complain(str(reason))


def _undo(arguments: Namespace, context: AppContext, caller: Caller) -> int:
    with tqdm(unit="row", delay=2, disable=None) as bar:
        undone = undo(context, caller, arguments.run, lambda done, all_: _show(bar, done, all_))
    outcome = msgspec.json.decode(_look(context, arguments.run).outcome)
    more = {name: outcome[name] for name in ("places_gone", "places_stay", "stay", "stayed") if name in outcome}
    said = f"{undone} movements or rows taken back"
    if "places_gone" in more:
        said += f"; {more['places_gone']} places too, {more['places_stay']} stay: something else uses them by now"
    if "stay" in more:
        said += f"; {more['stay']} movements stay, used in the meantime: {more['stayed'][1]}"
    report(arguments, {"undone": undone, **more}, said)
    return 0


def _show(bar: Any, done: int, total: int) -> None:
    bar.total = total
    bar.update(done - bar.n)


def _bring_in(arguments: Namespace, context: AppContext, caller: Caller) -> int:
    with arguments.file.open("rb") as file:
        run_id = bring_in(context, caller, arguments.way, arguments.file.name, file)
    run = _look(context, run_id)
    choices = _choices(layouts_of(run), arguments.column)
    make_places = getattr(arguments, "make_places", False)
    words, given = _pairs(arguments.word), _pairs(arguments.given)
    context.database.run(learn_words, caller, words, context.clock.now())
    if choices or make_places or given or arguments.hidden:
        said = Said(arguments.hidden, given)
        context.database.run(arrange, caller, run_id, choices, context.clock.now(), make_places=make_places, said=said)
    write = not arguments.dry_run
    context.database.run(claim, caller, run_id, context.clock.now(), write=write, again=arguments.again)
    with tqdm(unit="row", delay=2, disable=None) as bar:
        stage = [""]

        def show_progress(now_at: str, done: int, total: int) -> None:
            if now_at != stage[0]:
                stage[0] = now_at
                bar.reset(total)
                bar.set_description(now_at)
            _show(bar, done, total)

        state = carry_out(context, caller, run_id, write=write, on_progress=show_progress)
    return _report(arguments, _look(context, run_id), state)


def _pairs(said: list[str]) -> dict[str, str]:
    return {name.strip(): value.strip() for name, _, value in (one.rpartition("=") for one in said) if name}


def _look(context: AppContext, run_id: UUID) -> ImportRun:
    def find(session: Session) -> ImportRun:
        return session.get_one(ImportRun, run_id)

    return context.database.run(find)


def _choices(layouts: list[Layout], columns: list[str]) -> list[Choice]:
    choices = []
    for said in columns:
        where, _, field = said.partition("=")
        sheet, _, letter = where.rpartition("!")
        found = [
            Choice(layout.sheet, column.index, field or LEFT_OUT)
            for number, layout in enumerate(layouts)
            if layout.sheet == sheet or (not sheet and number == 0)
            for column in layout.columns
            if column.letter == letter.upper()
        ]
        if not found:
            raise Refusal(422, "bad-input", f"--column {said}: there is no such column")
        choices += found
    return choices


def _report(arguments: Namespace, run: ImportRun, state: ImportState) -> int:
    faults = faults_of(run)
    told = [_as_row(fault, arguments.lang) for fault in faults]
    if arguments.faults and told:
        _write_faults(arguments.faults, told)
    outcome = msgspec.json.decode(run.outcome)
    figures = {"id": str(run.id), "state": state.value, "fault_count": run.fault_count, "faults": told, **outcome}
    if state == ImportState.FAULTY:
        lines = [f"{run.fault_count} faults; nothing was changed"]
        lines += [f"{row['where']}: {row['what']}; {row['mend']}" for row in told]
        if run.fault_count > len(told):
            lines.append(f"... and {run.fault_count - len(told)} more")
        report(arguments, figures, "\n".join(lines))
        return 1
    counts = ", ".join(f"{number} {name}" for name, number in outcome.items() if isinstance(number, int))
    notes = "".join(f"\n{note['count']}: {say(arguments.lang, note['why'])}" for note in outcome.get("notes", []))
    done = "entered" if state == ImportState.DONE else "no faults; nothing was changed yet; it would enter"
    report(arguments, figures, f"{done}: {counts} (import {run.id}){notes}")
    return 0


def _as_row(fault: Fault, language: str) -> dict[str, Any]:
    what, mend = fault.told(language)
    cell = f"{fault.column}{fault.row}" if fault.column else (f"row {fault.row}" if fault.row else "file")
    where = f"{fault.sheet}!{cell}" if fault.sheet else cell
    return {
        "sheet": fault.sheet,
        "row": fault.row,
        "column": fault.column,
        "header": fault.header,
        "value": fault.value,
        "where": where,
        "what": what,
        "mend": mend,
    }


def _write_faults(path: Path, told: list[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(told[0]))
        writer.writeheader()
        writer.writerows({name: guarded(str(value)) for name, value in row.items()} for row in told)
