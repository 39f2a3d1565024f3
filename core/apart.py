"""Long work that holds the interpreter (drawing, packing, solving), done in a process beside the server.

While a thread draws a sheet of labels, whoever scans waits for the interpreter; and the libraries it draws with would
stay in the server's memory. So a child process does it. It is kept for a minute for whoever comes next; it ends when
it is idle, or with the server, however that ends.

A work is a function of a module. What goes to it and what comes back can be pickled. Rows go to it in parts, as they
are read: neither side holds them all.
"""

import atexit
import os
import pickle
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from typing import IO, Any, Concatenate, ParamSpec, TypeVar, cast

import structlog

from core.errors import Refusal
from core.languages import N_
from core.settings import ROOT

AT_ONCE = max(2, min(4, os.cpu_count() or 1))  # two at least: a label does not wait for a whole city's
IDLE_SECONDS = 60.0
AGAIN_SECONDS = 2  # after which it is worth trying again
PART = 200  # rows
CALMER = 10  # as of nice(1): the server goes first
Params = ParamSpec("Params")
Result = TypeVar("Result")
Row = TypeVar("Row")

log = structlog.get_logger()
_turns = threading.BoundedSemaphore(AT_ONCE)
_idle: "list[_Child]" = []
_changing = threading.Lock()  # of that list


class Ended(Refusal):
    """The process beside the server ended before its work did: killed, or out of memory. The next work gets another."""


def unseen(_number: int) -> None:
    """For whom nobody watches."""


def apart(work: Callable[Params, Result], *args: Params.args, **kwargs: Params.kwargs) -> Result:
    """Do ``work(*args, **kwargs)`` in a process beside this one and wait for the answer: in a thread, never the loop.

    What the work raises is raised here; ``Ended`` when its process was killed.
    """
    return cast(Result, _done((work, args, kwargs, False), (), unseen))


def apart_over(
    rows: Iterable[Row],
    done: Callable[[int], object],
    work: Callable[Concatenate[Iterator[Row], Params], Result],
    *args: Params.args,
    **kwargs: Params.kwargs,
) -> Result:
    """As ``apart``, of ``work(rows, *args, **kwargs)``. ``done`` is called with the number of rows after each part."""
    return cast(Result, _done((work, args, kwargs, True), rows, done))


def _done(asked: tuple[Any, ...], rows: Iterable[Any], done: Callable[[int], object]) -> Any:
    source, part = iter(rows), list[Any]()
    with _turns, _child(asked) as child:
        kind, answer = child.hear()
        while kind == "more":
            done(len(part))
            part = list(islice(source, PART))
            child.say(part)
            kind, answer = child.hear()
    if kind == "failed":
        raise answer
    return answer


class _Child:
    """One process, which does one work after the other."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "core.apart"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._in = cast(IO[bytes], self._process.stdin)
        self._out = cast(IO[bytes], self._process.stdout)

    def say(self, message: Any) -> None:
        try:
            _send(self._in, message)
        except OSError:
            raise self._ended() from None

    def hear(self) -> tuple[str, Any]:
        try:
            return cast(tuple[str, Any], pickle.load(self._out))  # the other end is our own process
        except (EOFError, pickle.UnpicklingError):
            raise self._ended() from None

    def _ended(self) -> Ended:
        log.warning("the process beside the server ended before its work", code=self._process.wait())
        message = N_("what was being made was broken off by the system, and nothing was changed; try again in a moment")
        return Ended(503, "broken-off", message, extra={"retry_after": AGAIN_SECONDS})

    def rest(self) -> None:
        """Wait for the next work, for so long."""
        self.clock = threading.Timer(IDLE_SECONDS, self._go)
        self.clock.daemon = True
        with _changing:  # whoever takes it from there finds a clock to stop
            self.clock.start()
            _idle.append(self)

    def _go(self) -> None:
        with _changing:
            if self not in _idle:
                return  # somebody was quicker
            _idle.remove(self)
        self.end()

    def end(self) -> None:
        """Nobody waits for what it is in the middle of."""
        self._process.kill()
        for pipe in (self._in, self._out):
            with suppress(OSError):
                pipe.close()
        self._process.wait()


@contextmanager
def _child(asked: tuple[Any, ...]) -> Iterator[_Child]:
    """A child that has begun. One whose work was broken off is not asked again."""
    child = _begun(asked)
    try:
        yield child
    except BaseException:
        child.end()
        raise
    child.rest()


def _begun(asked: tuple[Any, ...]) -> _Child:
    """One that rests, unless it was killed meanwhile; else a new one."""
    while True:
        resting = _resting()
        child = resting or _Child()
        try:
            child.say(asked)
            child.hear()
            return child
        except BaseException as fault:
            child.end()
            if resting is None or not isinstance(fault, Ended):
                raise


def _resting() -> _Child | None:
    with _changing:
        if not _idle:
            return None
        child = _idle.pop()
        child.clock.cancel()
        return child


@atexit.register
def _send_home() -> None:
    while child := _resting():
        child.end()


def _send(pipe: IO[bytes], message: Any) -> None:
    pickle.dump(message, pipe, pickle.HIGHEST_PROTOCOL)
    pipe.flush()


def _serve(asked: IO[bytes], told: IO[bytes]) -> None:
    """Be such a process, until nobody speaks to it any more."""
    while True:
        try:
            work, args, kwargs, over_rows = pickle.load(asked)
        except EOFError:
            return
        _send(told, ("begun", None))
        try:
            answer = "done", work(_fed(asked, told), *args, **kwargs) if over_rows else work(*args, **kwargs)
        except Exception as fault:
            answer = "failed", _portable(fault)
        _send(told, answer)


def _fed(asked: IO[bytes], told: IO[bytes]) -> Iterator[Any]:
    while True:
        _send(told, ("more", None))
        part = pickle.load(asked)
        if not part:
            return
        yield from part


def _portable(fault: Exception) -> Exception:
    """With the way it took here, which is not pickled; in other words if it cannot be pickled itself."""
    fault.add_note(traceback.format_exc())
    try:
        pickle.loads(pickle.dumps(fault))
    except Exception:
        return RuntimeError("".join(traceback.format_exception(fault)))
    return fault


def main() -> None:
    """What is printed by anybody here must not get between the answers: it goes to the log."""
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, signal.SIG_IGN)  # it ends with the server
    if hasattr(os, "nice"):
        os.nice(CALMER)
    told = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with suppress(BrokenPipeError, EOFError):
        _serve(sys.stdin.buffer, told)


if __name__ == "__main__":
    main()
