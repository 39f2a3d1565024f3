"""Others' tools from npm that judge the API's description and make a client from it, fetched by their lock file."""

import os
import shutil
import subprocess
from pathlib import Path

from filelock import FileLock

import bootstrap
from core.settings import ROOT

CLIENTS = ROOT / "tests" / "clients"
TOOL_SECONDS = 300
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}


def fetch_tools() -> Path:
    """A folder with the tools and our files for them; fetched anew when the lock file has changed."""
    folder = ROOT / "var" / "api-clients"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock"):
        lock, there = CLIENTS / "package-lock.json", folder / "package-lock.json"
        fresh = there.exists() and there.read_bytes() == lock.read_bytes() and (folder / "node_modules").exists()
        if not fresh:
            there.unlink(missing_ok=True)
            shutil.copy(CLIENTS / "package.json", folder / "package.json")
            shutil.copy(lock, folder / "lock.json")
            (folder / "lock.json").rename(there)
            fetch = [bootstrap.npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
            try:
                subprocess.run(fetch, cwd=folder, check=True, timeout=TOOL_SECONDS)
            except BaseException:
                there.unlink()
                raise
    return folder


def run_tool(folder: Path, *command: str) -> str:
    """What a tool of the folder said; a failure shows all of it."""
    node = shutil.which("node") or str(Path(bootstrap.npm()).with_name("node"))
    program, *arguments = command
    path = folder / "node_modules" / ".bin" / program
    script = path.resolve() if path.exists() else folder / program
    environment = {**os.environ, **QUIET}
    done = subprocess.run(
        [node, str(script), *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=TOOL_SECONDS,
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr
