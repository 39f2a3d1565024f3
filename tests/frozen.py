"""Imported last by the process that servers are forked from: what each would read and build for itself, made once.

To put the application together takes half a second of CPU, and servers of tests differ in their data alone. Keeps the
garbage collector off all that was made.
"""

import gc
from urllib.parse import urlsplit

from litestar import Litestar

from core.languages import script_texts, texts
from core.settings import Settings
from rooms import create_app, make_context
from tests.compiled import load_templates

USUAL = Settings(secret="s" * 32, database_url="sqlite:///none.db", base_url="http://127.0.0.1")


def _built_in(settings: Settings) -> tuple[object, ...]:
    """What an application has of its settings for good: all else it reads from its context."""
    base = urlsplit(settings.base_url)
    return settings.signing_secret(), base.scheme, base.path, settings.max_body_bytes


def application(settings: Settings) -> Litestar:
    """The application that was made before the fork, over these settings; another one where that will not do."""
    if _built_in(settings) != _built_in(USUAL):
        return create_app(settings)
    APPLICATION.state.context = make_context(settings)
    return APPLICATION


texts("zh")
script_texts("zh")
load_templates()
APPLICATION = create_app(USUAL)
gc.collect()
gc.freeze()
