"""Files and folders that hold people's data: for their owner alone (B19)."""

import os
from pathlib import Path
from typing import BinaryIO

OWNER_ONLY, OWNER_ONLY_FOLDER = 0o600, 0o700


def private_folder(path: Path) -> Path:
    """Make a folder, where it is missing, that only its owner may enter."""
    path.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
    return path


def private_file(path: Path) -> BinaryIO:
    """Begin a file that only its owner may read; one that was there is begun anew."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), OWNER_ONLY)
    path.chmod(OWNER_ONLY)
    return os.fdopen(descriptor, "w+b")


def make_private(*paths: Path) -> None:
    """Take away from others what an older version left open to them; what belongs to somebody else stays as it is."""
    for path in paths:
        if path.exists() and path.stat().st_uid == os.getuid():
            path.chmod(path.stat().st_mode & (OWNER_ONLY_FOLDER if path.is_dir() else OWNER_ONLY))


def sync_to_disk(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
