"""Work beside the server: its answers, its refusals, and what becomes of it when a process is killed."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from core.apart import PART, Ended, apart, apart_over, unseen
from core.errors import Refusal, bad_field
from core.languages import say


def number_of(rows: Iterator[int], more: int) -> tuple[int, int, int]:
    """How many rows came, their sum with ``more``, and by which process."""
    number = total = 0
    for row in rows:
        number, total = number + 1, total + row
    return number, total + more, os.getpid()


def refused(name: str) -> None:
    raise bad_field("name", "no {name} here", name=name)


def own_fault() -> None:
    raise ZeroDivisionError("of our own")


def chatter() -> str:
    print("this must not get between the answers")
    sys.stdout.flush()
    return "said"


def killed_half_way(rows: Iterator[int]) -> None:
    next(rows)
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("rows", [0, 1, PART - 1, PART, PART + 1, 5 * PART])
def test_every_row_goes_to_it_once_in_parts_that_are_counted(rows: int) -> None:
    parts: list[int] = []
    number, total, process = apart_over(range(rows), parts.append, number_of, 7)
    assert (number, total) == (rows, sum(range(rows)) + 7)
    assert sum(parts) == rows
    assert max(parts) <= PART
    assert process != os.getpid()


def test_the_same_process_does_one_work_after_the_other() -> None:
    assert len({apart_over([1], unseen, number_of, 0)[2] for _ in range(3)}) == 1


def test_what_it_refuses_is_refused_here_with_all_its_words() -> None:
    with pytest.raises(Refusal) as caught:
        apart(refused, "such thing")
    refusal = caught.value
    assert (refusal.status, refusal.kind, str(refusal)) == (422, "bad-input", "no such thing here")
    assert say("en", refusal.message, **refusal.params) == "no such thing here"
    assert [(field.field, field.params) for field in refusal.fields] == [("name", {"name": "such thing"})]
    assert apart(chatter) == "said"  # and it goes on


def test_its_own_fault_comes_with_the_place_where_it_happened() -> None:
    with pytest.raises(ZeroDivisionError, match="of our own") as caught:
        apart(own_fault)
    assert any("own_fault" in note for note in caught.value.__notes__)


def test_rows_that_cannot_be_read_break_the_work_off_and_the_next_is_done() -> None:
    def rows() -> Iterator[int]:
        yield from range(PART + 1)
        raise OSError("the database went away")

    with pytest.raises(OSError, match="went away"):
        apart_over(rows(), unseen, number_of, 0)
    assert apart_over([1, 2], unseen, number_of, 0)[:2] == (2, 3)


def test_killed_while_it_rests_another_takes_its_place() -> None:
    process = apart_over([1], unseen, number_of, 0)[2]
    os.kill(process, signal.SIGTERM)  # as a service manager says to all: it ends with the server, not before
    assert apart_over([1], unseen, number_of, 0)[2] == process
    os.kill(process, signal.SIGKILL)
    number, _, other = apart_over([1, 2, 3], unseen, number_of, 0)
    assert (number, other != process) == (3, True)


def test_killed_at_its_work_it_says_so_and_the_next_is_done() -> None:
    with pytest.raises(Ended):
        apart_over(range(5 * PART), unseen, killed_half_way)
    assert apart(chatter) == "said"


def test_one_that_rests_too_long_goes_and_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.apart.IDLE_SECONDS", 0.2)
    process = apart_over([1], unseen, number_of, 0)[2]
    for _ in range(600):
        if not psutil.pid_exists(process):
            break
        time.sleep(0.1)
    assert not psutil.pid_exists(process)  # not as a zombie either
    assert apart_over([1], unseen, number_of, 0)[2] != process


def test_many_at_once_are_all_done_each_whole() -> None:
    def ask(number: int) -> tuple[int, int]:
        return apart_over(range(3 * PART), unseen, number_of, number)[:2]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(40)))
    assert answers == [(3 * PART, sum(range(3 * PART)) + number) for number in range(40)]
