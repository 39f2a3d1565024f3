"""An act on many rows of a list: chosen within reach, all or nothing, once for a form however often it is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from core.digests import digest_of_content
from core.ids import derived_id, is_id
from core.repeats import once
from office.reading import chosen_keys
from office.tables import MOST_AT_ONCE, Act, Key, Reader, Table, Wanted, id_of
from people.policy import Caller


@dataclass(frozen=True)
class Choice:
    """The rows that a form chooses: those with ``keys``, or (``every``) all that fit ``wanted``; and what it says.

    ``id``: the act's own, where the form has one. It follows from all that the form says: the same form with another
    choice, as after a step back in a browser, is another act.
    """

    wanted: Wanted
    keys: Sequence[Key]
    every: bool
    said: Mapping[str, str]
    id: UUID | None = None


@dataclass(frozen=True)
class Done:
    """What came of it. ``result``: the verb's. ``left``: rows that were chosen and are none of the list by now."""

    result: Any
    left: int = 0


def choice_of(
    caller: Caller, table: Table, act: Act, wanted: Wanted, keys: Sequence[Key], said: Mapping[str, str]
) -> Choice:
    """The choice of a form that says all this; the verbs are given the act's id in place of the form's."""
    every, form = said.get("every") == "yes", said.get("form", "")
    if not is_id(form):
        return Choice(wanted, keys, every, said)
    asked = [said.get(name, "") for name in act.asks]
    content = [wanted.query(), every, sorted({id_of(key) for key in keys}), asked]
    act_id = derived_id("list act", caller.person_id, table.name, act.name, UUID(form), digest_of_content(content))
    return Choice(wanted, keys, every, {**said, "form": str(act_id)}, act_id)


def act_on(session: Session, caller: Caller, table: Table, act: Act, reader: Reader, choice: Choice) -> Done:
    """Do it, once. The scope narrows what is chosen, not what its verb may look at: who answers for a person, say."""

    def do() -> Done:
        wanted, keys, every = choice.wanted, choice.keys, choice.every
        chosen = chosen_keys(session, table, reader, wanted, keys, every=every, most=MOST_AT_ONCE)
        result = act.do(session, replace(reader, caller=caller), chosen, choice.said)
        return Done(result, 0 if every else len(set(keys)) - len(chosen))

    if choice.id is None or act.then is not None:  # what goes on after the transaction has a row of its own
        return do()
    return once(session, choice.id, reader.now, Done, do)
