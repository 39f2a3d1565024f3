"""How large a workbook becomes once it is open, found out by a process of its own that may not grow (B11).

A reader lays a sheet out from its first cell to its last: two cells in opposite corners ask for 400 GB, and the whole
process ends. Only a process beside ours can try that, and it covers every format and whatever else a file may hold.
"""

import json
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

from core.errors import Refusal, bad_field
from core.languages import N_

MOST_CELLS = 12_000_000  # of all sheets, empty ones among them: each takes some 30 bytes
MEMORY = 700_000_000  # bytes of address space, the interpreter among them
SECONDS = 60  # of processor time
# Runs without our own modules: it starts in a few hundredths of a second
_CHILD = """
import json, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]),) * 2)
resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[3]),) * 2)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
import python_calamine
try:
    book = python_calamine.load_workbook(sys.argv[1])
    cells = 0
    for name in book.sheet_names:
        sheet = book.get_sheet_by_name(name)
        cells += sheet.total_height * sheet.total_width
    print(json.dumps({"cells": cells}))
except (python_calamine.CalamineError, OSError, ValueError) as error:
    if "limit exceeded" in str(error):  # the reader's own bound, of OpenDocument files
        sys.exit(1)
    print(json.dumps({"cells": None}))
"""


def probe(path: Path) -> None:
    """Refuse a workbook that is too large once open (413) or that cannot be read (422)."""
    about = path.stat()
    _probe(path, about.st_size, about.st_mtime_ns)


@lru_cache(maxsize=64)
def _probe(path: Path, _size: int, _changed_ns: int) -> None:
    """A file is tried once: it is opened when it is brought in, looked through and entered."""
    limits = [str(MEMORY), str(SECONDS)]
    command = [sys.executable, "-I", "-c", _CHILD, str(path), *limits]
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS * 3, check=False)
    except subprocess.TimeoutExpired:
        raise _too_large() from None
    if done.returncode != 0:
        raise _too_large()
    cells = json.loads(done.stdout)["cells"]
    if cells is None:
        raise bad_field("file", N_("this workbook cannot be read: it is damaged or has a password"))
    if cells > MOST_CELLS:
        raise _too_large()


def _too_large() -> Refusal:
    message = N_("this workbook is too large once it is open; copy the table alone into a new one, and split it")
    return Refusal(413, "too-large", message)
