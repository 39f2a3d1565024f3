"""Which texts the phone app's scripts show: those in ``_("...")``, as in code and templates."""

import json
import re
from collections.abc import Iterator

from core.settings import ROOT

APP = ROOT / "web" / "static" / "app"
# The extractor of the texts' own library loses its way in templates nested in templates
_SHOWN = re.compile(r'\b(?:_|N_)\(\s*("(?:[^"\\\n]|\\.)*")')


def texts_in_scripts() -> Iterator[str]:
    """Every text id that a script names."""
    for path in sorted(APP.rglob("*.js")):
        for found in _SHOWN.finditer(path.read_text(encoding="utf-8")):
            yield str(json.loads(found[1]))
