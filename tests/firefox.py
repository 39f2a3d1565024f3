"""A stock Firefox for the browser tests: Playwright drives it by WebDriver BiDi.

Playwright's own build of Firefox comes from its makers' host alone; every Linux distribution packages the stock one.
Playwright asks it for one thing that it does not know (see ``UNKNOWN``), so this file, run as a program, is what
Playwright starts instead: it starts Firefox and stands between the two.
"""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

NAMES = ("firefox-esr", "firefox")
PACKAGE = "firefox-esr"
MISSING = (
    "This test needs Firefox and none could be had. Install Firefox, "
    "or set READYSHELF_TEST_FIREFOX to the path of one, and run it again."
)
READY = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
# Firefox 153 cannot be told a colour scheme by BiDi; Playwright tells it with every context, also where none is wanted
UNKNOWN = {"emulation.setMediaFeaturesOverride"}


def firefox_path() -> str:
    """Return the path of a Firefox: the named or installed one, else by apt-get where that may install."""
    found = _installed()
    if not found and shutil.which("apt-get") and os.geteuid() == 0:
        quietly = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for step in (["update"], ["install", "-y", "--no-install-recommends", PACKAGE, "fonts-wqy-microhei"]):
            subprocess.run(["apt-get", "-q", *step], env=quietly, stdin=subprocess.DEVNULL, stdout=sys.stderr)
        found = _installed()
    if not found:
        raise RuntimeError(MISSING)
    return found


def _installed() -> str | None:
    named = os.environ.get("READYSHELF_TEST_FIREFOX")
    if named:
        return named
    return next(filter(None, map(shutil.which, NAMES)), None)


def launcher(folder: Path) -> Path:
    """Write the program that Playwright starts for Firefox: this file, with the path of the true one."""
    script = folder / "firefox"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{__file__}" "{firefox_path()}" "$@"\n')
    script.chmod(0o755)
    return script


async def stand_between(command: list[str]) -> int:
    """Start Firefox, report a socket of our own in place of its own, and pass on what is sent by it."""
    from websockets.asyncio.server import serve  # only the program needs it

    firefox = await asyncio.create_subprocess_exec(*command, stderr=PIPE)
    assert firefox.stderr
    address = ""
    async for line in firefox.stderr:
        if listening := READY.search(line.decode()):
            address = listening[1]
            break
        sys.stderr.buffer.write(line)
    reading = asyncio.create_task(_pass_on_errors(firefox.stderr))
    async with serve(lambda client: _relay(client, address), "127.0.0.1", 0, max_size=None) as server:
        port = server.sockets[0].getsockname()[1]
        print(f"WebDriver BiDi listening on ws://127.0.0.1:{port}", file=sys.stderr, flush=True)
        code = await firefox.wait()
    reading.cancel()
    return code


async def _pass_on_errors(stream: asyncio.StreamReader) -> None:
    async for line in stream:
        sys.stderr.buffer.write(line)
        sys.stderr.flush()


async def _relay(client: Any, address: str) -> None:
    from websockets.asyncio.client import connect

    async with connect(address + client.request.path, max_size=None, proxy=None) as firefox:
        answers = asyncio.create_task(_answers(firefox, client))
        async for message in client:
            command = json.loads(message)
            if command["method"] in UNKNOWN:
                await client.send(json.dumps({"type": "success", "id": command["id"], "result": {}}))
            else:
                await firefox.send(message)
        answers.cancel()


async def _answers(firefox: Any, client: Any) -> None:
    async for message in firefox:
        await client.send(message)


if __name__ == "__main__":
    sys.exit(asyncio.run(stand_between(sys.argv[1:])))
