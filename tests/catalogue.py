"""Which texts the program shows: gathered from the sources, to be compared with the catalogues."""

from collections.abc import Iterator

from babel.messages.extract import extract_from_dir

from core.settings import ROOT
from core.texts_in_scripts import texts_in_scripts

_METHODS = [("**/templates/**", "jinja2.ext:babel_extract"), ("**.py", "python")]
_SOURCES = ("core", "people", "depots", "inventory", "labels", "phone", "jobs", "manage", "office", "web")


def texts_in_sources() -> Iterator[str]:
    """Every text marked with ``N_`` in code or shown through ``_`` in a template."""
    for folder in _SOURCES:
        found = extract_from_dir(
            ROOT / folder,
            _METHODS,
            keywords={"N_": None, "_": None},
            options_map={"**/templates/**": {"silent": "false"}},
        )
        for _file, _line, message, _comments, _context in found:
            if isinstance(message, str):
                yield message
    yield from texts_in_scripts()
