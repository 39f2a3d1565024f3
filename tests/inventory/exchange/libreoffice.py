"""A real LibreOffice that opens files and saves them, as an office does."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

SECONDS = 300
# How a CSV file is opened: commas, quotes, UTF-8, from the first line on; and all columns as text, as its dialog offers
AS_IT_GUESSES = "CSV:44,34,76,1"
AS_TEXT = f"{AS_IT_GUESSES},{'/'.join(f'{number}/2' for number in range(1, 60))}"


def libreoffice() -> str:
    """The installed one, else the one of the system's package manager."""
    if not shutil.which("soffice") and shutil.which("apt-get") and os.geteuid() == 0:
        quietly = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for step in (["update"], ["install", "-y", "--no-install-recommends", "libreoffice-calc-nogui"]):
            subprocess.run(["apt-get", "-qq", *step], env=quietly, stdin=subprocess.DEVNULL, check=True)
    found = shutil.which("soffice")
    assert found, "this proof needs LibreOffice Calc: install it with the system's package manager"
    return found


def saved_by_libreoffice(paths: Sequence[Path], folder: Path, kind: str, opened: str = "") -> list[Path]:
    """The files as LibreOffice saves them in a format, after it has opened them (``opened``: a CSV file, and how)."""
    folder.mkdir()
    own = f"-env:UserInstallation={(folder / 'profile').as_uri()}"  # beside whatever else runs on this machine
    reading = [f"--infilter={opened}"] if opened else []
    saving = ["--convert-to", kind, "--outdir", str(folder), *map(str, paths)]
    command = [libreoffice(), own, "--headless", *reading, *saving]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    saved = [folder / f"{path.stem}.{kind.partition(':')[0]}" for path in paths]
    assert all(path.exists() for path in saved), f"{done.stdout}\n{done.stderr}"
    return saved
