"""The templates, compiled once for all processes of a clone: each would spend 1.5 s of CPU on it."""

from pathlib import Path

from filelock import FileLock
from jinja2 import FileSystemBytecodeCache

from core.pages import templates

FOLDER = Path(__file__).parent / "__pycache__" / "templates"


def share_templates() -> None:
    """Let this process take templates as another has compiled them; one that has changed is compiled anew."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    templates().bytecode_cache = FileSystemBytecodeCache(str(FOLDER))


def load_templates() -> None:
    """All of them; of many processes the first compiles, and the others wait for it."""
    share_templates()
    with FileLock(FOLDER / "compiling.lock"):
        for name in templates().list_templates():
            templates().get_template(name)
